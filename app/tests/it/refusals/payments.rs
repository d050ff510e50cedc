//! `sendpay`, the waits, and `check`.

use super::{case, check, with};
use crate::support::{Daemon, LARGER, WHOLE};
use serde_json::json;

#[tokio::test]
async fn sendpay_and_the_waits() {
    let (_home, daemon) = Daemon::fresh().await;
    let invoice = daemon.invoice().await;
    let route = daemon.route(0, WHOLE).await;
    let pay = |msat: u64| with(&invoice.pay(&route), json!({"msatoshi": msat}));
    let unknown = "ab".repeat(32);
    check(
        &daemon,
        vec![
            case(
                "more asked than sent",
                "sendpay",
                pay(WHOLE + 1),
                -32602,
                "out of range",
            ),
            case(
                "over twice",
                "sendpay",
                pay(WHOLE / 2 - 1),
                -32602,
                "out of range",
            ),
            case(
                "empty",
                "sendpay",
                json!([[], unknown]),
                -32602,
                "Empty route",
            ),
            case(
                "no such payment",
                "waitsendpay",
                json!([unknown]),
                208,
                "Never attempted",
            ),
            case("no such part", "waitpartialpay", json!([1]), 208, "1"),
            case(
                "no way",
                "dev-routes",
                json!(["dave", 2_000_000_000_000_u64]),
                205,
                "route",
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn check_says_what_the_method_would_and_does_nothing() {
    let (_home, daemon) = Daemon::fresh().await;
    let invoice = daemon.invoice().await;
    let params = invoice.part(&daemon.route(0, LARGER).await);
    let check = |changes| {
        with(
            &with(&params, json!({"command_to_check": "sendpartialpay"})),
            changes,
        )
    };
    let answer = daemon.ok("check", check(json!({}))).await;
    assert_eq!(answer, json!({"command_to_check": "sendpartialpay"}));
    let refused = daemon
        .refused("check", check(json!({"payment_hash": "x"})))
        .await;
    assert_eq!(refused.code, -32602);
    let refused = daemon
        .refused("check", check(json!({"intended_msatoshi": WHOLE - 1})))
        .await;
    assert_eq!(refused.code, -32602);
    assert_eq!(daemon.payments(json!([])).await.len(), 0);
}
