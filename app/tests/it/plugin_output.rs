//! A lightningd that does not read what its plugin writes: payments go on, and the plugin ends in order.

use crate::fake::Plugin;
use crate::lightning::{Lightning, WHOLE};
use crate::lightningd::Fake;
use crate::support::{call, clean, preimage_opens, soon};
use rpc::client::Client;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

/// With a socket of its own, which does not need lightningd.
async fn launch(fake: &Fake, log: &str) -> (Plugin, PathBuf) {
    let mut command = clean(env!("CARGO_BIN_EXE_ampered"));
    command.env("CLN_PLUGIN_LOG", log);
    let options = Map::from_iter([("ampere-rpc-file".to_owned(), json!("ampere-rpc"))]);
    let plugin = fake.launch_as(command, options).await;
    let answer = call(&fake.socket(), "listpayments", json!([])).await;
    assert!(answer.is_ok(), "{answer:?}");
    (plugin, fake.folder().join("ampere-rpc"))
}

async fn send(own: &Path, fake: &Fake, invoice: &(String, String), which: usize) -> Value {
    let part = json!({
        "route": fake.route(which, WHOLE / 2), "payment_hash": invoice.0,
        "intended_msatoshi": WHOLE, "payment_secret": invoice.1,
    });
    call(own, "sendpartialpay", part).await.unwrap()["id"].clone()
}

async fn pays(own: &Path, fake: &Fake) {
    let invoice = fake.invoice().await;
    for id in [
        send(own, fake, &invoice, 0).await,
        send(own, fake, &invoice, 1).await,
    ] {
        let done = call(own, "waitpartialpay", json!([id])).await.unwrap();
        assert!(preimage_opens(&done), "{done}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn payments_go_on_when_lightningd_does_not_read() {
    let fake = Fake::new();
    let (mut plugin, own) = launch(&fake, "debug").await;
    plugin.pause_reading();
    let filled = async {
        let mut client = Client::connect(&own).await.unwrap();
        loop {
            // Each call is a line, at this level.
            let info = client.call("getinfo", json!([])).await.unwrap();
            if let Some(log) = info["log"].as_str() {
                return log.to_owned();
            }
        }
    };
    let log = soon("a full queue", filled).await;
    assert!(log.contains("nobody reads them fast enough"), "{log}");
    pays(&own, &fake).await;
    plugin.terminate();
    let ended = soon("the end", plugin.exited()).await;
    assert_eq!(ended.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_whose_output_is_gone_ends_in_order_and_keeps_its_parts() {
    let fake = Fake::new();
    let (mut plugin, own) = launch(&fake, "info").await;
    let invoice = fake.invoice().await;
    let first = send(&own, &fake, &invoice, 0).await;
    plugin.hang_up();
    // lightningd goes on asking: what cannot be answered is the end.
    let asked = tokio::spawn({
        let socket = fake.socket();
        async move { call(&socket, "listpayments", json!([])).await }
    });
    let ended = soon("the end", plugin.exited()).await;
    assert_eq!(ended.code(), Some(0));
    asked.abort();
    fake.kill().await;
    fake.start().await;
    let (_plugin, own) = launch(&fake, "info").await;
    let second = send(&own, &fake, &invoice, 1).await;
    for id in [first, second] {
        let done = call(&own, "waitpartialpay", json!([id])).await.unwrap();
        assert!(preimage_opens(&done), "{done}");
    }
}
