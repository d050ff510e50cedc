//! What callers read, byte for byte: the fields of each reply, in their order.

use crate::fake::Fake;
use crate::operator::who;
use crate::samples::{failed_part, failed_payment, hash, listed, msat, part, payment, route_json};
use crate::wire::{Daemon, Wire, request};
use domain::{
    ApiError, Damaged, FailureCode, Listed, Page, PaymentId, SelfPayment, SelfReceived, SelfSent,
    StillPending, Timestamp,
};
use serde_json::{Value, json};

/// A reply a line, with its method before it.
const REPLIES: &str = include_str!("bytes.txt");

#[tokio::test]
async fn every_reply_keeps_its_fields_and_their_order() {
    let daemon = Daemon::start();
    daemon.engine.released.send_replace(true);
    let mut wire = daemon.connect().await;
    let mut replies = String::new();
    sends(&mut wire, &mut replies).await;
    *daemon.engine.paid.lock().unwrap() = true;
    sends(&mut wire, &mut replies).await;
    outcomes(&daemon.engine, &mut wire, &mut replies).await;
    lists(&daemon.engine, &mut wire, &mut replies).await;
    for (reply, kept) in replies.lines().zip(REPLIES.lines()) {
        assert_eq!(reply, kept);
    }
    assert_eq!(replies.lines().count(), REPLIES.lines().count());
}

async fn note(wire: &mut Wire, replies: &mut String, method: &str, params: Value) {
    wire.send(request(&json!(1), method, &params)).await;
    let reply = wire.reply().await.replace(&who(), "uid, pid");
    replies.extend([method, " ", &reply, "\n"]);
}

async fn sends(wire: &mut Wire, replies: &mut String) {
    let hash = hash().to_string();
    let part = json!([route_json(600), hash, 1000]);
    note(wire, replies, "sendpartialpay", part).await;
    let whole = json!([route_json(600), hash]);
    note(wire, replies, "sendpay", whole).await;
}

async fn outcomes(engine: &Fake, wire: &mut Wire, replies: &mut String) {
    let hash = json!([hash().to_string()]);
    note(wire, replies, "waitpartialpay", json!([42])).await;
    note(wire, replies, "waitsendpay", hash.clone()).await;
    note(wire, replies, "waitpayment", hash.clone()).await;
    let by_hand = json!([42, "failed", null, "its node is gone"]);
    note(wire, replies, "resolvepart", by_hand).await;
    let failed = Box::new(failed_part(42, FailureCode::TryOtherRoute));
    let pending = StillPending::Payment {
        summary: Box::new(payment()),
        deadline_height: Some(115),
        deadline: Some(Timestamp(1_700_003_600_000_000)),
    };
    for error in [
        ApiError::PartFailed(failed.clone()),
        ApiError::PaymentFailed(Box::new(failed_payment()), failed),
        ApiError::TimedOut(Some(StillPending::Part(Box::new(listed(part(42)))))),
        ApiError::TimedOut(Some(pending)),
    ] {
        *engine.error.lock().unwrap() = Some(error);
        note(wire, replies, "waitsendpay", hash.clone()).await;
    }
    *engine.error.lock().unwrap() = None;
}

async fn lists(engine: &Fake, wire: &mut Wire, replies: &mut String) {
    let damaged = Damaged {
        id: 44,
        payment_hash: Some(hash()),
        reason: "A-8".into(),
    };
    *engine.parts.lock().unwrap() = Page {
        rows: vec![
            Listed::Sound(listed(failed_part(43, FailureCode::TryOtherRoute))),
            Listed::Damaged(damaged.clone()),
        ],
        next: Some(45),
    };
    engine
        .events
        .lock()
        .unwrap()
        .rows
        .push(Listed::Damaged(damaged));
    *engine.own.lock().unwrap() = vec![own()];
    let all = json!({ "direction": "all" });
    for (method, params) in [
        ("listpartialpayments", json!([])),
        ("listpayments", all),
        ("listevents", json!([])),
        ("listpartialinvoices", json!([])),
        ("invoice", json!([1000, "order 1", "coffee"])),
        ("dev-invoice", json!([1000])),
        ("listinvoices", json!({ "limit": 1 })),
        ("delinvoice", json!(["order 1", "paid"])),
        ("dev-routes", json!(["dave", 600])),
        ("getinfo", json!([])),
    ] {
        note(wire, replies, method, params).await;
    }
}

/// The payment and what came in, in the fake's history.
fn own() -> SelfPayment {
    SelfPayment {
        payment_hash: hash(),
        outgoing: Some(PaymentId(5)),
        sent: SelfSent::Settled {
            delivered: msat(900),
            from: vec![(domain::NodeName::new("zoe"), msat(910))],
        },
        received: vec![SelfReceived {
            id: PaymentId(6),
            node: domain::NodeName::new("alice"),
            amount: msat(1_001),
        }],
    }
}
