//! What an invoice says otherwise.

use super::{case, check, with};
use crate::support::{Daemon, LARGER, WHOLE};
use serde_json::json;

/// A payment of 25 mBTC from the examples of BOLT 11: it expired in 2017.
const EXPIRED: &str = "lnbc25m1pvjluezpp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdq5vdhkven9v5sxyetpdeessp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygs9q5sqqqqqqqqqqqqqqqpqsq67gye39hfg3zd8rgc80k32tvy9xk2xunwm5lzexnvpx6fd77en8qaq424dxgt56cag2dpt359k3ssyhetktkpqh24jqnjyw6uqd08sgptq44qu";
const EXPIRED_HASH: &str = "0001020304050607080900010203040506070809000102030405060708090102";
const EXPIRED_PAYEE: &str = "03e7156ae33b0a208d0744199163177e909e80176e55d97a2f221ede0f934dd9ad";

#[tokio::test]
async fn what_an_invoice_says() {
    let (_home, daemon) = Daemon::fresh().await;
    let invoice = daemon.invoice().await;
    let route = daemon.route(0, LARGER).await;
    let good = invoice.part(&route);
    let bad = |what, changes, code, words| {
        case(what, "sendpartialpay", with(&good, changes), code, words)
    };
    let mut elsewhere = route.clone();
    let last = elsewhere.as_array().unwrap().len() - 1;
    elsewhere[last]["id"] = json!(EXPIRED_PAYEE);
    let expired = json!({
        "bolt11": EXPIRED, "payment_hash": EXPIRED_HASH, "route": elsewhere,
        "intended_msatoshi": 2_500_000_000_u64,
    });
    check(
        &daemon,
        vec![
            bad(
                "less than it asks for",
                json!({"intended_msatoshi": WHOLE - 1}),
                -32602,
                "intended_msatoshi",
            ),
            bad(
                "more than twice",
                json!({"intended_msatoshi": 2 * WHOLE + 1}),
                -32602,
                "intended_msatoshi",
            ),
            bad(
                "another payee",
                json!({"route": elsewhere}),
                -32602,
                "destination",
            ),
            bad("an expired one", expired, 207, "expired"),
            bad(
                "half a payment without its secret",
                json!({"bolt11": null}),
                -32602,
                "payment_secret is missing",
            ),
        ],
    )
    .await;
}
