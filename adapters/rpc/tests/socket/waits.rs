//! `waitpartialpay`, `waitsendpay` and `waitpayment`.

use crate::fake::Asked;
use crate::samples::{BOB, failed_part, failed_payment, hash, preimage_hex};
use crate::wire::Daemon;
use domain::{ApiError, FailureCode, PartId};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn a_wait_takes_its_parameters_and_tells_the_outcome() {
    let daemon = Daemon::start();
    daemon.engine.released.send_replace(true);
    for params in [json!([7]), json!({"id": 7}), json!(["7", null])] {
        let part = daemon.result("waitpartialpay", params).await;
        assert_eq!(daemon.engine.last(), Asked::WaitPartialPay(PartId(7), None));
        assert_eq!(
            (&part["id"], &part["status"]),
            (&json!(7), &json!("complete"))
        );
        assert_eq!(part["payment_preimage"], preimage_hex());
        assert_eq!(part["completed_at"], 1_700_000_001);
    }
    let hash = hash();
    let payment = daemon
        .result("waitsendpay", json!([hash.to_string()]))
        .await;
    assert_eq!(daemon.engine.last(), Asked::WaitSendPay(hash, None));
    assert_eq!(payment["status"], "complete");
}

#[tokio::test]
async fn waitpayment_tells_a_failure_without_an_error() {
    let daemon = Daemon::start();
    daemon.engine.released.send_replace(true);
    let params = json!({"payment_hash": hash().to_string()});
    let payment = daemon.result("waitpayment", params).await;
    assert_eq!(daemon.engine.last(), Asked::WaitPayment(hash(), None));
    let found = (
        &payment["status"],
        &payment["safe_to_retry"],
        &payment["pending_parts"],
    );
    assert_eq!(found, (&json!("failed"), &json!(true), &json!(0)));
}

#[tokio::test]
async fn a_timeout_is_an_error_and_zero_polls() {
    let daemon = Daemon::start();
    let timed_out = (200, "Timed out while waiting".to_owned());
    for seconds in [0, 30] {
        let timeout = Some(Duration::from_secs(seconds));
        let params = json!({"id": 7, "timeout": seconds});
        assert_eq!(daemon.error("waitpartialpay", params).await, timed_out);
        assert_eq!(
            daemon.engine.last(),
            Asked::WaitPartialPay(PartId(7), timeout)
        );
        let params = json!([hash().to_string(), seconds]);
        assert_eq!(daemon.error("waitsendpay", params).await, timed_out);
        assert_eq!(daemon.engine.last(), Asked::WaitSendPay(hash(), timeout));
        let params = json!([hash().to_string(), seconds]);
        assert_eq!(daemon.error("waitpayment", params).await, timed_out);
        assert_eq!(daemon.engine.last(), Asked::WaitPayment(hash(), timeout));
    }
}

#[tokio::test]
async fn what_was_never_attempted_is_unknown() {
    let daemon = Daemon::start();
    *daemon.engine.error.lock().unwrap() = Some(ApiError::NoSuchPart(PartId(7)));
    assert_eq!(daemon.error("waitpartialpay", json!([7])).await.0, 208);
    *daemon.engine.error.lock().unwrap() = Some(ApiError::NoSuchPayment(hash()));
    let message = format!("Never attempted payment for '{}'", hash());
    let error = daemon
        .error("waitsendpay", json!([hash().to_string()]))
        .await;
    assert_eq!(error, (208, message));
}

#[tokio::test]
async fn a_failure_has_its_code_and_everything_that_is_known() {
    let daemon = Daemon::start();
    let details = json!({
        "erring_index": 1, "failcode": 4108, "failcodename": "WIRE_FEE_INSUFFICIENT",
        "erring_node": BOB, "erring_channel": "104x2x1", "onionreply": "beef",
        "raw_message": "100c",
    });
    for (code, number) in FailureCode::ALL {
        let part = failed_part(7, code);
        *daemon.engine.error.lock().unwrap() = Some(ApiError::PartFailed(Box::new(part.clone())));
        let error = daemon.ask("waitpartialpay", json!([7])).await["error"].clone();
        assert_eq!(error["code"], number);
        assert_eq!(
            error["message"],
            "failed: WIRE_FEE_INSUFFICIENT (reply from remote)"
        );
        let data = &error["data"];
        assert_eq!(
            (&data["id"], &data["status"]),
            (&json!(7), &json!("failed"))
        );
        assert_eq!(data["failure"]["code"], number);
        for (key, value) in details.as_object().unwrap() {
            assert_eq!(data[key], *value, "{key}");
            assert_eq!(data["failure"][key], *value, "failure.{key}");
        }

        let failed = ApiError::PaymentFailed(Box::new(failed_payment()), Box::new(part));
        *daemon.engine.error.lock().unwrap() = Some(failed);
        let error = daemon.ask("waitsendpay", json!([hash().to_string()])).await["error"].clone();
        assert_eq!(error["code"], number);
        let data = &error["data"];
        assert_eq!(
            (&data["id"], &data["status"]),
            (&json!(5), &json!("failed"))
        );
        assert_eq!(data["erring_node"], BOB);
    }
}
