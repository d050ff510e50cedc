//! What an invoice says otherwise.

use super::{case, check, with};
use crate::support::{Daemon, LARGER, WHOLE};
use rpc::forge::Forge;
use serde_json::{Value, json};

/// When these invoices were made.
const MADE_AT: u64 = 1_700_000_000;
/// For so long that no test sees the end of it, in groups of five bits.
const FOR_EVER: [u8; 7] = [31; 7];

fn hash() -> String {
    "07".repeat(32)
}

/// An invoice of somebody's whom nobody knows.
fn of_a_stranger(prefix: &str) -> Forge {
    Forge::new(prefix, MADE_AT)
        .bytes('p', &[7; 32])
        .bytes('s', &[0x11; 32])
        .bytes('d', b"coffee")
}

/// A part towards that invoice, by a route that leads to its payee.
fn towards(invoice: &Forge, route: &Value) -> Value {
    let mut route = route.clone();
    let last = route.as_array().unwrap().len() - 1;
    route[last]["id"] = json!(invoice.payee());
    json!({
        "route": route, "payment_hash": hash(), "intended_msatoshi": WHOLE, "bolt11": invoice.signed(),
    })
}

#[tokio::test]
async fn what_an_invoice_says() {
    let (_home, daemon) = Daemon::fresh().await;
    let invoice = daemon.invoice().await;
    let route = daemon.route(0, LARGER).await;
    let good = invoice.part(&route);
    let bad = |what, changes, code, words| {
        case(what, "sendpartialpay", with(&good, changes), code, words)
    };
    // It asks for WHOLE.
    let stranger = || of_a_stranger("lnbcrt1m").groups('x', &FOR_EVER);
    let sound = towards(&stranger().features(&[8, 14, 17]), &route);
    let (elsewhere, last) = (&sound["route"], route.as_array().unwrap().len() - 1);
    let expired = towards(&of_a_stranger("lnbcrt1m").features(&[8, 14, 17]), &route);
    let alone = towards(&stranger().features(&[9, 14]), &route);
    let strange = towards(&stranger().features(&[8, 14, 100]), &route);
    let delay = route[last]["delay"].as_u64().unwrap();
    let more = u8::try_from(delay + 1).unwrap();
    let patient = stranger()
        .features(&[8, 14, 17])
        .groups('c', &[more / 32, more % 32]);
    let short = towards(&patient, &route);
    let hashed = Forge::new("lnbcrt1m", MADE_AT)
        .bytes('p', &[7; 32])
        .bytes('s', &[0x11; 32])
        .bytes('h', &[9; 32])
        .groups('x', &FOR_EVER)
        .features(&[8, 14, 17]);
    let mut described = towards(&hashed, &route);
    described["description"] = json!("one coffee");
    let ambiguous = towards(
        &stranger().features(&[8, 14, 17]).groups('c', &[0, 18]),
        &route,
    );
    check(
        &daemon,
        vec![
            bad(
                "less than it asks for",
                json!({"intended_msatoshi": WHOLE - 1}),
                -32602,
                "asks for 100000000 msat, so intended_msatoshi can be 100000000 to 200000000, not 99999999",
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
            bad("one that takes no parts", alone, -32602, "basic_mpp"),
            bad("one that requires what is not known", strange, -32602, "feature bit 100"),
            bad(
                "one that asks for more blocks",
                short,
                -32602,
                "min_final_cltv_expiry",
            ),
            bad("another description", described, -32602, "description"),
            bad("one that reads in two ways", ambiguous, -32602, "another payee"),
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

/// Whoever signed it, and by whichever method.
#[tokio::test]
async fn an_invoice_of_another_network_is_refused_by_every_method() {
    let (_home, daemon) = Daemon::fresh().await;
    let route = daemon.route(0, WHOLE).await;
    for (prefix, network) in [
        ("lnbc1m", "bitcoin"),
        ("lntb1m", "testnet"),
        ("lntbs1m", "signet"),
        ("lnsb1m", "simnet"),
    ] {
        let foreign = of_a_stranger(prefix)
            .groups('x', &FOR_EVER)
            .features(&[8, 14, 17]);
        let part = towards(&foreign, &route);
        let mut pay = part.clone();
        pay.as_object_mut().unwrap().remove("intended_msatoshi");
        let (mut checked_part, mut checked_pay) = (part.clone(), pay.clone());
        checked_part["command_to_check"] = json!("sendpartialpay");
        checked_pay["command_to_check"] = json!("sendpay");
        let says = format!("the invoice is for {network}, this node is on regtest");
        let says: &'static str = says.leak();
        let bolt11 = json!([foreign.signed()]);
        let asked = [
            ("sendpartialpay", part),
            ("sendpay", pay),
            ("check", checked_part),
            ("check", checked_pay),
            ("listpayments", bolt11.clone()),
            ("dev-pay", bolt11),
        ];
        let cases = asked.map(|(method, params)| case(method, method, params, -32602, says));
        check(&daemon, cases.into_iter().collect()).await;
    }
}
