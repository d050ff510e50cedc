//! A lightningd that a test plays itself, byte by byte, and a daemon in front of it.

use crate::wire::{Daemon, Wire};
use rpc::{Limits, PassOn, PassedOn, Services};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::UnixListener;

/// The upper bound of what a test waits for.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Upstream {
    pub(crate) daemon: Daemon,
    path: PathBuf,
    listener: Option<UnixListener>,
}

impl Upstream {
    pub(crate) fn start() -> Upstream {
        Upstream::with(Limits::default(), PassedOn::All)
    }

    pub(crate) fn with(limits: Limits, which: PassedOn) -> Upstream {
        let daemon = Daemon::serving(limits, |folder, services| {
            let socket = folder.join("lightning-rpc");
            Services {
                dev: None,
                invoices: None,
                pass_on: Some(Arc::new(PassOn::new("cln".to_owned(), socket, which))),
                ..services
            }
        });
        let path = daemon.folder.path().join("lightning-rpc");
        let listener = Some(UnixListener::bind(&path).unwrap());
        Upstream {
            daemon,
            path,
            listener,
        }
    }

    /// The next connection that is made to it.
    pub(crate) async fn accept(&self) -> Wire {
        let listener = self.listener.as_ref().unwrap();
        let accepted = tokio::time::timeout(PATIENCE, listener.accept()).await;
        let accepted = accepted.expect("nobody connects to lightningd");
        Wire::over(accepted.unwrap().0)
    }

    pub(crate) fn goes_away(&mut self) {
        self.listener = None;
        std::fs::remove_file(&self.path).unwrap();
    }

    pub(crate) fn comes_back(&mut self) {
        self.listener = Some(UnixListener::bind(&self.path).unwrap());
    }

    /// A client's connection, and lightningd's end of the one that is made for it: a first request has
    /// gone, and was answered.
    pub(crate) async fn linked(&self) -> (Wire, Wire) {
        let mut client = self.daemon.connect().await;
        client.send(request("0", "listfunds")).await;
        let mut lightningd = self.accept().await;
        lightningd.until("}").await;
        lightningd.send(reply("0", "{}")).await;
        client.reply().await;
        (client, lightningd)
    }
}

pub(crate) fn request(id: &str, method: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":[]}}"#)
}

pub(crate) fn reply(id: &str, result: &str) -> String {
    format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{result}}}\n\n")
}
