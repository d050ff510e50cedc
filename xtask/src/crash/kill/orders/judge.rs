//! What must be true of the lists once every order has come to its end.

use super::{Book, End, Order, Part, load};
use crate::crash::kill::daemon::{Home, call, ok};
use crate::crash::kill::judge::{TICKS_MAX, opens};
use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use std::path::Path;
use tokio::task::JoinSet;

/// How long the calls wait that let everything come to its end, before minutes pass for the payees.
const SOON_SECONDS: u32 = 2;

/// Whoever was told that nothing has changed was told the truth.
pub(super) async fn unchanged(home: &Home, book: &Book) -> Result<()> {
    for order in book.orders.iter().filter(|order| order.must_not_be_there()) {
        let listed = row(&home.rpc_file(), &order.hash).await?;
        ensure!(
            listed.is_null(),
            "told {:?}, and yet it is there: {listed}",
            order.told
        );
    }
    Ok(())
}

/// Lets every order come to its end, and judges it.
pub(super) async fn settle(home: &Home, book: &mut Book) -> Result<()> {
    unchanged(home, book).await?;
    let rpc_file = home.rpc_file();
    in_peace(&rpc_file, book).await?;
    let mut ticks = 0;
    loop {
        let info = ok(&rpc_file, "getinfo", json!([])).await?;
        ensure!(info["alarms"] == 0, "alarms: {info}");
        let pending = ok(&rpc_file, "listpays", json!({"status": "pending"})).await?;
        let is_over = pending["pays"].as_array().is_some_and(Vec::is_empty);
        if is_over && info["live_parts"] == 0 {
            break;
        }
        ensure!(
            ticks < TICKS_MAX,
            "orders without an end: {info}, {pending}"
        );
        ok(&rpc_file, "dev-tick", json!([1])).await?;
        ticks += 1;
    }
    for at in 0..book.orders.len() {
        let answer = call(&rpc_file, "pay", book.orders[at].call(Some(0))).await?;
        load::expected(&answer)?;
        book.orders[at].told.push(answer);
    }
    for order in &mut book.orders[book.judged..] {
        order.judge(&rpc_file).await?;
    }
    book.orders.iter().try_for_each(Order::was_told_one_thing)?;
    book.judged = book.orders.len();
    Ok(())
}

/// Waits for every order that has no end yet, and asks for those that nobody was told of. The others
/// have been resumed, or never end: whoever asks for an order again would set it going.
async fn in_peace(rpc_file: &Path, book: &mut Book) -> Result<()> {
    let mut calls = JoinSet::new();
    for (at, order) in book.orders.iter().enumerate().skip(book.judged) {
        let is_known = order.is_known();
        let (method, params) = if is_known {
            ("waitpayment", json!([order.hash, SOON_SECONDS]))
        } else {
            ("pay", order.call(Some(SOON_SECONDS)))
        };
        let rpc_file = rpc_file.to_owned();
        calls.spawn(async move { (at, is_known, call(&rpc_file, method, params).await) });
    }
    while let Some(called) = calls.join_next().await {
        let (at, is_known, answer) = called.context("a caller died")?;
        let answer = answer?;
        if !is_known {
            load::expected(&answer)?;
            book.orders[at].told.push(answer);
        }
    }
    Ok(())
}

async fn row(rpc_file: &Path, hash: &str) -> Result<Value> {
    let list = ok(rpc_file, "listpays", json!({"payment_hash": hash})).await?;
    Ok(list["pays"][0].clone())
}

impl Order {
    async fn judge(&mut self, rpc_file: &Path) -> Result<()> {
        let filter = json!({"payment_hash": self.hash, "limit": 1_000});
        let row = row(rpc_file, &self.hash).await?;
        let parts = ok(rpc_file, "listpartialpayments", filter.clone()).await?;
        let events = ok(rpc_file, "listevents", filter).await?;
        let array = |list: &Value, key: &str| list[key].as_array().cloned().unwrap_or_default();
        self.parts = array(&parts, "partialpayments")
            .iter()
            .map(Part::of)
            .collect();
        let judged = self
            .is_stored_as(&row)
            .and_then(|()| self.was_delivered(&parts))
            .and_then(|()| has_kept_to_its_terms(&row, &parts))
            .and_then(|()| self.never_flipped(&array(&events, "events")));
        judged.with_context(|| format!("{row}\n{parts}\n{events}\ntold {:?}", self.told))
    }

    fn is_stored_as(&self, row: &Value) -> Result<()> {
        let order = &row["order"];
        let stored = (
            &order["deliver_msat"],
            &order["max_fee_msat"],
            &order["open"],
        );
        let wanted = (&json!(self.amount), &json!(self.cap), &json!(false));
        ensure!(stored == wanted, "wanted {wanted:?}, stored {stored:?}");
        let is_true = match self.end().context("A-11, it has no end")? {
            End::Paid { preimage, order } => {
                let is_paid = row["status"] == "complete" && row["preimage"] == preimage;
                is_paid && order == row["order"]["order"] && opens(&self.hash, &preimage)
            }
            End::Failed { order, .. } => {
                row["status"] == "failed" && order == row["order"]["order"]
            }
        };
        ensure!(is_true, "A-11, told {:?}", self.end());
        Ok(())
    }

    /// All of it, or nothing; and nothing is on its way any more.
    fn was_delivered(&self, parts: &Value) -> Result<()> {
        let is_over = |part: &Value| part["status"] != "pending";
        let rows = parts["partialpayments"].as_array();
        ensure!(
            rows.is_some_and(|rows| rows.iter().all(is_over)),
            "a part has no end"
        );
        let complete = self.parts.iter().filter(|part| part.is_complete);
        let delivered: u64 = complete.map(|part| part.amount).sum();
        match self.end() {
            Some(End::Paid { .. }) if delivered == self.amount => Ok(()),
            Some(End::Failed { .. }) if delivered == 0 => Ok(()),
            end => bail!(
                "B-8, {delivered} of {} were delivered: {end:?}",
                self.amount
            ),
        }
    }

    /// Pending until its one end; no part after the order was closed; and at no moment more than the cap.
    fn never_flipped(&self, events: &[Value]) -> Result<()> {
        let (mut has_ended, mut is_closed, mut opened) = (false, false, 0);
        let (mut out, mut fees) = (0, 0);
        for event in events {
            let is_pending = event["payment_status"] == "pending";
            ensure!(!(has_ended && is_pending), "B-8, pending again: {event}");
            has_ended |= !is_pending;
            let part = self.parts.iter().find(|part| event["id"] == part.id);
            match (event["event"].as_str(), part) {
                (Some("order_opened"), _) => opened += 1,
                (Some("part_accepted"), Some(part)) => {
                    ensure!(!is_closed, "B-6, a part after the end: {event}");
                    (out, fees) = (out + part.amount, fees + part.fee());
                }
                (Some("part_failed"), Some(part)) => {
                    (out, fees) = (out - part.amount, fees - part.fee());
                }
                _ => {}
            }
            ensure!(out <= self.amount, "B-2, {out} of {}: {event}", self.amount);
            ensure!(fees <= self.cap, "B-1, {fees} of {}: {event}", self.cap);
            is_closed |= event["event"] == "order_closed" || event["order_closed"].is_string();
        }
        ensure!(has_ended && is_closed, "B-7, it has no end");
        ensure!(opened == 1, "B-5, {opened} orders");
        Ok(())
    }
}

impl Part {
    fn of(row: &Value) -> Part {
        let number = |key: &str| row[key].as_u64().unwrap_or(0);
        Part {
            id: number("id"),
            amount: number("amount_msat"),
            sent: number("amount_sent_msat"),
            is_complete: row["status"] == "complete",
        }
    }

    fn fee(&self) -> u64 {
        self.sent - self.amount
    }
}

/// No part after the deadline, however often the daemon was killed.
fn has_kept_to_its_terms(row: &Value, parts: &Value) -> Result<()> {
    let deadline = row["order"]["deadline"].as_u64().context("a deadline")?;
    for part in parts["partialpayments"].as_array().into_iter().flatten() {
        let at = part["created_at"].as_u64().context("a time")?;
        ensure!(at <= deadline, "B-3, a part at {at}, after {deadline}");
    }
    Ok(())
}
