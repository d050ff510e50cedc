//! A server in a folder of its own, and connections to it that send whatever bytes a test likes.

use crate::fake::Fake;
use domain::Network;
use rpc::{About, Limits, Server, Services};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub(crate) struct Daemon {
    pub(crate) engine: Arc<Fake>,
    pub(crate) path: PathBuf,
    pub(crate) shutdown: watch::Sender<bool>,
    pub(crate) running: JoinHandle<()>,
    pub(crate) folder: TempDir,
}

impl Daemon {
    pub(crate) fn start() -> Daemon {
        Daemon::with(Limits::default())
    }

    pub(crate) fn with(limits: Limits) -> Daemon {
        Daemon::serving(limits, |_, services| services)
    }

    /// With services that are made of the usual ones, in that folder.
    pub(crate) fn serving(
        limits: Limits,
        made: impl FnOnce(&Path, Services) -> Services,
    ) -> Daemon {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ampere-rpc");
        let engine = Arc::new(Fake::default());
        let shutdown = watch::Sender::new(false);
        let services = made(folder.path(), services(&engine, &shutdown));
        let server = Server::bind(&path, services, limits).unwrap();
        let mut stopping = shutdown.subscribe();
        let stopped = async move {
            stopping.wait_for(|stop| *stop).await.unwrap();
        };
        let closing = Arc::clone(&engine);
        let close = async move {
            closing.closed.send_replace(true);
        };
        let running = tokio::spawn(server.run(stopped, close));
        Daemon {
            engine,
            path,
            shutdown,
            running,
            folder,
        }
    }

    pub(crate) async fn connect(&self) -> Wire {
        Wire {
            stream: UnixStream::connect(&self.path).await.unwrap(),
            input: Vec::new(),
        }
    }

    /// The whole reply of one call on a connection of its own.
    pub(crate) async fn ask(&self, method: &str, params: Value) -> Value {
        let mut wire = self.connect().await;
        wire.call(method, params).await
    }

    pub(crate) async fn result(&self, method: &str, params: Value) -> Value {
        let reply = self.ask(method, params).await;
        assert!(reply.get("error").is_none(), "{reply}");
        reply["result"].clone()
    }

    /// Code and message.
    pub(crate) async fn error(&self, method: &str, params: Value) -> (i64, String) {
        let reply = self.ask(method, params).await;
        let error = &reply["error"];
        (
            error["code"].as_i64().unwrap(),
            error["message"].as_str().unwrap().to_owned(),
        )
    }
}

pub(crate) fn services(engine: &Arc<Fake>, shutdown: &watch::Sender<bool>) -> Services {
    let shutdown = shutdown.clone();
    Services {
        payments: Arc::clone(engine) as _,
        dev: Some(Arc::clone(engine) as _),
        pass_on: None,
        invoices: Some(Arc::clone(engine) as _),
        about: About {
            name: "ampere".into(),
            version: "0.1.0".into(),
            data_dir: "/tmp/ampere".into(),
        },
        networks: Arc::new(|| ["regtest", "bitcoin"].map(Network::named).to_vec()),
        backups: Some(Arc::clone(engine) as _),
        log: Arc::new(rpc::LogReport::default),
        stop: Arc::new(move || {
            shutdown.send_replace(true);
        }),
    }
}

pub(crate) struct Wire {
    pub(crate) stream: UnixStream,
    input: Vec<u8>,
}

pub(crate) fn request(id: &Value, method: &str, params: &Value) -> String {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).to_string()
}

impl Wire {
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    /// The next reply, without the empty line that must end it.
    pub(crate) async fn reply(&mut self) -> String {
        let reply = self.try_reply().await;
        reply.unwrap_or_else(|| panic!("closed after {:?}", String::from_utf8_lossy(&self.input)))
    }

    /// The next reply, unless the daemon closes before it is whole.
    pub(crate) async fn try_reply(&mut self) -> Option<String> {
        let mut looked_at = 0;
        loop {
            let new = self.input.get(looked_at..).unwrap_or_default();
            if let Some(at) = new.windows(2).position(|pair| pair == b"\n\n") {
                let end = looked_at + at;
                let rest = self.input.split_off(end + 2);
                let mut reply = std::mem::replace(&mut self.input, rest);
                reply.truncate(end);
                return String::from_utf8(reply).ok();
            }
            looked_at = self.input.len().saturating_sub(1);
            let read = self.stream.read_buf(&mut self.input).await;
            if matches!(read, Ok(0) | Err(_)) {
                return None;
            }
        }
    }

    /// What has come, up to and with that.
    pub(crate) async fn until(&mut self, end: &str) -> String {
        loop {
            let find = |bytes: &[u8]| {
                bytes
                    .windows(end.len())
                    .position(|some| some == end.as_bytes())
            };
            if let Some(at) = find(&self.input) {
                let rest = self.input.split_off(at + end.len());
                return String::from_utf8(std::mem::replace(&mut self.input, rest)).unwrap();
            }
            let read = self.stream.read_buf(&mut self.input).await.unwrap();
            assert!(
                read > 0,
                "closed after {:?}",
                String::from_utf8_lossy(&self.input)
            );
        }
    }

    pub(crate) fn over(stream: UnixStream) -> Wire {
        Wire {
            stream,
            input: Vec::new(),
        }
    }

    pub(crate) async fn json(&mut self) -> Value {
        serde_json::from_str(&self.reply().await).unwrap()
    }

    pub(crate) async fn call(&mut self, method: &str, params: Value) -> Value {
        self.send(request(&json!("test"), method, &params)).await;
        self.json().await
    }

    /// Whether the daemon has closed, with nothing left unread.
    pub(crate) async fn is_closed(&mut self) -> bool {
        let read = self.stream.read_buf(&mut self.input).await;
        self.input.is_empty() && matches!(read, Ok(0) | Err(_))
    }
}
