//! A daemon in a process of its own, which can be killed: this program, told to be one.

use crate::config::{self, Config, DaemonFlags, Flags};
use crate::crash;
use crate::daemon::Daemon;
use crate::data_dir;
use crate::exit::Exit;
use crate::privacy;
use crate::say::say;
use crate::shutdown::Shutdown;
use crate::trouble;
use anyhow::{Context, ensure};
use rpc::client::{CallError, Client};
use serde_json::{Value, json};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};

/// What its configuration names: alice, or grace as well. Both are on one network.
pub(super) const ONE_NODE: &str = "node = 'alice=embedded'\n";
pub(super) const TWO_NODES: &str = "\
[[node]]
name = 'alice'
address = 'embedded'
[[node]]
name = 'grace'
address = 'embedded:grace'
";

/// Between two tries to reach it.
const LOOK: Duration = Duration::from_millis(20);

/// The daemon, with a network of its own. What it keeps outlives it.
pub(super) struct Apart {
    dir: PathBuf,
    process: Child,
}

impl Apart {
    /// Starts one in that folder, with those nodes, and waits until it answers.
    pub(super) async fn start(dir: &Path, nodes: &str) -> anyhow::Result<Apart> {
        data_dir::create(dir)?;
        std::fs::write(dir.join(config::FILE_NAME), nodes).context("configure a daemon")?;
        Apart::again(dir).await
    }

    /// On what the one before has left.
    async fn again(dir: &Path) -> anyhow::Result<Apart> {
        let own = std::env::current_exe().context("find this program")?;
        let mut command = Command::new(own);
        command.args(["demo", "--daemon"]).arg(dir);
        // It ends when nobody holds the other end of its standard input any more.
        command.stdin(Stdio::piped()).stdout(Stdio::null());
        let process = command.kill_on_drop(true).spawn();
        let mut apart = Apart {
            dir: dir.to_owned(),
            process: process.context("start a daemon")?,
        };
        while Client::connect(apart.rpc_file()).await.is_err() {
            let ended = apart.process.try_wait()?;
            ensure!(ended.is_none(), "the daemon ended: {ended:?}");
            tokio::time::sleep(LOOK).await;
        }
        Ok(apart)
    }

    /// Kills it (SIGKILL), and starts the next on what it has left.
    pub(super) async fn kill_and_start(mut self) -> anyhow::Result<Apart> {
        self.process.kill().await.context("kill the daemon")?;
        Apart::again(&self.dir).await
    }

    /// Ends it in good order.
    pub(super) async fn stop(mut self) -> anyhow::Result<()> {
        self.call("stop", json!([])).await?;
        self.process.wait().await.context("end the daemon")?;
        Ok(())
    }

    /// One call, on a connection of its own.
    pub(super) async fn call(&self, method: &str, params: Value) -> anyhow::Result<Value> {
        let call = async {
            let mut client = self.client().await?;
            client.call(method, params).await
        };
        call.await.with_context(|| format!("{method} failed"))
    }

    /// A connection.
    pub(super) async fn client(&self) -> Result<Client, CallError> {
        let client = Client::connect(self.rpc_file()).await;
        client.map_err(CallError::Connection)
    }

    fn rpc_file(&self) -> PathBuf {
        self.dir.join("ampere-rpc")
    }
}

/// Is that daemon, until it is told to stop or nobody is left to tell it.
pub(super) async fn serve(dir: PathBuf) -> Exit {
    crash::abort_on_panic();
    match run(dir).await {
        Ok(()) => Exit::Ok,
        Err(error) => {
            say!("{}", trouble::report(&error));
            Exit::Error
        }
    }
}

async fn run(dir: PathBuf) -> anyhow::Result<()> {
    privacy::guard()?;
    let place = Flags {
        data_dir: Some(dir),
        rpc_file: None,
    };
    let config = Config::load(place, DaemonFlags::default(), [])?;
    let shutdown = Shutdown::default();
    let alone = shutdown.callback();
    std::thread::spawn(move || {
        // Whatever ends it, nobody is there any more.
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        alone();
    });
    let daemon = Daemon::start(config, &shutdown).await?;
    daemon.run(shutdown).await;
    Ok(())
}
