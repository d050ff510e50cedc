//! Whatever is paid under whatever words: the bookings balance, and no word becomes a booking.

use super::Beancount;
use crate::cli::export::account::Account;
use crate::cli::export::format::test_support::{booked, books, moves, row, write};
use proptest::prelude::*;
use serde_json::{Value, json};

fn written(rows: &[Value]) -> String {
    let mut out = Vec::new();
    write(Beancount::begin(&mut out, &books()).unwrap(), rows);
    String::from_utf8(out).unwrap()
}

/// A posting's line: its account, and its amount in millisatoshi.
fn posting(line: &str) -> (&str, i128) {
    let mut words = line.split_whitespace();
    let (account, amount) = (words.next().unwrap(), words.next().unwrap());
    assert!(account.parse::<Account>().is_ok(), "{line}");
    assert_eq!((words.next(), words.next()), (Some("SAT"), None), "{line}");
    let (satoshi, decimals) = amount.split_once('.').unwrap();
    assert_eq!(decimals.len(), 3, "{line}");
    (account, format!("{satoshi}{decimals}").parse().unwrap())
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
        let mut moved = rows.iter().filter(|row| moves(row));
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
            let row = moved.next().unwrap();
            let postings: Vec<_> = lines.filter(|line| line.ends_with(" SAT")).map(posting).collect();
            prop_assert_eq!(postings.iter().map(|(_, msat)| msat).sum::<i128>(), 0);
            prop_assert!(postings.iter().all(|(_, msat)| *msat != 0), "{}", block);
            let on = |account: &str| {
                let on = postings.iter().filter(|(name, _)| *name == account);
                on.map(|(_, msat)| msat).sum::<i128>()
            };
            let (others, fee) = booked(row).unwrap();
            let (expense, income) = if row["direction"] == "incoming" { (0, others) } else { (others, 0) };
            prop_assert_eq!(on("Expenses:Lightning:Payments"), i128::from(expense));
            prop_assert_eq!(on("Income:Lightning:Payments"), -i128::from(income));
            prop_assert_eq!(on("Expenses:Lightning:Fees"), i128::from(fee));
        }
        prop_assert_eq!(moved.next(), None);
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
