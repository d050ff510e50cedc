//! Every error of the engine: its number, its words, its figures.

use crate::samples::{DAVE, hash, listed, msat, part, payment, route_json};
use crate::wire::Daemon;
use domain::{
    ApiError, Network, NodeName, PartId, PaymentId, Refusal, StillPending, Term, Timestamp,
    Tombstone,
};
use serde_json::{Value, json};

fn refusals() -> Vec<(Refusal, i64)> {
    vec![
        (
            Refusal::TermsDiffer {
                hash: hash(),
                what: Term::Intended,
                stored: "1000".into(),
                given: "2000".into(),
            },
            201,
        ),
        (Refusal::SucceededWithAmount(msat(7)), 201),
        (Refusal::SucceededTo(DAVE.parse().unwrap()), 201),
        (Refusal::RequestReused { part: PartId(3) }, 201),
        (Refusal::PaidBefore(tombstone()), 201),
        (
            Refusal::Live {
                hash: hash(),
                live: 2,
            },
            200,
        ),
        (Refusal::SecretMissing, -32602),
        (
            Refusal::InvoiceDiffers {
                what: Term::Secret,
                invoice: "another".into(),
                given: "the one given".into(),
            },
            -32602,
        ),
        (Refusal::InvoiceExpired(Timestamp(9_000_000)), 207),
        (
            Refusal::InvoiceAmount {
                asks: msat(1_000),
                intended: msat(900),
            },
            -32602,
        ),
        (
            Refusal::OtherNetwork {
                invoice: Network::named("bitcoin"),
                node: Network::regtest(),
            },
            -32602,
        ),
        (
            Refusal::FinalDelay {
                given: 9,
                least: 18,
            },
            -32602,
        ),
        (
            Refusal::TakesNoParts {
                amount: msat(400),
                intended: msat(1_000),
            },
            -32602,
        ),
        (Refusal::OtherDescription { invoice: [7; 32] }, -32602),
        (
            Refusal::Quarantined {
                hash: hash(),
                reason: "A-7".into(),
            },
            232,
        ),
        (
            Refusal::TooManyParts {
                hash: hash(),
                max: 10_000,
            },
            -32005,
        ),
        (
            Refusal::NoSuchPart {
                hash: hash(),
                part: PartId(3),
            },
            208,
        ),
        (
            Refusal::WrongPreimage {
                hash: hash(),
                part: PartId(3),
            },
            -32603,
        ),
    ]
}

fn tombstone() -> Tombstone {
    Tombstone {
        payment_hash: hash(),
        payment: Some(PaymentId(5)),
        deleted_at: Timestamp(9_000_000),
    }
}

async fn answer(daemon: &Daemon, error: ApiError) -> Value {
    *daemon.engine.error.lock().unwrap() = Some(error);
    let params = json!([route_json(600), hash().to_string(), 1000]);
    daemon.ask("sendpartialpay", params).await["error"].clone()
}

#[tokio::test]
async fn every_error_has_its_number_and_the_domains_words() {
    let daemon = Daemon::start();
    let refusals = refusals()
        .into_iter()
        .map(|(why, code)| (ApiError::Refused(why), code));
    let others = [
        (ApiError::NoSuchPart(PartId(3)), 208),
        (ApiError::NoSuchPayment(hash()), 208),
        (ApiError::PaymentDeleted(tombstone()), 208),
        (ApiError::DeletedMeanwhile(hash()), 208),
        (ApiError::TimedOut(None), 200),
        (ApiError::OrderGoesOn("closed".into()), 200),
        (
            ApiError::Quarantined {
                hash: hash(),
                reason: "A-7".into(),
            },
            232,
        ),
        (ApiError::Busy("too much".into()), -32005),
        (ApiError::ShuttingDown, -32005),
        (ApiError::StorageUnavailable("disk full".into()), 230),
        (ApiError::StorageUnknown("disk gone".into()), 230),
        (ApiError::OpeningUnknown("disk gone".into()), 230),
        (ApiError::ClosingUnknown("disk gone".into()), 230),
        (ApiError::DeletionUnknown("disk gone".into()), 230),
        (ApiError::ResolutionUnknown("disk gone".into()), 230),
        (ApiError::Internal("task died".into()), -32603),
    ];
    for (error, code) in refusals.chain(others) {
        let message = error.to_string();
        let answer = answer(&daemon, error).await;
        assert_eq!(
            (&answer["code"], &answer["message"]),
            (&json!(code), &json!(message))
        );
        let known = rpc::error::ERRORS
            .iter()
            .any(|row| i64::from(row.code) == code);
        assert!(known, "{code} is not in the table");
    }
    let no_node = answer(&daemon, ApiError::NoSuchNode(NodeName::new("zoe"))).await;
    assert_eq!(no_node["code"], -32602);
    let message = no_node["message"].as_str().unwrap();
    assert!(
        message.starts_with("node: no node zoe is configured; "),
        "{message}"
    );
}

#[tokio::test]
async fn figures_are_in_data() {
    let daemon = Daemon::start();
    let ceiling = Refusal::Ceiling {
        asked: msat(600),
        intended: msat(1000),
        in_flight: msat(300),
        delivered: msat(200),
        room: msat(500),
    };
    let ceiling = answer(&daemon, ApiError::Refused(ceiling)).await;
    assert_eq!(ceiling["code"], 200);
    let figures = json!({
        "intended_msat": 1000, "in_flight_msat": 300, "delivered_msat": 200, "room_msat": 500,
        "asked_msat": 600,
    });
    assert_eq!(ceiling["data"], figures);
    let surely_not = answer(&daemon, ApiError::StorageUnavailable("x".into())).await;
    assert_eq!(surely_not["data"], json!({"durable": false}));
    let unknown = answer(&daemon, ApiError::StorageUnknown("x".into())).await;
    assert_eq!(unknown["data"], json!({"durable": "unknown"}));
    let expired = Refusal::InvoiceExpired(Timestamp(9_000_000));
    let expired = answer(&daemon, ApiError::Refused(expired)).await;
    assert_eq!(expired["data"], json!({"expiry": 9}));
    let deleted = answer(&daemon, ApiError::PaymentDeleted(tombstone())).await;
    assert_eq!(deleted["data"], json!({"deleted_at": 9}));
    let refused = answer(&daemon, ApiError::Refused(tombstone().refusal())).await;
    assert_eq!(refused["data"], json!({"deleted_at": 9}));
    let pending = StillPending::Part(Box::new(listed(part(3))));
    let pending = answer(&daemon, ApiError::TimedOut(Some(pending))).await;
    let row = &pending["data"];
    assert_eq!((&row["id"], &row["status"]), (&json!(3), &json!("pending")));
    let pending = StillPending::Payment {
        summary: Box::new(payment()),
        deadline_height: Some(812),
        deadline: Some(Timestamp(1_700_003_600_000_000)),
    };
    let pending = answer(&daemon, ApiError::TimedOut(Some(pending))).await;
    let row = &pending["data"];
    let said = [
        "status",
        "pending_parts",
        "deadline_height",
        "deadline_estimate",
    ]
    .map(|f| &row[f]);
    let expected = [json!("pending"), json!(1), json!(812), json!(1_700_003_600)];
    assert_eq!(
        said,
        [&expected[0], &expected[1], &expected[2], &expected[3]]
    );
    let (hash, live) = (hash(), 2);
    let live = answer(&daemon, ApiError::Refused(Refusal::Live { hash, live })).await;
    assert_eq!(live["data"], json!({"pending_parts": 2}));
    for doubt in [
        ApiError::OpeningUnknown("x".into()),
        ApiError::ClosingUnknown("x".into()),
        ApiError::DeletionUnknown("x".into()),
    ] {
        let doubt = answer(&daemon, doubt).await;
        assert_eq!(doubt["data"], json!({"durable": "unknown"}));
    }
}

#[test]
fn the_table_has_every_number_once() {
    let mut codes: Vec<i32> = rpc::error::ERRORS.iter().map(|row| row.code).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), rpc::error::ERRORS.len());
}
