//! `pay` over the embedded network: real channels with unequal balances, a dear node, a private one; a
//! daemon that is killed; and other programs on the same payment.

use crate::support::{Daemon, Home, Invoice, WHOLE};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// More than one way can carry, and than carol has towards frank.
const SPLIT: u64 = 9_000_000_000;

async fn invoice_of(daemon: &Daemon, node: &str, msat: u64) -> Invoice {
    let params = json!({"amount_msat": msat, "node": node});
    Invoice::from(&daemon.ok("dev-invoice", params).await, msat)
}

fn pay(invoice: &Invoice) -> Value {
    json!({"bolt11": invoice.bolt11, "maxfeepercent": 5})
}

#[tokio::test]
async fn pay_splits_replaces_what_fails_and_keeps_to_its_cap() {
    let (_home, daemon) = Daemon::fresh().await;
    let invoice = invoice_of(&daemon, "frank", SPLIT).await;
    let paid = daemon.ok("pay", pay(&invoice)).await;
    daemon.is_paid_within_its_cap(&invoice, &paid).await;
    let (parts, failed) = (paid["parts"].as_u64(), paid["failed_parts"].as_u64());
    assert!(parts > Some(1), "it is split: {paid}");
    assert!(
        failed > Some(0),
        "carol has not what her channel holds: {paid}"
    );
    assert_eq!(paid["order"]["closed_because"], "paid");
    let again = daemon.ok("pay", pay(&invoice)).await;
    assert_eq!(
        again, paid,
        "what is paid is answered with its first success"
    );
    let events = daemon
        .ok("listevents", json!({"payment_hash": invoice.hash}))
        .await;
    let events = events["events"].as_array().unwrap();
    assert_eq!(events[0]["event"], "order_opened");
    let shown: BTreeSet<_> = events
        .iter()
        .map(|e| e["payment_status"].as_str())
        .collect();
    assert_eq!(
        shown,
        [Some("complete"), Some("pending")].into(),
        "never failed: {events:?}"
    );
    daemon.terminate().await;
}

#[tokio::test]
async fn a_private_node_is_paid_over_its_hint_and_every_part_keeps_to_what_is_excluded() {
    let (_home, daemon) = Daemon::fresh().await;
    let invoice = invoice_of(&daemon, "heidi", WHOLE).await;
    let quote = daemon.ok("estimate", pay(&invoice)).await;
    let channel = quote["parts"][0]["channels"][0]
        .as_str()
        .unwrap()
        .to_owned();
    let both = [format!("{channel}/0"), format!("{channel}/1")];
    let mut params = pay(&invoice);
    params["exclude"] = json!(both);
    let paid = daemon.ok("pay", params).await;
    daemon.is_paid_within_its_cap(&invoice, &paid).await;
    for part in daemon.parts_of(&invoice).await {
        let hops = part["route"].as_array().unwrap();
        assert!(
            hops.iter().all(|hop| hop["channel"] != channel.as_str()),
            "{part}"
        );
    }
    daemon.terminate().await;
}

#[tokio::test]
async fn a_cap_that_is_too_low_sends_nothing_and_says_what_it_takes() {
    let (_home, daemon) = Daemon::fresh().await;
    let invoice = invoice_of(&daemon, "grace", WHOLE).await;
    let mut params = json!({"bolt11": invoice.bolt11, "maxfee": 0});
    let refused = daemon.refused("pay", params.clone()).await;
    assert_eq!(refused.code, 206, "{refused:?}");
    let needed = refused.data["fee_needed_msat"].as_u64().unwrap();
    assert!(
        refused.data["safe_to_retry"].as_bool().unwrap(),
        "{refused:?}"
    );
    assert!(daemon.parts_of(&invoice).await.is_empty());
    let listed = daemon.order_of(&invoice).await;
    assert_eq!(
        listed["order"]["closed_because"], "too_expensive",
        "{listed}"
    );
    assert_eq!(
        (&listed["status"], &listed["number_of_parts"]),
        (&json!("failed"), &json!(0))
    );
    let waited = daemon.refused("waitsendpay", json!([invoice.hash])).await;
    assert_eq!(waited.code, 206, "everybody is told the same: {waited:?}");
    params["maxfee"] = json!(needed);
    let paid = daemon.ok("pay", params).await;
    daemon.is_paid_within_its_cap(&invoice, &paid).await;
    daemon.terminate().await;
}

/// Ampere is killed while the payee holds the parts.
#[tokio::test]
async fn an_order_goes_on_after_kill_9_with_its_cap_and_its_deadline() {
    let home = Home::new();
    let daemon = home.start().await;
    let invoice = invoice_of(&daemon, "dave", WHOLE).await;
    daemon.ok("dev-hold", json!(["on"])).await;
    let mut params = pay(&invoice);
    (params["timeout"], params["retry_for"]) = (json!(0), json!(3_600));
    params["request_id"] = json!("only once");
    let begun = daemon.ok("pay", params.clone()).await;
    assert_eq!(begun["status"], "pending");
    let order = daemon.order_of(&invoice).await;
    daemon.kill().await;
    let daemon = home.start().await;
    let resumed = daemon.order_of(&invoice).await;
    assert_eq!(resumed["order"], order["order"]);
    assert_eq!(resumed["status"], "pending");
    daemon.ok("dev-hold", json!(["off"])).await;
    params["timeout"] = Value::Null;
    let paid = daemon.ok("pay", params).await;
    daemon.is_paid_within_its_cap(&invoice, &paid).await;
    assert_eq!(paid["order"]["order"], order["order"]["order"]);
    daemon.terminate().await;
}

#[tokio::test]
async fn whoever_pays_the_same_joins_and_whoever_wants_other_terms_is_refused() {
    let (_home, daemon) = Daemon::fresh().await;
    let invoice = invoice_of(&daemon, "dave", WHOLE).await;
    daemon.ok("dev-hold", json!(["on"])).await;
    let mut begin = pay(&invoice);
    begin["timeout"] = json!(0);
    daemon.ok("pay", begin.clone()).await;
    daemon.ok("pay", begin).await;
    let mut other = pay(&invoice);
    other["maxfeepercent"] = json!(1);
    let refused = daemon.refused("pay", other).await;
    assert_eq!(refused.code, 201, "{refused:?}");
    let route = daemon.route(0, 1_000).await;
    let beside = daemon.refused("sendpartialpay", invoice.part(&route)).await;
    assert_eq!(
        beside.code, 200,
        "while it is open, the order alone adds parts: {beside:?}"
    );
    let deleted = daemon.refused("delpayment", json!([invoice.hash])).await;
    assert_eq!(deleted.code, 200, "{deleted:?}");
    let (one, another) = tokio::join!(daemon.ok("pay", pay(&invoice)), async {
        daemon.ok("dev-hold", json!(["off"])).await;
        daemon.ok("pay", pay(&invoice)).await
    });
    assert_eq!(one, another);
    daemon.is_paid_within_its_cap(&invoice, &one).await;
    daemon.terminate().await;
}

/// The payee holds its parts, so nothing may be called failed.
#[tokio::test]
async fn what_is_abandoned_is_pending_as_long_as_a_part_may_be_paid() {
    let (_home, daemon) = Daemon::fresh().await;
    let invoice = invoice_of(&daemon, "dave", WHOLE).await;
    daemon.ok("dev-hold", json!(["on"])).await;
    let mut begin = pay(&invoice);
    begin["timeout"] = json!(0);
    daemon.ok("pay", begin).await;
    let held = || async {
        let parts = daemon.parts_of(&invoice).await;
        parts
            .iter()
            .filter(|part| part["status"] == "pending")
            .count()
    };
    while held().await == 0 {
        tokio::task::yield_now().await;
    }
    let left = daemon.ok("abandonpay", json!([invoice.hash])).await;
    assert_eq!(
        (&left["status"], &left["safe_to_retry"]),
        (&json!("pending"), &json!(false))
    );
    let same = daemon.ok("abandonpay", json!([invoice.hash])).await;
    assert_eq!(same, left, "asked again it says the same");
    let again = daemon.refused("pay", pay(&invoice)).await;
    assert_eq!(again.code, 200, "its parts are live: {again:?}");
    daemon.ok("dev-hold", json!(["off"])).await;
    let ended = daemon.ok("waitpayment", json!([invoice.hash])).await;
    assert_eq!(ended["status"], "complete", "{ended}");
    let listed = daemon.order_of(&invoice).await;
    assert_eq!(listed["order"]["closed_because"], "abandoned", "{listed}");
    daemon.terminate().await;
}

#[tokio::test]
async fn an_order_without_a_way_is_seen_and_a_repeated_request_is_told_the_same() {
    let (_home, daemon) = Daemon::fresh().await;
    let invoice = invoice_of(&daemon, "dave", 90_000_000_000).await;
    let mut params = pay(&invoice);
    params["request_id"] = json!("once");
    let first = daemon.refused("pay", params.clone()).await;
    assert_eq!(first.code, 215, "{first:?}");
    assert!(first.data["spendable_msat"].as_u64().unwrap() < invoice.msat);
    let again = daemon.refused("pay", params.clone()).await;
    assert_eq!((again.code, &again.data), (first.code, &first.data));
    params["request_id"] = json!("another");
    let anew = daemon.refused("pay", params.clone()).await;
    assert_ne!(anew.data["order"]["order"], first.data["order"]["order"]);
    params["request_id"] = json!("once");
    params["label"] = json!("another");
    let reused = daemon.refused("pay", params).await;
    assert_eq!(reused.code, 201, "{reused:?}");
    daemon.ok("delpayment", json!([invoice.hash])).await;
    let listed = daemon.ok("listpays", json!([])).await;
    assert_eq!(listed["pays"], json!([]));
    daemon.terminate().await;
}

#[tokio::test]
async fn a_share_delivers_no_more_than_it_is() {
    let (_home, daemon) = Daemon::fresh().await;
    let invoice = invoice_of(&daemon, "dave", WHOLE).await;
    let mut params = pay(&invoice);
    (params["partial_msat"], params["timeout"]) = (json!(WHOLE / 2), json!(0));
    let half = daemon.ok("pay", params).await;
    assert_eq!(half["order"]["deliver_msat"], WHOLE / 2, "{half}");
    let sent = || async {
        let parts = daemon.parts_of(&invoice).await;
        let live = parts.iter().filter(|part| part["status"] == "pending");
        live.map(|part| part["amount_msat"].as_u64().unwrap())
            .sum::<u64>()
    };
    while sent().await < WHOLE / 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(sent().await, WHOLE / 2);
    let abandoned = daemon.ok("abandonpay", json!([invoice.hash])).await;
    assert_eq!(
        abandoned["in_flight_msat"],
        WHOLE / 2,
        "the payee waits for the rest"
    );
    daemon.terminate().await;
}
