//! Clients that mean no good, or nothing at all, against the real daemon.

use crate::support::{Daemon, LARGER, soon};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

/// What a daemon may need beyond what it needed before, for all that silence.
const MEMORY_MAX_KB: u64 = 64 * 1024;

#[tokio::test]
async fn ten_thousand_silent_connections_hold_up_nobody() {
    rlimit::increase_nofile_limit(16_384).unwrap();
    let (_home, daemon) = Daemon::fresh().await;
    let mut early = rpc::client::Client::connect(&daemon.rpc_file)
        .await
        .unwrap();
    early.call("getinfo", json!([])).await.unwrap();
    let before = memory_kb(&daemon);
    let mut silent = Vec::new();
    for _ in 0..10_000 {
        // Refused ones count too: what matters is that they cost the others nothing.
        if let Ok(connection) = UnixStream::connect(&daemon.rpc_file).await {
            silent.push(connection);
        }
    }
    let invoice = early.call("dev-invoice", json!([LARGER])).await.unwrap();
    assert!(invoice["bolt11"].is_string());
    let grown = memory_kb(&daemon).saturating_sub(before);
    assert!(
        grown < MEMORY_MAX_KB,
        "{grown} kB for {} connections",
        silent.len()
    );
    drop(silent);
    // Once it has noticed that they are gone, there is room for others.
    let room = async {
        while let Err(busy) = daemon.call("getinfo", json!([])).await {
            assert_eq!(busy.code, -32005, "{busy:?}");
        }
    };
    soon("room", room).await;
}

#[tokio::test]
async fn hostile_bytes_get_an_error_or_a_close_and_cost_nothing() {
    let (_home, daemon) = Daemon::fresh().await;
    let before = memory_kb(&daemon);
    let cut_off = br#"{"jsonrpc":"2.0","id":1,"method":"getinfo","par"#.to_vec();
    let number = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"waitpartialpay","params":[{}]}}"#,
        "9".repeat(100_000)
    );
    for bytes in [
        b"[".repeat(1 << 20),
        b"{\"a\":".repeat(100_000),
        vec![0xff; 4_096],
        b"\0".repeat(4_096),
        number.into_bytes(),
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(),
        cut_off,
    ] {
        for _ in 0..20 {
            soon("an end", shout(&daemon, &bytes)).await;
        }
    }
    daemon.ok("getinfo", json!([])).await;
    let grown = memory_kb(&daemon).saturating_sub(before);
    assert!(grown < MEMORY_MAX_KB, "{grown} kB");
}

/// Sends everything that is taken, and reads until the daemon has nothing more to say.
async fn shout(daemon: &Daemon, bytes: &[u8]) {
    let mut connection = UnixStream::connect(&daemon.rpc_file).await.unwrap();
    let (mut answers, mut words) = connection.split();
    let shouting = async {
        // The daemon may hang up in the middle of it.
        let _ = words.write_all(bytes).await;
        let _ = words.shutdown().await;
    };
    let mut said = Vec::new();
    let ((), read) = tokio::join!(shouting, answers.read_to_end(&mut said));
    if read.is_ok() && !said.is_empty() {
        let said = String::from_utf8(said).unwrap();
        assert!(said.contains(r#""error":"#), "{said}");
    }
}

pub(crate) fn memory_kb(daemon: &Daemon) -> u64 {
    let process = daemon.child.id().unwrap();
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let resident = status.lines().find(|line| line.starts_with("VmRSS:"));
    let figure = resident.and_then(|line| line.split_whitespace().nth(1));
    figure.unwrap().parse().unwrap()
}
