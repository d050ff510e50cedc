//! A bug in what payments depend on ends the process at once, whatever becomes of its last words; the
//! next start takes care of every part.

use crate::support::{Daemon, Home, LARGER, SMALLER, soon};
use serde_json::json;
use std::fs::File;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use tokio::io::AsyncReadExt;

const ABORTED: Option<i32> = Some(6);

/// A decision panics in mid-payment: one part is out, and another was to follow.
async fn dies_and_is_taken_care_of(home: &Home, stderr: Stdio) -> ExitStatus {
    let bug = home.path().join("bug");
    let mut command = home.ampered();
    command.env("PLANTED_PANIC", &bug).stderr(stderr);
    let mut daemon = Daemon::spawn_unheard(command, home.path().join("ampere-rpc")).await;
    let invoice = daemon.invoice().await;
    let first = daemon.send(&invoice, &daemon.route(0, LARGER).await).await;
    let part = invoice.part(&daemon.route(1, SMALLER).await);
    std::fs::write(&bug, "").unwrap();
    let refused = daemon.refused("sendpartialpay", part).await;
    assert!(refused.message.contains("no connection"), "{refused:?}");
    let ended = soon("the end", daemon.child.wait()).await.unwrap();
    std::fs::remove_file(&bug).unwrap();

    let daemon = home.start().await;
    let parts = daemon.parts_of(&invoice).await;
    assert_eq!(parts.len(), 1, "it died before the commit: {parts:?}");
    let second = daemon.send(&invoice, &daemon.route(1, SMALLER).await).await;
    for id in [first, second] {
        daemon.ok("waitpartialpay", json!([id])).await;
    }
    daemon.terminate().await;
    ended
}

#[tokio::test]
async fn a_bug_in_a_decision_ends_the_daemon_and_is_told() {
    let home = Home::new();
    let log = File::create(home.path().join("log")).unwrap();
    let ended = dies_and_is_taken_care_of(&home, log.into()).await;
    assert_eq!(ended.signal(), ABORTED, "{ended}");
    let log = std::fs::read_to_string(home.path().join("log")).unwrap();
    assert!(log.contains("a bug stopped ampered"), "{log}");
    assert!(
        log.contains("spawner.rs") || log.contains("crash.rs"),
        "{log}"
    );
}

#[tokio::test]
async fn a_bug_ends_the_daemon_also_when_nothing_can_be_told() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let ended = dies_and_is_taken_care_of(&Home::new(), full.into()).await;
    assert_eq!(ended.signal(), ABORTED, "{ended}");
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let ended = dies_and_is_taken_care_of(&Home::new(), writer.into()).await;
    assert_eq!(ended.signal(), ABORTED, "{ended}");
}

#[tokio::test]
async fn a_bug_ends_the_daemon_also_when_nobody_reads_its_last_words() {
    let (reader, writer) = std::io::pipe().unwrap();
    // Full from the start: whoever writes to it waits for ever.
    let flags = rustix::fs::fcntl_getfl(&writer).unwrap();
    rustix::fs::fcntl_setfl(&writer, flags | rustix::fs::OFlags::NONBLOCK).unwrap();
    while rustix::io::write(&writer, &[b'-'; 4096]).is_ok() {}
    rustix::fs::fcntl_setfl(&writer, flags).unwrap();
    let ended = dies_and_is_taken_care_of(&Home::new(), writer.into()).await;
    assert_eq!(ended.signal(), ABORTED, "{ended}");
    drop(reader);
}

/// Whatever thread it is: storage's, a node's, one that nobody has thought of.
#[tokio::test]
async fn a_bug_in_any_thread_ends_the_daemon() {
    let home = Home::new();
    let mut command = home.ampered();
    command.env("PLANTED_BUG", "thread-panics");
    let mut child = command.kill_on_drop(true).spawn().unwrap();
    let ended = soon("the end", child.wait()).await.unwrap();
    assert_eq!(ended.signal(), ABORTED, "{ended}");
    let mut log = String::new();
    let mut stderr = child.stderr.take().unwrap();
    soon("its log", stderr.read_to_string(&mut log))
        .await
        .unwrap();
    assert!(log.contains("ampered is ready"), "{log}");
    assert!(log.contains("a bug stopped ampered: panicked at"), "{log}");
}
