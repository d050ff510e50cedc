//! `sendpay`, `waitsendpay` and `listpayments` as they were in c-lightning 0.6.2, branch by branch.

use crate::support::{Daemon, Invoice, LARGER, WHOLE, call, preimage_opens};
use serde_json::{Value, json};

/// The fields of a payment, as 0.6.2's reference has them.
const FIELDS: [&str; 6] = [
    "id",
    "payment_hash",
    "destination",
    "msatoshi",
    "msatoshi_sent",
    "created_at",
];

async fn paid(daemon: &Daemon) -> (Invoice, Value) {
    let invoice = daemon.invoice().await;
    daemon
        .ok("sendpay", invoice.pay(&daemon.route(0, WHOLE).await))
        .await;
    let payment = daemon.ok("waitsendpay", json!([invoice.hash])).await;
    (invoice, payment)
}

#[tokio::test]
async fn a_new_payment_is_pending_and_then_complete() {
    let (_home, daemon) = Daemon::fresh().await;
    daemon.ok("dev-hold", json!(["on"])).await;
    let invoice = daemon.invoice().await;
    let route = daemon.route(0, WHOLE).await;
    let params = json!([route, invoice.hash, "a note", null, invoice.bolt11]);
    let pending = daemon.ok("sendpay", params).await;
    assert_eq!(
        pending["message"],
        "Monitor status with listpayments or waitsendpay"
    );
    assert_eq!(pending["status"], "pending");
    assert_eq!(pending["description"], "a note");
    assert_eq!(pending["msatoshi_sent"], route[0]["amount_msat"]);
    assert!(
        FIELDS.iter().all(|field| pending.get(field).is_some()),
        "{pending}"
    );
    daemon.ok("dev-hold", json!(["off"])).await;
    let complete = daemon.ok("waitsendpay", json!([invoice.hash])).await;
    assert_eq!(complete["status"], "complete");
    assert!(preimage_opens(&complete) && complete.get("message").is_none());
    assert_eq!(daemon.payment(&invoice).await, complete);
    let [part] = &daemon.parts_of(&invoice).await[..] else {
        panic!("a sendpay is a payment of one part")
    };
    assert_eq!(part["status"], "complete");
}

#[tokio::test]
async fn a_pending_payment_is_a_success_whatever_else_is_asked() {
    let (_home, daemon) = Daemon::fresh().await;
    daemon.ok("dev-hold", json!(["on"])).await;
    let invoice = daemon.invoice().await;
    let first = daemon
        .ok("sendpay", invoice.pay(&daemon.route(0, WHOLE).await))
        .await;
    // Another amount, another way, another destination: not compared.
    let to_bob = daemon.ok("dev-routes", json!(["bob", 5_000, 1])).await["routes"][0].clone();
    for route in [daemon.route(1, LARGER).await, to_bob["route"].clone()] {
        let again = daemon.ok("sendpay", json!([route, invoice.hash])).await;
        assert_eq!(
            (&again["id"], &again["status"]),
            (&first["id"], &json!("pending"))
        );
    }
    assert_eq!(daemon.parts_of(&invoice).await.len(), 1);
}

#[tokio::test]
async fn a_complete_payment_compares_amount_and_destination() {
    let (_home, daemon) = Daemon::fresh().await;
    let (invoice, payment) = paid(&daemon).await;
    let other_way = daemon.route(1, WHOLE).await;
    let again = daemon.ok("sendpay", json!([other_way, invoice.hash])).await;
    assert_eq!(again["payment_preimage"], payment["payment_preimage"]);
    assert!(
        again.get("message").is_none(),
        "nothing to monitor: {again}"
    );

    let less = daemon.route(0, LARGER).await;
    let refused = daemon.refused("sendpay", json!([less, invoice.hash])).await;
    let message = format!("Already succeeded with amount {WHOLE}");
    assert_eq!((refused.code, refused.message), (201, message));

    let to_bob = daemon.ok("dev-routes", json!(["bob", WHOLE, 1])).await["routes"][0].clone();
    let refused = daemon
        .refused("sendpay", json!([to_bob["route"], invoice.hash]))
        .await;
    let message = format!("Already succeeded to {}", invoice.destination);
    assert_eq!((refused.code, refused.message), (201, message));
    assert_eq!(daemon.parts_of(&invoice).await.len(), 1);
}

#[tokio::test]
async fn a_failed_payment_is_tried_again_in_its_own_row() {
    let (_home, daemon) = Daemon::fresh().await;
    let invoice = daemon.invoice().await;
    let without_fee = daemon.route_without_fee(0, WHOLE).await;
    daemon.ok("sendpay", invoice.pay(&without_fee)).await;
    let refused = daemon.refused("waitsendpay", json!([invoice.hash])).await;
    assert_eq!(refused.code, 204, "{refused:?}");
    let failed = daemon.payment(&invoice).await;
    assert_eq!(failed["status"], "failed");
    daemon
        .ok("sendpay", invoice.pay(&daemon.route(0, WHOLE).await))
        .await;
    let complete = daemon.ok("waitsendpay", json!([invoice.hash])).await;
    assert_eq!(complete["id"], failed["id"]);
    assert_eq!(daemon.payments(json!([])).await.len(), 1);
}

#[tokio::test]
async fn a_first_hop_that_does_not_exist_fails_the_call_with_204() {
    let (_home, daemon) = Daemon::fresh().await;
    let invoice = daemon.invoice().await;
    let mut route = daemon.route(0, WHOLE).await;
    route[0]["channel"] = json!("999x9x9");
    let answer = daemon.call("sendpay", invoice.pay(&route)).await;
    // Whether the node says so at once or after it took the part: the payment failed with 204.
    let refused = match answer {
        Err(refused) => refused,
        Ok(_) => daemon.refused("waitsendpay", json!([invoice.hash])).await,
    };
    assert_eq!(refused.code, 204, "{refused:?}");
    assert_eq!(refused.data["erring_index"], 0, "our own node: {refused:?}");
}

#[tokio::test]
async fn overpaying_up_to_twice_is_allowed_and_the_row_keeps_what_was_asked() {
    let (_home, daemon) = Daemon::fresh().await;
    let invoice = daemon.invoice().await;
    let mut params = invoice.pay(&daemon.route(0, WHOLE + 5).await);
    params["msatoshi"] = json!(WHOLE);
    daemon.ok("sendpay", params.clone()).await;
    let complete = daemon.ok("waitsendpay", json!([invoice.hash])).await;
    assert_eq!(complete["msatoshi"], WHOLE);
    assert_eq!(daemon.ok("sendpay", params).await["status"], "complete");
}

#[tokio::test]
async fn waitsendpay_tells_a_failure_with_all_that_is_known() {
    let (_home, daemon) = Daemon::fresh().await;
    let invoice = daemon.invoice().await;
    let without_fee = daemon.route_without_fee(0, WHOLE).await;
    daemon.ok("sendpay", invoice.pay(&without_fee)).await;
    let refused = daemon.refused("waitsendpay", json!([invoice.hash])).await;
    assert_eq!(refused.code, 204);
    assert!(
        refused.message.starts_with("failed: WIRE_FEE_INSUFFICIENT"),
        "{refused:?}"
    );
    let data = &refused.data;
    assert_eq!(data["erring_index"], 1);
    assert_eq!(data["erring_node"], without_fee[0]["id"], "bob");
    assert_eq!(
        data["erring_channel"], without_fee[1]["channel"],
        "the one he would not use"
    );
    assert_eq!(data["failcode"], 0x1000 | 12);
}

#[tokio::test]
async fn waitsendpay_works_on_payments_of_many_parts_too() {
    let (_home, daemon) = Daemon::fresh().await;
    let invoice = daemon.invoice().await;
    daemon.send(&invoice, &daemon.route(0, LARGER).await).await;
    let (rpc_file, hash) = (daemon.rpc_file.clone(), invoice.hash.clone());
    let waiter = tokio::spawn(async move { call(&rpc_file, "waitsendpay", json!([hash])).await });
    daemon
        .send(&invoice, &daemon.route(1, WHOLE - LARGER).await)
        .await;
    assert_eq!(waiter.await.unwrap().unwrap()["status"], "complete");
}

#[tokio::test]
async fn listpayments_filters_by_hash_or_invoice_but_not_by_both() {
    let (_home, daemon) = Daemon::fresh().await;
    let (first, _) = paid(&daemon).await;
    let (second, _) = paid(&daemon).await;
    let hashes = |rows: Vec<Value>| -> Vec<String> {
        rows.iter()
            .map(|row| row["payment_hash"].as_str().unwrap().into())
            .collect()
    };
    let all = hashes(daemon.payments(json!([])).await);
    assert_eq!(
        all,
        [first.hash.clone(), second.hash.clone()],
        "in the order they were made"
    );
    let only_second = [second.hash.clone()];
    assert_eq!(
        hashes(daemon.payments(json!([null, second.hash])).await),
        only_second
    );
    assert_eq!(
        hashes(daemon.payments(json!([second.bolt11])).await),
        only_second
    );
    assert_eq!(
        daemon.payments(json!([null, "ab".repeat(32)])).await.len(),
        0
    );
    assert_eq!(daemon.payments(json!({"status": "failed"})).await.len(), 0);
    let refused = daemon
        .refused("listpayments", json!([first.bolt11, first.hash]))
        .await;
    assert_eq!(refused.code, -32602);
    let words = "Can only specify one of {bolt11} or {payment_hash}";
    assert!(refused.message.contains(words), "{refused:?}");
    let refused = daemon
        .refused("listpayments", json!(["lnbcnonsense"]))
        .await;
    assert_eq!(refused.code, -32602);
    assert!(refused.message.contains("nvalid bolt11"), "{refused:?}");
}

#[tokio::test]
async fn lists_come_a_page_at_a_time() {
    let (_home, daemon) = Daemon::fresh().await;
    for _ in 0..3 {
        paid(&daemon).await;
    }
    for (method, key) in [
        ("listpayments", "payments"),
        ("listpartialpayments", "partialpayments"),
    ] {
        let first = daemon.ok(method, json!({"limit": 2})).await;
        let next = daemon
            .ok(method, json!({"limit": 2, "start": first["next"]}))
            .await;
        assert_eq!(first[key].as_array().unwrap().len(), 2);
        assert_eq!(next[key].as_array().unwrap().len(), 1);
        assert!(next.get("next").is_none(), "{method} ends: {next}");
    }
}
