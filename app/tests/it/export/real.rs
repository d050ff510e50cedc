//! What a real daemon has paid, exported and read back.

use super::{FORMATS, bookings, lines, table};
use crate::support::{Daemon, Home, Invoice, LARGER, WHOLE, run};
use serde_json::{Value, json};
use std::path::Path;

const HOSTILE: &str = "=cmd|'/C calc'!A0 \"quoted\" \\ ; =2026-01-01 open Assets:Mine";

/// Two complete payments, a failed and a pending one, and one that is damaged, on pages of two.
struct Paid {
    home: Home,
    daemon: Daemon,
    in_two: Invoice,
    hostile: Invoice,
}

impl Paid {
    async fn new() -> Paid {
        let home = Home::new();
        let daemon = home.start().await;
        let [in_two, failed, hostile, pending, damaged] = [
            daemon.invoice().await,
            daemon.invoice().await,
            daemon.invoice().await,
            daemon.invoice().await,
            daemon.invoice().await,
        ];
        daemon.pay_in_two(&in_two).await;
        daemon.send_in_vain(&failed, 0, LARGER).await;
        let mut part = hostile.part(&daemon.route(0, WHOLE).await);
        part["description"] = json!(HOSTILE);
        part["label"] = json!("-label");
        daemon.ok("sendpartialpay", part).await;
        daemon.ok("waitsendpay", json!([hostile.hash])).await;
        daemon.send(&pending, &daemon.route(0, LARGER).await).await;
        daemon.pay_in_two(&damaged).await;
        daemon.terminate().await;
        damage(home.path(), 5);
        let mut command = home.ampered();
        command.env("AMPERE_LIMITS_PAGE_MAX", "2");
        command.env("AMPERE_LIMITS_PAGE_DEFAULT", "2");
        let daemon = Daemon::spawn(command, home.path().join("ampere-rpc")).await;
        Paid {
            home,
            daemon,
            in_two,
            hostile,
        }
    }

    /// What is exported, into a file.
    async fn exported(&self, format: &str) -> String {
        let file = self.home.path().join(format);
        let words = [
            "export",
            "--format",
            format,
            "--output",
            file.to_str().unwrap(),
        ];
        let ran = run(Some(self.home.path()), &words).await;
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert!(
            ran.stderr.contains("warning: damaged rows: 1"),
            "{}",
            ran.stderr
        );
        std::fs::read_to_string(&file).unwrap()
    }

    /// The fees of a payment, from its parts.
    async fn fee(&self, invoice: &Invoice) -> u64 {
        let parts = self.daemon.parts_of(invoice).await;
        let msat = |part: &Value, field: &str| part[field].as_u64().unwrap();
        let fees = parts
            .iter()
            .map(|part| msat(part, "amount_sent_msat") - msat(part, "amount_msat"));
        fees.sum()
    }
}

/// Takes away what must be there.
fn damage(home: &Path, id: i64) {
    let database = rusqlite::Connection::open(home.join("ampere.sqlite3")).unwrap();
    database
        .pragma_update(None, "ignore_check_constraints", true)
        .unwrap();
    let changed = database.execute("update payments set status = 2 where id = ?1", [id]);
    assert_eq!(changed.unwrap(), 1);
}

#[tokio::test]
async fn what_a_real_daemon_has_paid_is_exported_and_read_back() {
    let paid = Paid::new().await;
    let statuses = ["complete", "failed", "complete", "pending", "quarantined"];
    let fees = [paid.fee(&paid.in_two).await, paid.fee(&paid.hostile).await];
    assert!(fees.iter().all(|fee| *fee > 0));

    let rows = table(&paid.exported("csv").await);
    let column = |name: &str| -> Vec<&str> {
        let fields = rows.iter().map(|row| row[name].as_str().unwrap());
        fields.collect()
    };
    assert_eq!(column("status"), statuses);
    assert_eq!(column("id"), ["1", "2", "3", "4", "5"]);
    let fee = fees.map(|fee| fee.to_string());
    assert_eq!(column("fee_msat"), [&fee[0], "", &fee[1], "", ""]);
    let guarded = "'=cmd|'/C calc'!A0 \"quoted\" \\ ; '=2026-01-01 open Assets:Mine";
    assert_eq!(column("description")[2], guarded);
    assert_eq!(column("bolt11")[2], paid.hostile.bolt11);
    assert_eq!(column("label")[2], "'-label");
    assert_eq!(column("parts"), ["2", "1", "1", "1", ""]);

    let objects = lines(&paid.exported("jsonl").await);
    assert_eq!(objects.len(), 5);
    for (index, invoice) in [(0, &paid.in_two), (2, &paid.hostile)] {
        let row = paid.daemon.payment(invoice).await;
        let row = row.as_object().unwrap();
        assert!(
            row.iter()
                .all(|(field, value)| objects[index][field] == *value)
        );
    }
    assert_eq!(objects[2]["description"], HOSTILE);
    assert_eq!(objects[2]["fee_msat"], fees[1]);

    paid.exported("beancount").await;
    let bookings = bookings(&paid.home.path().join("beancount")).await;
    assert_eq!(bookings.len(), 2);
    assert_eq!(bookings[1]["narration"], HOSTILE);
    for (booking, fee) in bookings.iter().zip(fees) {
        let satoshi = |msat: u64| format!("{}.{:03}", msat / 1_000, msat % 1_000);
        let expect = json!([
            ["Expenses:Lightning:Payments", satoshi(WHOLE), "SAT"],
            ["Expenses:Lightning:Fees", satoshi(fee), "SAT"],
            [
                "Assets:Lightning",
                format!("-{}", satoshi(WHOLE + fee)),
                "SAT"
            ],
        ]);
        assert_eq!(booking["postings"], expect);
    }
}

#[tokio::test]
async fn a_daemon_that_has_paid_nothing_exports_nothing() {
    let (home, _daemon) = Daemon::fresh().await;
    for format in FORMATS {
        let ran = run(Some(home.path()), &["export", "--format", format]).await;
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert!(!ran.stdout.contains("payment_hash:"), "{}", ran.stdout);
    }
}
