//! `delpayment` and `autoclean`.

use crate::fake::Asked;
use crate::samples::{cleaned, hash};
use crate::wire::Daemon;
use domain::{ApiError, Autoclean, Cleaned, Ended, Refusal};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn delpayment_tells_what_was_really_deleted() {
    let daemon = Daemon::start();
    let expected = json!({
        "payment_hash": hash().to_string(), "status": "complete", "tombstone": true,
        "deleted": {"payments": 1, "parts": 2, "events": 4, "requests": 1},
    });
    for params in [
        json!([hash().to_string()]),
        json!({"payment_hash": hash().to_string()}),
    ] {
        assert_eq!(daemon.result("delpayment", params).await, expected);
        assert_eq!(daemon.engine.last(), Asked::DeletePayment(hash()));
    }
    let missing = daemon.error("delpayment", json!([])).await;
    assert_eq!(
        missing,
        (
            -32602,
            "missing required parameter: payment_hash".to_owned()
        )
    );
    let live = Refusal::Live {
        hash: hash(),
        live: 1,
    };
    *daemon.engine.error.lock().unwrap() = Some(ApiError::Refused(live));
    let (code, message) = daemon
        .error("delpayment", json!([hash().to_string()]))
        .await;
    assert_eq!(code, 200);
    assert!(message.contains("1 pending parts"), "{message}");
}

#[tokio::test]
async fn autoclean_takes_its_parameters() {
    let daemon = Daemon::start();
    let usual = Autoclean {
        ended: Ended::Failed,
        older_than: Duration::from_secs(60),
        limit: 10_000,
        dry_run: false,
    };
    let others = [
        (json!([60]), usual),
        (json!({"age": "60"}), usual),
        (
            json!([60, "complete", true, 5]),
            Autoclean {
                ended: Ended::Complete,
                dry_run: true,
                limit: 5,
                ..usual
            },
        ),
        (
            json!({"age": 0, "status": "all", "dry_run": false}),
            Autoclean {
                ended: Ended::Either,
                older_than: Duration::ZERO,
                ..usual
            },
        ),
    ];
    for (params, asked) in others {
        daemon.result("autoclean", params).await;
        assert_eq!(daemon.engine.last(), Asked::Autoclean(asked));
    }
    let asked = daemon.engine.asked();
    for (params, says) in [
        (json!([]), "missing required parameter: age"),
        (
            json!([60, "pending"]),
            "status: should be failed, complete or all",
        ),
        (
            json!([60, "failed", "perhaps"]),
            "dry_run: should be 'true' or 'false'",
        ),
        (
            json!([60, "failed", true, 0]),
            "limit: should be an integer from 1 to 1000000",
        ),
        (json!([-1]), "age: should be an unsigned 64 bit integer"),
    ] {
        let (code, message) = daemon.error("autoclean", params).await;
        assert_eq!(code, -32602);
        assert!(message.starts_with(says), "{message}");
    }
    assert_eq!(daemon.engine.asked(), asked, "none of these was asked");
}

#[tokio::test]
async fn autoclean_tells_what_was_really_deleted_and_what_stopped_it() {
    let daemon = Daemon::start();
    let expected = json!({
        "dry_run": false,
        "deleted": {"payments": 13, "parts": 26, "events": 52},
        "failed": {"payments": 3, "parts": 6, "events": 12},
        "complete": {"payments": 10, "parts": 20, "events": 40},
        "kept": 1, "more": true,
    });
    assert_eq!(daemon.result("autoclean", json!([60])).await, expected);
    let stopped = Some("the disk is full".to_owned());
    *daemon.engine.cleaned.lock().unwrap() = Cleaned {
        stopped,
        ..cleaned()
    };
    let told = daemon.result("autoclean", json!([60, "all", true])).await;
    assert_eq!(told["stopped"], "the disk is full");
    assert_eq!(
        (&told["dry_run"], &told["deleted"]),
        (&json!(true), &expected["deleted"])
    );
}
