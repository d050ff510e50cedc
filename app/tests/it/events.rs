//! `ampere events`: the history of a real daemon, over its restarts.

use crate::support::{Daemon, Home, Invoice, ampere, soon};
use serde_json::Value;
use std::path::Path;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

fn events(home: &Path, words: &[&str]) -> Command {
    let mut command = ampere();
    command
        .arg("--data-dir")
        .arg(home)
        .arg("events")
        .args(words);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.kill_on_drop(true);
    command
}

/// What it prints until it ends by itself, a line each.
async fn printed(home: &Path, words: &[&str]) -> Vec<Value> {
    let ran = soon("ampere events", events(home, words).output()).await;
    let ran = ran.unwrap();
    let (stdout, stderr) = (ran.stdout, String::from_utf8(ran.stderr).unwrap());
    assert_eq!(ran.status.code(), Some(0), "{stderr}");
    let lines = String::from_utf8(stdout).unwrap();
    lines.lines().map(parsed).collect()
}

fn parsed(line: impl AsRef<str>) -> Value {
    serde_json::from_str(line.as_ref()).unwrap()
}

fn numbers(events: &[Value]) -> Vec<u64> {
    let numbers = events.iter().map(|event| event["seq"].as_u64().unwrap());
    numbers.collect()
}

/// One that goes on.
struct Following {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Following {
    fn start(home: &Path, words: &[&str]) -> Following {
        let mut child = events(home, words).arg("--follow").spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Following { child, lines }
    }

    async fn next(&mut self) -> Value {
        let line = soon("an event", self.lines.next_line()).await.unwrap();
        parsed(line.expect("it goes on"))
    }

    /// So many events, which are the ones from that number on.
    async fn tells(&mut self, from: u64, many: u64) {
        for number in from..from + many {
            assert_eq!(self.next().await["seq"], number);
        }
    }

    /// All that it has said on stderr.
    async fn killed(mut self) -> String {
        self.child.start_kill().unwrap();
        ended(&mut self.child).await.1
    }
}

/// How it ended, and all that it has said on stderr.
async fn ended(child: &mut Child) -> (Option<i32>, String) {
    let status = soon("its end", child.wait()).await.unwrap();
    let mut said = String::new();
    let mut stderr = child.stderr.take().unwrap();
    stderr.read_to_string(&mut said).await.unwrap();
    (status.code(), said)
}

/// Four events: two parts, accepted and fulfilled.
async fn pay(daemon: &Daemon) -> Invoice {
    let invoice = daemon.invoice().await;
    daemon.pay_in_two(&invoice).await;
    invoice
}

#[tokio::test]
async fn what_happened_is_printed_a_line_each() {
    let (home, daemon) = Daemon::fresh().await;
    assert!(printed(home.path(), &[]).await.is_empty());
    pay(&daemon).await;
    let failed = daemon.invoice().await;
    daemon.send_in_vain(&failed, 0, 60_000_000).await;
    let all = printed(home.path(), &[]).await;
    assert_eq!(numbers(&all), [1, 2, 3, 4, 5, 6]);
    let list = daemon.ok("listevents", serde_json::json!([])).await;
    assert_eq!(&all, list["events"].as_array().unwrap());
    assert_eq!(all[5]["failure"]["failcodename"], "WIRE_FEE_INSUFFICIENT");
    assert_eq!(printed(home.path(), &["--from", "4"]).await, all[3..]);
    assert_eq!(
        printed(home.path(), &["--from", "7"]).await,
        [Value::Null; 0]
    );
    assert_eq!(
        printed(home.path(), &["--hash", &failed.hash]).await,
        all[4..]
    );
    let few = ["--from", "2", "--limit", "2"];
    assert_eq!(printed(home.path(), &few).await, all[1..3]);
    // The same events in the same words, whichever way they come.
    let followed = ["--follow", "--limit", "6"];
    assert_eq!(printed(home.path(), &followed).await, all);
    let of_one = ["--follow", "--limit", "2", "--hash", &failed.hash];
    assert_eq!(printed(home.path(), &of_one).await, all[4..]);
}

#[tokio::test]
async fn a_follower_goes_on_over_restarts_without_gap_or_repetition() {
    let (home, daemon) = Daemon::fresh().await;
    let mut all = Following::start(home.path(), &[]);
    pay(&daemon).await;
    all.tells(1, 4).await;
    daemon.terminate().await;

    let daemon = home.start().await;
    pay(&daemon).await;
    all.tells(5, 4).await;
    daemon.kill().await;

    let daemon = home.start().await;
    let last = pay(&daemon).await;
    all.tells(9, 4).await;
    let said = all.killed().await;
    assert_eq!(said.matches("waiting for the daemon").count(), 2, "{said}");
    for next in [5, 9] {
        assert!(
            said.contains(&format!("go on from event {next}\n")),
            "{said}"
        );
    }
    let mut one = Following::start(home.path(), &["--hash", &last.hash]);
    one.tells(9, 4).await;
    daemon.terminate().await;
}

#[tokio::test]
async fn a_follower_that_nobody_reads_ends() {
    let (home, daemon) = Daemon::fresh().await;
    let mut following = Following::start(home.path(), &[]);
    pay(&daemon).await;
    following.tells(1, 4).await;
    let Following { mut child, lines } = following;
    drop(lines);
    pay(&daemon).await;
    let (code, said) = ended(&mut child).await;
    assert_eq!((code, &*said), (Some(1), ""));
}

#[tokio::test]
async fn a_follower_of_another_database_is_told_so() {
    let (home, daemon) = Daemon::fresh().await;
    pay(&daemon).await;
    let mut following = Following::start(home.path(), &["--from", "6"]);
    let (code, said) = ended(&mut following.child).await;
    assert_eq!(code, Some(1));
    assert!(said.contains("the last event is 4"), "{said}");
}

#[tokio::test]
async fn a_follower_wants_a_daemon_to_begin_with() {
    let home = Home::new();
    let mut following = Following::start(home.path(), &[]);
    let (code, said) = ended(&mut following.child).await;
    assert_eq!(code, Some(2), "{said}");
}
