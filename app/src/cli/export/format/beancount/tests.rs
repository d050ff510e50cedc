//! Whatever is paid under whatever words: the bookings balance, and no word becomes a booking.

use super::Beancount;
use crate::cli::export::args::{Books, Options};
use crate::cli::export::format::Writer;
use crate::cli::export::rows::Row;
use clap::{Args, Command, FromArgMatches};
use proptest::prelude::*;
use serde_json::{Value, json};

fn books() -> Books {
    let command = Options::augment_args(Command::new("export"));
    let matches = command.get_matches_from(["export", "--format", "beancount"]);
    Options::from_arg_matches(&matches).unwrap().books
}

fn written(rows: &[Value]) -> String {
    let mut out = Vec::new();
    let mut writer = Beancount::begin(&mut out, &books()).unwrap();
    for row in rows {
        let json = serde_json::value::to_raw_value(row).unwrap();
        match Row::read(&json).unwrap() {
            Row::Payment(payment) => writer.payment(&payment).unwrap(),
            Row::Damaged(row) => writer.damaged(&row).unwrap(),
        }
    }
    writer.finish().unwrap();
    drop(writer);
    String::from_utf8(out).unwrap()
}

fn text() -> impl Strategy<Value = Option<String>> {
    let hostile = r#"([\x00-\x7f"\\\n]|2026-01-01 open Assets:X|\PC){0,12}"#;
    proptest::option::of(hostile)
}

fn amount() -> impl Strategy<Value = u64> {
    prop_oneof![0..4_u64, any::<u64>()]
}

fn row() -> impl Strategy<Value = Value> {
    let state = prop_oneof![
        Just("complete"),
        Just("complete"),
        Just("failed"),
        Just("pending"),
        Just("damaged")
    ];
    let amounts = (amount(), amount(), 0..3_u64);
    let words = (text(), text(), text(), text());
    (
        state,
        any::<bool>(),
        amounts,
        words,
        0..=253_402_207_200_u64,
    )
        .prop_map(|(state, is_incoming, (one, other, pending), words, at)| {
            let (label, description, warning, node) = words;
            if state == "damaged" {
                return json!({"id": 1, "warning_quarantined": warning.unwrap_or_default()});
            }
            json!({
                "id": 1,
                "payment_hash": "00",
                "status": state,
                "direction": if is_incoming { "incoming" } else { "outgoing" },
                "created_at": at,
                "completed_at": at,
                "amount_received_msat": one,
                "delivered_msat": one.min(other),
                "amount_sent_msat": one.max(other),
                // Mostly none.
                "pending_parts": pending.saturating_sub(1),
                "label": label,
                "description": description,
                "warning_quarantined": warning,
                "node": node.filter(|_| is_incoming),
            })
        })
}

/// The amount of a posting's line, in millisatoshi.
fn msat(line: &str) -> i128 {
    let mut words = line.split_whitespace();
    let (account, amount) = (words.next().unwrap(), words.next().unwrap());
    assert!(account.parse::<super::Account>().is_ok(), "{line}");
    assert_eq!((words.next(), words.next()), (Some("SAT"), None), "{line}");
    let (satoshi, decimals) = amount.split_once('.').unwrap();
    assert_eq!(decimals.len(), 3, "{line}");
    format!("{satoshi}{decimals}").parse().unwrap()
}

/// Whether quotes open and close on this line, and nothing is left between them.
fn is_closed(line: &str) -> bool {
    let (mut in_text, mut signs) = (false, line.chars());
    while let Some(sign) = signs.next() {
        match sign {
            '"' => in_text = !in_text,
            '\\' if in_text => drop(signs.next()),
            _ => {}
        }
    }
    !in_text
}

proptest! {
    #[test]
    fn every_booking_balances_and_no_word_becomes_one(rows in prop::collection::vec(row(), 0..8)) {
        let text = written(&rows);
        let is_booked = |row: &&Value| row["status"] == "complete" && row["pending_parts"] == 0;
        let mut booked = rows.iter().filter(is_booked);
        for block in text.split("\n\n") {
            let mut lines = block.lines();
            let head = lines.next().unwrap();
            prop_assert!(lines.clone().chain([head]).all(is_closed), "{}", block);
            let kind = head.split(' ').nth(1).unwrap();
            if head.starts_with("; ") || kind == "open" {
                prop_assert_eq!(lines.next(), None);
                continue;
            }
            prop_assert!(["*", "!"].contains(&kind), "{}", head);
            let row = booked.next().unwrap();
            let postings = lines.filter(|line| line.ends_with(" SAT"));
            let postings: Vec<i128> = postings.map(msat).collect();
            prop_assert_eq!(postings.iter().sum::<i128>(), 0);
            let moved = if row["direction"] == "incoming" {
                row["amount_received_msat"].as_u64()
            } else {
                row["amount_sent_msat"].as_u64()
            };
            let most = postings.iter().map(|msat| msat.unsigned_abs()).max();
            prop_assert_eq!(most, moved.map(u128::from));
        }
        prop_assert_eq!(booked.next(), None);
    }
}

#[test]
fn what_is_not_booked_is_counted() {
    let row = |status: &str, pending: u64| {
        json!({
            "id": 1,
            "payment_hash": "00",
            "status": status,
            "created_at": 1,
            "completed_at": 2,
            "delivered_msat": 3,
            "amount_sent_msat": 4,
            "pending_parts": pending,
        })
    };
    let text = written(&[
        row("complete", 0),
        row("complete", 1),
        row("failed", 0),
        row("pending", 1),
        json!({"id": 2, "warning_quarantined": "x"}),
    ]);
    let counted = "\n; Booked: 1. Not booked: 1 pending, 1 complete with parts still pending, \
                   1 failed, 1 damaged.\n";
    assert!(text.ends_with(counted), "{text}");
}
