//! What others do beside it, each a process of its own: one who follows the history and is killed, and
//! one who keeps the books.

use super::stage::Stage;
use crate::view::print_line;
use anyhow::{Context, ensure};
use serde_json::{Value, json};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// A follower that tells nothing for so long has nothing more to tell.
const PATIENCE: Duration = Duration::from_secs(30);

/// Somebody who follows the history.
pub(super) struct Follower {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
    /// The events that it was told, by number.
    told: Vec<u64>,
}

impl Follower {
    /// `ampere events --from N --follow`.
    pub(super) fn start(stage: &Stage, from: u64) -> anyhow::Result<Follower> {
        let mut command = ampere(stage)?;
        command.args(["events", "--follow", "--from", &from.to_string()]);
        let mut process = command.spawn().context("start `ampere events`")?;
        let stdout = process.stdout.take().context("its output is ours")?;
        Ok(Follower {
            process,
            lines: BufReader::new(stdout).lines(),
            told: Vec::new(),
        })
    }

    /// Reads what it is told, up to that event.
    async fn hear(&mut self, last: u64) -> anyhow::Result<()> {
        while self.told.last().is_none_or(|told| *told < last) {
            let line = tokio::time::timeout(PATIENCE, self.lines.next_line()).await;
            let line = line.context("`ampere events` tells nothing")??;
            let event: Value = serde_json::from_str(&line.context("`ampere events` has ended")?)?;
            let number = event["seq"].as_u64();
            self.told.push(number.context("an event has a number")?);
        }
        Ok(())
    }

    /// Reads up to now, and is killed: what it was told.
    pub(super) async fn kill(mut self, stage: &Stage) -> anyhow::Result<Vec<u64>> {
        self.hear(last_event(stage).await?).await?;
        self.process.kill().await.context("kill `ampere events`")?;
        Ok(self.told)
    }
}

/// The number of the last event.
async fn last_event(stage: &Stage) -> anyhow::Result<u64> {
    let history = stage.call("listevents", json!({"limit": 1000})).await?;
    let last = history["events"]
        .as_array()
        .and_then(|events| events.last());
    let last = last.and_then(|event| event["seq"].as_u64());
    last.context("listevents: no events")
}

/// It is killed, and another goes on from the number after the last: what both were told.
pub(super) async fn resume(stage: &Stage, mut told: Vec<u64>) -> anyhow::Result<Vec<u64>> {
    let last = told.last().copied().unwrap_or(0);
    print_line("\n5. The history, and the books");
    print_line(&format!(
        " · `ampere events --follow` ran beside all this and was killed after event {last};\n   \
         started again with --from {}, it tells the rest",
        last + 1
    ));
    let rest = Follower::start(stage, last + 1)?.kill(stage).await?;
    let until = rest.last().copied().unwrap_or(last);
    print_line(&format!(
        " · events 1 to {last}, then {} to {until}: none is missing, none came twice",
        last + 1
    ));
    told.extend(rest);
    Ok(told)
}

/// `ampere export`: what it printed.
pub(super) async fn books(stage: &Stage) -> anyhow::Result<String> {
    let mut command = ampere(stage)?;
    command.args(["export", "--format", "beancount"]);
    let output = command.output().await.context("run `ampere export`")?;
    ensure!(output.status.success(), "`ampere export` failed");
    let books = String::from_utf8(output.stdout).context("the books are text")?;
    print_line(
        " · `ampere export --format beancount` (`ampere help export` lists the other formats):\n",
    );
    for line in books.lines() {
        print_line(&format!("   {line}"));
    }
    Ok(books)
}

/// This program, asking this stage.
fn ampere(stage: &Stage) -> anyhow::Result<Command> {
    let own = std::env::current_exe().context("find this program")?;
    let mut command = Command::new(own);
    command.arg("--rpc-file").arg(stage.rpc_file());
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    command.kill_on_drop(true);
    Ok(command)
}
