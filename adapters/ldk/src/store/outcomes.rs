//! What became of our parts: kept for ever, however often LDK forgets it. (Files of before have keys, `known`,
//! whose outcome is gone.)

use super::{Store, StoreError, Turn};
use crate::key;
use domain::{
    Cursor, Failure, FailureCode, Heard, NodeId, Outcome, PartId, PaymentHash, ShortChannelId,
};
use rusqlite::{Connection, OptionalExtension, Row, params};

/// One outcome, without its place in the table.
pub(crate) struct ToldOutcome {
    /// The part's key.
    pub(crate) part: PartId,
    /// The part's payment.
    pub(crate) payment_hash: PaymentHash,
    /// What LDK says.
    pub(crate) word: Outcome,
}

const COLUMNS: &str = "seq, part, payment_hash, preimage, code, message, erring_index, failcode, \
                       erring_node, erring_channel";

impl Store {
    /// What became of that part. The proof of payment goes before everything else.
    pub(crate) fn outcome(
        &self,
        part: PartId,
        hash: PaymentHash,
    ) -> Result<Option<Outcome>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM outcomes WHERE part = ? AND payment_hash = ? \
             ORDER BY preimage IS NULL, seq LIMIT 1"
        );
        let mut read = self.db.prepare_cached(&sql)?;
        let key = params![part.0.cast_signed(), hash.0];
        let found = read.query_row(key, |row| Ok(heard(row))).optional()?;
        found.map(|heard| Ok(heard?.outcome)).transpose()
    }

    /// Whether that part ever had an outcome, forgotten or not.
    pub(crate) fn had_outcome(&self, part: PartId, hash: PaymentHash) -> Result<bool, StoreError> {
        Ok(self.outcome(part, hash)?.is_some() || self.was_forgotten(part, hash)?)
    }

    /// Whether that part had an outcome that was told, stored elsewhere and forgotten here.
    pub(crate) fn was_forgotten(
        &self,
        part: PartId,
        hash: PaymentHash,
    ) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM known WHERE payment_id = ?";
        let id = key::payment_id(part, hash);
        Ok(self.db.prepare_cached(sql)?.exists([id.0])?)
    }

    /// The place of the last outcome of all time, forgotten or not; 0 before the first.
    pub(crate) fn last_outcome(&self) -> Result<u64, StoreError> {
        last(&self.db)
    }

    /// Outcomes after that place, oldest first.
    pub(crate) fn outcomes_after(&self, seq: u64, limit: u32) -> Result<Vec<Heard>, StoreError> {
        let sql =
            format!("SELECT {COLUMNS} FROM outcomes WHERE seq > ? ORDER BY seq LIMIT {limit}");
        let mut read = self.db.prepare_cached(&sql)?;
        let rows = read.query_map([seq.cast_signed()], |row| Ok(heard(row)))?;
        rows.map(|row| row?).collect()
    }
}

/// Writes what a turn changed of them. Returns the last one's place if it has changed.
pub(super) fn write(db: &Connection, turn: &Turn) -> Result<Option<u64>, StoreError> {
    // First: nothing in the table is beyond the cursor yet, so no two rows meet on their way.
    if let Some(cursor) = turn.above {
        lift(db, cursor)?;
    }
    append(db, &turn.outcomes)?;
    let is_moved = turn.above.is_some() || !turn.outcomes.is_empty();
    is_moved.then(|| last(db)).transpose()
}

fn last(db: &Connection) -> Result<u64, StoreError> {
    let sql = "SELECT seq FROM sqlite_sequence WHERE name = 'outcomes'";
    let last: Option<i64> = db
        .prepare_cached(sql)?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(last.unwrap_or(0).cast_unsigned())
}

/// Moves every outcome, and the numbering, above a cursor that this life never gave out: no outcome
/// is at or before it, now or later, so going on from there skips nothing.
fn lift(db: &Connection, cursor: u64) -> Result<(), StoreError> {
    let last = (cursor + last(db)?).cast_signed();
    db.execute("UPDATE outcomes SET seq = seq + ?", [cursor.cast_signed()])?;
    db.execute("DELETE FROM sqlite_sequence WHERE name = 'outcomes'", [])?;
    db.execute("INSERT INTO sqlite_sequence VALUES ('outcomes', ?)", [last])?;
    Ok(())
}

fn append(db: &Connection, outcomes: &[ToldOutcome]) -> Result<(), StoreError> {
    for ToldOutcome {
        part,
        payment_hash,
        word,
    } in outcomes
    {
        let (preimage, failure) = match word {
            Outcome::Fulfilled(preimage) => (Some(preimage), None),
            Outcome::Failed(failure) => (None, Some(failure)),
        };
        let mut write = db.prepare_cached(
            "INSERT INTO outcomes (part, payment_hash, preimage, code, message, erring_index, \
             failcode, erring_node, erring_channel) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?;
        write.execute(params![
            part.0.cast_signed(),
            payment_hash.0,
            preimage,
            failure.map(|f| f.code.number()),
            failure.map(|f| &f.message),
            failure.and_then(|f| f.erring_index),
            failure.and_then(|f| f.failcode),
            failure.and_then(|f| f.erring_node).map(|n| *n.bytes()),
            failure
                .and_then(|f| f.erring_channel)
                .map(|c| c.0.cast_signed()),
        ])?;
    }
    Ok(())
}

fn heard(row: &Row<'_>) -> Result<Heard, StoreError> {
    let outcome = match row.get::<_, Option<[u8; 32]>>("preimage")? {
        Some(preimage) => Outcome::Fulfilled(preimage),
        None => Outcome::Failed(Box::new(failure(row)?)),
    };
    Ok(Heard {
        cursor: Cursor(row.get::<_, i64>("seq")?.cast_unsigned()),
        part: PartId(row.get::<_, i64>("part")?.cast_unsigned()),
        payment_hash: PaymentHash(row.get("payment_hash")?),
        outcome,
    })
}

fn failure(row: &Row<'_>) -> Result<Failure, StoreError> {
    let damaged = || StoreError::Damaged("outcome");
    let code = FailureCode::from_number(row.get("code")?).ok_or_else(damaged)?;
    let node: Option<[u8; 33]> = row.get("erring_node")?;
    let channel: Option<i64> = row.get("erring_channel")?;
    Ok(Failure {
        erring_index: row.get("erring_index")?,
        failcode: row.get("failcode")?,
        erring_node: node.map(NodeId::new).transpose().map_err(|_| damaged())?,
        erring_channel: channel.map(|c| ShortChannelId(c.cast_unsigned())),
        ..Failure::plain(code, row.get::<_, String>("message")?)
    })
}
