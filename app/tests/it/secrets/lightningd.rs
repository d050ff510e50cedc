//! The same beside a lightningd and inside one.

use super::{METADATA, STRAY, Tour};
use crate::fake::{PAYMENT_SECRET, SHARED_SECRET};
use crate::lightning::Lightning;
use crate::lightningd::Fake;
use crate::support::{Secrets, WHOLE, call, soon};
use serde_json::json;

/// One of whose preimages opens nothing.
#[tokio::test(flavor = "multi_thread")]
async fn beside_a_lightningd_no_secret_is_told() {
    let (mut tour, fake) = (Tour::new(), Fake::new());
    let node = format!("cln:{}", fake.socket().display());
    let daemon = tour.start(&["--node", &node]).await;
    let invoice = fake.lightningd.invoice(WHOLE);
    tour.secrets.keep("payment_secret", &invoice.payment_secret);
    tour.secrets.keep("payment_preimage", &invoice.preimage);
    for garbled in ["sendonion", "createonion", "listsendpays"] {
        fake.lightningd.garble(garbled);
    }
    let params = json!({"route": fake.route(0, WHOLE), "payment_hash": invoice.payment_hash,
        "intended_msatoshi": WHOLE, "payment_secret": invoice.payment_secret});
    let part = daemon.ok("sendpartialpay", params).await;
    daemon.ok("waitpartialpay", json!([part["id"]])).await;

    comes_in(&mut tour.secrets, &fake, &daemon.rpc_file).await;

    let wrong = "ee".repeat(32);
    fake.lightningd.adopt(&wrong, STRAY, METADATA, WHOLE);
    let params = json!({"route": fake.route(0, WHOLE), "payment_hash": wrong,
        "intended_msatoshi": WHOLE, "payment_secret": STRAY, "payment_metadata": METADATA});
    let part = daemon.ok("sendpartialpay", params.clone()).await;
    soon("an alarm", async {
        while daemon.ok("getinfo", json!([])).await["alarms"] == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    tour.refused(&daemon, "waitpartialpay", json!([part["id"], 0]))
        .await;
    tour.secrets.heard(
        "a list",
        json!(daemon.parts(json!([part["id"]])).await).to_string(),
    );
    fake.kill().await;
    fake.start().await;
    let unpaid = json!({"route": fake.route(0, WHOLE), "payment_hash": "cd".repeat(32),
        "intended_msatoshi": WHOLE, "payment_secret": STRAY, "payment_metadata": METADATA});
    let part = daemon.ok("sendpartialpay", unpaid).await;
    tour.refused(&daemon, "waitpartialpay", json!([part["id"]]))
        .await;
    tour.end(daemon).await;
    tour.secrets.check();
}

/// And inside of it, whose log is where a plugin's lines go.
#[tokio::test(flavor = "multi_thread")]
async fn as_a_plugin_it_tells_lightningds_log_no_secret() {
    let (mut secrets, fake) = (Secrets::default(), Fake::new());
    let plugin = fake.launch_at_trace().await;
    let invoice = fake.lightningd.invoice(WHOLE);
    secrets.keep("payment_secret", &invoice.payment_secret);
    secrets.keep("payment_preimage", &invoice.preimage);
    secrets.keep("payment_metadata", METADATA);
    let socket = fake.socket();
    let params = json!([
        fake.route(0, WHOLE),
        invoice.payment_hash,
        WHOLE,
        null,
        invoice.payment_secret
    ]);
    let part = call(&socket, "sendpartialpay", params).await.unwrap();
    call(&socket, "waitpartialpay", json!([part["id"]]))
        .await
        .unwrap();
    call(&socket, "listpayments", json!([])).await.unwrap();
    let params = json!({"payment_secret": invoice.payment_secret, "payment_metadata": METADATA});
    let refused = call(&socket, "sendpartialpay", params).await.unwrap_err();
    secrets.refused(&refused);
    comes_in(&mut secrets, &fake, &socket).await;
    let log = json!(plugin.logs()).to_string();
    assert!(log.contains("ampere is ready"), "{log}");
    secrets.heard("lightningd's log", log);
    secrets.check();
}

/// An invoice of ours is paid in two parts, and some of what lightningd says of it is garbled.
async fn comes_in(secrets: &mut Secrets, fake: &Fake, rpc_file: &std::path::Path) {
    let invoice = fake.lightningd.own_invoice(WHOLE);
    secrets.keep("payment_preimage", &invoice.preimage);
    secrets.keep("payment_secret", PAYMENT_SECRET);
    secrets.keep("shared_secret", SHARED_SECRET);
    for garbled in ["listinvoices", "waitanyinvoice"] {
        fake.lightningd.garble(garbled);
    }
    for way in [0, 1] {
        fake.lightningd
            .arrives(&invoice.payment_hash, way, WHOLE / 2);
        let list = call(rpc_file, "listpartialinvoices", json!([])).await;
        secrets.heard("a list", list.unwrap().to_string());
    }
    soon("the history", async {
        loop {
            let paid = json!({"direction": "incoming"});
            let list = call(rpc_file, "listpayments", paid).await.unwrap();
            if list["payments"][0]["payment_preimage"] == invoice.preimage.as_str() {
                return;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
}
