//! Parameters that make no sense.

use super::{case, check, with};
use crate::support::{Daemon, LARGER};
use serde_json::json;

#[tokio::test]
async fn parameters_that_make_no_sense() {
    let (_home, daemon) = Daemon::fresh().await;
    let invoice = daemon.invoice().await;
    let route = daemon.route(0, LARGER).await;
    let good = invoice.part(&route);
    let bad =
        |what, changes, words| case(what, "sendpartialpay", with(&good, changes), -32602, words);
    let mut grows = route.clone();
    grows[0]["amount_msat"] = json!(1);
    let mut slower = route.clone();
    slower[0]["delay"] = json!(1);
    let hops = vec![route[0].clone(); 21];
    check(
        &daemon,
        vec![
            bad(
                "no route",
                json!({"route": null}),
                "missing required parameter: route",
            ),
            bad("a route that is none", json!({"route": 5}), "route"),
            bad("an empty route", json!({"route": []}), "Empty route"),
            bad("amounts that grow", json!({"route": grows}), "carries more"),
            bad("delays that grow", json!({"route": slower}), "longer delay"),
            bad("too many hops", json!({"route": hops}), "20"),
            bad(
                "no hash",
                json!({"payment_hash": null}),
                "missing required parameter: payment_hash",
            ),
            bad(
                "half a hash",
                json!({"payment_hash": "abcd"}),
                "payment_hash",
            ),
            bad(
                "no amount",
                json!({"intended_msatoshi": null}),
                "intended_msatoshi",
            ),
            bad(
                "an amount below zero",
                json!({"intended_msatoshi": -1}),
                "intended_msatoshi",
            ),
            bad(
                "more than all bitcoin",
                json!({"intended_msatoshi": u64::MAX}),
                "intended_msatoshi",
            ),
            bad(
                "an unknown parameter",
                json!({"colour": "red"}),
                "unknown parameter: colour",
            ),
            bad("an unknown node", json!({"node": "elsewhere"}), "elsewhere"),
            bad(
                "an empty request_id",
                json!({"request_id": ""}),
                "request_id",
            ),
            bad(
                "no invoice",
                json!({"bolt11": "lnbcrt1nonsense"}),
                "nvalid bolt11",
            ),
            case(
                "too many",
                "waitpartialpay",
                json!([1, 0, 2]),
                -32602,
                "too many parameters",
            ),
            case("no number", "waitpartialpay", json!(["x"]), -32602, "id"),
            case(
                "no status",
                "listpayments",
                json!({"status": "red"}),
                -32602,
                "status",
            ),
            case(
                "no node",
                "dev-invoice",
                json!([1, "x", "eve"]),
                -32602,
                "eve",
            ),
            case(
                "no method",
                "paypartially",
                json!([]),
                -32601,
                "Unknown command 'paypartially'",
            ),
        ],
    )
    .await;
}
