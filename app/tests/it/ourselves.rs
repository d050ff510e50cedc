//! A payment to ourselves, around over the real network and back: two rows, which name each other, and
//! nothing in the books but its fee.

use crate::support::{Daemon, python, run, soon};
use serde_json::{Value, json};

/// What the circle delivers, and what it costs.
const AMOUNT: u64 = 30_000;
const FEE_OF_EACH: u64 = 4_000;

/// By bob and dave, and back by carol.
async fn circle(daemon: &Daemon, us: &str) -> Value {
    let one = daemon.route(0, AMOUNT).await;
    let two = daemon.route(1, AMOUNT).await;
    let hop = |id: &Value, channel: &Value, left: u64| {
        json!({
            "id": id, "channel": channel, "amount_msat": AMOUNT + left * FEE_OF_EACH,
            "delay": 60 + left * 80,
        })
    };
    json!([
        hop(&one[0]["id"], &one[0]["channel"], 3),
        hop(&one[1]["id"], &one[1]["channel"], 2),
        hop(&two[0]["id"], &two[1]["channel"], 1),
        hop(&json!(us), &two[0]["channel"], 0),
    ])
}

/// Pays an invoice of our own, and waits until both of its rows are there.
async fn pay_ourselves(daemon: &Daemon) -> Vec<Value> {
    let invoice = daemon.ok("invoice", json!([AMOUNT, "circular", "rebalance"]));
    let invoice = invoice.await;
    let mut part = json!({
        "route": daemon.route(0, AMOUNT).await,
        "payment_hash": invoice["payment_hash"],
        "intended_msatoshi": AMOUNT,
        "bolt11": invoice["bolt11"],
    });
    let refused = daemon.refused("sendpartialpay", part.clone()).await;
    let mut words = refused.message.split(|c: char| !c.is_ascii_hexdigit());
    let us = words.find(|word| word.len() == 66).expect("whom it is for");
    part["route"] = circle(daemon, us).await;
    let sent = daemon.ok("sendpartialpay", part).await;
    daemon.ok("waitpartialpay", json!([sent["id"]])).await;
    soon("both rows", async {
        loop {
            let rows = daemon.payments(json!({"direction": "all"})).await;
            if rows.len() == 2 {
                return rows;
            }
            tokio::task::yield_now().await;
        }
    })
    .await
}

#[tokio::test]
async fn a_payment_to_ourselves_is_its_fee_alone_in_the_books() {
    let (home, daemon) = Daemon::fresh().await;
    let rows = pay_ourselves(&daemon).await;
    for (row, other) in [(&rows[0], &rows[1]), (&rows[1], &rows[0])] {
        assert_eq!(row["self_payment"], other["id"], "{row}");
        assert_eq!(row["self_msat"], AMOUNT, "{row}");
    }
    let fee = rows
        .iter()
        .find_map(|row| row["fee_msat"].as_u64())
        .unwrap();
    assert_eq!(fee, 3 * FEE_OF_EACH);

    let file = home.path().join("books.beancount");
    let to = file.to_str().unwrap();
    let words = ["export", "--format", "beancount", "--output", to];
    let ran = run(Some(home.path()), &words).await;
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let books = std::fs::read_to_string(&file).unwrap();
    for account in ["Income:", "Expenses:Lightning:Payments"] {
        assert!(!books.contains(account), "{books}");
    }
    let postings: Vec<Vec<&str>> = books
        .lines()
        .filter(|line| line.ends_with(" SAT") && line.starts_with("  "))
        .map(|line| line.split_whitespace().collect())
        .collect();
    let expect = [
        ["Expenses:Lightning:Fees", "12.000", "SAT"],
        ["Assets:Lightning:Embedded", "-12.000", "SAT"],
    ];
    assert_eq!(postings, expect);
    let checked = std::process::Command::new(python().with_file_name("bean-check"))
        .arg(&file)
        .output()
        .unwrap();
    assert!(checked.status.success(), "{checked:?}");

    let csv = run(Some(home.path()), &["export", "--format", "csv"]).await;
    let mut table = csv::Reader::from_reader(csv.stdout.as_bytes());
    let mut at = |name: &str| {
        table
            .headers()
            .unwrap()
            .iter()
            .position(|column| column == name)
    };
    let (mark, id) = (at("self_payment").unwrap(), at("id").unwrap());
    let records: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
    assert_eq!(
        (&records[0][mark], &records[1][mark]),
        (&records[1][id], &records[0][id])
    );
}

/// What it delivered goes with it; that it was ours does not.
#[tokio::test]
async fn a_payment_to_ourselves_that_is_deleted_leaves_no_income() {
    let (home, daemon) = Daemon::fresh().await;
    let rows = pay_ourselves(&daemon).await;
    daemon
        .ok("delpayment", json!([rows[0]["payment_hash"]]))
        .await;
    let left = daemon.payments(json!({"direction": "all"})).await;
    let [left] = &left[..] else {
        panic!("{left:?}")
    };
    assert_eq!(
        (&left["direction"], &left["self_msat"]),
        (&json!("incoming"), &json!(AMOUNT))
    );
    let ran = run(Some(home.path()), &["export", "--format", "hledger"]).await;
    assert!(!ran.stdout.contains("Income:"), "{}", ran.stdout);
    assert!(
        ran.stderr.contains("1 came from ourselves"),
        "{}",
        ran.stderr
    );
}

/// The newest first, a page at a time, and how many there are.
#[tokio::test]
async fn the_newest_payments_come_first_with_how_many_there_are() {
    let (_home, daemon) = Daemon::fresh().await;
    pay_ourselves(&daemon).await;
    for _ in 0..2 {
        let invoice = daemon.invoice().await;
        daemon.send_in_vain(&invoice, 0, AMOUNT).await;
    }
    let mut params = json!({"direction": "all", "reverse": true, "limit": 3});
    let page = daemon.ok("listpayments", params.clone()).await;
    let ids = |page: &Value| -> Vec<u64> {
        let rows = page["payments"].as_array().unwrap().iter();
        rows.map(|row| row["id"].as_u64().unwrap()).collect()
    };
    assert_eq!((ids(&page), &page["total"]), (vec![4, 3, 2], &json!(4)));
    params["start"] = page["next"].clone();
    let page = daemon.ok("listpayments", params).await;
    assert_eq!((ids(&page), page.get("next")), (vec![1], None));
    let failed = daemon.ok("listpayments", json!({"status": "failed"})).await;
    assert_eq!(failed.get("total"), None, "not without counting");
    let counted = json!({"status": "failed", "total": true, "limit": 1});
    let counted = daemon.ok("listpayments", counted).await;
    assert_eq!(counted["total"], 2);
}
