//! kill -9 with parts in flight: afterwards every part is accounted for.

use crate::support::{Daemon, Home, Invoice, call, preimage_opens, soon};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const ROUNDS: usize = 4;
const PAYMENTS: usize = 8;
const PART: u64 = 1_000_000;

#[tokio::test]
async fn after_kill_9_every_part_is_accounted_for() {
    let home = Home::new();
    let mut acknowledged = BTreeSet::new();
    for round in 0..ROUNDS {
        let daemon = home.start().await;
        // Each round is killed somewhat further on.
        let sent = killed_under_load(daemon, 3 + round * 3).await;
        acknowledged.extend(sent);
        let daemon = home.start().await;
        accounted_for(&daemon, &acknowledged).await;
        daemon.terminate().await;
    }
    assert!(acknowledged.len() >= ROUNDS, "{acknowledged:?}");
}

/// Sends both parts of many payments at once and kills the daemon at an early answer: the parts
/// that were acknowledged before it died.
async fn killed_under_load(daemon: Daemon, answers: usize) -> Vec<u64> {
    let (told, mut tidings) = tokio::sync::mpsc::unbounded_channel();
    for _ in 0..PAYMENTS {
        let invoice = Invoice::of(&daemon, 2 * PART).await;
        for which in [0, 1] {
            let params = invoice.part(&daemon.route(which, PART).await);
            let (rpc_file, told) = (daemon.rpc_file.clone(), told.clone());
            tokio::spawn(async move {
                let answer = call(&rpc_file, "sendpartialpay", params).await;
                // Nobody listens any more once the test has ended.
                let _ = told.send(answer.ok().and_then(|part| part["id"].as_u64()));
            });
        }
    }
    drop(told);
    let mut sent = Vec::new();
    while sent.len() < answers {
        match soon("an answer", tidings.recv()).await {
            Some(id) => sent.extend(id),
            None => break,
        }
    }
    daemon.kill().await;
    while let Some(id) = soon("the rest", tidings.recv()).await {
        sent.extend(id);
    }
    sent
}

/// Every acknowledged part is there; every part gets its outcome; every payment is all or nothing.
async fn accounted_for(daemon: &Daemon, acknowledged: &BTreeSet<u64>) {
    let parts = daemon.parts(json!({"limit": 1000})).await;
    let listed: BTreeSet<u64> = parts
        .iter()
        .map(|part| part["id"].as_u64().unwrap())
        .collect();
    let lost: Vec<_> = acknowledged.difference(&listed).collect();
    assert!(
        lost.is_empty(),
        "acknowledged and then lost: {lost:?}\n{}",
        daemon.log()
    );
    for id in listed {
        resolved(daemon, id).await;
    }
    let parts = daemon.parts(json!({"limit": 1000})).await;
    for payment in daemon.payments(json!({"limit": 1000})).await {
        judge(&payment, &parts);
    }
    let info = daemon.ok("getinfo", json!([])).await;
    assert_eq!(
        (&info["live_parts"], &info["alarms"]),
        (&json!(0), &json!(0)),
        "{info}"
    );
}

/// Waits for the part's outcome. Dave gives up on half a payment only as his minutes pass.
async fn resolved(daemon: &Daemon, id: u64) {
    for _ in 0..30 {
        match daemon.call("waitpartialpay", json!([id, 1])).await {
            Err(refused) if refused.code == 200 => daemon.ok("dev-tick", json!([5])).await,
            _ => return,
        };
    }
    panic!("part {id} has no outcome\n{}", daemon.log());
}

fn judge(payment: &Value, parts: &[Value]) {
    let own = parts
        .iter()
        .filter(|part| part["payment_hash"] == payment["payment_hash"]);
    let own: Vec<&Value> = own.collect();
    let delivered = own
        .iter()
        .filter(|part| part["status"] == "complete")
        .count();
    match payment["status"].as_str().unwrap() {
        "complete" => {
            assert_eq!(delivered, 2, "dave takes all or nothing: {own:?}");
            assert!(preimage_opens(payment));
        }
        "failed" => assert_eq!(delivered, 0, "{own:?}"),
        other => panic!("still {other}: {payment}"),
    }
}
