//! Against the columns, dates and amounts that the two programs' own pages tell.

use super::{COINTRACKER, KOINLY, Ledger, Program, bitcoin};
use crate::cli::export::format::test_support::{booked, row, write};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::HashMap;

fn written(program: Program, rows: &[Value]) -> (String, Vec<HashMap<String, String>>) {
    let mut out = Vec::new();
    write(Ledger::begin(&mut out, program).unwrap(), rows);
    let text = String::from_utf8(out).unwrap();
    let mut table = csv::Reader::from_reader(text.as_bytes());
    let rows = table.deserialize().map(|row| row.unwrap()).collect();
    (text, rows)
}

/// Digits, a point, eleven digits: millisatoshi. Nothing is none.
fn msat(amount: &str) -> u64 {
    if amount.is_empty() {
        return 0;
    }
    let (whole, decimals) = amount.split_once('.').unwrap();
    assert_eq!(decimals.len(), 11, "{amount}");
    format!("{whole}{decimals}").parse().unwrap()
}

/// A payment, one to ourselves, one of which a part went to ourselves, and what came in for both.
fn rows() -> Vec<Value> {
    let out = |id: u64, delivered: u64, sent: u64, ours: u64| {
        let mut row = json!({
            "id": id, "payment_hash": format!("0{id}"), "status": "complete", "direction": "outgoing",
            "created_at": 1_795_860_000, "completed_at": 1_795_860_059, "label": "order 1",
            "description": "coffee", "delivered_msat": delivered, "amount_sent_msat": sent,
        });
        if ours > 0 {
            row["self_payment"] = json!(id + 1);
            row["self_msat"] = json!(ours);
            row["self_from"] = json!([{"node": "a", "amount_sent_msat": sent}]);
            row["self_to"] = json!([{"id": id + 1, "node": "b", "amount_msat": ours}]);
        }
        row
    };
    let incoming = |id: u64, received: u64, ours: u64| {
        json!({
            "id": id, "payment_hash": format!("0{}", id - 1), "status": "complete",
            "direction": "incoming", "created_at": 1_795_860_000, "completed_at": 1_795_860_059,
            "amount_received_msat": received, "self_payment": id - 1, "self_msat": ours,
        })
    };
    vec![
        out(1, 100_000_000, 100_012_345, 0),
        out(2, 30_000, 30_010, 30_000),
        incoming(3, 30_000, 30_000),
        out(4, 50_000, 50_007, 20_000),
        incoming(5, 70_000, 20_000),
    ]
}

#[test]
fn koinly_gets_its_universal_table() {
    let (text, _) = written(Program::Koinly, &rows());
    let expected = "\
Date,Sent Amount,Sent Currency,Received Amount,Received Currency,Fee Amount,Fee Currency,Net Worth Amount,Net Worth Currency,Label,Description,TxHash
2026-11-28 10:00 UTC,0.00100000000,BTC,,,0.00000012345,BTC,,,,\"order 1: coffee\",01
2026-11-28 10:00 UTC,0.00000000010,BTC,,,,,,,cost,\"order 1: coffee\",02
2026-11-28 10:00 UTC,0.00000030000,BTC,,,0.00000000007,BTC,,,,\"order 1: coffee\",04
2026-11-28 10:00 UTC,,,0.00000050000,BTC,,,,,,,04
";
    assert_eq!(text, expected);
}

#[test]
fn cointracker_gets_its_one_table() {
    let (text, _) = written(Program::CoinTracker, &rows());
    let expected = "\
Date,Received Quantity,Received Currency,Sent Quantity,Sent Currency,Fee Amount,Fee Currency,Tag
11/28/2026 10:00:59,,,0.00100000000,BTC,0.00000012345,BTC,
11/28/2026 10:00:59,,,0.00000000010,BTC,,,
11/28/2026 10:00:59,,,0.00000030000,BTC,0.00000000007,BTC,
11/28/2026 10:00:59,0.00000050000,BTC,,,,,
";
    assert_eq!(text, expected);
}

#[test]
fn an_amount_in_bitcoin_is_exact_to_the_millisatoshi() {
    for (msat, shown) in [
        (1, "0.00000000001"),
        (100_000_000_000, "1.00000000000"),
        (2_100_000_000_000_000_001, "21000000.00000000001"),
        (u64::MAX, "184467440.73709551615"),
    ] {
        assert_eq!(bitcoin(msat), shown);
    }
}

proptest! {
    /// What leaves and what comes, over all rows: the books of both programs say the same as ours.
    #[test]
    fn nothing_is_made_or_lost(rows in prop::collection::vec(row(), 0..8)) {
        let koinly = written(Program::Koinly, &rows).1;
        let cointracker = written(Program::CoinTracker, &rows).1;
        prop_assert!(koinly.iter().all(|row| row.len() == KOINLY.len()));
        prop_assert!(cointracker.iter().all(|row| row.len() == COINTRACKER.len()));
        let expected: Vec<(u64, u64)> = rows
            .iter()
            .filter_map(|row| {
                let (others, fee) = booked(row)?;
                let (out, came) = if row["direction"] == "incoming" { (0, others) } else { (others, 0) };
                let out = u128::from(out) + u128::from(fee);
                (out > 0 || came > 0).then_some((u64::try_from(out).unwrap(), came))
            })
            .collect();
        for (table, sent, received) in [
            (&koinly, "Sent Amount", "Received Amount"),
            (&cointracker, "Sent Quantity", "Received Quantity"),
        ] {
            let found: Vec<(u64, u64)> = table
                .iter()
                .map(|row| (msat(&row[sent]) + msat(&row["Fee Amount"]), msat(&row[received])))
                .collect();
            prop_assert_eq!(&found, &expected);
        }
    }
}
