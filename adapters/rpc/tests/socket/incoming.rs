//! What comes in, one history, and our own node's invoices.

use crate::fake::Asked;
use crate::samples::{
    DAVE, INVOICE, INVOICE_HASH, INVOICE_PAYEE, complete_payment, hash, incoming, msat,
    preimage_hex,
};
use crate::wire::Daemon;
use devnet::{DevPayment, InvoiceFilter, NewInvoice};
use domain::{
    Direction, HistoryFilter, NodeName, PaymentFilter, PaymentId, PaymentSecret, SelfPayment,
    SelfReceived, SelfSent, StatusKind,
};
use serde_json::json;

#[tokio::test]
async fn incoming_parts_show_with_what_is_missing() {
    let daemon = Daemon::start();
    let hash = hash();
    let list = daemon.result("listpartialinvoices", json!([])).await;
    assert_eq!(daemon.engine.last(), Asked::PartialInvoices(None));
    let row = json!({
        "payment_hash": hash.to_string(), "total_amount_msat": 1000, "incoming_scid": "103x1x0",
        "partial_amount_msat": 600, "incoming_time_unix": 1_700_000_000, "htlc_id": 3,
        "cltv_expiry": 160, "node": "alice", "label": "order 1", "bolt11": "lnbcrt1",
        "received_msat": 600, "missing_msat": 400,
    });
    let bare = json!({
        "payment_hash": hash.to_string(), "incoming_scid": "103x1x0", "partial_amount_msat": 600,
        "incoming_time_unix": 1_700_000_000, "htlc_id": 4, "cltv_expiry": 160, "node": "alice",
        "received_msat": 600,
    });
    let away = json!([{"node": "cln", "reason": "no socket"}]);
    assert_eq!(
        list,
        json!({"partialinvoices": [row, bare], "warning_nodes": away})
    );
    let of_hash = json!({"payment_hash": hash.to_string()});
    daemon.result("listpartialinvoices", of_hash).await;
    assert_eq!(daemon.engine.last(), Asked::PartialInvoices(Some(hash)));
}

#[tokio::test]
async fn both_directions_are_one_list() {
    let daemon = Daemon::start();
    let params = json!({"direction": "all", "start": 5, "limit": 2, "search": "Order"});
    let list = daemon.result("listpayments", params).await;
    let asked = HistoryFilter {
        direction: Direction::All,
        payments: PaymentFilter {
            start: Some(PaymentId(5)),
            search: Some("Order".into()),
            limit: 2,
            ..PaymentFilter::default()
        },
        count: false,
    };
    assert_eq!(daemon.engine.last(), Asked::History(asked));
    assert_eq!((&list["next"], &list["total"]), (&json!(9), &json!(7)));
    assert_eq!(list["payments"][0]["direction"], "outgoing");
    let incoming = json!({
        "id": 6, "payment_hash": hash().to_string(), "destination": DAVE, "msatoshi": 1000,
        "amount_msat": 1000, "amount_received_msat": 1001, "created_at": 1_700_000_000,
        "completed_at": 1_700_000_001, "status": "complete", "payment_preimage": preimage_hex(),
        "label": "order 1", "bolt11": "lnbcrt1", "direction": "incoming", "node": "alice",
        "number_of_parts": 1, "parts": [{
            "incoming_scid": "103x1x0", "partial_amount_msat": 1001,
            "incoming_time_unix": 1_700_000_000, "htlc_id": 3, "cltv_expiry": 160,
        }],
    });
    assert_eq!(list["payments"][1], incoming);
    let wrong = daemon
        .error("listpayments", json!({"direction": "up"}))
        .await;
    let message = "direction: should be outgoing, incoming or all: invalid token 'up'";
    assert_eq!(wrong, (-32602, message.to_owned()));
}

#[tokio::test]
async fn the_newest_first_and_a_count_are_asked_for() {
    let daemon = Daemon::start();
    let by_position = json!([null, null, "failed", null, 3, "all", null, true, true]);
    let by_name = json!({
        "status": "failed", "limit": 3, "direction": "all", "reverse": true, "total": true,
    });
    for params in [by_position, by_name] {
        daemon.result("listpayments", params).await;
        let asked = HistoryFilter {
            direction: Direction::All,
            payments: PaymentFilter {
                status: Some(StatusKind::Failed),
                limit: 3,
                reverse: true,
                ..PaymentFilter::default()
            },
            count: true,
        };
        assert_eq!(daemon.engine.last(), Asked::History(asked));
    }
}

#[tokio::test]
async fn what_we_paid_to_ourselves_says_so_on_both_rows() {
    let daemon = Daemon::start();
    let (out, came_in) = (complete_payment(), incoming());
    let own = |sent| SelfPayment {
        payment_hash: out.payment_hash,
        outgoing: Some(out.id),
        sent,
        received: vec![SelfReceived {
            id: came_in.id,
            node: came_in.node.clone(),
            amount: came_in.paid.received,
        }],
    };
    let rows = async |sent| {
        *daemon.engine.own.lock().unwrap() = vec![own(sent)];
        let list = daemon.result("listpayments", json!({"direction": "all"}));
        list.await["payments"].clone()
    };
    let settled = SelfSent::Settled {
        delivered: msat(1_000),
        from: vec![(NodeName::new("bob"), msat(1_010))],
    };
    let shown = rows(settled).await;
    let fields = ["self_payment", "self_msat", "self_from", "self_to"];
    let of = |row: usize| fields.map(|field| shown[row][field].clone());
    let from = json!([{"node": "bob", "amount_sent_msat": 1010}]);
    let to = json!([{"id": 6, "node": "alice", "amount_msat": 1000}]);
    assert_eq!(of(0), [json!(6), json!(1000), from, to]);
    assert_eq!(of(1), [json!(5), json!(1000), json!(null), json!(null)]);
    let shown = rows(SelfSent::Pending).await;
    assert_eq!(
        (&shown[0]["self_payment"], &shown[1]["self_payment"]),
        (&json!(6), &json!(5))
    );
    for row in [&shown[0], &shown[1]] {
        assert!(row.get("self_msat").is_none(), "not known yet: {row}");
    }
    let shown = rows(SelfSent::Deleted).await;
    assert_eq!(
        (&shown[1]["self_payment"], &shown[1]["self_msat"]),
        (&json!(5), &json!(1001))
    );
}

#[tokio::test]
async fn without_a_direction_it_is_what_we_pay() {
    let daemon = Daemon::start();
    for params in [json!([]), json!({"direction": "outgoing"})] {
        daemon.result("listpayments", params).await;
        let Asked::History(asked) = daemon.engine.last() else {
            panic!("no list");
        };
        assert_eq!(asked.direction, Direction::Outgoing);
    }
}

#[tokio::test]
async fn an_invoice_is_made_listed_and_deleted() {
    let daemon = Daemon::start();
    let params = json!(["1sat", "order 1", "coffee", 60]);
    let made = daemon.result("invoice", params).await;
    let new = NewInvoice {
        amount: Some(msat(1_000)),
        label: "order 1".into(),
        description: "coffee".into(),
        expiry: Some(60),
    };
    assert_eq!(daemon.engine.last(), Asked::MakeInvoice(new));
    assert_eq!(
        made,
        json!({
            "bolt11": "lnbcrt1", "payment_hash": hash().to_string(),
            "payment_secret": "01".repeat(32), "expires_at": 1_700_003_600, "created_index": 1,
        })
    );
    daemon.result("invoice", json!(["any", "a", "b"])).await;
    let asked = daemon.engine.last();
    assert!(matches!(asked, Asked::MakeInvoice(new) if new.amount.is_none()));

    let list = daemon.result("listinvoices", json!({"limit": 1})).await;
    let filter = InvoiceFilter {
        limit: 2,
        ..InvoiceFilter::default()
    };
    assert_eq!(daemon.engine.last(), Asked::Invoices(filter));
    let paid = json!({
        "label": "order 1", "bolt11": "lnbcrt1", "payment_hash": hash().to_string(),
        "amount_msat": 1000, "status": "paid", "pay_index": 1, "amount_received_msat": 1001,
        "paid_at": 1_700_000_001, "payment_preimage": preimage_hex(), "description": "coffee",
        "expires_at": 1_700_003_600, "created_index": 1,
    });
    assert_eq!(list, json!({"invoices": [paid], "next": 2}));
    let deleted = daemon
        .result("delinvoice", json!(["order 1", "paid"]))
        .await;
    assert_eq!(deleted, paid);
}

#[tokio::test]
async fn an_invoice_that_cannot_be_made_or_deleted_has_core_lightnings_code() {
    let daemon = Daemon::start();
    for (method, params, code) in [
        ("invoice", json!([1, "used", ""]), 900),
        ("invoice", json!([0, "a", ""]), -32602),
        ("delinvoice", json!(["none", "paid"]), 905),
        ("delinvoice", json!(["a", "unpaid"]), 906),
        ("delinvoice", json!(["arriving", "unpaid"]), 906),
        ("delinvoice", json!(["a", "settled"]), -32602),
        (
            "listinvoices",
            json!({"label": "a", "invstring": INVOICE}),
            -32602,
        ),
    ] {
        let error = daemon.error(method, params.clone()).await;
        assert_eq!(error.0, code, "{method} {params}: {error:?}");
    }
}

#[tokio::test]
async fn another_node_pays_in_the_parts_that_are_named() {
    let daemon = Daemon::start();
    let whole = DevPayment {
        from: None,
        destination: INVOICE_PAYEE.parse().unwrap(),
        payment_hash: INVOICE_HASH.parse().unwrap(),
        secret: Some(PaymentSecret::new([0x11; 32])),
        metadata: None,
        total: msat(2_500_000_000),
        parts: vec![msat(2_500_000_000)],
    };
    let reply = daemon.result("dev-pay", json!([INVOICE])).await;
    assert_eq!(daemon.engine.last(), Asked::DevPay(whole.clone()));
    assert_eq!(reply["parts_msat"], json!([2_500_000_000_u64]));
    let two = DevPayment {
        from: Some("bob".into()),
        parts: vec![msat(1_000), msat(2_000)],
        ..whole
    };
    for parts in [json!([1000, "2sat"]), json!("1000,2sat")] {
        daemon
            .result("dev-pay", json!([INVOICE, parts, "bob"]))
            .await;
        assert_eq!(daemon.engine.last(), Asked::DevPay(two.clone()));
    }
    for parts in [json!([]), json!([0]), json!("x"), json!({})] {
        let error = daemon.error("dev-pay", json!([INVOICE, parts])).await;
        assert_eq!(error.0, -32602, "{error:?}");
    }
}
