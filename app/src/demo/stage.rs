//! What the demo plays on: network, engine and socket, in this process and in a temporary folder.

use crate::config::NodeConfig;
use crate::daemon::{Assembly, Running};
use crate::privacy;
use crate::shutdown::Shutdown;
use crate::view::{Names, print_line};
use anyhow::Context;
use rpc::client::{CallError, Client};
use serde_json::Value;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::task::JoinHandle;

/// The network, the engine and its socket. Everything that is played goes through the socket.
pub(super) struct Stage {
    folder: TempDir,
    rpc_file: PathBuf,
    shutdown: Shutdown,
    serving: JoinHandle<()>,
    names: Names,
    paced: bool,
    up_in: Duration,
}

impl Stage {
    /// Sets it up; `paced` slows it down to what an eye can follow.
    pub(super) async fn set(paced: bool) -> anyhow::Result<Stage> {
        let began = Instant::now();
        privacy::guard()?;
        let folder = tempfile::Builder::new()
            .prefix("ampere-demo-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir()?;
        let rpc_file = folder.path().join("ampere-rpc");
        let assembly = Assembly {
            nodes: vec!["alice=embedded".parse::<NodeConfig>()?],
            pass_on: None,
            home: None,
            state: None,
            database: folder.path().join("ampere.sqlite3"),
            rpc_file: Some(rpc_file.clone()),
            limits: rpc::Limits::default(),
            policy: domain::Policy::default(),
            arrivals: cln::Arrivals::default(),
        };
        let shutdown = Shutdown::default();
        let running = Running::start(&assembly, &shutdown).await?;
        let serving = tokio::spawn(running.serve(shutdown.clone()));
        let mut stage = Stage {
            folder,
            rpc_file,
            shutdown,
            serving,
            names: Names::new("alice"),
            paced,
            up_in: began.elapsed(),
        };
        let mut client = Client::connect(&stage.rpc_file).await?;
        stage.names = Names::ask(&mut client).await;
        Ok(stage)
    }

    /// How long the network, the engine and the socket took to come up.
    pub(super) fn up_in(&self) -> Duration {
        self.up_in
    }

    /// Says what there is.
    pub(super) fn introduce(&self, up_in: Duration) {
        print_line(&format!(
            "Eight Lightning nodes in this process: alice (ours), bob, carol, dave, erin, frank, grace, heidi,\n\
             up in {} ms. Channels alice–bob–dave and alice–carol–dave: two short ways from alice to dave.\n\
             Everything below goes through the socket {}.",
            up_in.as_millis(),
            self.rpc_file.display()
        ));
    }

    /// Where whatever is there for the demo alone belongs.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The socket.
    pub(super) fn rpc_file(&self) -> &Path {
        &self.rpc_file
    }

    /// Whether it shall be drawn live, for people.
    pub(super) fn paced(&self) -> bool {
        self.paced
    }

    /// What the nodes are called.
    pub(super) fn names(&self) -> &Names {
        &self.names
    }

    /// One call, on a connection of its own: calls that wait do not stand in each other's way.
    pub(super) async fn ask(&self, method: &str, params: Value) -> Result<Value, CallError> {
        let client = Client::connect(&self.rpc_file).await;
        client
            .map_err(CallError::Connection)?
            .call(method, params)
            .await
    }

    /// [`Stage::ask`], where an error is not part of the play.
    pub(super) async fn call(&self, method: &str, params: Value) -> anyhow::Result<Value> {
        let answer = self.ask(method, params).await;
        answer.with_context(|| format!("{method} failed"))
    }

    /// Ends everything and removes the folder.
    pub(super) async fn clear(self) -> anyhow::Result<()> {
        self.shutdown.request();
        self.serving.await?;
        Ok(self.folder.close()?)
    }
}
