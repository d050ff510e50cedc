//! Against the grammar that stands above: whatever is paid under whatever words. hledger itself reads what
//! `tests/it/export` writes.

use super::Hledger;
use crate::cli::export::account::Account;
use crate::cli::export::format::test_support::{booked, books, moves, row, write};
use crate::escape::is_hidden;
use proptest::prelude::*;
use serde_json::{Value, json};

fn written(rows: &[Value]) -> String {
    let mut out = Vec::new();
    write(Hledger::begin(&mut out, &books()).unwrap(), rows);
    String::from_utf8(out).unwrap()
}

/// A line of a journal.
#[derive(PartialEq, Debug)]
enum Line<'a> {
    Other,
    Account(&'a str),
    Head(char),
    Tag(&'a str),
    Posting(&'a str, i128),
}

fn line(line: &str) -> Line<'_> {
    if line.is_empty() || line.starts_with("; ") {
        return Line::Other;
    }
    if let "decimal-mark ." | "commodity 1000.000 SAT" = line {
        return Line::Other;
    }
    if let Some(account) = line.strip_prefix("account ") {
        account.parse::<Account>().unwrap();
        return Line::Account(account);
    }
    if let Some(tag) = line.strip_prefix("    ; ") {
        let (name, value) = tag.split_once(": ").unwrap();
        assert!(!value.contains([',', ';']), "{line}");
        return Line::Tag(name);
    }
    if let Some(posting) = line.strip_prefix("    ") {
        let (account, amount) = posting.split_once("  ").unwrap();
        account.parse::<Account>().unwrap();
        let amount = amount.trim_start().strip_suffix(" SAT").unwrap();
        let (satoshi, decimals) = amount.split_once('.').unwrap();
        assert_eq!(decimals.len(), 3, "{line}");
        let msat = format!("{satoshi}{decimals}").parse().unwrap();
        return Line::Posting(account, msat);
    }
    let (day, rest) = line.split_at(10);
    assert!(day.parse::<jiff::civil::Date>().is_ok(), "{line}");
    let flag = rest.chars().nth(1).unwrap();
    let words = rest[3..].strip_prefix("(1)").unwrap();
    assert!(words.is_empty() || words.starts_with(' '), "{line}");
    assert!(
        !words.contains(';') && words.matches('|').count() <= 1,
        "{line}"
    );
    Line::Head(flag)
}

proptest! {
    #[test]
    fn every_line_is_one_of_the_grammars_and_every_booking_balances(
        rows in prop::collection::vec(row(), 0..8),
    ) {
        let text = written(&rows);
        prop_assert!(!text.contains(|c| c != '\n' && is_hidden(c)), "{}", text);
        let mut moved = rows.iter().filter(|row| moves(row));
        let mut opened: Vec<&str> = Vec::new();
        for block in text.split("\n\n") {
            let lines: Vec<Line<'_>> = block.lines().map(line).collect();
            let mut sum = 0;
            let (mut others, mut fee) = (0, 0);
            for line in &lines {
                match line {
                    Line::Account(account) => opened.push(account),
                    Line::Posting(account, msat) => {
                        prop_assert!(opened.contains(account) && *msat != 0, "{}", block);
                        sum += msat;
                        match *account {
                            "Expenses:Lightning:Payments" => others += msat,
                            "Income:Lightning:Payments" => others -= msat,
                            "Expenses:Lightning:Fees" => fee += msat,
                            _ => {}
                        }
                    }
                    Line::Head(flag) => {
                        prop_assert!(['*', '!'].contains(flag));
                    }
                    Line::Tag(_) | Line::Other => {}
                }
            }
            prop_assert_eq!(sum, 0);
            if lines.iter().any(|line| matches!(line, Line::Head(_))) {
                let expected = booked(moved.next().unwrap()).unwrap();
                prop_assert_eq!((others, fee), (expected.0.into(), expected.1.into()));
            }
        }
        prop_assert_eq!(moved.next(), None);
    }
}

#[test]
fn what_would_end_a_text_is_shown_in_its_wide_form() {
    let row = json!({
        "id": 1, "payment_hash": "00", "status": "complete", "created_at": 1, "completed_at": 2,
        "delivered_msat": 3, "amount_sent_msat": 4, "label": " a|b ; date:2020-01-01",
        "description": "two\n    Assets:Mine  1 SAT", "warning_quarantined": "x, y: z",
    });
    let text = written(&[row]);
    let head = "1970-01-01 ! (1) a｜b ； date:2020-01-01 | two\\n    Assets:Mine  1 SAT\n";
    assert!(text.contains(head), "{text}");
    assert!(text.contains("    ; warning: x， y: z\n"), "{text}");
}
