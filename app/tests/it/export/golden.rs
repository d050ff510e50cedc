//! A file for each format, of rows of both directions and of every state, with text that means harm.
//!
//! `UPDATE_EXPECT=1` rewrites the files; read the difference as those would who import them.

use super::server::Server;
use super::{FORMATS, bookings, journal, lines, table};
use crate::support::run;
use expect_test::{ExpectFile, expect_file};
use serde_json::{Value, json};
use std::path::PathBuf;

pub(super) fn golden(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/export");
    folder.join(name)
}

pub(super) fn rows() -> Vec<Value> {
    let text = std::fs::read_to_string(golden("rows.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// What is exported of them, with these options besides.
async fn exported(format: &str, more: &[&str]) -> String {
    let server = Server::of(rows(), 4);
    let words = [&["export", "--format", format], more].concat();
    let ran = run(Some(server.home()), &words).await;
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let damaged = "warning: damaged rows: 2";
    assert!(ran.stderr.contains(damaged), "{}", ran.stderr);
    ran.stdout
}

/// As it is shown: what nobody sees by its number, but for line breaks, blanks of a tab, and returns.
fn to_be_seen(text: &str) -> String {
    let shown = text.split_inclusive(['\n', '\t', '\r']).map(|text| {
        let end = text.trim_end_matches(['\n', '\t', '\r']);
        format!("{}{}", ampere::escape::line(end), &text[end.len()..])
    });
    shown.collect()
}

async fn check(format: &str, file: ExpectFile) {
    file.assert_eq(&exported(format, &[]).await);
}

#[tokio::test]
async fn csv_is_as_it_was_agreed() {
    check("csv", expect_file![golden("payments.csv")]).await;
}

#[tokio::test]
async fn jsonl_is_as_it_was_agreed() {
    check("jsonl", expect_file![golden("payments.jsonl")]).await;
}

#[tokio::test]
async fn beancount_is_as_it_was_agreed() {
    check("beancount", expect_file![golden("payments.beancount")]).await;
}

#[tokio::test]
async fn hledger_is_as_it_was_agreed() {
    check("hledger", expect_file![golden("payments.journal")]).await;
}

#[tokio::test]
async fn koinly_is_as_it_was_agreed() {
    check("koinly", expect_file![golden("payments.koinly.csv")]).await;
}

#[tokio::test]
async fn cointracker_is_as_it_was_agreed() {
    check(
        "cointracker",
        expect_file![golden("payments.cointracker.csv")],
    )
    .await;
}

#[tokio::test]
async fn a_table_has_a_row_a_payment_and_no_formula() {
    let table = table(&exported("csv", &[]).await);
    let rows = rows();
    assert_eq!(table.len(), rows.len());
    for (line, row) in table.iter().zip(&rows) {
        assert_eq!(line["id"], row["id"].to_string());
        let status = row["status"].as_str().unwrap_or("quarantined");
        assert_eq!(line["status"], status);
        for (column, field) in [
            ("label", "label"),
            ("description", "description"),
            ("warning", "warning_quarantined"),
            ("bolt11", "bolt11"),
        ] {
            let (shown, said) = (line[column].as_str().unwrap(), row[field].as_str());
            let invoice = &row["invoice_description"];
            let said = said.or(invoice.as_str().filter(|_| field == "description"));
            let said = ampere::escape::line(said.unwrap_or_default());
            assert!(!shown.starts_with(['=', '+', '-', '@', '|', '%']));
            assert_eq!(shown.replace('\'', ""), said.replace('\'', ""));
        }
        for column in ["self_payment", "self_msat"] {
            let said = row[column]
                .as_u64()
                .map_or(String::new(), |said| said.to_string());
            assert_eq!(line[column], said, "{column}");
        }
    }
    let text = exported("csv", &[]).await;
    assert_eq!(text.lines().count(), 1 + rows.len(), "a line each");
    assert!(!text.contains(|c| c != '\n' && ampere::escape::is_hidden(c)));
}

#[tokio::test]
async fn a_json_line_is_the_row_and_what_is_worked_out_of_it() {
    let text = exported("jsonl", &[]).await;
    assert!(!text.contains(|c| c != '\n' && ampere::escape::is_hidden(c)));
    for (line, row) in lines(&text).iter().zip(&rows()) {
        for (field, value) in row.as_object().unwrap() {
            assert_eq!(&line[field], value, "{field}");
        }
        let seconds = |at: &Value| {
            let at = at.as_str().map(|at| at.parse::<jiff::Timestamp>().unwrap());
            at.map(jiff::Timestamp::as_second)
        };
        for at in ["created_at", "completed_at"] {
            assert_eq!(seconds(&line[format!("{at}_iso")]), row[at].as_i64());
        }
    }
    let fees: Vec<Value> = lines(&text)
        .iter()
        .map(|line| line["fee_msat"].clone())
        .collect();
    let mut expect = vec![Value::Null; 16];
    // Number 9 is complete, and what of it is fee is known when its last part has come back.
    (expect[0], expect[1], expect[9]) = (json!(12_345), json!(0), json!(1));
    (expect[11], expect[13]) = (json!(10), json!(7));
    assert_eq!(fees, expect);
}

#[tokio::test]
async fn bean_check_accepts_the_bookings_and_reads_every_word_of_them() {
    let read = bookings(&golden("payments.beancount")).await;
    let rows = rows();
    // Beancount sorts by day.
    let mut booked = [2, 7, 8, 11, 12, 14, 15, 1, 10]
        .map(|id| &rows[id - 1])
        .into_iter();
    for transaction in &read {
        let row = booked.next().unwrap();
        assert_eq!(transaction["meta"]["payment_hash"], row["payment_hash"]);
        assert_eq!(
            transaction["meta"]["payment_preimage"],
            row["payment_preimage"]
        );
        assert_eq!(
            transaction["payee"],
            row.get("label").cloned().unwrap_or_default()
        );
        let description = row["description"].as_str();
        let description = description.or(row["invoice_description"].as_str());
        let shown = to_be_seen(description.unwrap_or_default());
        assert_eq!(transaction["narration"], shown);
        let is_quarantined = row.get("warning_quarantined").is_some();
        assert_eq!(transaction["flag"], if is_quarantined { "!" } else { "*" });
    }
    assert!(booked.next().is_none());
    let posting = |account: &str, amount: &str| json!([account, amount, "SAT"]);
    let first = read
        .iter()
        .find(|read| read["payee"] == "invoice 17")
        .unwrap();
    let expect = [
        posting("Expenses:Lightning:Payments", "100000.000"),
        posting("Expenses:Lightning:Fees", "12.345"),
        posting("Assets:Lightning", "-100012.345"),
    ];
    assert_eq!(first["postings"], json!(expect));
    let incoming = read.iter().find(|read| read["payee"] == "-").unwrap();
    let expect = [
        posting("Assets:Lightning:My-node-2", "0.001"),
        posting("Income:Lightning:Payments", "-0.001"),
    ];
    assert_eq!(incoming["postings"], json!(expect));
    assert_eq!(incoming["date"], "2026-11-28");
}

#[tokio::test]
async fn accounts_are_the_users_and_a_larger_ledger_opens_them() {
    let server = Server::of(rows(), 100);
    let (books, ledger) = (
        server.file("ampere.beancount"),
        server.file("all.beancount"),
    );
    let accounts = [
        "Assets:Blitz",
        "Expenses:Zahlungen",
        "Expenses:Gebühren",
        "Income:Blitz",
    ];
    let words = [
        "export",
        "--format=beancount",
        "--no-open",
        "--assets-account",
        accounts[0],
        "--expenses-account",
        accounts[1],
        "--fees-account",
        accounts[2],
        "--income-account",
        accounts[3],
        "--output",
        books.to_str().unwrap(),
    ];
    let ran = run(Some(server.home()), &words).await;
    assert_eq!((ran.code, &*ran.stdout), (Some(0), ""), "{}", ran.stderr);
    let nodes = ["Assets:Blitz:Embedded", "Assets:Blitz:My-node-2"];
    let opened = accounts.iter().chain(&nodes);
    let opened = opened.map(|account| format!("2026-01-01 open {account} SAT\n"));
    let mut text: String = opened.collect();
    text.push_str("include \"ampere.beancount\"\n");
    std::fs::write(&ledger, text).unwrap();
    let read = bookings(&ledger).await;
    assert_eq!(read.len(), 9);
    let used: Vec<&str> = read
        .iter()
        .flat_map(|read| read["postings"].as_array().unwrap())
        .map(|posting| posting[0].as_str().unwrap())
        .collect();
    assert!(
        accounts
            .iter()
            .chain(&nodes)
            .all(|account| used.contains(account))
    );
}

#[tokio::test]
async fn a_range_has_its_first_moment_and_not_its_last() {
    let ids = |text: &str| -> Vec<u64> {
        let ids = lines(text)
            .into_iter()
            .map(|line| line["id"].as_u64().unwrap());
        ids.collect()
    };
    // Damaged rows have no time that could be trusted: they are always there.
    for (words, expect) in [
        (&["--from", "2026-11-29"][..], &[1, 5, 6, 10][..]),
        (
            &["--from", "2026-11-29", "--to", "2026-11-29T10:00:00Z"],
            &[5, 6],
        ),
        (
            &["--from", "2026-11-29", "--to", "2026-11-29T10:00:01Z"],
            &[1, 5, 6],
        ),
        // The failed one counts from its end, the pending one from its beginning.
        (&["--from", "1795860030", "--to", "1795860041"], &[4, 5, 6]),
        (
            &["--from", "1795860050", "--to", "1795860051"],
            &[3, 5, 6, 8],
        ),
    ] {
        assert_eq!(ids(&exported("jsonl", words).await), expect, "{words:?}");
    }
}

#[tokio::test]
async fn nothing_to_export_is_an_export() {
    for format in FORMATS {
        let server = Server::of(Vec::new(), 100);
        let file = server.file("empty");
        let words = [
            "export",
            "--format",
            format,
            "--output",
            file.to_str().unwrap(),
        ];
        let ran = run(Some(server.home()), &words).await;
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let text = std::fs::read_to_string(&file).unwrap();
        match format {
            "csv" => assert!(text.starts_with("id,") && table(&text).is_empty()),
            "jsonl" => assert_eq!(text, ""),
            "beancount" => assert!(bookings(&file).await.is_empty()),
            "hledger" => assert!(journal(&file).await.is_empty()),
            _ => assert!(text.starts_with("Date,") && table(&text).is_empty()),
        }
    }
}
