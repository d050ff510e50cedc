//! `pay` and its like: what reaches the engine, and what comes back.

use crate::fake::Asked;
use crate::samples::{BOB, INVOICE, INVOICE_HASH, hash, msat, order, payment, preimage_hex};
use crate::wire::Daemon;
use domain::{
    ApiError, Avoid, FailedOrder, NoPlan, NodeName, Order, Pay, PaymentFilter, RequestId, Why,
};
use serde_json::{Value, json};
use std::time::Duration;

fn asked(daemon: &Daemon) -> Pay {
    match daemon.engine.last() {
        Asked::Pay(pay) => pay,
        other => panic!("{other:?}"),
    }
}

/// As lightningd has them, with `null` for what is not given.
#[tokio::test]
async fn pay_takes_lightningds_thirteen_positions_and_every_name() {
    let daemon = Daemon::start();
    daemon.result("pay", json!([INVOICE])).await;
    let plain = asked(&daemon);
    let amount = plain.invoice.amount.unwrap();
    assert_eq!(plain.amount, Some(amount));
    assert_eq!(plain.max_fee, msat(5_000).max(msat(amount.get() / 200)));
    assert_eq!(plain.retry_for, Duration::from_secs(60));
    assert_eq!(
        (plain.max_delay, plain.max_parts, plain.share),
        (2_016, None, None)
    );
    assert_eq!((plain.timeout, &plain.request_id), (None, &None));
    assert!(plain.nodes.is_empty() && plain.avoid == Avoid::default());
    let nulls = json!([
        INVOICE, null, null, null, null, null, null, null, null, null, null, null, null
    ]);
    daemon.result("pay", nulls).await;
    assert_eq!(asked(&daemon), plain);
    let excluded = json!(["103x1x0/1", BOB]);
    let positions = json!([
        INVOICE, null, "rent", 10, null, 30, 100, null, null, excluded, "7sat", null, "1sat"
    ]);
    daemon.result("pay", positions).await;
    let by_position = asked(&daemon);
    assert_eq!(
        (by_position.max_fee, by_position.share),
        (msat(7_000), Some(msat(1_000)))
    );
    assert_eq!(by_position.retry_for, Duration::from_secs(30));
    assert_eq!(by_position.avoid.nodes.len(), 1);
    assert_eq!(by_position.avoid.channels.len(), 1);
    let names = json!({
        "bolt11": INVOICE, "label": "rent", "riskfactor": 10, "retry_for": 30, "maxdelay": 100,
        "exclude": excluded, "maxfee": 7_000, "partial_msat": 1_000,
    });
    daemon.result("pay", names).await;
    assert_eq!(asked(&daemon), by_position);
    let ours = json!({
        "invstring": INVOICE, "maxparts": 3, "nodes": ["east", "west"], "request_id": "k",
        "timeout": 0, "maxfeepercent": "1.25", "exemptfee": 0,
    });
    daemon.result("pay", ours).await;
    let ours = asked(&daemon);
    assert_eq!(
        (ours.max_parts, ours.timeout),
        (Some(3), Some(Duration::ZERO))
    );
    assert_eq!(ours.nodes, [NodeName::new("east"), NodeName::new("west")]);
    assert_eq!(ours.request_id, RequestId::new("k").ok());
    assert_eq!(ours.max_fee, msat(amount.get() / 10_000 * 125));
}

#[tokio::test]
async fn what_cannot_be_asked_of_pay_is_refused_before_anything_is_sent() {
    let daemon = Daemon::start();
    for (params, says) in [
        (json!({}), "missing required parameter: bolt11"),
        (json!([INVOICE, 1]), "amount_msat: should not be given"),
        (
            json!({"bolt11": INVOICE, "maxfee": 1, "maxfeepercent": 1}),
            "maxfee: should not be",
        ),
        (
            json!({"bolt11": INVOICE, "localinvreqid": "ab"}),
            "localinvreqid",
        ),
        (
            json!({"bolt11": INVOICE, "exclude": ["x"]}),
            "exclude: should be",
        ),
        (
            json!({"bolt11": INVOICE, "maxparts": 0}),
            "maxparts: should be",
        ),
        (
            json!({"bolt11": INVOICE, "maxfeepercent": "1e3"}),
            "maxfeepercent: should be",
        ),
        (json!({"bolt11": INVOICE, "nosuch": 1}), "unknown parameter"),
    ] {
        for method in ["pay", "estimate"] {
            let (code, message) = daemon.error(method, params.clone()).await;
            assert_eq!(code, -32602, "{method} {params}: {message}");
            assert!(message.contains(says), "{method} {params}: {message}");
        }
    }
    assert_eq!(daemon.engine.asked(), 0);
}

#[tokio::test]
async fn pay_answers_lightningds_fields_and_the_order() {
    let daemon = Daemon::start();
    let paid = daemon.result("pay", json!([INVOICE])).await;
    assert_eq!(paid["payment_preimage"], preimage_hex());
    assert_eq!(paid["payment_hash"], hash().to_string());
    assert_eq!(
        (&paid["status"], &paid["parts"]),
        (&json!("complete"), &json!(1))
    );
    for field in [
        "created_at",
        "destination",
        "amount_msat",
        "amount_sent_msat",
    ] {
        assert!(!paid[field].is_null(), "{field}: {paid}");
    }
    let order = &paid["order"];
    assert_eq!(
        (&order["max_fee_msat"], &order["open"]),
        (&json!(20), &json!(false))
    );
    assert_eq!(order["exclude"], json!(["103x2x0/1", BOB]));
    let dry = daemon
        .result("pay", json!({"bolt11": INVOICE, "dry_run": true}))
        .await;
    assert_eq!(dry, daemon.result("estimate", json!([INVOICE])).await);
    assert_eq!(
        (&dry["fee_msat"], &dry["maxdelay"]),
        (&json!(10), &json!(30))
    );
    let left = daemon
        .result("abandonpay", json!([hash().to_string()]))
        .await;
    assert_eq!(
        (&left["status"], &left["live_parts"]),
        (&json!("pending"), &json!(1))
    );
    let listed = daemon.result("listpays", json!({"bolt11": INVOICE})).await;
    assert_eq!(listed["pays"][0]["order"]["order"], 12);
    let filter = PaymentFilter {
        hash: INVOICE_HASH.parse().ok(),
        ..PaymentFilter::default()
    };
    match daemon.engine.last() {
        Asked::ListPays(asked) => assert_eq!(asked.hash, filter.hash),
        other => panic!("{other:?}"),
    }
}

/// With the figures that a program needs.
#[tokio::test]
async fn every_end_of_an_order_has_its_number() {
    let daemon = Daemon::start();
    let ended = |why: Why| {
        let closed = order()
            .closed
            .map(|closed| domain::Closed { why, ..closed });
        ApiError::OrderFailed(Box::new(FailedOrder {
            payment: payment(),
            order: Order { closed, ..order() },
            last_failed: Some(crate::samples::failed_part(
                9,
                domain::FailureCode::TryOtherRoute,
            )),
        }))
    };
    let no_route = |why: NoPlan| ended(Why::NoRoute(why));
    let needs = NoPlan::TooExpensive { needs: msat(77) };
    let spendable = NoPlan::NoFunds { spendable: msat(5) };
    for (error, code, field, value) in [
        (ended(Why::Deadline), 210, "reason", json!("deadline")),
        (ended(Why::Attempts), 210, "reason", json!("attempts")),
        (ended(Why::Abandoned), 210, "reason", json!("abandoned")),
        (ended(Why::Refused), 204, "reason", json!("refused")),
        (ended(Why::Expired), 207, "reason", json!("expired")),
        (no_route(needs.clone()), 206, "fee_needed_msat", json!(77)),
        (no_route(spendable.clone()), 215, "spendable_msat", json!(5)),
        (
            no_route(NoPlan::Unreachable),
            205,
            "reason",
            json!("unreachable"),
        ),
        (no_route(NoPlan::TooSlow), 205, "reason", json!("too_slow")),
        (ApiError::NoWay(needs), 206, "fee_needed_msat", json!(77)),
        (ApiError::NoWay(spendable), 215, "spendable_msat", json!(5)),
        (
            ApiError::NoWay(NoPlan::Away("x".into())),
            231,
            "reason",
            json!("away"),
        ),
    ] {
        *daemon.engine.error.lock().unwrap() = Some(error);
        let refused: Value = daemon.ask("pay", json!([INVOICE])).await["error"].take();
        assert_eq!(refused["code"], code, "{refused}");
        assert_eq!(refused["data"][field], value, "{refused}");
    }
}

#[tokio::test]
async fn xpay_takes_lightningds_ten_positions_and_every_name() {
    let daemon = Daemon::start();
    daemon.engine.payments.lock().unwrap().rows.clear();
    daemon.result("xpay", json!([INVOICE])).await;
    let plain = asked(&daemon);
    let amount = plain.invoice.amount.unwrap();
    let usual = msat(5_000).max(msat(amount.get() / 100));
    assert_eq!((plain.amount, plain.max_fee), (Some(amount), usual));
    assert_eq!(plain.retry_for, Duration::from_secs(60));
    assert_eq!((plain.max_delay, plain.timeout), (2_016, None));
    let nulls = json!([
        INVOICE, null, null, null, null, null, null, null, null, null
    ]);
    daemon.result("xpay", nulls).await;
    assert_eq!(asked(&daemon), plain);
    let positions = json!([INVOICE, null, "7sat", [], 30, "1sat", 100, "thanks", "rent"]);
    daemon.result("xpay", positions).await;
    let by_position = asked(&daemon);
    assert_eq!(
        (by_position.max_fee, by_position.share),
        (msat(7_000), Some(msat(1_000)))
    );
    assert_eq!(by_position.label.as_deref(), Some("rent"));
    let names = json!({
        "invstring": INVOICE, "maxfee": 7_000, "layers": [], "retry_for": 30, "partial_msat": 1_000,
        "maxdelay": 100, "payer_note": "thanks", "label": "rent",
    });
    daemon.result("xpay", names).await;
    assert_eq!(asked(&daemon), by_position);
}

#[tokio::test]
async fn xpay_refuses_what_it_cannot_honour_and_sends_nothing() {
    let daemon = Daemon::start();
    let before = daemon.engine.asked();
    for (params, says) in [
        (
            json!({"invstring": INVOICE, "layers": ["xpay"]}),
            "layers: should be empty",
        ),
        (
            json!({"invstring": INVOICE, "layers": "xpay"}),
            "layers: should be an array",
        ),
        (
            json!({"invstring": INVOICE, "localinvreqid": "00"}),
            "localinvreqid: should not be given",
        ),
        (
            json!({"invstring": "lno1pqpq"}),
            "an offer of BOLT 12, which Ampere does not pay",
        ),
        (
            json!({"invstring": "LNI1PQPQ"}),
            "an invoice of BOLT 12, which Ampere does not pay",
        ),
        (
            json!({"invstring": "₿satoshi@bitcoin.org"}),
            "stands for an offer",
        ),
    ] {
        let (code, message) = daemon.error("xpay", params).await;
        assert_eq!(code, -32602, "{message}");
        assert!(message.contains(says), "{message}");
    }
    let (_, message) = daemon.error("pay", json!(["lno1pqpq"])).await;
    assert!(
        message.contains("ask the payee for an invoice of BOLT 11"),
        "{message}"
    );
    assert_eq!(daemon.engine.asked(), before, "the engine was not asked");
}

#[tokio::test]
async fn xpay_answers_with_lightningds_fields_and_219_when_it_is_paid() {
    let daemon = Daemon::start();
    let paid = daemon.ask("xpay", json!([INVOICE])).await;
    assert_eq!(paid["error"]["code"], 219, "{paid}");
    assert_eq!(paid["error"]["data"], json!({"payment_hash": INVOICE_HASH}));
    daemon.engine.payments.lock().unwrap().rows.clear();
    let paid = daemon.result("xpay", json!([INVOICE])).await;
    let fields: Vec<&str> = paid
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let lightningds = [
        "amount_msat",
        "amount_sent_msat",
        "failed_parts",
        "payment_preimage",
        "successful_parts",
    ];
    assert_eq!(fields, lightningds);
}
