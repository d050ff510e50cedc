//! What must be true of the file once everything has come to its end.

mod orders;

use super::book::{Asked, Book};
use super::caller::STORED_KEY;
use crate::crash::copied::{copied, is_sound};
use anyhow::{Context, Result, bail, ensure};
use domain::contract::samples::{hash, preimage};
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::path::Path;

/// A part as it is stored.
struct Row {
    id: u64,
    hash: [u8; 32],
    status: i64,
    amount: u64,
    intended: u64,
    preimage: Option<[u8; 32]>,
    key: Option<String>,
    is_of_order: bool,
}

const COMPLETE: i64 = 1;
const FAILED: i64 = 2;

/// Compares the file with the book.
pub(super) fn judge(db: &Path, book: &Book) -> Result<()> {
    let db = Connection::open(db)?;
    is_sound(&db)?;
    let rows = rows(&db)?;
    for asked in &book.asked {
        let row = rows.iter().find(|row| row.id == asked.part);
        let row = row.with_context(|| format!("acknowledged and lost: {asked:?}"))?;
        row.is_what_was(asked)?;
    }
    let of_callers = rows.iter().filter(|row| !row.is_of_order).count();
    ensure!(
        of_callers == book.asked.len(),
        "{of_callers} parts are stored, {} were asked for",
        book.asked.len()
    );
    orders::judge(&db, book)?;
    for row in &rows {
        row.has_the_end_that_the_node_tells(book)?;
    }
    within_the_ceiling(&rows)?;
    sent_once(&rows, book)?;
    for told in &book.waited {
        let was_true = book.was_true(told);
        ensure!(was_true, "A-11, a waiter was told {told:?}");
    }
    Ok(())
}

/// Whoever was told that nothing has changed was told so for good: nothing comes back with the log that
/// a crash leaves behind.
pub(super) fn unchanged(db: &Path, book: &Book) -> Result<()> {
    let (_folder, copy) = copied(db)?;
    for key in &book.unchanged {
        let mut read = copy.prepare(STORED_KEY)?;
        let is_there = read.exists([key])?;
        ensure!(
            !is_there,
            "A-14, {key} was told that nothing changed, and came back"
        );
    }
    Ok(())
}

fn rows(db: &Connection) -> Result<Vec<Row>> {
    let mut read = db.prepare(
        "select parts.id, payment_hash, parts.status, amount_msat, intended_msat, \
         payment_preimage, request_id, \
         exists (select 1 from orders where orders.payment_id = payments.id) from parts join payments on payments.id = parts.payment_id \
         left join requests on requests.part_id = parts.id order by parts.id",
    )?;
    let rows = read.query_map([], |row| {
        let number = |at: usize| row.get(at).map(i64::cast_unsigned);
        Ok(Row {
            id: number(0)?,
            hash: row.get(1)?,
            status: row.get(2)?,
            amount: number(3)?,
            intended: number(4)?,
            preimage: row.get(5)?,
            key: row.get(6)?,
            is_of_order: row.get(7)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

impl Row {
    fn is_what_was(&self, asked: &Asked) -> Result<()> {
        let stored = (self.amount, self.intended, &self.key, self.hash);
        let told = (asked.amount, asked.intended, &asked.key, hash(asked.n).0);
        ensure!(stored == told, "told {told:?}, stored {stored:?}");
        Ok(())
    }

    fn has_the_end_that_the_node_tells(&self, book: &Book) -> Result<()> {
        let n = (1..9).find(|n| hash(*n).0 == self.hash);
        let n = n.context("nobody's payment")?;
        match (book.end_of(self.id), self.status) {
            (Some(true), COMPLETE) => {
                let proof = Some(*preimage(n).1.expose());
                ensure!(self.preimage == proof, "A-6, part {} has no proof", self.id);
                Ok(())
            }
            (Some(false), FAILED) => Ok(()),
            // A part that the order had no use for any more never left.
            (None, FAILED) if self.is_of_order && !book.has_sent(self.id) => Ok(()),
            (said, status) => bail!("part {}: the node says {said:?}, stored {status}", self.id),
        }
    }
}

fn within_the_ceiling(rows: &[Row]) -> Result<()> {
    let mut sums: BTreeMap<[u8; 32], u64> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.status != FAILED) {
        let sum = sums.entry(row.hash).or_default();
        *sum += row.amount;
        ensure!(*sum <= row.intended, "A-1, more than was intended: {sum}");
    }
    Ok(())
}

fn sent_once(rows: &[Row], book: &Book) -> Result<()> {
    for sent in &book.ledger {
        let (part, times) = (sent.part, sent.times);
        ensure!(times == 1, "A-4, part {part} was sent {times} times");
        let is_stored = rows
            .iter()
            .any(|row| row.id == part && row.hash == hash(sent.n).0);
        ensure!(is_stored, "A-3, part {part} was sent and is not stored");
    }
    Ok(())
}
