//! Replies as a real lightningd 26.06.6 gave them, but for keys and hashes.

use super::*;
use serde_json::value::to_raw_value;
use serde_json::{Value, json};

const GROUP: u64 = 77;
const PART: PartId = PartId(5);

fn row(created_index: u64, groupid: u64, partid: u64, status: &str) -> Row {
    serde_json::from_value(json!({
        "message": "Monitor status with listpays or waitsendpay",
        "created_index": created_index, "id": created_index, "payment_hash": "ca".repeat(32),
        "groupid": groupid, "partid": partid, "amount_msat": 6_000_000, "amount_sent_msat": 6_000_061,
        "created_at": 1, "status": status,
    }))
    .unwrap()
}

fn said(code: i64, message: &str, data: Value) -> Result<Row, CallError> {
    let message = message.to_owned();
    Err(CallError::ReportedOutcome(Box::new(Complaint {
        code,
        message,
        data,
    })))
}

fn answer(reply: Result<Row, CallError>) -> OfferAnswer {
    match read(reply, Some(8), GROUP, PART) {
        Reading::Answer(answer) => answer,
        Reading::RefusedUnlessThere(failure) => OfferAnswer::Refused(failure),
    }
}

fn refused(reply: Result<Row, CallError>) -> Failure {
    match read(reply, Some(8), GROUP, PART) {
        Reading::RefusedUnlessThere(failure) => *failure,
        Reading::Answer(other) => panic!("{other:?}"),
    }
}

#[test]
fn a_new_row_is_accepted_and_an_old_one_was_offered_before() {
    assert_eq!(
        answer(Ok(row(9, GROUP, 5, "pending"))),
        OfferAnswer::Accepted
    );
    for (index, status) in [
        (8, "pending"),
        (3, "complete"),
        (9, "complete"),
        (3, "failed"),
    ] {
        let answer = answer(Ok(row(index, GROUP, 5, status)));
        assert_eq!(answer, OfferAnswer::AlreadyOffered, "{index} {status}");
    }
    let uncounted = read(Ok(row(9, GROUP, 5, "pending")), None, GROUP, PART);
    assert!(matches!(
        uncounted,
        Reading::Answer(OfferAnswer::AlreadyOffered)
    ));
}

#[test]
fn somebody_elses_row_is_not_ours() {
    let paid = refused(Ok(row(3, 1, 5, "complete")));
    assert_eq!(paid.code, FailureCode::PaidElsewhere);
    for (groupid, partid) in [(1, 5), (GROUP, 6)] {
        let answer = answer(Ok(row(9, groupid, partid, "pending")));
        assert!(matches!(answer, OfferAnswer::Unknown(_)), "{answer:?}");
    }
}

#[test]
fn somebody_elses_payment_under_way_is_a_clear_200() {
    for text in [
        "Payment with groupid=1 still in progress, cannot retry before that completes.",
        "Already have parallel payment in progress",
        "Already have 10000000msat of 10000000msat payments in progress",
    ] {
        let failure = refused(said(200, text, Value::Null));
        assert_eq!(failure.code, FailureCode::InProgressElsewhere);
        assert!(failure.message.contains(text), "{failure:?}");
    }
}

#[test]
fn every_other_refusal_keeps_its_words() {
    for (code, text) in [
        (
            -32602,
            "msatoshi was previously 10000000msat, now 12000000msat",
        ),
        (-32602, "partid requires payment_secret"),
        (-1, "Could not create onion packet"),
        (
            201,
            "Already succeeded with amount 6000000msat (not 5000000msat)",
        ),
        (
            201,
            "Already pending with amount 6000000msat (not 5000000msat)",
        ),
        (201, "Already succeeded other parts"),
        (203, "Destination does not support payment_secret"),
        (204, "No connection to first peer found"),
    ] {
        let failure = refused(said(
            code,
            text,
            json!({"erring_index": 0, "failcode": 16394}),
        ));
        assert!(failure.message.contains(text), "{failure:?}");
        assert_eq!(failure.erring_index, Some(0));
        let number = i64::from(failure.code.number());
        assert!(number == code || number == 209, "{failure:?}");
    }
}

#[test]
fn what_is_not_recognised_is_unknown() {
    for code in [-32603, -32601, -5, -4, 0, 206, 210, 218, 221, 999] {
        let answer = answer(said(code, "whatever", Value::Null));
        assert!(matches!(answer, OfferAnswer::Unknown(_)), "{code}");
    }
    for error in [
        CallError::Lost("gone".into()),
        CallError::Nonsense("?".into()),
    ] {
        assert!(matches!(answer(Err(error)), OfferAnswer::Unknown(_)));
    }
}

/// What is stored and listed is what a person would read.
#[test]
fn words_without_end_are_cut() {
    let said = json!({"code": 204, "message": "é".repeat(1_000_000)});
    let complaint: Complaint = serde_json::from_value(said).unwrap();
    assert_eq!(complaint.message.chars().count(), 1_001);
    assert!(complaint.message.ends_with("é…"));
}

/// Rule A-15: a preimage in a place where none belongs.
#[test]
fn nonsense_is_told_without_what_is_there() {
    let preimage = "5e".repeat(32);
    let result = to_raw_value(&json!({"created_index": preimage})).unwrap();
    let Err(error) = crate::connection::read::<Row>(&result) else {
        panic!("it was taken");
    };
    let told = error.to_string();
    assert!(
        told.contains("column") && !told.contains(&preimage),
        "{told}"
    );
}
