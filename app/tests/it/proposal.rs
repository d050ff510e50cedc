//! The numbered algorithm of the 2018 proposal (docs/proposal.md): a test for each of its branches.

use crate::support::{Daemon, Invoice, LARGER, SMALLER, WHOLE, call, preimage_opens};
use serde_json::{Value, json};

fn statuses(rows: &[Value]) -> Vec<&str> {
    rows.iter()
        .map(|row| row["status"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn s1_1_no_payment_of_that_hash_creates_one_for_the_intended_amount() {
    let (_home, daemon) = Daemon::fresh().await;
    let invoice = daemon.invoice().await;
    assert_eq!(
        daemon
            .payments(json!({"payment_hash": invoice.hash}))
            .await
            .len(),
        0
    );
    daemon.send(&invoice, &daemon.route(0, LARGER).await).await;
    let payment = daemon.payment(&invoice).await;
    assert_eq!(payment["amount_msat"], WHOLE);
    assert_eq!(payment["status"], "pending");
    assert_eq!(payment["in_flight_msat"], LARGER);
}

#[tokio::test]
async fn s1_2_1_another_intended_amount_fails_at_once_and_does_nothing() {
    let (_home, daemon) = Daemon::fresh().await;
    let invoice = daemon.invoice().await;
    daemon.send(&invoice, &daemon.route(0, LARGER).await).await;
    let before = (
        daemon.payment(&invoice).await,
        daemon.parts_of(&invoice).await,
    );
    let mut params = invoice.part(&daemon.route(1, SMALLER).await);
    params["intended_msatoshi"] = json!(WHOLE + 1);
    let refused = daemon.refused("sendpartialpay", params).await;
    assert_eq!(refused.code, 201, "{refused:?}");
    let after = (
        daemon.payment(&invoice).await,
        daemon.parts_of(&invoice).await,
    );
    assert_eq!(after, before);
}

#[tokio::test]
async fn s1_2_2_a_completed_payment_is_a_success_at_once_and_nothing_is_sent() {
    let (_home, daemon) = Daemon::fresh().await;
    let invoice = daemon.invoice().await;
    daemon.pay_in_two(&invoice).await;
    let params = invoice.part(&daemon.route(0, LARGER).await);
    let again = daemon.ok("sendpartialpay", params).await;
    assert_eq!(again["status"], "complete");
    assert!(preimage_opens(&again), "{again}");
    assert!(again.get("id").is_none(), "no part was made: {again}");
    assert_eq!(daemon.parts_of(&invoice).await.len(), 2);
}

#[tokio::test]
async fn s1_2_3_a_failed_payment_becomes_pending_again_in_its_own_row() {
    let (_home, daemon) = Daemon::fresh().await;
    let invoice = daemon.invoice().await;
    daemon.send_in_vain(&invoice, 0, LARGER).await;
    let failed = daemon.payment(&invoice).await;
    assert_eq!(failed["status"], "failed");
    let [first, second] = daemon.pay_in_two(&invoice).await;
    let paid = daemon.payment(&invoice).await;
    assert_eq!(
        (&paid["status"], &paid["id"]),
        (&json!("complete"), &failed["id"])
    );
    let parts = daemon.parts_of(&invoice).await;
    assert_eq!(statuses(&parts), ["failed", "complete", "complete"]);
    assert_eq!(
        (&parts[1]["id"], &parts[2]["id"]),
        (&json!(first), &json!(second))
    );
}

#[tokio::test]
async fn s2_the_part_has_its_row_when_its_id_is_returned() {
    let (_home, daemon) = Daemon::fresh().await;
    let invoice = daemon.invoice().await;
    let mut params = invoice.part(&daemon.route(0, LARGER).await);
    params["description"] = json!("the larger part");
    params["label"] = json!("order 7");
    let part = daemon.ok("sendpartialpay", params).await;
    let listed = daemon.parts(json!([part["id"]])).await;
    assert_eq!(listed, std::slice::from_ref(&part));
    let wanted = [
        ("payment_hash", json!(invoice.hash)),
        ("destination", json!(invoice.destination)),
        ("msatoshi", json!(LARGER)),
        ("amount_msat", json!(LARGER)),
        ("intended_msatoshi", json!(WHOLE)),
        ("status", json!("pending")),
        ("description", json!("the larger part")),
        ("label", json!("order 7")),
    ];
    for (key, value) in wanted {
        assert_eq!(part[key], value, "{key} of {part}");
    }
    assert!(
        part["amount_sent_msat"].as_u64() > Some(LARGER),
        "bob earns a fee: {part}"
    );
}

#[tokio::test]
async fn o1_o2_a_fulfilled_part_completes_the_payment_and_wakes_its_waiters() {
    let (_home, daemon) = Daemon::fresh().await;
    let invoice = daemon.invoice().await;
    let first = daemon.send(&invoice, &daemon.route(0, LARGER).await).await;
    let (rpc_file, hash) = (daemon.rpc_file.clone(), invoice.hash.clone());
    let waiter = tokio::spawn(async move { call(&rpc_file, "waitsendpay", json!([hash])).await });
    let second = daemon.send(&invoice, &daemon.route(1, SMALLER).await).await;
    let payment = waiter.await.unwrap().unwrap();
    assert_eq!(payment["status"], "complete");
    assert!(preimage_opens(&payment));
    for id in [first, second] {
        let part = daemon.ok("waitpartialpay", json!([id])).await;
        assert_eq!(part["payment_preimage"], payment["payment_preimage"]);
    }
    let payment = daemon.payment(&invoice).await;
    assert_eq!(payment["delivered_msat"], WHOLE);
    let parts = daemon.parts_of(&invoice).await;
    let sent = parts
        .iter()
        .map(|part| part["amount_sent_msat"].as_u64().unwrap());
    let sent = sent.sum::<u64>();
    assert_eq!(payment["amount_sent_msat"], sent);
    assert_eq!(payment["fee_msat"], sent - WHOLE);
}

#[tokio::test]
async fn o3_a_payment_with_a_part_that_lives_is_not_failed() {
    let (_home, daemon) = Daemon::fresh().await;
    let invoice = daemon.invoice().await;
    let good = daemon.send(&invoice, &daemon.route(1, SMALLER).await).await;
    daemon.send_in_vain(&invoice, 0, LARGER).await;
    assert_eq!(daemon.payment(&invoice).await["status"], "pending");
    assert_eq!(
        statuses(&daemon.parts_of(&invoice).await),
        ["pending", "failed"]
    );
    let third = daemon.send(&invoice, &daemon.route(0, LARGER).await).await;
    for id in [good, third] {
        daemon.ok("waitpartialpay", json!([id])).await;
    }
    let parts = daemon.parts_of(&invoice).await;
    assert_eq!(statuses(&parts), ["complete", "failed", "complete"]);
    assert_eq!(daemon.payment(&invoice).await["status"], "complete");
}

#[tokio::test]
async fn o3_o4_when_the_last_part_has_failed_so_has_the_payment_and_all_waiters_wake() {
    let (_home, daemon) = Daemon::fresh().await;
    let invoice = daemon.invoice().await;
    let only = daemon.send(&invoice, &daemon.route(0, LARGER).await).await;
    let (rpc_file, hash) = (daemon.rpc_file.clone(), invoice.hash.clone());
    let waiter = tokio::spawn(async move { call(&rpc_file, "waitsendpay", json!([hash])).await });
    let part = daemon.give_up(only).await;
    assert_eq!(part.data["failcodename"], "WIRE_MPP_TIMEOUT", "{part:?}");
    let payment = waiter.await.unwrap().unwrap_err();
    assert_eq!((payment.code, &payment.message), (part.code, &part.message));
    assert_eq!(payment.data["status"], "failed");
    assert_eq!(daemon.payment(&invoice).await["status"], "failed");
}

#[tokio::test]
async fn a_payment_of_many_parts_completes_once() {
    let (_home, daemon) = Daemon::fresh().await;
    let invoice = Invoice::of(&daemon, 10_000_000).await;
    let mut ids = Vec::new();
    for index in 0..10 {
        let route = daemon.route(index % 2, 1_000_000).await;
        ids.push(daemon.send(&invoice, &route).await);
    }
    for id in ids {
        daemon.ok("waitpartialpay", json!([id])).await;
    }
    assert_eq!(daemon.payments(json!([])).await.len(), 1);
    assert_eq!(daemon.payment(&invoice).await["delivered_msat"], 10_000_000);
}
