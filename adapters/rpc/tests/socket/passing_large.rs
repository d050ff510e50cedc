//! What is not ours, and large, or stops half-way.

use crate::upstream::{Upstream, request};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::AsyncWriteExt;

#[tokio::test]
async fn a_small_reply_that_stops_half_way_holds_up_no_other() {
    let upstream = Upstream::start();
    let (mut client, mut lightningd) = upstream.linked().await;
    client.send(request("1", "listnodes")).await;
    lightningd.until("listnodes").await;
    let (half, rest) = (
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"no",
        "des\":[]}}\n\n",
    );
    lightningd.send(half).await;
    client.send(request("2", "abandonpay")).await;
    assert_eq!(client.json().await["id"], 2);
    lightningd.send(rest).await;
    assert_eq!(client.until("\n\n").await, [half, rest].concat());
}

/// A reply that is larger than what is held back.
fn large(id: u32) -> (String, String) {
    let row = "\"0123456789abcdef\",".repeat(16_000);
    let begin = format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":[{row}");
    (begin, format!("{row}0]}}\n\n"))
}

#[tokio::test]
async fn nothing_is_mixed_into_a_large_reply() {
    let upstream = Upstream::start();
    let (mut client, mut lightningd) = upstream.linked().await;
    client.send(request("1", "listnodes")).await;
    lightningd.until("listnodes").await;
    let (begin, rest) = large(1);
    lightningd.send(&begin).await;
    let first = client.until("0123456789abcdef").await;
    // A reply, an error, and a wait that ends are all that else could come.
    let malformed = r#"{"id":3,"method":"listpays","params":[]}"#;
    client.send(request("2", "abandonpay") + malformed).await;
    upstream.daemon.ask("notifications", json!([true])).await;
    let sending = async {
        lightningd.send(&rest).await;
    };
    let (read, ()) = tokio::join!(client.until("0]}\n\n"), sending);
    assert!(
        [first, read].concat() == [begin, rest].concat(),
        "byte for byte"
    );
    let mut ids = [
        client.json().await["id"].clone(),
        client.json().await["id"].clone(),
    ];
    ids.sort_by_key(Value::to_string);
    assert_eq!(ids, [json!(2), json!(3)]);
}

#[tokio::test]
async fn a_large_reply_that_breaks_off_ends_the_connection() {
    let upstream = Upstream::start();
    let (mut client, mut lightningd) = upstream.linked().await;
    client.send(request("1", "listnodes")).await;
    lightningd.until("listnodes").await;
    let (begin, _) = large(1);
    let reading = async { client.try_reply().await };
    let breaking = async {
        lightningd.send(&begin).await;
        drop(lightningd);
    };
    let (read, ()) = tokio::join!(reading, breaking);
    assert_eq!(read, None, "no whole reply, and the end");
}

#[tokio::test]
async fn what_a_client_leaves_unread_is_not_read_from_lightningd() {
    const MIB: usize = 1 << 20;
    let upstream = Upstream::start();
    let (mut client, mut lightningd) = upstream.linked().await;
    client.send(request("1", "listnodes")).await;
    lightningd.until("listnodes").await;
    let written = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&written);
    let writing = tokio::spawn(async move {
        let row = format!("\"{}\",", "x".repeat(1021));
        lightningd
            .send("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":[")
            .await;
        for _ in 0..64 {
            let mebibyte = row.repeat(1024);
            lightningd
                .stream
                .write_all(mebibyte.as_bytes())
                .await
                .unwrap();
            count.fetch_add(mebibyte.len(), Ordering::Relaxed);
        }
        lightningd.send("0]}\n\n").await;
    });
    let mut other = upstream.daemon.connect().await;
    let mut before = usize::MAX;
    while written.load(Ordering::Relaxed) != before {
        before = written.load(Ordering::Relaxed);
        for _ in 0..500 {
            other.call("notifications", json!([true])).await;
        }
    }
    assert!(
        before <= 4 * MIB,
        "{before} bytes were taken for a client that reads none"
    );
    let whole = client.reply().await;
    assert!(whole.len() > 64 * MIB && whole.ends_with("0]}"));
    writing.await.unwrap();
}
