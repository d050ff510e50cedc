//! Terms that are not the payment's own.

use super::{case, check, with};
use crate::support::{Daemon, Invoice, LARGER, SMALLER, WHOLE};
use serde_json::json;

#[tokio::test]
async fn terms_that_differ() {
    let (_home, daemon) = Daemon::fresh().await;
    let invoice = daemon.invoice().await;
    daemon.send(&invoice, &daemon.route(0, LARGER).await).await;
    let good = invoice.part(&daemon.route(1, SMALLER).await);
    let bad = |what, changes, code, words| {
        case(what, "sendpartialpay", with(&good, changes), code, words)
    };
    let to_bob = daemon.ok("dev-routes", json!(["bob", SMALLER, 1])).await;
    let to_bob = &to_bob["routes"][0]["route"];
    let other = Invoice::of(&daemon, WHOLE).await;
    let too_much = daemon.route(1, SMALLER + 1).await;
    let secret = "00".repeat(32);
    let plain = json!({"bolt11": null, "route": to_bob});
    check(
        &daemon,
        vec![
            bad(
                "another amount",
                json!({"intended_msatoshi": WHOLE + 1}),
                201,
                "intended_msatoshi",
            ),
            bad("another payee", plain, 201, "destination"),
            bad(
                "another secret",
                json!({"bolt11": null, "payment_secret": secret}),
                201,
                "payment_secret",
            ),
            bad(
                "a secret that is not the invoice's",
                json!({"payment_secret": secret}),
                -32602,
                "payment_secret",
            ),
            bad(
                "more than there is room for",
                json!({"route": too_much}),
                200,
                "send at most",
            ),
            bad(
                "another invoice",
                json!({"bolt11": other.bolt11}),
                -32602,
                "payment_hash",
            ),
        ],
    )
    .await;
    let refused = daemon
        .refused("sendpartialpay", with(&good, json!({"route": too_much})))
        .await;
    let figures = json!({
        "intended_msat": WHOLE, "in_flight_msat": LARGER, "delivered_msat": 0,
        "room_msat": SMALLER, "asked_msat": SMALLER + 1,
    });
    assert_eq!(refused.data, figures);
}
