//! The lists, `getinfo`, `help` and the `dev-…` methods.

use crate::fake::Asked;
use crate::samples::{
    BOB, DAVE, INVOICE, INVOICE_HASH, event, failed_part, hash, listed, msat, part, payment,
};
use crate::wire::{Daemon, services};
use domain::{
    Damaged, Event, EventFilter, EventKind, FailureCode, HistoryFilter, Listed, Page, PartFilter,
    PartId, PaymentFilter, PaymentId, StatusKind,
};
use rpc::{Limits, Server};
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[tokio::test]
async fn filters_reach_the_engine_by_position_and_by_name() {
    let daemon = Daemon::start();
    let hash_hex = hash().to_string();
    let all = PartFilter {
        id: Some(PartId(1)),
        hash: Some(hash()),
        status: Some(StatusKind::Failed),
        start: Some(PartId(3)),
        limit: 4,
    };
    let none = PartFilter {
        limit: 100,
        ..PartFilter::default()
    };
    let names = json!({
        "id": 1, "payment_hash": hash_hex, "status": "failed", "start": 3, "limit": 4
    });
    for (params, filter) in [
        (json!([1, hash_hex, "failed", 3, 4]), &all),
        (names, &all),
        (json!([]), &none),
        (json!({}), &none),
        (json!([null, null, null, null, null]), &none),
    ] {
        daemon.result("listpartialpayments", params).await;
        assert_eq!(
            daemon.engine.last(),
            Asked::ListPartialPayments(filter.clone())
        );
    }
    let all = PaymentFilter {
        hash: Some(hash()),
        status: Some(StatusKind::Complete),
        start: Some(PaymentId(3)),
        limit: 1000,
        ..PaymentFilter::default()
    };
    let of_invoice = PaymentFilter {
        hash: INVOICE_HASH.parse().ok(),
        limit: 100,
        ..PaymentFilter::default()
    };
    for (params, filter) in [
        (json!([null, hash_hex, "complete", 3, 1000]), &all),
        (json!([INVOICE]), &of_invoice),
    ] {
        daemon.result("listpayments", params).await;
        let asked = HistoryFilter {
            payments: filter.clone(),
            ..HistoryFilter::default()
        };
        assert_eq!(daemon.engine.last(), Asked::History(asked));
    }
    let both = json!({"bolt11": INVOICE, "payment_hash": hash_hex});
    let message = "Can only specify one of {bolt11} or {payment_hash}".to_owned();
    assert_eq!(daemon.error("listpayments", both).await, (-32602, message));
    for limit in [0, 1001] {
        let message =
            format!("limit: should be an integer from 1 to 1000: invalid token '{limit}'");
        let error = daemon.error("listpayments", json!({"limit": limit})).await;
        assert_eq!(error, (-32602, message));
    }
}

#[tokio::test]
async fn damaged_rows_show_and_hide_nothing() {
    let daemon = Daemon::start();
    let damaged = Damaged {
        id: 43,
        payment_hash: Some(hash()),
        reason: "A-6: the preimage does not open the hash".into(),
    };
    let shown = json!({
        "id": 43, "payment_hash": hash().to_string(),
        "warning_quarantined": "A-6: the preimage does not open the hash",
    });
    let failed = failed_part(44, FailureCode::TryOtherRoute);
    *daemon.engine.parts.lock().unwrap() = Page {
        rows: vec![
            Listed::Sound(listed(part(42))),
            Listed::Damaged(damaged.clone()),
            Listed::Sound(listed(failed)),
        ],
        next: Some(45),
    };
    let list = daemon.result("listpartialpayments", json!([])).await;
    assert_eq!(list["next"], 45);
    let rows = list["partialpayments"].as_array().unwrap();
    assert_eq!((&rows[0]["id"], &rows[1]), (&json!(42), &shown));
    assert_eq!(rows[2]["failure"]["code"], 204);

    let mut quarantined = payment();
    quarantined.quarantine = Some("A-7: contradiction".into());
    *daemon.engine.payments.lock().unwrap() = Page {
        rows: vec![Listed::Damaged(damaged), Listed::Sound(quarantined)],
        next: None,
    };
    let list = daemon.result("listpayments", json!([])).await;
    assert!(list.get("next").is_none());
    assert_eq!(list["payments"][0], shown);
    assert_eq!(
        list["payments"][1]["warning_quarantined"],
        "A-7: contradiction"
    );
    assert_eq!(list["payments"][1]["id"], 5);
}

#[tokio::test]
async fn a_page_ends_where_its_bytes_are_full() {
    let daemon = Daemon::with(Limits {
        page_bytes: 2000,
        ..Limits::default()
    });
    *daemon.engine.parts.lock().unwrap() = Page {
        rows: (10..20).map(|id| Listed::Sound(listed(part(id)))).collect(),
        next: None,
    };
    let list = daemon.result("listpartialpayments", json!([])).await;
    let shown = list["partialpayments"].as_array().unwrap().len() as u64;
    assert!((1..10).contains(&shown));
    assert_eq!(list["next"], 10 + shown);
}

#[tokio::test]
async fn listevents_tells_what_happened_and_how_things_stood_then() {
    let daemon = Daemon::start();
    let of = |hash, start, limit| EventFilter { hash, start, limit };
    let list = daemon.result("listevents", json!([])).await;
    let default = Limits::default().page_default;
    assert_eq!(
        daemon.engine.last(),
        Asked::ListEvents(of(None, 1, default))
    );
    let expected = json!({"events": [{
        "seq": 7, "event": "part_failed", "at": 1_700_000_001, "payment_hash": hash().to_string(),
        "payment_status": "pending", "id": 42, "part_status": "failed",
        "failure": {"code": 204, "message": "failed: WIRE_FEE_INSUFFICIENT (reply from remote)"},
    }]});
    assert_eq!(list, expected);

    let contradiction = Event {
        kind: EventKind::Contradiction,
        part_status: None,
        failure: None,
        ..event()
    };
    *daemon.engine.events.lock().unwrap() = Page {
        rows: vec![Listed::Sound(contradiction)],
        next: Some(8),
    };
    let list = daemon
        .result(
            "listevents",
            json!({"start": 7, "limit": 1, "payment_hash": hash().to_string()}),
        )
        .await;
    assert_eq!(
        daemon.engine.last(),
        Asked::ListEvents(of(Some(hash()), 7, 1))
    );
    assert_eq!(list["next"], 8);
    let row = &list["events"][0];
    assert_eq!(row["event"], "contradiction");
    assert!(row.get("part_status").is_none() && row.get("failure").is_none());
}

#[tokio::test]
async fn getinfo_says_who_and_what() {
    let daemon = Daemon::start();
    let expected = json!({
        "name": "ampere", "version": "0.1.0", "ampere_version": "0.1.0", "network": "regtest",
        "data_dir": "/tmp/ampere",
        "blockheight": 110, "nodes": [{"name": "alice", "blockheight": 110}, {"name": "zoe"}],
        "live_parts": 3, "waiters": 2, "alarms": 1, "violations": {"A-7": 2},
    });
    assert_eq!(daemon.result("getinfo", json!([])).await, expected);
}

#[tokio::test]
async fn help_says_all_about_every_method() {
    let daemon = Daemon::start();
    let all = daemon.result("help", json!([])).await;
    assert_eq!(all["format-hint"], "simple");
    let commands: Vec<&str> = all["help"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["command"].as_str().unwrap())
        .collect();
    let names: BTreeSet<&str> = rpc::methods::all().iter().map(|one| one.name).collect();
    assert_eq!(commands.len(), names.len(), "no name is two methods'");
    let usage = "sendpartialpay route payment_hash intended_msatoshi [description] \
                 [payment_secret] [payment_metadata] [bolt11] [label] [node] [request_id]";
    assert!(commands.contains(&usage), "{commands:?}");
    assert!(commands.contains(&"waitsendpay payment_hash [timeout]"));
    for method in rpc::methods::all() {
        let one = daemon.result("help", json!([method.name])).await;
        assert_eq!(one["help"][0]["command"], method.usage());
        let verbose = one["help"][0]["verbose"].as_str().unwrap();
        for param in method.params {
            assert!(
                verbose.contains(param.name),
                "{}: {}",
                method.name,
                param.name
            );
        }
    }
    let errors = daemon.result("help", json!(["errors"])).await;
    let rows = errors["errors"].as_array().unwrap();
    assert_eq!(rows.len(), rpc::error::ERRORS.len());
    let text = errors["help"][0]["verbose"].as_str().unwrap();
    for row in rows {
        assert!(text.contains(&row["code"].to_string()), "{row}");
        assert!(row["retry"].as_str().is_some_and(|retry| !retry.is_empty()));
    }
}

#[tokio::test]
async fn dev_methods_drive_the_network() {
    let daemon = Daemon::start();
    let invoice = daemon
        .result("dev-invoice", json!(["1sat", "tea", "carol"]))
        .await;
    let asked = Asked::Invoice(msat(1000), Some("tea".into()), Some("carol".into()));
    assert_eq!(daemon.engine.last(), asked);
    let expected = json!({
        "bolt11": "lnbcrt1", "payment_hash": hash().to_string(),
        "payment_secret": "01".repeat(32), "destination": DAVE, "expires_at": 1_700_000_000,
    });
    assert_eq!(invoice, expected);

    let routes = daemon.result("dev-routes", json!(["dave", 600, 2])).await;
    assert_eq!(
        daemon.engine.last(),
        Asked::Routes("dave".into(), msat(600), Some(2))
    );
    let expected = json!({"routes": [{
        "route": [
            {"id": BOB, "channel": "103x1x0", "amount_msat": 610, "delay": 15},
            {"id": DAVE, "channel": "104x2x1", "amount_msat": 600, "delay": 9},
        ],
        "amount_msat": 600, "amount_sent_msat": 610,
    }]});
    assert_eq!(routes, expected);
    assert_eq!(
        daemon.error("dev-routes", json!(["nowhere", 600])).await.0,
        205
    );
    assert_eq!(
        daemon.error("dev-routes", json!(["zoe", 600])).await.0,
        -32602
    );

    daemon.result("dev-tick", json!([])).await;
    assert_eq!(daemon.engine.last(), Asked::Tick(1));
    daemon.result("dev-tick", json!({"minutes": 3})).await;
    assert_eq!(daemon.engine.last(), Asked::Tick(3));
    for (word, on) in [
        (json!("on"), true),
        (json!("off"), false),
        (json!(true), true),
    ] {
        let reply = daemon.result("dev-hold", json!([word])).await;
        assert_eq!(reply, json!({"hold": on}));
        assert_eq!(daemon.engine.last(), Asked::Hold(on));
    }
}

#[tokio::test]
async fn without_a_network_there_are_no_dev_methods() {
    let daemon = Daemon::start();
    let mut services = services(&daemon.engine, &daemon.shutdown);
    services.dev = None;
    let path = daemon.folder.path().join("plain");
    let server = Server::bind(&path, services, Limits::default()).unwrap();
    let (never, nothing) = (std::future::pending(), std::future::ready(()));
    tokio::spawn(server.run(never, nothing));
    let mut client = rpc::client::Client::connect(&path).await.unwrap();
    let commands: Value = client.call("help", json!([])).await.unwrap();
    assert!(!commands.to_string().contains("dev-"), "{commands}");
    for (method, params) in [
        ("dev-tick", json!([])),
        ("help", json!(["dev-tick"])),
        ("check", json!(["dev-tick"])),
    ] {
        let error = client.call(method, params).await.unwrap_err().to_string();
        let expected =
            "Unknown command 'dev-tick': it exists on the embedded network only (-32601)";
        assert_eq!(error, expected);
    }
}
