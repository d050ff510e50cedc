//! `delpayment` and `autoclean` with the real daemon: what goes, and what stays refused.

use crate::support::{Daemon, Invoice, WHOLE};
use serde_json::{Value, json};

async fn pay(daemon: &Daemon) -> Invoice {
    let invoice = daemon.invoice().await;
    let route = daemon.route(0, WHOLE).await;
    let id = daemon.send(&invoice, &route).await;
    daemon.ok("waitpartialpay", json!([id])).await;
    invoice
}

async fn fail(daemon: &Daemon) -> Invoice {
    let invoice = daemon.invoice().await;
    daemon.send_in_vain(&invoice, 0, WHOLE).await;
    invoice
}

/// Rule A-10, by every method that could pay it.
async fn assert_refused_for_ever(daemon: &Daemon, invoice: &Invoice) {
    let route = daemon.route(0, WHOLE).await;
    let part = invoice.part(&route);
    let mut check = part.clone();
    check["command_to_check"] = json!("sendpartialpay");
    for (method, params) in [
        ("sendpartialpay", part),
        ("sendpay", invoice.pay(&route)),
        ("check", check),
    ] {
        let refused = daemon.refused(method, params).await;
        assert_eq!(refused.code, 201, "{method}: {refused:?}");
        let says = "was paid, and deleted since";
        assert!(refused.message.contains(says), "{}", refused.message);
        assert!(refused.data["deleted_at"].as_u64().is_some(), "{refused:?}");
    }
    for method in ["waitsendpay", "waitpayment", "delpayment"] {
        let refused = daemon.refused(method, json!([invoice.hash])).await;
        assert_eq!(refused.code, 208, "{method}: {refused:?}");
        let says = "was paid, and deleted since";
        assert!(refused.message.contains(says), "{}", refused.message);
    }
    let hash = json!({"payment_hash": invoice.hash});
    assert_eq!(daemon.payments(hash.clone()).await, Vec::<Value>::new());
    assert_eq!(daemon.parts(hash).await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_paid_hash_is_refused_for_ever_after_its_deletion() {
    let (home, daemon) = Daemon::fresh().await;
    let invoice = daemon.invoice().await;
    let first = daemon
        .send(&invoice, &daemon.route(0, WHOLE / 2).await)
        .await;
    let live = daemon.refused("delpayment", json!([invoice.hash])).await;
    assert_eq!((live.code, &live.data["pending_parts"]), (200, &json!(1)));
    let second = daemon
        .send(&invoice, &daemon.route(1, WHOLE / 2).await)
        .await;
    for id in [first, second] {
        daemon.ok("waitpartialpay", json!([id])).await;
    }
    let deleted = daemon.ok("delpayment", json!([invoice.hash])).await;
    let expected = json!({
        "payment_hash": invoice.hash, "status": "complete", "tombstone": true,
        "deleted": {"payments": 1, "parts": 2, "events": 4, "requests": 0},
    });
    assert_eq!(deleted, expected);
    assert_refused_for_ever(&daemon, &invoice).await;
    daemon.terminate().await;
    let daemon = home.start().await;
    assert_refused_for_ever(&daemon, &invoice).await;
    daemon.kill().await;
    let daemon = home.start().await;
    assert_refused_for_ever(&daemon, &invoice).await;
    let events = daemon.ok("listevents", json!([])).await;
    assert_eq!(events["events"], json!([]), "they went with it");
    // Others are paid as ever, with numbers of their own.
    let other = pay(&daemon).await;
    let parts = daemon.parts(json!({"payment_hash": other.hash})).await;
    assert_eq!(parts[0]["id"], 3);
    let events = daemon.ok("listevents", json!([])).await;
    assert_eq!(events["events"][0]["seq"], 5);
}

#[tokio::test]
async fn a_failed_payment_can_be_paid_once_it_is_deleted() {
    let (_home, daemon) = Daemon::fresh().await;
    let invoice = fail(&daemon).await;
    let deleted = daemon.ok("delpayment", json!([invoice.hash])).await;
    assert_eq!(
        (&deleted["status"], &deleted["tombstone"]),
        (&json!("failed"), &json!(false))
    );
    let never = daemon.refused("waitpayment", json!([invoice.hash])).await;
    assert_eq!(never.code, 208);
    let id = daemon.send(&invoice, &daemon.route(0, WHOLE).await).await;
    assert_eq!(id, 2, "no number is used again");
    daemon.ok("waitpartialpay", json!([id])).await;
}

#[tokio::test]
async fn a_dry_run_deletes_nothing_and_tells_what_the_run_then_deletes() {
    let (_home, daemon) = Daemon::fresh().await;
    let mut paid = Vec::new();
    for _ in 0..3 {
        paid.push(pay(&daemon).await);
    }
    for _ in 0..2 {
        fail(&daemon).await;
    }
    // Too young: an hour has not passed.
    let young = daemon.ok("autoclean", json!([3600, "all"])).await;
    assert_eq!(young["deleted"]["payments"], 0);
    let told = daemon.ok("autoclean", json!([0, "all", true])).await;
    assert_eq!(daemon.payments(json!({})).await.len(), 5);
    let mut done = daemon.ok("autoclean", json!([0, "all"])).await;
    assert_eq!(
        (&told["dry_run"], &done["dry_run"]),
        (&json!(true), &json!(false))
    );
    done["dry_run"] = json!(true);
    assert_eq!(told, done);
    assert_eq!(
        told["complete"],
        json!({"payments": 3, "parts": 3, "events": 6})
    );
    assert_eq!(
        told["failed"],
        json!({"payments": 2, "parts": 2, "events": 4})
    );
    assert_eq!(daemon.payments(json!({})).await.len(), 0);
    assert_refused_for_ever(&daemon, &paid[0]).await;
}
