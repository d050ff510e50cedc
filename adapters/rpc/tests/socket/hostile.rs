//! Clients that break the rules: an error or a close, and everybody else is served.

use crate::wire::{Daemon, Wire, request};
use rpc::Limits;
use serde_json::json;
use tokio::io::AsyncWriteExt;

/// Sends it, reads one -32600 with a null id, and the close after it.
async fn refused(daemon: &Daemon, bytes: &[u8], why: &str) {
    let mut wire = daemon.connect().await;
    wire.send(bytes).await;
    let reply = wire.json().await;
    assert_eq!(reply["error"]["code"], -32600, "{reply}");
    assert!(reply["id"].is_null(), "{reply}");
    let message = reply["error"]["message"].as_str().unwrap();
    assert!(message.contains(why), "{message:?} should say {why:?}");
    assert!(wire.is_closed().await);
    serves(daemon).await;
}

async fn serves(daemon: &Daemon) {
    assert_eq!(
        daemon.result("notifications", json!([true])).await,
        json!({})
    );
}

#[tokio::test]
async fn what_cannot_be_read_is_answered_and_closed() {
    let daemon = Daemon::start();
    refused(&daemon, b"[]", "Expected {} for json command").await;
    refused(&daemon, b"hello", "Expected {} for json command").await;
    refused(&daemon, b"\xff\xfe", "Expected {} for json command").await;
    refused(&daemon, b"{\"id\":}", "Invalid JSON").await;
    refused(&daemon, b"{]", "Invalid JSON").await;
    refused(&daemon, b"{\"id\":1,\"id\":2}", "duplicate field `id`").await;
    refused(&daemon, b"{\"id\":\"\xff\"}", "not UTF-8").await;
    refused(&daemon, b"{\"id\":\"\xed\xa0\x80\"}", "not UTF-8").await;
    refused(&daemon, b"{\"id\":\"a\nb\"}", "Invalid JSON").await;
    refused(&daemon, b"{\"id\":01}", "Invalid JSON").await;
    refused(
        &daemon,
        b"{\"id\":\"\\ud800\",\"method\":\"\\ud8\"}",
        "Invalid JSON",
    )
    .await;
}

#[tokio::test]
async fn a_megabyte_of_brackets_is_too_deep() {
    let daemon = Daemon::start();
    refused(&daemon, &vec![b'['; 1 << 20], "Expected {}").await;
    let objects = "{\"a\":".repeat((1 << 20) / 5);
    refused(&daemon, objects.as_bytes(), "deeper than 32").await;
    let params = format!("{{\"params\":{}", "[".repeat(1 << 20));
    refused(&daemon, params.as_bytes(), "deeper than 32").await;
}

#[tokio::test]
async fn a_body_over_the_limit_is_not_read() {
    let daemon = Daemon::start();
    let body = format!("{{\"id\":\"{}", "x".repeat(8 << 20));
    refused(&daemon, body.as_bytes(), "larger than 262144 bytes").await;
    let number = format!("{{\"id\":{}}}", "9".repeat(300_000));
    refused(&daemon, number.as_bytes(), "larger than 262144 bytes").await;
}

#[tokio::test]
async fn a_request_that_is_cut_off_is_answered() {
    let daemon = Daemon::start();
    let whole = request(&json!(1), "help", &json!(["help"]));
    for end in 1..whole.len() {
        let mut wire = daemon.connect().await;
        wire.send(&whole.as_bytes()[..end]).await;
        wire.stream.shutdown().await.unwrap();
        assert_eq!(wire.json().await["error"]["code"], -32600, "cut at {end}");
        assert!(wire.is_closed().await);
    }
    serves(&daemon).await;
}

#[tokio::test]
async fn huge_numbers_are_refused_where_they_stand() {
    let daemon = Daemon::start();
    let mut wire = daemon.connect().await;
    for number in ["1e999999", "-1", "18446744073709551616", "1.5", "1e3"] {
        let params = format!("[{number}]");
        let body = request(&json!(1), "waitpartialpay", &json!("P")).replace("\"P\"", &params);
        wire.send(body).await;
        let message = "id: should be an unsigned 64 bit integer: invalid token";
        let reply = wire.json().await;
        assert_eq!(reply["error"]["code"], -32602);
        assert_eq!(reply["error"]["message"], format!("{message} '{number}'"));
    }
    let digits = "9".repeat(200_000);
    let body = request(&json!(1), "waitpartialpay", &json!("P"));
    wire.send(body.replace("\"P\"", &format!("[{digits}]")))
        .await;
    let reply = wire.reply().await;
    assert!(reply.contains("invalid token of 200000 bytes"), "{reply}");
}

#[tokio::test]
async fn values_of_the_wrong_type_are_refused() {
    let daemon = Daemon::start();
    let wrong = [
        json!({}),
        json!([]),
        json!(null),
        json!("x"),
        json!(true),
        json!(-1.5),
    ];
    for method in rpc::methods::all() {
        for value in &wrong {
            // Its name or another's, a value that fits or one that does not: never a crash.
            let by_name: serde_json::Map<_, _> = method
                .params
                .iter()
                .map(|param| (param.name.to_owned(), value.clone()))
                .collect();
            for params in [
                json!(by_name),
                json!(vec![value; method.params.len()]),
                value.clone(),
            ] {
                if method.name != "stop" && method.params.iter().any(|param| param.required) {
                    let reply = daemon.ask(method.name, params).await;
                    assert!(reply["id"] == "test", "{reply}");
                }
            }
        }
    }
    serves(&daemon).await;
}

#[tokio::test]
async fn checks_cannot_be_nested() {
    let daemon = Daemon::start();
    let (code, message) = daemon.error("check", json!(vec!["check"; 20_000])).await;
    assert_eq!(code, -32602, "{message}");
}

#[tokio::test]
async fn silent_connections_cost_others_nothing() {
    let daemon = Daemon::start();
    let mut silent = Vec::new();
    for _ in 0..1000 {
        silent.push(daemon.connect().await);
    }
    serves(&daemon).await;
    drop(silent);
    serves(&daemon).await;
}

#[tokio::test]
async fn connections_over_the_limit_are_told_and_closed() {
    let daemon = Daemon::with(Limits {
        connections: 3,
        ..Limits::default()
    });
    let mut first: Vec<Wire> = Vec::new();
    for _ in 0..3 {
        let mut wire = daemon.connect().await;
        wire.call("notifications", json!([true])).await;
        first.push(wire);
    }
    let mut fourth = daemon.connect().await;
    let reply = fourth.json().await;
    assert_eq!(reply["error"]["code"], -32005, "{reply}");
    assert!(fourth.is_closed().await);
    first[0].call("notifications", json!([true])).await;
}

#[tokio::test]
async fn a_client_that_does_not_read_is_not_read_from() {
    let daemon = Daemon::start();
    let wire = daemon.connect().await;
    let ask = request(&json!(1), "help", &json!([])).repeat(100);
    let mut sent = 0;
    loop {
        let before = sent;
        while let Ok(written) = wire.stream.try_write(ask.as_bytes()) {
            sent += written;
        }
        // Time for the daemon to read more, if it would.
        for _ in 0..10 {
            serves(&daemon).await;
        }
        if sent == before {
            break;
        }
        assert!(sent < 8 << 20, "the daemon reads without end");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_sends_half_a_request_is_not_waited_for() {
    let daemon = Daemon::start();
    let mut half = daemon.connect().await;
    half.send("{\"id\":1").await;
    let mut silent = daemon.connect().await;
    for wire in [&mut silent, &mut half] {
        let told = wire.json().await;
        assert!(told["id"].is_null(), "{told}");
        assert_eq!(told["error"]["code"], -32005, "{told}");
        let why = told["error"]["message"].as_str().unwrap();
        assert!(why.contains("limits.silent_timeout_secs"), "{why}");
        assert!(wire.is_closed().await);
    }
    serves(&daemon).await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_rests_for_too_long_is_told_so() {
    let daemon = Daemon::with(Limits {
        idle_timeout_secs: 7,
        ..Limits::default()
    });
    let mut wire = daemon.connect().await;
    wire.call("getinfo", json!([])).await;
    let told = wire.json().await;
    let why = told["error"]["message"].as_str().unwrap();
    assert!(why.contains("7 s (limits.idle_timeout_secs)"), "{why}");
    assert!(wire.is_closed().await);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_never_reads_is_not_waited_for() {
    let daemon = Daemon::with(Limits {
        silent_timeout_secs: 0,
        ..Limits::default()
    });
    let mut wire = daemon.connect().await;
    let ask = request(&json!(1), "help", &json!([]));
    wire.send(ask.repeat(1000)).await;
    // A wait that only the clock can end: the write timeout is over before.
    let too_long = std::time::Duration::from_secs(31);
    let nothing = std::future::pending::<()>();
    assert!(tokio::time::timeout(too_long, nothing).await.is_err());
    let mut replies = 0;
    let mut reply = wire.reply().await;
    while reply.contains("format-hint") {
        replies += 1;
        reply = wire.reply().await;
    }
    assert!((1..1000).contains(&replies), "{replies} replies");
    // What it had read a part of came to its end, and then the reason.
    assert!(reply.contains("limits.write_timeout_secs"), "{reply}");
    assert!(wire.is_closed().await);
}
