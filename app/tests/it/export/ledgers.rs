//! What hledger reads of its journal, and that what we paid to ourselves is no income and no expense in any
//! ledger.

use super::golden::{golden, rows};
use super::server::Server;
use super::{bookings, journal, postings};
use crate::support::run;
use serde_json::{Value, json};

#[tokio::test]
async fn hledger_reads_every_word_of_the_bookings() {
    let read = journal(&golden("payments.journal")).await;
    let rows = rows();
    let codes: Vec<&str> = read
        .iter()
        .map(|read| read["tcode"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["2", "7", "8", "11", "12", "14", "15", "1", "10"]);
    for transaction in &read {
        let id: usize = transaction["tcode"].as_str().unwrap().parse().unwrap();
        let row = &rows[id - 1];
        let tag = |name: &str| {
            let tags = transaction["ttags"].as_array().unwrap();
            let found = tags.iter().find(|tag| tag[0] == name);
            found.map(|tag| tag[1].clone()).unwrap_or_default()
        };
        for name in ["payment_hash", "payment_preimage", "destination"] {
            assert_eq!(tag(name), row[name], "{name}");
        }
        let own = row["self_payment"].as_u64().map(|own| own.to_string());
        assert_eq!(tag("self_payment").as_str(), own.as_deref());
        let is_quarantined = row.get("warning_quarantined").is_some();
        let status = if is_quarantined { "Pending" } else { "Cleared" };
        assert_eq!(transaction["tstatus"], status);
    }
    assert_eq!(read[0]["tdescription"], "@SUM(A1:A9) | =cmd｜'/C calc'!A0");
}

/// The fee alone, and a transfer from node to node; what others paid, or were paid, as ever.
#[tokio::test]
async fn what_we_paid_to_ourselves_is_no_income_and_no_expense() {
    let beancount = bookings(&golden("payments.beancount")).await;
    let hledger = journal(&golden("payments.journal")).await;
    for (label, expect) in [
        (
            "circular",
            &[
                ("Expenses:Lightning:Fees", 10),
                ("Assets:Lightning:Embedded", -10),
            ][..],
        ),
        (
            "from two nodes to one",
            &[
                ("Expenses:Lightning:Payments", 30_000),
                ("Expenses:Lightning:Fees", 7),
                ("Assets:Lightning:Embedded", -30_004),
                ("Assets:Lightning:My-node-2", -3),
            ],
        ),
        (
            "and from others",
            &[
                ("Assets:Lightning:My-node-2", 50_000),
                ("Income:Lightning:Payments", -50_000),
            ],
        ),
    ] {
        let found = beancount.iter().find(|read| read["payee"] == label);
        let posting = |(account, msat): &(&str, i64)| {
            let sign = if *msat < 0 { "-" } else { "" };
            let msat = msat.abs();
            json!([
                account,
                format!("{sign}{}.{:03}", msat / 1_000, msat % 1_000),
                "SAT"
            ])
        };
        let booked: Vec<Value> = expect.iter().map(posting).collect();
        assert_eq!(found.unwrap()["postings"], json!(booked), "{label}");
        let named = |read: &&Value| read["tdescription"].as_str().unwrap().starts_with(label);
        assert_eq!(
            postings(hledger.iter().find(named).unwrap()),
            expect,
            "{label}"
        );
    }
    let words = "2 complete with parts still pending, 1 failed, 2 damaged. 1 came from ourselves";
    let books = std::fs::read_to_string(golden("payments.beancount")).unwrap();
    assert!(books.contains(words), "{books}");
}

/// Each row says it, whichever of the two are exported.
#[tokio::test]
async fn each_side_of_a_payment_to_ourselves_is_booked_once_whatever_is_left_out() {
    for (words, payments, fees, income) in [
        (&["--direction", "outgoing"][..], 100_032_601, 12_363, 0),
        (
            &["--direction", "incoming"],
            0,
            0,
            2_100_000_000_021_050_001,
        ),
        // The moment between what went out and what came in.
        (&["--from", "1795860112"], 100_002_600, 12_346, 50_000),
        (
            &["--to", "1795860112"],
            30_001,
            17,
            2_100_000_000_021_000_001,
        ),
    ] {
        let server = Server::filtering(rows(), 3);
        let file = server.file("journal");
        let to = [
            "export",
            "--format=hledger",
            "--output",
            file.to_str().unwrap(),
        ];
        let ran = run(Some(server.home()), &[&to[..], words].concat()).await;
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let read = journal(&file).await;
        let on = |account: &str| -> i64 {
            let all = read.iter().flat_map(postings);
            all.filter(|(name, _)| *name == account)
                .map(|(_, msat)| msat)
                .sum()
        };
        let found = [
            on("Expenses:Lightning:Payments"),
            on("Expenses:Lightning:Fees"),
            -on("Income:Lightning:Payments"),
        ];
        assert_eq!(found, [payments, fees, income], "{words:?}");
    }
}
