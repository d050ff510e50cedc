//! The real daemon in a data directory that outlives it.

use anyhow::{Context, Result, bail};
use rpc::client::{CallError, Client};
use serde_json::Value;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};

/// Nothing that the daemon is asked for may take longer.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
/// How long it may take to end at SIGTERM.
const GOODBYE: Duration = Duration::from_secs(5);
/// Lines of the log that are kept for a report.
const LOG_LINES: usize = 60;

/// A data directory.
pub(super) struct Home {
    folder: TempDir,
    program: PathBuf,
}

/// A daemon that was started, and may not be ready yet.
pub(super) struct Daemon {
    child: Child,
    lines: Option<Lines<BufReader<ChildStderr>>>,
    log: Log,
}

/// The last lines that it said.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<String>>>);

impl Home {
    pub(super) fn new(program: &Path, beside: &Path) -> Result<Home> {
        let mut builder = tempfile::Builder::new();
        let private = builder.permissions(Permissions::from_mode(0o700));
        Ok(Home {
            folder: private.prefix("crash-").tempdir_in(beside)?,
            program: program.to_owned(),
        })
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Leaves everything where it is, to be looked at.
    pub(super) fn keep(&mut self) {
        self.folder.disable_cleanup(true);
    }

    pub(super) fn rpc_file(&self) -> PathBuf {
        self.path().join("ampere-rpc")
    }

    pub(super) fn spawn(&self) -> Result<Daemon> {
        let mut command = Command::new(&self.program);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("AMPERE_") {
                command.env_remove(name);
            }
        }
        command.arg("--data-dir").arg(self.path());
        command.args(["--node", "embedded"]);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().context("start ampered")?;
        let stderr = child.stderr.take().context("read ampered's log")?;
        Ok(Daemon {
            child,
            lines: Some(BufReader::new(stderr).lines()),
            log: Log::default(),
        })
    }

    /// Starts it and waits until it is ready.
    pub(super) async fn start(&self) -> Result<Daemon> {
        let mut daemon = self.spawn()?;
        let ready = tokio::time::timeout(PATIENCE, daemon.ready()).await;
        ready.context("ampered is not ready in time")??;
        Ok(daemon)
    }
}

impl Daemon {
    async fn ready(&mut self) -> Result<()> {
        let mut lines = self.lines.take().context("it is ready already")?;
        loop {
            let Some(line) = lines.next_line().await? else {
                bail!("ampered did not start:\n{}", self.log.tail());
            };
            let is_ready = line.contains("ampered is ready");
            self.log.note(line);
            if is_ready {
                break;
            }
        }
        let log = self.log.clone();
        // It must never block on its log.
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                log.note(line);
            }
        });
        Ok(())
    }

    pub(super) fn log(&self) -> Log {
        self.log.clone()
    }

    /// kill -9.
    pub(super) async fn kill(mut self) -> Result<()> {
        self.child.kill().await.context("kill ampered")
    }

    /// SIGTERM, and its end.
    pub(super) async fn terminate(mut self) -> Result<ExitStatus> {
        let pid = self.child.id().context("it has ended already")?.to_string();
        let kill = Command::new("kill").args(["-s", "TERM", &pid]).status();
        if !kill.await?.success() {
            bail!("SIGTERM could not be sent");
        }
        let ended = tokio::time::timeout(GOODBYE, self.child.wait()).await;
        Ok(ended.context("SIGTERM did not end it within 5 s")??)
    }
}

impl Log {
    fn note(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() >= LOG_LINES {
            lines.remove(0);
        }
        lines.push(line);
    }

    pub(super) fn tail(&self) -> String {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .join("\n")
    }
}

/// What came of a call.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Answer {
    Result(Value),
    Error {
        code: i32,
        message: String,
        data: Value,
    },
    /// The connection ended first.
    Cut,
}

/// A call on a connection of its own.
pub(super) async fn call(rpc_file: &Path, method: &str, params: Value) -> Result<Answer> {
    let work = async {
        let mut client = Client::connect(rpc_file).await?;
        client.call(method, params).await
    };
    let answer = tokio::time::timeout(PATIENCE, work).await;
    let answer = answer.with_context(|| format!("{method} was never answered"))?;
    Ok(match answer {
        Ok(result) => Answer::Result(result),
        Err(CallError::Connection(_)) => Answer::Cut,
        Err(CallError::Rpc {
            code,
            message,
            data,
        }) => Answer::Error {
            code,
            message,
            data: data.unwrap_or_default(),
        },
    })
}

/// A call that must succeed.
pub(super) async fn ok(rpc_file: &Path, method: &str, params: Value) -> Result<Value> {
    match call(rpc_file, method, params.clone()).await? {
        Answer::Result(result) => Ok(result),
        other => bail!("{method} {params}: {other:?}"),
    }
}
