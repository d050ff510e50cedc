//! `resolvepart`: who says so, and why, is a part of what is asked.

use crate::fake::Asked;
use crate::samples::{hash, msat, route_json};
use crate::wire::Daemon;
use domain::{
    ApiError, Info, NodeName, OperatorEnd, PartId, Refusal, Resolution, ResolvePart, StatusKind,
    Timestamp, UnrecordedCounts, UnrecordedFate, UnrecordedPart,
};
use serde_json::{Value, json};

const PREIMAGE: [u8; 32] = [7; 32];

fn proof() -> String {
    "07".repeat(32)
}

/// Whoever runs these tests is at the other end of the socket.
pub(crate) fn who() -> String {
    let (user, process) = (rustix::process::geteuid().as_raw(), std::process::id());
    format!("uid {user}, pid {process}")
}

#[tokio::test]
async fn resolvepart_takes_an_end_and_a_reason_and_notes_who_asks() {
    let daemon = Daemon::start();
    let why = "its channel was closed";
    let failed = [
        json!([42, "failed", why]),
        json!([42, "failed", null, why]),
        json!({"id": 42, "status": "failed", "reason": why}),
    ];
    let complete = [
        json!([42, "complete", proof(), why]),
        json!({"id": "42", "status": "complete", "preimage": proof(), "reason": why}),
        json!({"id": 42, "status": "complete", "payment_preimage": proof(), "reason": why}),
    ];
    let failed = failed.map(|params| (params, OperatorEnd::Failed));
    let complete = complete.map(|params| (params, OperatorEnd::Complete(PREIMAGE)));
    for (params, end) in failed.into_iter().chain(complete) {
        let shown = daemon.result("resolvepart", params).await;
        let by = json!({"who": who(), "why": why});
        assert_eq!(shown["resolution"], by);
        let message = format!("resolved by an operator: {why}");
        assert_eq!(shown["failure"]["message"], message);
        let asked = ResolvePart {
            part: PartId(42),
            end,
            by: Resolution {
                who: who(),
                why: why.to_owned(),
            },
        };
        assert_eq!(daemon.engine.last(), Asked::ResolvePart(asked));
    }
}

#[tokio::test]
async fn resolvepart_names_what_is_missing_or_wrong_and_never_shows_a_preimage() {
    let daemon = Daemon::start();
    let long = "x".repeat(1_025);
    let cases: [(Value, &str); 10] = [
        (json!([42]), "missing required parameter: status"),
        (json!([42, "failed"]), "missing required parameter: reason"),
        (
            json!([42, "failed", "  "]),
            "missing required parameter: reason",
        ),
        (
            json!([42, "complete", proof()]),
            "missing required parameter: reason",
        ),
        (
            json!({"id": 42, "status": "complete", "reason": "why"}),
            "missing required parameter: preimage",
        ),
        (
            json!([42, "failed", proof(), "why"]),
            "preimage: a part that failed has none",
        ),
        (
            json!([42, "lost", "why"]),
            "status: should be failed or complete: invalid token 'lost'",
        ),
        (
            json!([42, "complete", "07", "why"]),
            "preimage: should be a 32 byte hex value: invalid token (not shown, it may be a secret)",
        ),
        (
            json!({"id": 42, "status": "failed", "reason": long}),
            "reason: should be a string of at most 1024 bytes: invalid token of 1025 bytes",
        ),
        (
            json!(["x", "failed", "why"]),
            "id: should be an unsigned 64 bit integer: invalid token 'x'",
        ),
    ];
    for (params, message) in cases {
        let expected = (-32602, message.to_owned());
        assert_eq!(daemon.error("resolvepart", params).await, expected);
    }
    assert_eq!(daemon.engine.asked(), 0);
}

#[tokio::test]
async fn resolvepart_says_who_can_still_tell_and_what_has_ended() {
    let daemon = Daemon::start();
    let refused = async |refusal: Refusal| {
        *daemon.engine.error.lock().unwrap() = Some(ApiError::Refused(refusal));
        let params = json!([42, "failed", "why"]);
        daemon.ask("resolvepart", params).await["error"].clone()
    };
    let told = refused(Refusal::NodeCanTell {
        part: PartId(42),
        node: domain::NodeName::new("alice"),
        what: "its HTLC is out, or on its way".to_owned(),
    })
    .await;
    assert_eq!(told["code"], 200);
    let message = "part 42 is not ended by hand: node alice can still tell what becomes of it: its HTLC is \
                   out, or on its way";
    assert_eq!(told["message"], message);
    assert_eq!(told["data"]["node"], "alice");
    let ended = refused(Refusal::HasEnded {
        part: PartId(42),
        status: StatusKind::Complete,
    })
    .await;
    assert_eq!(ended["code"], -32602);
    assert_eq!(ended["data"], json!({"status": "complete"}));
    let wrong = refused(Refusal::NotItsPreimage {
        hash: hash(),
        part: PartId(42),
    })
    .await;
    assert_eq!(wrong["code"], -32602);
}

/// A part that a node knows and the database does not.
fn unrecorded() -> UnrecordedPart {
    UnrecordedPart {
        node: NodeName::new("alice"),
        part: PartId(7),
        payment_hash: hash(),
        amount_sent: Some(msat(1_001)),
        fate: UnrecordedFate::Pending,
        noticed_at: Timestamp(1_700_000_000_000_000),
        resolution: None,
    }
}

#[tokio::test]
async fn getinfo_names_what_the_nodes_know_and_the_database_does_not() {
    let daemon = Daemon::start();
    let counts = UnrecordedCounts {
        pending: 1,
        failed: 2,
        ..UnrecordedCounts::default()
    };
    *daemon.engine.unrecorded.lock().unwrap() = Info {
        unrecorded: counts,
        unrecorded_parts: vec![unrecorded()],
        unsettled: Some("beth is away".to_owned()),
        ..Info::default()
    };
    let info = daemon.result("getinfo", json!([])).await;
    assert_eq!(info["warning_unsettled"], "beth is away");
    let meaning = unrecorded().to_string();
    let expected = json!({
        "count": 3, "pending": 1, "unknown": 0, "complete": 0, "failed": 2,
        "parts": [{
            "id": 7, "payment_hash": hash().to_string(), "node": "alice", "status": "pending",
            "amount_sent_msat": 1001, "noticed_at": 1_700_000_000, "meaning": meaning,
        }],
    });
    assert_eq!(info["unrecorded"], expected);
    assert!(meaning.contains("it may be out (1001 msat)"), "{meaning}");
}

#[tokio::test]
async fn what_is_kept_out_is_told_which_part_stands_in_its_way() {
    let daemon = Daemon::start();
    let refused = async |error: ApiError| {
        *daemon.engine.error.lock().unwrap() = Some(error);
        let params = json!([route_json(600), hash().to_string(), 1000]);
        daemon.ask("sendpartialpay", params).await["error"].clone()
    };
    let kept_out = refused(Refusal::Unrecorded(Box::new(unrecorded())).into()).await;
    assert_eq!(kept_out["code"], 200);
    assert_eq!(kept_out["message"], unrecorded().to_string());
    assert_eq!(kept_out["data"]["id"], 7);
    let unsettled = refused(ApiError::Unsettled("beth is away".to_owned())).await;
    assert_eq!(unsettled["code"], 231);
    let message = "nothing new is sent: beth is away; this call changed nothing, try again then";
    assert_eq!(unsettled["message"], message);
}
