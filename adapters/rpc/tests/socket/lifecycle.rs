//! The socket's file, hanging up, and the end.

use crate::fake::Fake;
use crate::wire::{Daemon, request, services};
use rpc::{Limits, Server};
use serde_json::json;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::watch;

fn bind(path: &Path) -> std::io::Result<Server> {
    let engine = Arc::new(Fake::default());
    let services = services(&engine, &watch::Sender::new(false));
    Server::bind(path, services, Limits::default())
}

#[tokio::test]
async fn the_socket_is_its_owners_alone() {
    let daemon = Daemon::start();
    let mode = fs::metadata(&daemon.path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let beside: Vec<_> = fs::read_dir(daemon.folder.path()).unwrap().collect();
    assert_eq!(beside.len(), 1, "{beside:?}");
}

#[tokio::test]
async fn a_stale_socket_is_replaced_and_a_live_one_is_not() {
    let daemon = Daemon::start();
    let refused = bind(&daemon.path).err().unwrap();
    assert_eq!(refused.kind(), ErrorKind::AddrInUse, "{refused}");
    assert!(refused.to_string().contains("another daemon"), "{refused}");
    daemon.result("getinfo", json!([])).await;

    let stale = daemon.folder.path().join("stale");
    drop(UnixListener::bind(&stale).unwrap());
    assert!(stale.exists());
    bind(&stale).unwrap();
}

#[test]
fn a_file_that_is_no_socket_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    fs::write(&path, "precious").unwrap();
    assert_eq!(bind(&path).err().unwrap().kind(), ErrorKind::AddrInUse);
    assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
}

#[test]
fn a_path_that_no_socket_can_have_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let why = bind(&folder.path().join("x".repeat(100))).err().unwrap();
    assert_eq!(why.kind(), ErrorKind::InvalidInput);
    assert!(
        why.to_string().contains("at most 107 are possible"),
        "{why}"
    );
    let why = bind(&folder.path().join("missing/rpc")).err().unwrap();
    assert_eq!(why.kind(), ErrorKind::NotFound);
}

#[test]
fn the_socket_goes_with_its_server_unless_it_is_anothers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rpc");
    drop(bind(&path).unwrap());
    assert!(!path.exists());
    let first = bind(&path).unwrap();
    fs::remove_file(&path).unwrap();
    let second = bind(&path).unwrap();
    drop(first);
    assert!(path.exists());
    drop(second);
    assert!(!path.exists());
}

#[tokio::test]
async fn hanging_up_drops_the_wait() {
    let daemon = Daemon::start();
    let mut wire = daemon.connect().await;
    wire.send(request(&json!(1), "waitpartialpay", &json!([7])))
        .await;
    wire.send(request(&json!(2), "waitsendpay", &json!(["00".repeat(32)])))
        .await;
    daemon.engine.waiting_is(2).await;
    drop(wire);
    daemon.engine.waiting_is(0).await;
}

#[tokio::test]
async fn hanging_up_after_half_closing_drops_the_wait() {
    let daemon = Daemon::start();
    let mut wire = daemon.connect().await;
    wire.send(request(&json!(1), "waitpartialpay", &json!([7])))
        .await;
    tokio::io::AsyncWriteExt::shutdown(&mut wire.stream)
        .await
        .unwrap();
    daemon.engine.waiting_is(1).await;
    // A reply in between makes room to write known, which is no hang-up.
    daemon.result("getinfo", json!([])).await;
    assert_eq!(*daemon.engine.waiting.borrow(), 1);
    drop(wire);
    daemon.engine.waiting_is(0).await;
}

#[tokio::test]
async fn what_was_asked_before_hanging_up_is_done() {
    let daemon = Daemon::start();
    let mut wire = daemon.connect().await;
    let params = json!({"id": 1});
    wire.send(request(&json!(1), "listpartialpayments", &params).repeat(300))
        .await;
    drop(wire);
    while daemon.engine.asked() < 300 {
        daemon.result("getinfo", json!([])).await;
    }
}

#[tokio::test]
async fn a_stop_answers_calls_and_waits_and_removes_the_socket() {
    let daemon = Daemon::with(Limits {
        drain_timeout_secs: 3600,
        ..Limits::default()
    });
    let mut waiting = daemon.connect().await;
    waiting
        .send(request(&json!(1), "waitpartialpay", &json!([7])))
        .await;
    daemon.engine.waiting_is(1).await;
    let mut idle = daemon.connect().await;
    idle.call("getinfo", json!([])).await;

    let reply = daemon.result("stop", json!([])).await;
    assert_eq!(reply, json!({"message": "Shutting down"}));
    daemon.running.await.unwrap();
    let told = waiting.json().await;
    assert_eq!(
        (&told["id"], &told["error"]["code"]),
        (&json!(1), &json!(-32005))
    );
    assert!(
        told["error"]["message"]
            .as_str()
            .unwrap()
            .contains("stopping")
    );
    assert!(waiting.is_closed().await);
    assert!(idle.is_closed().await);
    assert!(!daemon.path.exists());
    assert_eq!(*daemon.engine.waiting.borrow(), 0);
}

/// Also the requests that have only arrived: nothing of them was done, and that is said.
#[tokio::test]
async fn a_stop_refuses_what_it_has_not_begun() {
    const REQUESTS: usize = 500;
    let daemon = Daemon::with(Limits {
        in_flight_per_connection: 1,
        ..Limits::default()
    });
    let mut wire = daemon.connect().await;
    // One wait, so that all that follows is read one after the other; and the stop among them.
    let asked = request(&json!(1), "waitpartialpay", &json!([7]));
    let list = request(&json!(2), "listpartialpayments", &json!([]));
    let stop = request(&json!(3), "stop", &json!([]));
    wire.send([asked, stop, list.repeat(REQUESTS)].concat())
        .await;
    let mut replies = Vec::new();
    while let Some(reply) = wire.try_reply().await {
        let reply: serde_json::Value = serde_json::from_str(&reply).unwrap();
        replies.push(reply);
    }
    daemon.running.await.unwrap();
    assert_eq!(replies.len(), REQUESTS + 2, "each has its answer");
    let refused = replies
        .iter()
        .filter(|reply| reply["error"]["code"] == -32005);
    let refused = refused.count();
    assert!(
        (2..=REQUESTS + 1).contains(&refused),
        "{refused} were refused"
    );
    let done = daemon.engine.asked() - 1;
    assert_eq!(done + refused, REQUESTS + 1, "what is refused is not done");
}

/// Whoever does not read what they have asked for holds up the end no longer than that.
#[tokio::test(start_paused = true)]
async fn a_stop_does_not_wait_for_ever_for_a_reader() {
    let daemon = Daemon::start();
    let mut wire = daemon.connect().await;
    wire.send(request(&json!(1), "help", &json!([])).repeat(1000))
        .await;
    let mut other = daemon.connect().await;
    other
        .send(request(&json!(1), "waitpartialpay", &json!([7])))
        .await;
    daemon.engine.waiting_is(1).await;
    daemon.shutdown.send_replace(true);
    daemon.running.await.unwrap();
    assert_eq!(other.json().await["error"]["code"], -32005);
}

#[tokio::test]
async fn waits_over_the_limit_are_refused_and_calls_go_on() {
    let daemon = Daemon::with(Limits {
        waits_per_connection: 2,
        in_flight_per_connection: 1,
        ..Limits::default()
    });
    let mut wire = daemon.connect().await;
    for id in 1..=3 {
        wire.send(request(&json!(id), "waitpartialpay", &json!([id])))
            .await;
    }
    let refused = wire.json().await;
    assert_eq!(
        (&refused["id"], &refused["error"]["code"]),
        (&json!(3), &json!(-32005))
    );
    assert!(wire.call("getinfo", json!([])).await["result"].is_object());
}

#[tokio::test]
async fn one_methods_bug_is_not_the_connections() {
    let daemon = Daemon::start();
    *daemon.engine.broken.lock().unwrap() = true;
    let mut wire = daemon.connect().await;
    let params = json!([crate::samples::route_json(600), "00".repeat(32)]);
    assert_eq!(wire.call("sendpay", params).await["error"]["code"], -32603);
    assert!(wire.call("getinfo", json!([])).await["result"].is_object());
}

#[test]
fn an_unknown_limit_in_the_configuration_is_named() {
    let limits: Limits = serde_json::from_str(r#"{"depth": 9}"#).unwrap();
    assert_eq!((limits.depth, limits.connections), (9, 1024));
    let unknown = serde_json::from_str::<Limits>(r#"{"dept": 9}"#).unwrap_err();
    assert!(
        unknown.to_string().contains("unknown field `dept`"),
        "{unknown}"
    );
}
