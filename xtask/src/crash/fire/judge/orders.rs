//! The orders: each is stored once, has come to its end, was told truthfully, and kept to its cap, by
//! the node's own book.

use super::{COMPLETE, FAILED};
use crate::crash::fire::book::{Book, Ordered};
use crate::crash::fire::payer::{CAP, DELIVER};
use anyhow::{Context, Result, bail, ensure};
use domain::contract::samples::hash;
use rusqlite::{Connection, params};
use std::collections::BTreeMap;

/// An order as it is stored, with its payment.
struct Row {
    key: String,
    order: u64,
    payment: i64,
    hash: [u8; 32],
    status: i64,
    terms: (u64, u64),
    /// The event with which it was closed.
    closed: Option<i64>,
}

/// A line of a payment's history.
struct Event {
    seq: i64,
    kind: i64,
    part: Option<u64>,
    status: i64,
}

const PENDING: i64 = 0;
/// A part was accepted.
const ACCEPTED: i64 = 1;

pub(super) fn judge(db: &Connection, book: &Book) -> Result<()> {
    let rows = rows(db)?;
    for ordered in &book.orders {
        let row = rows.iter().find(|row| row.key == ordered.key);
        let row = row.with_context(|| format!("acknowledged and lost: {ordered:?}"))?;
        row.is_what_was(ordered)?;
        row.has_kept_to_its_terms(db, ordered.n, book)?;
        row.never_flipped(&history(db, row.payment)?)?;
    }
    ensure!(
        rows.len() == book.orders.len(),
        "B-5, {} orders are stored, {} were asked for",
        rows.len(),
        book.orders.len()
    );
    for end in &book.ends {
        let row = rows.iter().find(|row| row.hash == hash(end.n).0);
        let is_paid = row.map(|row| row.status == COMPLETE);
        ensure!(is_paid == Some(end.is_paid), "A-11, told {end:?}");
        let others = book.ends.iter().filter(|other| other.n == end.n).count();
        ensure!(others == 1, "B-8, two ends were told: {:?}", book.ends);
    }
    Ok(())
}

fn rows(db: &Connection) -> Result<Vec<Row>> {
    let mut read = db.prepare(
        "select coalesce(request_id, ''), orders.seq, payments.id, payment_hash, status, \
         orders.deliver_msat, orders.max_fee_msat, closed_event \
         from orders join payments on payments.id = payment_id order by orders.seq",
    )?;
    let rows = read.query_map([], |row| {
        let number = |at: usize| row.get(at).map(i64::cast_unsigned);
        Ok(Row {
            key: row.get(0)?,
            order: number(1)?,
            payment: row.get(2)?,
            hash: row.get(3)?,
            status: row.get(4)?,
            terms: (number(5)?, number(6)?),
            closed: row.get(7)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn history(db: &Connection, payment: i64) -> Result<Vec<Event>> {
    let mut read = db.prepare(
        "select seq, kind, part_id, payment_status from events where payment_id = ? order by seq",
    )?;
    let events = read.query_map([payment], |row| {
        Ok(Event {
            seq: row.get(0)?,
            kind: row.get(1)?,
            part: row.get::<_, Option<i64>>(2)?.map(i64::cast_unsigned),
            status: row.get(3)?,
        })
    })?;
    Ok(events.collect::<Result<_, _>>()?)
}

impl Row {
    fn is_what_was(&self, ordered: &Ordered) -> Result<()> {
        let stored = (self.order, self.hash, self.terms);
        let told = (ordered.order, hash(ordered.n).0, (DELIVER, CAP));
        ensure!(stored == told, "told {told:?}, stored {stored:?}");
        Ok(())
    }

    /// Paid whole or not at all; and at no moment did more cost than the cap, as the node sent it.
    fn has_kept_to_its_terms(&self, db: &Connection, n: u64, book: &Book) -> Result<()> {
        let mut delivered = 0;
        let (mut out, mut fees) = (0, 0);
        let mut live: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
        for event in history(db, self.payment)? {
            let Some(part) = event.part else { continue };
            if event.kind == ACCEPTED {
                let carried = self.carried(db, part, book)?;
                live.insert(part, carried);
                (out, fees) = (out + carried.0, fees + carried.1);
                ensure!(out <= DELIVER, "B-2, {out} of {DELIVER} at part {part}");
                ensure!(fees <= CAP, "B-1, {fees} of {CAP} at part {part}");
                continue;
            }
            let carried = live.remove(&part).context("A-7, two ends of a part")?;
            if book.end_of(part) == Some(true) {
                delivered += carried.0;
            } else {
                (out, fees) = (out - carried.0, fees - carried.1);
            }
        }
        ensure!(live.is_empty(), "parts of {n} have no end: {live:?}");
        match (self.status, delivered) {
            (COMPLETE, DELIVER) | (FAILED, 0) => Ok(()),
            (status, delivered) => bail!("B-8, status {status}, {delivered} of {n} delivered"),
        }
    }

    /// What a part delivers and costs: as the node sent it, or as it is stored if it never left.
    fn carried(&self, db: &Connection, part: u64, book: &Book) -> Result<(u64, u64)> {
        let sql = "select amount_msat, amount_sent_msat from parts where id = ?";
        let number = |row: &rusqlite::Row<'_>, at: usize| row.get(at).map(i64::cast_unsigned);
        let stored = db.query_row(sql, params![part.cast_signed()], |row| {
            Ok((number(row, 0)?, number(row, 1)?))
        })?;
        let sent = book.ledger.iter().find(|sent| sent.part == part);
        let sent = sent.map_or(stored, |sent| (sent.amount, sent.with_fees));
        ensure!(
            sent == stored,
            "part {part} of {}: sent {sent:?}, stored {stored:?}",
            self.key
        );
        Ok((stored.0, stored.1 - stored.0))
    }

    /// Pending until its one end, and no part after the order was closed.
    fn never_flipped(&self, history: &[Event]) -> Result<()> {
        let closed = self.closed.context("an order has no end")?;
        let mut has_ended = false;
        for event in history {
            let is_pending = event.status == PENDING;
            ensure!(
                !(has_ended && is_pending),
                "B-8, pending again at {}",
                event.seq
            );
            has_ended |= !is_pending;
            let is_late = event.kind == ACCEPTED && event.seq > closed;
            ensure!(!is_late, "B-6, a part after the end: {:?}", event.part);
        }
        ensure!(has_ended, "B-8, pending for ever");
        Ok(())
    }
}
