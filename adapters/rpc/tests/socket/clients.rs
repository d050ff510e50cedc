//! The clients that must work as they are.

use crate::samples::{failed_part, preimage_hex};
use crate::wire::{Daemon, request};
use cln_rpc::ClnRpc;
use domain::{ApiError, FailureCode};
use rpc::client::{CallError, Client};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

#[tokio::test]
async fn cln_rpc_works_as_it_is() {
    let daemon = Daemon::start();
    let mut client = ClnRpc::new(&daemon.path).await.unwrap();
    for _ in 0..3 {
        let info: Value = client.call_raw("getinfo", &json!({})).await.unwrap();
        assert_eq!(info["network"], "regtest");
    }
    daemon.engine.released.send_replace(true);
    let part: Value = client
        .call_raw("waitpartialpay", &json!([7]))
        .await
        .unwrap();
    assert_eq!(part["payment_preimage"], preimage_hex());
    let part = failed_part(7, FailureCode::TryOtherRoute);
    *daemon.engine.error.lock().unwrap() = Some(ApiError::PartFailed(Box::new(part)));
    let failed = client
        .call_raw::<Value, _>("waitpartialpay", &json!({"id": 7}))
        .await;
    let failed = failed.unwrap_err();
    assert_eq!(failed.code, Some(204));
    assert_eq!(failed.data.unwrap()["failcode"], 4108);
}

/// `cli/lightning-cli.c`: the answer to its first request must fit a buffer of 100 bytes.
#[tokio::test]
async fn lightning_cli_works_as_it_is() {
    let daemon = Daemon::start();
    let mut stream = UnixStream::connect(&daemon.path).await.unwrap();
    let enable = r#"{"jsonrpc":"2.0","method":"notifications","id":"cli:notifications#4194304","params":{"enable":true}}"#;
    stream.write_all(enable.as_bytes()).await.unwrap();
    let mut reply = Vec::new();
    while !reply.ends_with(b"\n\n") {
        stream.read_buf(&mut reply).await.unwrap();
    }
    assert!(reply.len() < 100, "{} bytes", reply.len());
    let call = r#"{ "jsonrpc" : "2.0", "method" : "listpartialpayments", "id" : "cli:listpartialpayments#4194304", "params" :[ 42 ] }"#;
    stream.write_all(call.as_bytes()).await.unwrap();
    let mut reply = Vec::new();
    while !reply.ends_with(b"\n\n") {
        stream.read_buf(&mut reply).await.unwrap();
    }
    let reply: Value = serde_json::from_slice(&reply).unwrap();
    assert_eq!(reply["id"], "cli:listpartialpayments#4194304");
    assert_eq!(reply["result"]["partialpayments"][0]["id"], 42);
}

#[tokio::test]
async fn our_own_client_tells_results_from_errors_and_ends() {
    let daemon = Daemon::start();
    let mut client = Client::connect(&daemon.path).await.unwrap();
    let info = client.call("getinfo", json!([])).await.unwrap();
    assert_eq!(info["alarms"], 1);
    let raw = client.call_raw("getinfo", &json!({})).await.unwrap();
    assert!(
        raw.get().starts_with(r#"{"name":"ampere","version""#),
        "{raw}"
    );
    match client.call("waitpartialpay", json!([7, 0])).await {
        Err(CallError::Rpc {
            code,
            message,
            data,
        }) => {
            assert_eq!(
                (code, &*message, data),
                (200, "Timed out while waiting", None)
            );
        }
        other => panic!("{other:?}"),
    }
    daemon.shutdown.send_replace(true);
    daemon.running.await.unwrap();
    let ended = client.call("getinfo", json!([])).await;
    assert!(matches!(ended, Err(CallError::Connection(_))), "{ended:?}");
    assert!(Client::connect(&daemon.path).await.is_err());
}

#[tokio::test]
async fn a_call_that_is_dropped_does_not_confuse_the_next() {
    let daemon = Daemon::start();
    let mut client = Client::connect(&daemon.path).await.unwrap();
    {
        let wait = client.call("waitpartialpay", json!([7]));
        tokio::select! {
            biased;
            _ = wait => panic!("it cannot have ended"),
            () = daemon.engine.waiting_is(1) => {}
        }
    }
    daemon.engine.released.send_replace(true);
    let info = client.call("getinfo", json!([])).await.unwrap();
    assert_eq!(info["name"], "ampere");
}

#[tokio::test]
async fn a_thousand_waits_share_one_connection() {
    let daemon = Daemon::start();
    let mut wire = daemon.connect().await;
    for id in 0..1000 {
        wire.send(request(&json!(id), "waitpartialpay", &json!([id])))
            .await;
    }
    daemon.engine.waiting_is(1000).await;
    daemon.engine.released.send_replace(true);
    let mut seen = vec![false; 1000];
    for _ in 0..1000 {
        let reply = tokio::time::timeout(Duration::from_secs(30), wire.json())
            .await
            .unwrap();
        let id = reply["id"].as_u64().unwrap();
        assert_eq!(reply["result"]["id"], id);
        seen[usize::try_from(id).unwrap()] = true;
    }
    assert!(seen.iter().all(|seen| *seen));
}
