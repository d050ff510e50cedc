//! What an invoice demands, tried with plain SQL.

use super::{check, scene};

/// What an invoice demands, as plain SQL sets it.
const DEMANDS: &str = "update payments set invoice_network = 'regtest', invoice_expires_at = 5000000, \
    min_final_cltv_expiry = 18, basic_mpp = 0";

#[tokio::test]
async fn what_an_invoice_demands_is_fixed_while_a_part_is_live() {
    let (_scene, raw) = scene().await;
    for payment in [1, 2, 3] {
        // None had an invoice.
        raw.execute(&format!("{DEMANDS} where id = {payment}"), [])
            .unwrap();
    }
    let terms = "A-9";
    for payment in [1, 2] {
        let changes = [
            "invoice_network = 'bitcoin'",
            "invoice_expires_at = 6000000",
            "min_final_cltv_expiry = 0",
            "basic_mpp = 1",
            "description_hash = zeroblob(32)",
            "payment_secret = zeroblob(32)",
            "payment_metadata = x'01'",
        ];
        let changes = changes.map(|to| format!("update payments set {to} where id = {payment}"));
        let cases: Vec<_> = changes.iter().map(|sql| (sql.as_str(), terms)).collect();
        check(&raw, &cases);
    }
    // Nothing of payment 3 is out.
    raw.execute("update payments set payment_secret = zeroblob(32), payment_metadata = x'01', basic_mpp = 1 where id = 3", [])
        .unwrap();
    check(
        &raw,
        &[
            (
                "update payments set invoice_network = null where id = 3",
                "A-9 invoice",
            ),
            (
                "update payments set invoice_expires_at = null where id = 3",
                "A-9 invoice",
            ),
            ("update payments set basic_mpp = 2 where id = 3", "CHECK"),
            (
                "update payments set description_hash = x'01' where id = 3",
                "CHECK",
            ),
        ],
    );
}

#[tokio::test]
async fn a_part_keeps_to_its_invoice() {
    let (_scene, raw) = scene().await;
    raw.execute(&format!("{DEMANDS} where id in (2, 3)"), [])
        .unwrap();
    let part = |amount: i64, at: i64| {
        format!(
            "insert into parts (id, payment_id, node_id, status, amount_msat, amount_sent_msat, created_at, route)
             values (99, 3, 1, 0, {amount}, {amount}, {at}, x'00')"
        )
    };
    check(
        &raw,
        &[
            (part(999, 5_000_000).as_str(), "A-9: a part keeps"),
            (part(1_000, 5_000_001).as_str(), "A-9: a part keeps"),
            (part(1_001, 0).as_str(), "A-2"),
        ],
    );
    raw.execute(&part(1_000, 5_000_000), []).unwrap();
}
