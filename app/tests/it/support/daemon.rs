//! `ampered` as a child process.

use super::soon;
use rpc::client::{CallError, Client};
use serde_json::Value;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStderr, Command};
use tokio::task::JoinHandle;

/// A data directory that outlives the daemons that use it one after the other.
pub(crate) struct Home(TempDir);

/// A daemon that is ready. Killed when dropped.
pub(crate) struct Daemon {
    pub(crate) child: Child,
    pub(crate) rpc_file: PathBuf,
    log: Arc<Mutex<String>>,
    reading: JoinHandle<()>,
}

/// An error of the daemon's.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) code: i64,
    pub(crate) message: String,
    pub(crate) data: Value,
}

impl Home {
    pub(crate) fn new() -> Home {
        let mut builder = tempfile::Builder::new();
        let private = builder.permissions(Permissions::from_mode(0o700));
        Home(private.tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// A daemon for this folder.
    pub(crate) fn ampered(&self) -> Command {
        ampered_in(self.path())
    }

    /// Starts a daemon here and waits until it is ready.
    pub(crate) async fn start(&self) -> Daemon {
        Daemon::spawn(self.ampered(), self.path().join("ampere-rpc")).await
    }
}

impl Daemon {
    /// A daemon in a folder of its own, which goes with it.
    pub(crate) async fn fresh() -> (Home, Daemon) {
        let home = Home::new();
        let daemon = home.start().await;
        (home, daemon)
    }

    /// Runs the command and waits for its word that it is ready.
    pub(crate) async fn spawn(mut command: Command, rpc_file: PathBuf) -> Daemon {
        let mut child = command.kill_on_drop(true).spawn().unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let stderr = child.stderr.take().unwrap();
        let reading = soon("starting", ready(stderr, Arc::clone(&log))).await;
        Daemon {
            child,
            rpc_file,
            log,
            reading,
        }
    }

    /// Runs the command, whose stderr is not ours to read, and waits until it answers on its socket.
    pub(crate) async fn spawn_unheard(mut command: Command, rpc_file: PathBuf) -> Daemon {
        let mut child = command.kill_on_drop(true).spawn().unwrap();
        let answers = async {
            while Client::connect(&rpc_file).await.is_err() {
                let ended = child.try_wait().unwrap();
                assert!(ended.is_none(), "ampered ended: {ended:?}");
                tokio::task::yield_now().await;
            }
        };
        soon("starting", answers).await;
        Daemon {
            child,
            rpc_file,
            log: Arc::default(),
            reading: tokio::spawn(async {}),
        }
    }

    /// What it has said on stderr.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// A call on a connection of its own, so that waits do not stand in each other's way.
    pub(crate) async fn call(&self, method: &str, params: Value) -> Result<Value, Refused> {
        call(&self.rpc_file, method, params).await
    }

    /// A call that succeeds.
    pub(crate) async fn ok(&self, method: &str, params: Value) -> Value {
        let answer = self.call(method, params).await;
        answer.unwrap_or_else(|refused| panic!("{method}: {refused:?}\n{}", self.log()))
    }

    /// A call that is refused.
    pub(crate) async fn refused(&self, method: &str, params: Value) -> Refused {
        match self.call(method, params).await {
            Ok(result) => panic!("{method} was not refused: {result}"),
            Err(refused) => refused,
        }
    }

    /// The rows of `listpartialpayments`.
    pub(crate) async fn parts(&self, params: Value) -> Vec<Value> {
        let list = self.ok("listpartialpayments", params).await;
        list["partialpayments"].as_array().unwrap().clone()
    }

    /// The rows of `listpayments`.
    pub(crate) async fn payments(&self, params: Value) -> Vec<Value> {
        let list = self.ok("listpayments", params).await;
        list["payments"].as_array().unwrap().clone()
    }

    /// Sends a signal, by name.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().unwrap().to_string();
        let kill = std::process::Command::new("kill")
            .args(["-s", name, &pid])
            .status();
        assert!(kill.unwrap().success());
    }

    /// Waits for its end.
    pub(crate) async fn ended(mut self) -> ExitStatus {
        soon("stopping", self.child.wait()).await.unwrap()
    }

    /// SIGTERM, and its end.
    pub(crate) async fn terminate(self) {
        self.terminated().await;
    }

    /// The same: all that it has said on stderr.
    pub(crate) async fn terminated(mut self) -> String {
        self.signal("TERM");
        let status = soon("stopping", self.child.wait()).await.unwrap();
        soon("the end of its log", &mut self.reading).await.unwrap();
        let log = self.log();
        assert_eq!(status.code(), Some(0), "{log}");
        log
    }

    /// kill -9.
    pub(crate) async fn kill(mut self) {
        soon("killing", self.child.kill()).await.unwrap();
    }
}

/// A call on a connection of its own.
pub(crate) async fn call(rpc_file: &Path, method: &str, params: Value) -> Result<Value, Refused> {
    let work = async {
        let mut client = Client::connect(rpc_file).await?;
        client.call(method, params).await
    };
    soon(method, work).await.map_err(|error| match error {
        CallError::Rpc {
            code,
            message,
            data,
        } => Refused {
            code: code.into(),
            message,
            data: data.unwrap_or_default(),
        },
        CallError::Connection(why) => Refused {
            code: 0,
            message: format!("no connection: {why}"),
            data: Value::Null,
        },
    })
}

/// `ampered --data-dir …`, without whatever the tests' own environment says: on the embedded network,
/// unless `--node` or the folder's file name other nodes.
pub(crate) fn ampered_in(dir: &Path) -> Command {
    let mut command = clean(env!("CARGO_BIN_EXE_ampered"));
    command.arg("--data-dir").arg(dir);
    let file = std::fs::read_to_string(dir.join("ampere.toml"));
    if !file.is_ok_and(|text| text.contains("[[node]]")) {
        command.env("AMPERE_NODE", "embedded");
    }
    command.stderr(Stdio::piped()).stdout(Stdio::null());
    command
}

/// `ampere …`, without whatever the tests' own environment says.
pub(crate) fn ampere() -> Command {
    let mut command = clean(env!("CARGO_BIN_EXE_ampere"));
    command.stdin(Stdio::null());
    command
}

/// A program, without whatever the tests' own environment says.
pub(crate) fn clean(program: &str) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AMPERE_") {
            command.env_remove(name);
        }
    }
    command
}

/// Returns at the ready line, and goes on reading so that the daemon never blocks on its log.
async fn ready(stderr: ChildStderr, log: Arc<Mutex<String>>) -> JoinHandle<()> {
    let mut lines = BufReader::new(stderr).lines();
    loop {
        let line = lines.next_line().await.unwrap();
        let Some(line) = line else {
            panic!("ampered ended: {}", log.lock().unwrap())
        };
        note(&log, &line);
        if line.contains("ampered is ready") {
            break;
        }
    }
    tokio::spawn(async move {
        while let Ok(Some(line)) = lines.next_line().await {
            note(&log, &line);
        }
    })
}

fn note(log: &Mutex<String>, line: &str) {
    let mut log = log.lock().unwrap();
    log.push_str(line);
    log.push('\n');
}
