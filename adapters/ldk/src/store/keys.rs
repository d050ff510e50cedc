//! Every part that LDK was ever handed, for ever: what a database that is older than this file has to ask for.

use super::{Store, StoreError};
use domain::{Msat, PartId, PaymentHash};
use rusqlite::{Connection, params};

/// A part's key, and what left with it.
#[derive(Clone, Copy)]
pub(crate) struct Key {
    pub(crate) part: PartId,
    pub(crate) payment_hash: PaymentHash,
    /// Fees included; not known of what was offered before this was kept.
    pub(crate) amount_sent: Option<Msat>,
}

impl Store {
    /// So many keys after that one, by number.
    pub(crate) fn keys_after(
        &self,
        (part, hash): (PartId, PaymentHash),
        limit: u32,
    ) -> Result<Vec<Key>, StoreError> {
        let sql = format!(
            "SELECT part, payment_hash, amount_sent FROM keys \
             WHERE (part, payment_hash) > (?, ?) ORDER BY part, payment_hash LIMIT {limit}"
        );
        let mut read = self.db.prepare_cached(&sql)?;
        let rows = read.query_map(params![part.0.cast_signed(), hash.0], |row| {
            let amount: Option<i64> = row.get(2)?;
            Ok(Key {
                part: PartId(row.get::<_, i64>(0)?.cast_unsigned()),
                payment_hash: PaymentHash(row.get(1)?),
                amount_sent: amount.and_then(|msat| Msat::new(msat.cast_unsigned()).ok()),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

pub(super) fn write(db: &Connection, keys: &[Key]) -> Result<(), StoreError> {
    for key in keys {
        let mut write = db.prepare_cached("INSERT OR REPLACE INTO keys VALUES (?, ?, ?)")?;
        let amount = key.amount_sent.map(|msat| msat.get().cast_signed());
        write.execute(params![
            key.part.0.cast_signed(),
            key.payment_hash.0,
            amount
        ])?;
    }
    Ok(())
}
