//! `sendpartialpay` and `sendpay`: what reaches the engine, and what comes back.

use crate::fake::Asked;
use crate::samples::{
    BOB, DAVE, INVOICE, INVOICE_HASH, INVOICE_PAYEE, SECRET, hash, msat, preimage_hex, route,
    route_json,
};
use crate::wire::Daemon;
use domain::{Extras, NodeName, RequestId, SendPartialPay, SendPay};
use serde_json::{Value, json};

fn partial(extras: Extras) -> SendPartialPay {
    SendPartialPay {
        route: route(600),
        payment_hash: hash(),
        intended: msat(1000),
        extras,
        request_id: None,
    }
}

fn all_extras() -> Extras {
    Extras {
        description: Some("a note".into()),
        label: Some("17".into()),
        secret: SECRET.parse().ok(),
        metadata: Some(domain::PaymentMetadata::new(vec![1, 2, 3])),
        invoice: None,
        node: Some(NodeName::new("alice")),
    }
}

#[tokio::test]
async fn sendpartialpay_takes_every_parameter_by_position_and_by_name() {
    let daemon = Daemon::start();
    let (route, hash) = (route_json(600), hash().to_string());
    let expected = Asked::SendPartialPay(SendPartialPay {
        request_id: RequestId::new("key-1").ok(),
        ..partial(all_extras())
    });
    let positions = json!([
        route, hash, 1000, "a note", SECRET, "010203", null, 17, "alice", "key-1"
    ]);
    daemon.result("sendpartialpay", positions).await;
    assert_eq!(daemon.engine.last(), expected);
    for amount in ["intended_msatoshi", "intended_msat", "amount_msat"] {
        let names = json!({
            "request_id": "key-1", "node": "alice", "label": "17", "payment_metadata": "010203",
            "payment_secret": SECRET, "description": "a note", amount: "1sat",
            "payment_hash": hash, "route": route,
        });
        daemon.result("sendpartialpay", names).await;
        assert_eq!(daemon.engine.last(), expected, "{amount}");
    }
}

#[tokio::test]
async fn a_route_may_be_written_in_every_way_that_is_in_use() {
    let daemon = Daemon::start();
    let hops = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let as_in_2018 = json!([
        {"id": BOB, "channel": "103:1:0", "msatoshi": 610, "delay": 15},
        {"id": DAVE, "channel": "104:2:1", "msatoshi": "600msat", "delay": "9"},
    ]);
    let as_getroutes = json!([
        {"short_channel_id_dir": "103x1x0/1", "node_id_out": BOB, "amount_out_msat": 610,
         "cltv_out": 15, "style": "tlv", "amount_in_msat": 620, "cltv_in": 20},
        {"short_channel_id_dir": "104x2x1/0", "node_id_out": DAVE, "amount_out_msat": 600,
         "cltv_out": 9},
    ]);
    let as_listed = daemon.result("listpartialpayments", json!([])).await;
    let as_listed = as_listed["partialpayments"][0]["route"].clone();
    assert_eq!(as_listed[0]["msatoshi"], as_listed[0]["amount_msat"]);
    let as_text = json!(route_json(600).to_string());
    for route in [as_in_2018, as_getroutes, as_listed, as_text] {
        let params = json!([route, hash().to_string(), 1000]);
        daemon.result("sendpartialpay", params).await;
        let expected = Asked::SendPartialPay(partial(Extras::default()));
        assert_eq!(daemon.engine.last(), expected, "{route}");
    }
    for (route, message) in [
        (hops("[]"), "Empty route".to_owned()),
        (
            hops("{}"),
            "route: should be an array: invalid token '{}'".into(),
        ),
        (hops("[7]"), "route[0]: should be an object".into()),
        (
            hops("[{}]"),
            "route[0]: must have either id or node_id_out".into(),
        ),
        (
            json!([{"id": BOB}]),
            "route[0]: must have either channel or short_channel_id_dir".into(),
        ),
        (
            json!([{"id": BOB, "channel": "1x1x1"}]),
            "route[0]: must have either amount_msat or amount_out_msat".into(),
        ),
        (
            json!([{"id": BOB, "channel": "1x1x1", "msatoshi": 1}]),
            "route[0]: must have either delay or cltv_out".into(),
        ),
        (
            json!([{"id": BOB, "channel": "1x1", "msatoshi": 1, "delay": 9}]),
            "route[0].channel: should be a short_channel_id of form NxNxN: invalid token '1x1'"
                .into(),
        ),
        (
            json!([{"id": BOB, "channel": "1x1x1", "msatoshi": 1, "amount_msat": 2, "delay": 9}]),
            "route[0]: amount_msat and msatoshi differ".into(),
        ),
        (
            json!([{"id": BOB, "channel": "1x1x1", "msatoshi": 0, "delay": 9}]),
            "route: the last hop must carry at least 1 msat".into(),
        ),
        (
            json!(vec![0; 21]),
            "route: route has 21 hops, at most 20 fit an onion".into(),
        ),
    ] {
        let params = json!([route, hash().to_string(), 1000]);
        let error = daemon.error("sendpartialpay", params).await;
        assert_eq!(error, (-32602, message));
    }
}

#[tokio::test]
async fn sendpartialpay_answers_with_the_part() {
    let daemon = Daemon::start();
    let params = json!([route_json(600), hash().to_string(), 1000]);
    let reply = daemon.ask("sendpartialpay", params).await;
    let expected = json!({
        "id": 42, "payment_hash": hash().to_string(), "node": "alice", "destination": DAVE,
        "msatoshi": 600, "amount_msat": 600, "msatoshi_sent": 610, "amount_sent_msat": 610,
        "intended_msatoshi": 1000, "created_at": 1_700_000_000, "status": "pending",
        "description": "a note\n\nof two lines", "cltv_expiry": 115,
        "deadline_height": 115, "deadline_estimate": 1_700_009_000, "safe_to_retry": false,
        "why": "it is pending, and may still be paid",
        "route": [
            {"id": BOB, "channel": "103x1x0", "msatoshi": 610, "amount_msat": 610, "delay": 15},
            {"id": DAVE, "channel": "104x2x1", "msatoshi": 600, "amount_msat": 600, "delay": 9},
        ],
    });
    assert_eq!(reply["result"], expected);
}

#[tokio::test]
async fn a_paid_payment_is_answered_with_its_proof_and_no_parts_id() {
    let daemon = Daemon::start();
    *daemon.engine.paid.lock().unwrap() = true;
    let params = json!([route_json(600), hash().to_string(), 1000]);
    let paid = daemon.result("sendpartialpay", params).await;
    assert_eq!(paid["status"], "complete");
    assert_eq!(paid["payment_preimage"], preimage_hex());
    assert!(paid.get("id").is_none(), "{paid}");

    let paid = daemon
        .result("sendpay", json!([route_json(900), hash().to_string()]))
        .await;
    assert_eq!(
        (&paid["status"], &paid["id"]),
        (&json!("complete"), &json!(5))
    );
    assert_eq!(paid["payment_preimage"], preimage_hex());
    assert!(paid.get("message").is_none(), "{paid}");
}

#[tokio::test]
async fn sendpay_takes_every_parameter_by_position_and_by_name() {
    let daemon = Daemon::start();
    let (route_json, hash_hex) = (route_json(600), hash().to_string());
    let expected = Asked::SendPay(SendPay {
        route: route(600),
        payment_hash: hash(),
        msatoshi: Some(msat(500)),
        extras: Extras {
            label: None,
            ..all_extras()
        },
    });
    let positions = json!([
        route_json, hash_hex, "a note", 500, null, SECRET, "010203", "alice"
    ]);
    daemon.result("sendpay", positions).await;
    assert_eq!(daemon.engine.last(), expected);
    for (note, amount) in [("description", "msatoshi"), ("label", "amount_msat")] {
        let names = json!({
            "route": route_json, "payment_hash": hash_hex, note: "a note", amount: 500,
            "payment_secret": SECRET, "payment_metadata": "010203", "node": "alice",
        });
        daemon.result("sendpay", names).await;
        assert_eq!(daemon.engine.last(), expected, "{note} {amount}");
    }
    let reply = daemon.ask("sendpay", json!([route_json, hash_hex])).await;
    let expected = json!({
        "message": "Monitor status with listpayments or waitsendpay", "id": 5,
        "payment_hash": hash_hex, "destination": DAVE, "msatoshi": 900, "amount_msat": 900,
        "msatoshi_sent": 610, "amount_sent_msat": 610, "intended_msatoshi": 1000,
        "created_at": 1_700_000_000, "status": "pending", "label": "rent",
        "direction": "outgoing", "number_of_parts": 3, "pending_parts": 1,
        "in_flight_msat": 600, "delivered_msat": 0, "safe_to_retry": false,
        "why": "1 of its 3 parts are pending, and may still be paid",
    });
    assert_eq!(reply["result"], expected);
}

#[tokio::test]
async fn sendpay_overpays_at_most_twice() {
    let daemon = Daemon::start();
    let hash = hash().to_string();
    for (msatoshi, fits) in [
        (299, false),
        (300, true),
        (600, true),
        (601, false),
        (0, false),
    ] {
        let params = json!({"route": route_json(600), "payment_hash": hash, "msatoshi": msatoshi});
        let reply = daemon.ask("sendpay", params).await;
        assert_eq!(reply.get("result").is_some(), fits, "{msatoshi}: {reply}");
        if !fits {
            let message = format!("msatoshi {msatoshi} out of range");
            assert_eq!(reply["error"]["message"], message);
        }
    }
}

#[tokio::test]
async fn an_invoice_is_decoded_and_its_signature_verified() {
    let daemon = Daemon::start();
    for text in [
        INVOICE.to_owned(),
        INVOICE.to_uppercase(),
        format!("LIGHTNING:{INVOICE}"),
    ] {
        let params = json!({
            "route": route_json(600), "payment_hash": INVOICE_HASH, "bolt11": text,
        });
        daemon.result("sendpay", params).await;
        let Asked::SendPay(asked) = daemon.engine.last() else {
            panic!("something else was asked");
        };
        let invoice = asked.extras.invoice.unwrap();
        assert_eq!(invoice.bolt11, INVOICE);
        assert_eq!(invoice.payment_hash.to_string(), INVOICE_HASH);
        assert_eq!(invoice.payee.to_string(), INVOICE_PAYEE);
        assert_eq!(invoice.amount, Some(msat(2_500_000_000)));
        assert_eq!(invoice.secret.expose(), &[0x11; 32]);
        assert_eq!(invoice.terms.expires_at.seconds(), 1_496_314_658 + 3600);
    }
    // One letter of the signature, with a checksum that fits it, is beyond a test: any letter at all.
    let forged = INVOICE.replace("25m1", "24m1");
    for text in [&*forged, "lnbc", "", "hello"] {
        let params = json!({"bolt11": text});
        let (code, message) = daemon.error("listpayments", params).await;
        assert_eq!(code, -32602);
        assert!(message.starts_with("Invalid bolt11: "), "{message}");
    }
}

#[tokio::test]
async fn check_asks_and_does_nothing() {
    let daemon = Daemon::start();
    let (route_json, hash) = (route_json(600), hash().to_string());
    let params = json!(["sendpartialpay", route_json, hash, 1000]);
    let reply = daemon.result("check", params).await;
    assert_eq!(reply, json!({"command_to_check": "sendpartialpay"}));
    let expected = Asked::CheckPartialPay(partial(Extras::default()));
    assert_eq!(daemon.engine.last(), expected);

    let params = json!({"route": route_json, "command_to_check": "sendpay", "payment_hash": hash});
    daemon.result("check", params).await;
    assert!(matches!(daemon.engine.last(), Asked::CheckPay(_)));
    assert_eq!(daemon.engine.asked(), 2);

    *daemon.engine.error.lock().unwrap() = Some(domain::ApiError::Busy("full".into()));
    let params = json!(["sendpartialpay", route_json, hash, 1000]);
    assert_eq!(daemon.error("check", params).await.0, -32005);
    let params = json!(["sendpartialpay", route_json, hash]);
    let missing = "missing required parameter: intended_msatoshi";
    assert_eq!(
        daemon.error("check", params).await,
        (-32602, missing.into())
    );
    for name in ["stop", "waitpartialpay", "listpayments", "dev-tick"] {
        let params = if name == "waitpartialpay" {
            json!([name, 7])
        } else {
            json!([name])
        };
        let reply = daemon.result("check", params).await;
        assert_eq!(reply, json!({"command_to_check": name}));
    }
    assert!(!daemon.running.is_finished());
}
