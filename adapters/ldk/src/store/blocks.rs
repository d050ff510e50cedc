//! The chain's file, which is also the lock on the directory.

use super::{StoreError, connect, harden};
use lightning::bitcoin::Block;
use lightning::bitcoin::consensus::encode;
use rusqlite::{Connection, params};
use std::path::Path;

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS blocks (height INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
";

/// The blocks of a network that is complete: they are written once, when all channels are usable.
///
/// As long as this is open, no other process (and nobody else in this one) can open it.
pub(crate) struct Blocks(Connection);

impl Blocks {
    /// Opens or creates the file, and takes the lock.
    pub(crate) fn open(path: &Path) -> Result<Blocks, StoreError> {
        let db = connect(path)?;
        // Nothing is locked before the first write.
        db.execute_batch("BEGIN IMMEDIATE; COMMIT;")?;
        db.execute_batch(SCHEMA)?;
        Ok(Blocks(db))
    }

    /// The blocks after genesis. None: the network was never complete.
    pub(crate) fn load(&self) -> Result<Vec<Block>, StoreError> {
        let mut read = self.0.prepare("SELECT bytes FROM blocks ORDER BY height")?;
        let rows = read.query_map([], |row| row.get::<_, Vec<u8>>(0))?;
        let block =
            |bytes: Vec<u8>| encode::deserialize(&bytes).map_err(|_| StoreError::Damaged("chain"));
        rows.map(|row| block(row?)).collect()
    }

    /// Makes them all durable.
    pub(crate) fn save(&mut self, blocks: &[(u32, Block)]) -> Result<(), StoreError> {
        let tx = self.0.transaction()?;
        for (height, block) in blocks {
            let mut write = tx.prepare_cached("INSERT OR REPLACE INTO blocks VALUES (?, ?)")?;
            write.execute(params![height, encode::serialize(block)])?;
        }
        tx.commit()?;
        harden(&self.0)
    }
}
