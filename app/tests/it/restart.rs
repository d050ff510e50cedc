//! A daemon that is stopped and started again: nothing is lost, nothing is done twice.

use crate::support::{Daemon, LARGER, SMALLER, preimage_opens};
use serde_json::json;

#[tokio::test]
async fn a_part_pending_at_sigterm_is_pending_after_it_and_completes() {
    let (home, daemon) = Daemon::fresh().await;
    let invoice = daemon.invoice().await;
    let first = daemon.send(&invoice, &daemon.route(0, LARGER).await).await;
    let before = daemon.parts_of(&invoice).await;
    daemon.terminate().await;

    let daemon = home.start().await;
    assert_eq!(daemon.parts_of(&invoice).await, before);
    assert_eq!(daemon.payment(&invoice).await["status"], "pending");
    let second = daemon.send(&invoice, &daemon.route(1, SMALLER).await).await;
    for id in [first, second] {
        let part = daemon.ok("waitpartialpay", json!([id])).await;
        assert!(preimage_opens(&part));
    }
    assert_eq!(daemon.payment(&invoice).await["status"], "complete");
}

#[tokio::test]
async fn parts_that_dave_holds_survive_sigterm() {
    held_parts_survive(Daemon::terminate).await;
}

#[tokio::test]
async fn parts_that_dave_holds_survive_kill_9() {
    held_parts_survive(Daemon::kill).await;
}

async fn held_parts_survive(end: impl AsyncFnOnce(Daemon)) {
    let (home, daemon) = Daemon::fresh().await;
    daemon.ok("dev-hold", json!(["on"])).await;
    let invoice = daemon.invoice().await;
    let first = daemon.send(&invoice, &daemon.route(0, LARGER).await).await;
    let second = daemon.send(&invoice, &daemon.route(1, SMALLER).await).await;
    for id in [first, second] {
        let refused = daemon.refused("waitpartialpay", json!([id, 1])).await;
        assert_eq!(refused.code, 200);
    }
    end(daemon).await;

    let daemon = home.start().await;
    daemon.ok("dev-hold", json!(["off"])).await;
    for id in [first, second] {
        daemon.ok("waitpartialpay", json!([id])).await;
    }
    assert_eq!(daemon.parts_of(&invoice).await.len(), 2);
}

#[tokio::test]
async fn a_request_repeated_after_a_restart_is_the_same_request() {
    let (home, daemon) = Daemon::fresh().await;
    let invoice = daemon.invoice().await;
    let mut params = invoice.part(&daemon.route(0, LARGER).await);
    params["request_id"] = json!("only once");
    let first = daemon.ok("sendpartialpay", params.clone()).await;
    assert_eq!(daemon.ok("sendpartialpay", params.clone()).await, first);
    daemon.kill().await;

    let daemon = home.start().await;
    assert_eq!(daemon.ok("sendpartialpay", params.clone()).await, first);
    assert_eq!(daemon.parts_of(&invoice).await.len(), 1);
    params["description"] = json!("something else");
    let refused = daemon.refused("sendpartialpay", params.clone()).await;
    assert_eq!(refused.code, 201, "{refused:?}");

    // The answer stays the first one even when the part has its outcome.
    daemon.send(&invoice, &daemon.route(1, SMALLER).await).await;
    daemon.ok("waitpartialpay", json!([first["id"]])).await;
    params.as_object_mut().unwrap().remove("description");
    assert_eq!(daemon.ok("sendpartialpay", params).await, first);
}

#[tokio::test]
async fn outcomes_and_lists_read_the_same_after_a_restart() {
    let (home, daemon) = Daemon::fresh().await;
    let paid = daemon.invoice().await;
    daemon.pay_in_two(&paid).await;
    let unpaid = daemon.invoice().await;
    let failed = daemon.send_in_vain(&unpaid, 0, LARGER).await;
    let failure = daemon.refused("waitpartialpay", json!([failed])).await;
    let before = (
        daemon.payments(json!([])).await,
        daemon.parts(json!([])).await,
        daemon.ok("waitsendpay", json!([paid.hash])).await,
    );
    daemon.terminate().await;

    let daemon = home.start().await;
    let after = (
        daemon.payments(json!([])).await,
        daemon.parts(json!([])).await,
        daemon.ok("waitsendpay", json!([paid.hash])).await,
    );
    assert_eq!(after, before);
    let again = daemon.refused("waitpartialpay", json!([failed])).await;
    assert_eq!((again.code, again.message), (failure.code, failure.message));
    assert_eq!(again.data, failure.data);
}

#[tokio::test]
async fn a_paid_hash_is_refused_for_ever() {
    let (home, daemon) = Daemon::fresh().await;
    let invoice = daemon.invoice().await;
    daemon.pay_in_two(&invoice).await;
    daemon.terminate().await;
    let daemon = home.start().await;
    let again = daemon
        .ok(
            "sendpartialpay",
            invoice.part(&daemon.route(0, LARGER).await),
        )
        .await;
    assert_eq!(again["status"], "complete");
    assert!(
        again.get("id").is_none() && preimage_opens(&again),
        "{again}"
    );
    assert_eq!(daemon.parts_of(&invoice).await.len(), 2);
}
