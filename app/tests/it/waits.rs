//! Rule A-11: a wait tells the same before, during and after the outcome, and after a restart.

use crate::support::{Daemon, LARGER, SMALLER, WHOLE, call};
use serde_json::json;

#[tokio::test]
async fn a_wait_tells_the_same_before_during_and_after() {
    let (home, daemon) = Daemon::fresh().await;
    let invoice = daemon.invoice().await;
    let first = daemon.send(&invoice, &daemon.route(0, LARGER).await).await;

    // Before: it polls, it times out, and nothing changes.
    for timeout in [0, 1] {
        let refused = daemon
            .refused("waitpartialpay", json!([first, timeout]))
            .await;
        assert_eq!(
            (refused.code, &*refused.message),
            (200, "Timed out while waiting")
        );
        let refused = daemon
            .refused("waitsendpay", json!([invoice.hash, timeout]))
            .await;
        assert_eq!(
            (refused.code, &*refused.message),
            (200, "Timed out while waiting")
        );
    }
    let listed = &daemon.parts_of(&invoice).await[0];
    assert_eq!(listed["status"], "pending");

    // What is still pending, and until when, is told.
    let part = daemon.refused("waitpartialpay", json!([first, 0])).await;
    assert_eq!(&part.data, listed);
    for method in ["waitsendpay", "waitpayment"] {
        let payment = daemon.refused(method, json!([invoice.hash, 0])).await;
        let said = ["status", "pending_parts", "in_flight_msat"].map(|f| payment.data[f].clone());
        assert_eq!(
            said,
            [json!("pending"), json!(1), json!(LARGER)],
            "{method}"
        );
        for deadline in ["deadline_height", "deadline_estimate"] {
            assert_eq!(payment.data[deadline], listed[deadline], "{method}");
        }
    }

    // During: callers that came before the outcome.
    let ask = |method: &'static str, params| {
        let rpc_file = daemon.rpc_file.clone();
        tokio::spawn(async move { call(&rpc_file, method, params).await })
    };
    let parts: Vec<_> = (0..3)
        .map(|_| ask("waitpartialpay", json!([first])))
        .collect();
    let payment = ask("waitsendpay", json!([invoice.hash]));
    daemon.send(&invoice, &daemon.route(1, SMALLER).await).await;
    let told = daemon.ok("waitpartialpay", json!([first])).await;
    for part in parts {
        assert_eq!(part.await.unwrap().unwrap(), told);
    }
    let paid = payment.await.unwrap().unwrap();
    assert_eq!(paid["status"], "complete");

    // After, and after a restart: the same, and at once.
    assert_eq!(daemon.ok("waitpartialpay", json!([first, 0])).await, told);
    let listed = daemon.parts(json!({"id": first})).await;
    assert_eq!(listed, std::slice::from_ref(&told));
    daemon.terminate().await;
    let daemon = home.start().await;
    assert_eq!(daemon.ok("waitpartialpay", json!([first, 0])).await, told);
}

/// `waitpayment` and `safe_to_retry`: nothing has to be guessed.
#[tokio::test]
async fn whether_it_is_over_and_safe_to_try_again_is_said() {
    let (home, daemon) = Daemon::fresh().await;
    let invoice = daemon.invoice().await;
    daemon.send(&invoice, &daemon.route(0, LARGER).await).await;
    let refused = daemon
        .refused("waitpayment", json!([invoice.hash, 0]))
        .await;
    assert_eq!(refused.code, 200);
    let part = &daemon.parts_of(&invoice).await[0];
    assert_eq!(part["safe_to_retry"], false);
    assert_eq!(part["deadline_height"], part["cltv_expiry"]);
    assert!(part["deadline_estimate"].as_u64() > part["created_at"].as_u64());
    daemon.send(&invoice, &daemon.route(1, SMALLER).await).await;
    let over = daemon.ok("waitpayment", json!([invoice.hash])).await;
    let said = |row: &serde_json::Value| {
        ["status", "pending_parts", "safe_to_retry"].map(|field| row[field].clone())
    };
    assert_eq!(said(&over), [json!("complete"), json!(0), json!(false)]);

    let other = daemon.invoice().await;
    let without_fee = daemon.route_without_fee(0, WHOLE).await;
    daemon.ok("sendpay", other.pay(&without_fee)).await;
    let failed = daemon.ok("waitpayment", json!([other.hash])).await;
    assert_eq!(said(&failed), [json!("failed"), json!(0), json!(true)]);
    daemon.terminate().await;
    let daemon = home.start().await;
    for (invoice, told) in [(invoice, over), (other, failed)] {
        let again = daemon.ok("waitpayment", json!([invoice.hash, 0])).await;
        assert_eq!(again, told);
    }
}

#[tokio::test]
async fn a_failure_is_told_the_same_before_and_after() {
    let (_home, daemon) = Daemon::fresh().await;
    let invoice = daemon.invoice().await;
    daemon.send(&invoice, &daemon.route(1, SMALLER).await).await;
    let route = daemon.route_without_fee(0, LARGER).await;
    let id = daemon.send(&invoice, &route).await;
    let before = daemon.refused("waitpartialpay", json!([id])).await;
    let after = daemon.refused("waitpartialpay", json!([id, 0])).await;
    assert_eq!((before.code, &before.message), (after.code, &after.message));
    assert_eq!(before.data, after.data);
    let listed = &daemon.parts(json!({"id": id})).await[0];
    assert_eq!(listed["failure"], before.data["failure"]);
    assert_eq!(listed["failure"]["code"], 204);
    assert_eq!(listed["failure"]["erring_index"], 1, "bob is the first hop");
}

#[tokio::test]
async fn a_caller_that_hangs_up_changes_nothing() {
    let (_home, daemon) = Daemon::fresh().await;
    let invoice = daemon.invoice().await;
    let first = daemon.send(&invoice, &daemon.route(0, LARGER).await).await;
    let rpc_file = daemon.rpc_file.clone();
    let gone = tokio::spawn(async move { call(&rpc_file, "waitpartialpay", json!([first])).await });
    gone.abort();
    let second = daemon.send(&invoice, &daemon.route(1, SMALLER).await).await;
    for id in [first, second] {
        daemon.ok("waitpartialpay", json!([id])).await;
    }
}

#[tokio::test]
async fn nobody_waits_for_what_never_was() {
    let (_home, daemon) = Daemon::fresh().await;
    let refused = daemon.refused("waitpartialpay", json!([77])).await;
    assert_eq!(refused.code, 208);
    let hash = "ab".repeat(32);
    let refused = daemon.refused("waitsendpay", json!([hash])).await;
    let never = format!("Never attempted payment for '{hash}'");
    assert_eq!((refused.code, refused.message), (208, never));
}
