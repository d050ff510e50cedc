//! The daemon stops: whoever waits is told so, and not left with a connection that has ended.

use crate::fake::Plugin;
use crate::lightning::{Lightning, WHOLE};
use crate::lightningd::Fake;
use crate::support::{Daemon, LARGER, Refused, SMALLER, call, clean, soon};
use rpc::client::Client;
use rusqlite::Connection;
use serde_json::{Map, Value, json};
use std::path::PathBuf;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::task::JoinHandle;

type Waiting = JoinHandle<Result<Value, Refused>>;

fn ask(rpc_file: &std::path::Path, method: &'static str, params: Value) -> Waiting {
    let rpc_file = rpc_file.to_owned();
    tokio::spawn(async move { call(&rpc_file, method, params).await })
}

/// Asks until so many callers wait: the daemon says so itself.
async fn until_waiters(daemon: &Daemon, count: usize) {
    soon("waiters", async {
        while daemon.ok("getinfo", json!([])).await["waiters"] != count {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

async fn told_that_it_stops(waiting: Waiting) {
    let refused = waiting.await.unwrap().unwrap_err();
    assert_eq!(refused.code, -32005, "{refused:?}");
    assert!(refused.message.contains("is stopping"), "{refused:?}");
}

#[tokio::test]
async fn whoever_waits_is_told_and_learns_the_end_after_the_restart() {
    let (home, mut daemon) = Daemon::fresh().await;
    let invoice = daemon.invoice().await;
    let id = daemon.send(&invoice, &daemon.route(0, LARGER).await).await;
    let stop: fn(&Daemon) -> Option<Waiting> =
        |daemon| Some(ask(&daemon.rpc_file, "stop", json!([])));
    let sigterm: fn(&Daemon) -> Option<Waiting> = |daemon| {
        daemon.signal("TERM");
        None
    };
    for end in [stop, sigterm] {
        let waiting = [
            ("waitpartialpay", json!([id])),
            ("waitsendpay", json!([invoice.hash])),
            ("waitsendpay", json!([invoice.hash, 3600])),
            ("waitpayment", json!([invoice.hash])),
        ];
        let waiting = waiting.map(|(method, params)| ask(&daemon.rpc_file, method, params));
        let mut follower = Client::connect(&daemon.rpc_file).await.unwrap();
        follower.call("subscribe", json!([])).await.unwrap();
        until_waiters(&daemon, waiting.len()).await;
        let stopped = end(&daemon);
        for waiting in waiting {
            told_that_it_stops(waiting).await;
        }
        let last = soon("its last words", follower.notification()).await;
        assert!(last.unwrap().get().contains("-32005"));
        assert!(soon("the end", follower.notification()).await.is_err());
        assert_eq!(daemon.ended().await.code(), Some(0));
        if let Some(stopped) = stopped {
            assert_eq!(stopped.await.unwrap().unwrap()["message"], "Shutting down");
        }
        daemon = home.start().await;
    }
    daemon.send(&invoice, &daemon.route(1, SMALLER).await).await;
    let done = daemon.ok("waitpartialpay", json!([id])).await;
    assert_eq!(done["status"], "complete");
    daemon.terminate().await;
}

/// A decision under way may take its time; those who wait need not.
#[tokio::test]
async fn whoever_waits_is_told_at_once_also_while_storage_is_busy() {
    let (home, daemon) = Daemon::fresh().await;
    let invoice = daemon.invoice().await;
    let route = daemon.route(1, SMALLER).await;
    let id = daemon.send(&invoice, &daemon.route(0, LARGER).await).await;
    let waiting = ask(&daemon.rpc_file, "waitpartialpay", json!([id]));
    until_waiters(&daemon, 1).await;
    let lock = Connection::open(home.path().join("ampere.sqlite3")).unwrap();
    lock.execute_batch("begin immediate").unwrap();
    let mut wire = UnixStream::connect(&daemon.rpc_file).await.unwrap();
    let request = |id, method, params| {
        json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).to_string()
    };
    let part = request(1, "sendpartialpay", invoice.part(&route));
    let ask_for_more = request(2, "getinfo", json!([]));
    wire.write_all((part + &ask_for_more).as_bytes())
        .await
        .unwrap();
    let mut read = Vec::new();
    // The second is answered: so the first has begun.
    while !read.ends_with(b"\n\n") {
        soon("an answer", wire.read_buf(&mut read)).await.unwrap();
    }
    daemon.signal("TERM");
    told_that_it_stops(waiting).await;
    drop(lock);
    // The decision was not given up for that.
    read.clear();
    soon("the rest", wire.read_to_end(&mut read)).await.unwrap();
    let sent: Value = serde_json::from_slice(&read).unwrap();
    assert_eq!(sent["result"]["status"], "pending", "{sent}");
    assert_eq!(daemon.ended().await.code(), Some(0));
}

#[tokio::test]
async fn a_reader_that_does_not_read_does_not_keep_it_from_stopping() {
    let (home, daemon) = Daemon::fresh().await;
    daemon.terminate().await;
    let mut command = home.ampered();
    command.env("AMPERE_LIMITS_DRAIN_TIMEOUT_SECS", "1");
    let daemon = Daemon::spawn(command, home.path().join("ampere-rpc")).await;
    let stuck = std::os::unix::net::UnixStream::connect(&daemon.rpc_file).unwrap();
    let help = json!({"jsonrpc": "2.0", "id": 1, "method": "help", "params": []}).to_string();
    std::io::Write::write_all(&mut &stuck, help.repeat(200).as_bytes()).unwrap();
    daemon.ok("getinfo", json!([])).await;
    let log = daemon.terminated().await;
    assert!(log.contains("ampered has stopped"), "{log}");
    drop(stuck);
}

async fn launch(fake: &Fake) -> (Plugin, PathBuf) {
    let command = clean(env!("CARGO_BIN_EXE_ampered"));
    let options = Map::from_iter([("ampere-rpc-file".to_owned(), json!("ampere-rpc"))]);
    let plugin = fake.launch_as(command, options).await;
    (plugin, fake.folder().join("ampere-rpc"))
}

/// By way of lightningd's own socket, as `lightning-cli` waits.
#[tokio::test(flavor = "multi_thread")]
async fn lightningds_own_callers_are_told_too() {
    let fake = Fake::new();
    let (mut plugin, own) = launch(&fake).await;
    let invoice = fake.invoice().await;
    let part = json!([fake.route(0, WHOLE / 2), invoice.0, WHOLE, null, invoice.1]);
    let part = call(&fake.socket(), "sendpartialpay", part).await.unwrap();
    let waiting = [
        ask(&fake.socket(), "waitpartialpay", json!([part["id"]])),
        ask(&fake.socket(), "waitpayment", json!([invoice.0])),
    ];
    soon("waiters", async {
        while call(&own, "getinfo", json!([])).await.unwrap()["waiters"] != waiting.len() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    plugin.terminate();
    for waiting in waiting {
        told_that_it_stops(waiting).await;
    }
    assert_eq!(soon("the end", plugin.exited()).await.code(), Some(0));
}
