//! What fits a terminal, and what is said there.

use super::of;
use crate::view::Names;
use serde_json::{Value, json};

/// Every line fits, and says all this.
fn check(method: &str, result: &Value, width: u16, texts: &[&str]) {
    let table = of(method, result, &Names::new("us"), width).unwrap();
    for line in table.lines().filter(|line| !line.starts_with("warning_")) {
        let columns = console::measure_text_width(line);
        assert!(
            columns <= usize::from(width),
            "{columns} columns: {line}\n{table}"
        );
    }
    for text in texts {
        assert!(table.contains(text), "no {text} in\n{table}");
    }
}

fn parts() -> Value {
    let hop = |digits: &str| json!({"id": digits.repeat(33)});
    json!({"partialpayments": [
        {"id": 1_234_567, "payment_hash": "ab".repeat(32), "status": "failed",
         "amount_msat": 60_000_000_000_u64, "amount_sent_msat": 60_000_061_250_u64,
         "intended_msatoshi": 100_000_000_000_u64, "created_at": 1_795_860_000, "label": "order 17",
         "description": "two coffees\u{202e} and a very long story of how they came to be drunk by whom",
         "route": [hop("02"), hop("03"), hop("02")],
         "failure": {"code": 204, "failcodename": "WIRE_INCORRECT_OR_UNKNOWN_PAYMENT_DETAILS"}},
        {"id": 8, "warning_damaged": "the stored part breaks a rule"},
    ], "next": 9})
}

fn payments() -> Value {
    json!({"payments": [
        {"id": 1_234_567, "payment_hash": "ab".repeat(32), "status": "complete",
         "direction": "outgoing", "amount_msat": 60_000_000_000_u64, "fee_msat": 61_250,
         "created_at": 1_795_860_000, "label": "order 17", "self_payment": 1_234_568,
         "invoice_description": "Zwei K\u{e4}se \u{1f9c0} \u{65e5}\u{672c}"},
        {"id": 1_234_568, "payment_hash": "ab".repeat(32), "status": "complete",
         "direction": "incoming", "amount_received_msat": 1_000, "created_at": 1_795_860_000,
         "description": "x".repeat(1_024)},
        {"id": 8, "warning_quarantined": "the stored payment breaks a rule"},
    ], "total": 5_000_000})
}

fn pays() -> Value {
    json!({"pays": [
        {"payment_hash": "ab".repeat(32), "status": "complete", "created_at": 1_795_860_000,
         "created_index": 1_234_567, "amount_msat": 60_000_000_000_u64,
         "amount_sent_msat": 60_000_061_250_u64, "number_of_parts": 200, "pending_parts": 0,
         "label": "order 17", "description": "two coffees and a very long story of how they came to be",
         "order": {"open": false, "deliver_msat": 60_000_000_000_u64, "closed_because": "paid"}},
        {"payment_hash": "cd".repeat(32), "status": "failed", "created_at": 1_795_860_000,
         "created_index": 8, "amount_msat": 100_000, "amount_sent_msat": 0, "number_of_parts": 0,
         "order": {"open": false, "deliver_msat": 100_000, "closed_because": "no_funds"}},
        {"payment_hash": "ef".repeat(32), "status": "pending", "created_at": 1_795_860_000,
         "created_index": 9, "amount_msat": 100_000, "amount_sent_msat": 50_500, "number_of_parts": 1,
         "order": {"open": true, "deliver_msat": 100_000}},
        {"id": 10, "warning_damaged": "the stored payment breaks a rule"},
    ], "next": 11})
}

#[test]
fn a_table_of_listpays_fits_a_terminal_of_80_columns_and_says_how_each_order_ended() {
    let say = [
        "ababab\u{2026}abab",
        "2026-11-28",
        "10:00",
        "complete",
        "60,000,000",
        "61.250",
        " 200",
        "order 17",
        "failed",
        "no funds",
        "pending",
        "order open",
        "warning_damaged (10)",
        "there is more: start=11",
    ];
    check("listpays", &pays(), 80, &say);
    check(
        "listpays",
        &pays(),
        200,
        &["order 17 \u{b7} two coffees", "2026-11-28 10:00"],
    );
    let table = of("listpays", &pays(), &Names::new("us"), 200).unwrap();
    assert!(!table.contains("paid"), "that is its status:\n{table}");
    assert!(!table.contains("0.500"), "no fee before the end:\n{table}");
}

#[test]
fn both_tables_fit_a_terminal_of_80_columns_and_say_what_matters() {
    let parts_say = [
        "1234567",
        "2026-11-28",
        "10:00",
        "ababab\u{2026}abab",
        "failed",
        "60,000,000",
        "61.250",
        "damaged",
        "warning_damaged (8)",
        "there is more: start=9",
    ];
    check("listpartialpayments", &parts(), 80, &parts_say);
    let payments_say = [
        "1234567",
        "2026-11-28",
        "10:00",
        "out",
        "in",
        "complete",
        "60,000,000",
        "61.250",
        "order 17",
        "warning_quarantined (8)",
        "5000000 in all",
    ];
    check("listpayments", &payments(), 80, &payments_say);
}

#[test]
fn a_wider_terminal_shows_it_all_on_a_line() {
    let way = "us \u{2192} 020202\u{2026}0202 \u{2192} 030303\u{2026}0303";
    let parts_say = [
        way,
        "of 100,000,000 sat",
        "order 17",
        "\\u202e and a very",
        "WIRE_INCORRECT_OR",
    ];
    check("listpartialpayments", &parts(), 260, &parts_say);
    check(
        "listpayments",
        &payments(),
        200,
        &["order 17 \u{b7} Zwei", "ourselves: 1234568"],
    );
}

#[test]
fn nothing_else_is_a_table() {
    assert_eq!(of("getinfo", &json!({}), &Names::new("us"), 80), None);
    assert_eq!(of("listpayments", &json!({}), &Names::new("us"), 80), None);
}
