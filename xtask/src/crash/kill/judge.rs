//! What must be true of the lists once everything has come to its end.

use super::book::{Book, Part, Payment};
use super::daemon::{Answer, Home, ok};
use super::load;
use anyhow::{Context, Result, ensure};
use domain::{PaymentHash, Preimage};
use fastrand::Rng;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// How often minutes pass for the payee until he must have given up on every half payment.
pub(super) const TICKS_MAX: u32 = 60;
const PAGE: u64 = 500;

/// Whoever was told that nothing has changed was told the truth.
pub(super) async fn unchanged(home: &Home, book: &Book) -> Result<()> {
    for payment in &book.payments {
        for part in payment.parts.iter().filter(|part| part.must_not_be_there()) {
            let filter = json!({"payment_hash": payment.hash});
            let list = ok(&home.rpc_file(), "listpartialpayments", filter).await?;
            let rows = list["partialpayments"].as_array();
            let is_there = rows.is_some_and(|rows| {
                rows.iter()
                    .any(|row| row["label"] == part.request_id.as_str())
            });
            ensure!(!is_there, "told {:?}, and yet it is there", part.told);
        }
    }
    Ok(())
}

/// Lets everything come to its end, and judges it.
pub(super) async fn settle(home: &Home, book: &mut Book, dice: &mut Rng) -> Result<()> {
    unchanged(home, book).await?;
    load::in_peace(home, book, dice).await?;
    let rpc_file = home.rpc_file();
    let mut ticks = 0;
    loop {
        let info = ok(&rpc_file, "getinfo", json!([])).await?;
        ensure!(info["alarms"] == 0, "alarms: {info}");
        if info["live_parts"] == 0 {
            break;
        }
        ensure!(ticks < TICKS_MAX, "parts without an end: {info}");
        ok(&rpc_file, "dev-tick", json!([1])).await?;
        ticks += 1;
    }
    let parts = all(&rpc_file, "listpartialpayments", "partialpayments").await?;
    let payments = all(&rpc_file, "listpayments", "payments").await?;
    wait_for_all(&rpc_file, book).await?;
    judge(book, &parts, &payments)?;
    book.judged = book.payments.len();
    Ok(())
}

/// Waiting for what has ended long ago answers as if one had waited then.
async fn wait_for_all(rpc_file: &Path, book: &mut Book) -> Result<()> {
    let new = book.judged;
    for payment in &mut book.payments[new..] {
        for part in &mut payment.parts {
            if let Some(id) = part.id() {
                part.waited.push(load::wait(rpc_file, id, 0).await?);
                book.resolved += 1;
            }
        }
    }
    Ok(())
}

/// Every row, a page at a time.
async fn all(rpc_file: &Path, method: &str, field: &str) -> Result<Vec<Value>> {
    let mut rows = Vec::new();
    loop {
        let start = rows
            .last()
            .map_or(1, |row: &Value| row["id"].as_u64().unwrap_or(0) + 1);
        let page = ok(rpc_file, method, json!({"start": start, "limit": PAGE})).await?;
        let page = page[field].as_array().context("a list has rows")?.clone();
        if page.is_empty() {
            return Ok(rows);
        }
        rows.extend(page);
    }
}

fn judge(book: &Book, parts: &[Value], payments: &[Value]) -> Result<()> {
    let mut by_label = BTreeMap::new();
    for row in parts {
        let label = row["label"].as_str().context("every part has its label")?;
        let other = by_label.insert(label, row);
        ensure!(
            other.is_none(),
            "A-14, one request, two parts: {other:?}, {row}"
        );
    }
    let by_hash: BTreeMap<&str, &Value> = payments
        .iter()
        .map(|row| (row["payment_hash"].as_str().unwrap_or_default(), row))
        .collect();
    let mut expected = 0;
    for payment in &book.payments {
        let mut delivered = 0;
        for part in payment.parts.iter().filter(|part| part.is_known()) {
            expected += 1;
            let row = by_label.get(part.request_id.as_str());
            let row = row.with_context(|| format!("acknowledged and lost: {:?}", part.told))?;
            part.is_stored_as(row)?;
            if row["status"] == "complete" {
                delivered += part.amount;
            }
        }
        let row = by_hash.get(payment.hash.as_str());
        let row = row.with_context(|| format!("no payment {}", payment.hash))?;
        payment.is_all_or_nothing(row, delivered)?;
    }
    ensure!(
        parts.len() == expected && payments.len() == book.payments.len(),
        "{} parts of {} payments are stored, {expected} of {} were asked for",
        parts.len(),
        payments.len(),
        book.payments.len()
    );
    Ok(())
}

impl Part {
    fn is_stored_as(&self, row: &Value) -> Result<()> {
        let first = self.first_answer().context("it was acknowledged")?;
        let own = [
            "id",
            "payment_hash",
            "amount_msat",
            "amount_sent_msat",
            "route",
            "label",
        ];
        for key in own
            .into_iter()
            .chain(["intended_msatoshi", "created_at", "node"])
        {
            ensure!(first[key] == row[key], "told {first}, stored {row}: {key}");
        }
        ensure!(row["amount_msat"] == self.amount, "another amount: {row}");
        for answer in &self.waited {
            let is_true = match answer {
                Answer::Result(told) => told == row && is_proven(row),
                // It went on for longer than he waited.
                Answer::Error {
                    code: 200 | -32005, ..
                }
                | Answer::Cut => true,
                Answer::Error { code, .. } => {
                    row["status"] == "failed" && row["failure"]["code"] == *code
                }
            };
            ensure!(
                is_true,
                "A-11, a waiter was told {answer:?}, stored is {row}"
            );
        }
        let has_end = self.completed().is_some() || row["status"] == "failed";
        ensure!(has_end, "it has no end: {row}");
        Ok(())
    }
}

impl Payment {
    fn is_all_or_nothing(&self, row: &Value, delivered: u64) -> Result<()> {
        let fits = match row["status"].as_str() {
            Some("complete") => delivered == self.intended && is_proven(row),
            Some("failed") => delivered == 0,
            _ => false,
        };
        let intended = self.intended;
        ensure!(fits, "A-8, {delivered} of {intended} were delivered: {row}");
        Ok(())
    }
}

/// Whether SHA256 of what a row calls its preimage is its payment hash.
fn is_proven(row: &Value) -> bool {
    let hash = row["payment_hash"].as_str().unwrap_or_default();
    opens(hash, &row["payment_preimage"])
}

/// Whether SHA256 of that preimage is that payment hash.
pub(super) fn opens(hash: &str, preimage: &Value) -> bool {
    let mut bytes = [0; 32];
    let hash: Option<PaymentHash> = hash.parse().ok();
    hex::decode_to_slice(preimage.as_str().unwrap_or_default(), &mut bytes).is_ok()
        && hash.is_some_and(|hash| Preimage::proving(hash, bytes).is_ok())
}
