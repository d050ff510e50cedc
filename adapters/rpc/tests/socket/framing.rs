//! Where requests begin and end, and whose reply is whose.

use crate::samples::{listed, part};
use crate::wire::{Daemon, request};
use serde_json::json;
use tokio::io::AsyncWriteExt;

fn ping(id: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"notifications","params":[true]}}"#)
}

fn pong(id: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{}}}}"#)
}

#[tokio::test]
async fn a_request_may_come_byte_by_byte() {
    let daemon = Daemon::start();
    let mut wire = daemon.connect().await;
    for byte in format!(" \n\t{}", ping("1")).bytes() {
        wire.send([byte]).await;
    }
    assert_eq!(wire.reply().await, pong("1"));
}

#[tokio::test]
async fn many_requests_may_come_in_one_write() {
    let daemon = Daemon::start();
    let mut wire = daemon.connect().await;
    let ids: Vec<String> = (0..500).map(|id| id.to_string()).collect();
    wire.send(ids.iter().map(|id| ping(id)).collect::<String>())
        .await;
    for id in ids {
        assert_eq!(wire.reply().await, pong(&id));
    }
}

#[tokio::test]
async fn a_client_that_reads_late_gets_every_reply_whole() {
    let daemon = Daemon::start();
    let rows = (0..100).map(|id| domain::Listed::Sound(listed(part(id))));
    daemon.engine.parts.lock().unwrap().rows = rows.collect();
    let mut wire = daemon.connect().await;
    let ask = |id: u32| request(&json!(id), "listpartialpayments", &json!([]));
    wire.send((0..200).map(ask).collect::<String>()).await;
    for id in 0..200 {
        let reply = wire.json().await;
        assert_eq!(reply["id"], id);
        let rows = reply["result"]["partialpayments"].as_array().unwrap();
        assert_eq!(rows.len(), 100);
    }
}

#[tokio::test]
async fn ids_are_echoed_byte_for_byte() {
    let daemon = Daemon::start();
    let mut wire = daemon.connect().await;
    for id in [
        r#""cli:getinfo#1234""#,
        r#""\u0041\/\"\\ é""#,
        "0",
        "-7",
        "18446744073709551616",
        "1.50e+3",
        "1e999",
        "null",
        "true",
        "\"\"",
    ] {
        wire.send(ping(id)).await;
        assert_eq!(wire.reply().await, pong(id));
        wire.send(ping(id).replace("[true]", "[7]")).await;
        let reply = wire.reply().await;
        let head = format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-32602,"#);
        assert!(reply.starts_with(&head), "{reply}");
    }
}

#[tokio::test]
async fn a_client_that_has_closed_its_writing_side_is_answered() {
    let daemon = Daemon::start();
    let mut wire = daemon.connect().await;
    let wait = request(&json!(1), "waitpartialpay", &json!([7]));
    wire.send(format!("{wait}{}", ping("2"))).await;
    wire.stream.shutdown().await.unwrap();
    assert_eq!(wire.reply().await, pong("2"));
    daemon.engine.waiting_is(1).await;
    daemon.engine.released.send_replace(true);
    assert_eq!(wire.json().await["result"]["id"], 7);
    assert!(wire.is_closed().await);
}

#[tokio::test]
async fn a_slow_request_does_not_hold_up_the_next() {
    let daemon = Daemon::start();
    let mut wire = daemon.connect().await;
    wire.send(request(&json!("slow"), "waitpartialpay", &json!([7])))
        .await;
    wire.send(ping("\"fast\"")).await;
    assert_eq!(wire.reply().await, pong("\"fast\""));
    daemon.engine.released.send_replace(true);
    assert_eq!(wire.json().await["id"], "slow");
}

#[tokio::test]
async fn an_empty_line_in_a_text_does_not_end_a_reply() {
    let daemon = Daemon::start();
    let mut wire = daemon.connect().await;
    let reply = wire.call("listpartialpayments", json!([])).await;
    let description = &reply["result"]["partialpayments"][0]["description"];
    assert_eq!(*description, "a note\n\nof two lines");
}

#[tokio::test]
async fn requests_that_are_none_are_told_so_and_the_connection_goes_on() {
    let daemon = Daemon::start();
    let mut wire = daemon.connect().await;
    for (sent, id, message) in [
        (
            r#"{"jsonrpc":"2.0","method":"help","params":[]}"#,
            "null",
            "No id",
        ),
        (
            r#"{"jsonrpc":"2.0","id":[1],"method":"help","params":[]}"#,
            "null",
            "Expected string/primitive for id",
        ),
        (
            r#"{"jsonrpc":"2.0","id":{},"method":"help","params":[]}"#,
            "null",
            "Expected string/primitive for id",
        ),
        (
            r#"{"id":3,"method":"help","params":[]}"#,
            "3",
            r#"jsonrpc: \"2.0\" must be specified in the request"#,
        ),
        (
            r#"{"jsonrpc":2.0,"id":3,"method":"help","params":[]}"#,
            "3",
            r#"jsonrpc: \"2.0\" must be specified in the request"#,
        ),
        (r#"{"jsonrpc":"2.0","id":4,"params":[]}"#, "4", "No method"),
        (
            r#"{"jsonrpc":"2.0","id":5,"method":"help"}"#,
            "5",
            "No params",
        ),
        (
            r#"{"jsonrpc":"2.0","id":6,"method":7,"params":[]}"#,
            "6",
            "Expected string for method",
        ),
    ] {
        wire.send(sent).await;
        let expected = format!(
            r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-32600,"message":"{message}"}}}}"#
        );
        assert_eq!(wire.reply().await, expected);
    }
    wire.send(ping("9")).await;
    assert_eq!(wire.reply().await, pong("9"));
}

#[tokio::test]
async fn unknown_commands_are_named() {
    let daemon = Daemon::start();
    let unknown = |name: &str| (-32601, format!("Unknown command '{name}'"));
    assert_eq!(daemon.error("zzz", json!([])).await, unknown("zzz"));
    assert_eq!(daemon.error("help", json!(["zzz"])).await, unknown("zzz"));
    assert_eq!(daemon.error("check", json!(["zzz"])).await, unknown("zzz"));
    let long = "x".repeat(10_000);
    let short = format!("{}…", "x".repeat(16));
    assert_eq!(daemon.error(&long, json!([])).await, unknown(&short));
}

/// After lightningd's own sentence, so that whoever looks for that finds it.
#[tokio::test]
async fn what_an_unknown_command_may_have_meant_is_said() {
    let daemon = Daemon::start();
    for (asked, meant) in [
        ("lispayments", "did you mean 'listpayments'?"),
        ("paystatus", "here it is called 'listpays'"),
        ("delpay", "here it is called 'delpayment'"),
        ("listsendpays", "here it is called 'listpartialpayments'"),
        ("getroute", "it is lightningd's own"),
    ] {
        for (method, params) in [
            (asked, json!([])),
            ("help", json!([asked])),
            ("check", json!([asked])),
        ] {
            let (code, message) = daemon.error(method, params).await;
            assert_eq!(code, -32601, "{message}");
            let expected = format!("Unknown command '{asked}': {meant}");
            assert!(message.starts_with(&expected), "{message}");
        }
    }
}
