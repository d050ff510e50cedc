//! A node's state, in a SQLite file of its own.
//!
//! LDK closes a channel whose monitor is newer than the manager that caused the update, and an
//! outcome that is on disk without the manager that forgot its event (or the other way round) is a
//! part told twice or never. So a turn of the driver is one transaction: [`Store::commit`].

mod blocks;
mod invoices;
mod keys;
mod outcomes;
mod staging;

pub(crate) use blocks::Blocks;
pub(crate) use invoices::{Arrival, InvoiceChanges, Receipt};
pub(crate) use keys::Key;
pub(crate) use outcomes::ToldOutcome;
pub(crate) use staging::{Staging, Write};

use domain::{NodeIdentity, PaymentHash};
use lightning::ln::channelmanager::PaymentId;
use rusqlite::{Connection, OptionalExtension, params};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

/// How long a starting node waits for another process to let go of the file.
const LOCK_PATIENCE: Duration = Duration::from_secs(2);

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS manager (
        id INTEGER PRIMARY KEY CHECK (id = 0), bytes BLOB NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS monitors (name TEXT PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS monitor_updates (
        name TEXT NOT NULL, update_id INTEGER NOT NULL, bytes BLOB NOT NULL,
        PRIMARY KEY (name, update_id)) STRICT;
    CREATE TABLE IF NOT EXISTS outcomes (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        part INTEGER NOT NULL, payment_hash BLOB NOT NULL,
        preimage BLOB,
        code INTEGER, message TEXT, erring_index INTEGER, failcode INTEGER,
        erring_node BLOB, erring_channel INTEGER,
        CHECK ((preimage IS NULL) = (code IS NOT NULL AND message IS NOT NULL))) STRICT;
    CREATE INDEX IF NOT EXISTS outcomes_by_part ON outcomes (part);
    CREATE TABLE IF NOT EXISTS keys (
        part INTEGER NOT NULL, payment_hash BLOB NOT NULL, amount_sent INTEGER,
        PRIMARY KEY (part, payment_hash)) STRICT, WITHOUT ROWID;
    INSERT OR IGNORE INTO keys SELECT part, payment_hash, NULL FROM outcomes
        WHERE NOT EXISTS (SELECT 1 FROM keys);
    CREATE TABLE IF NOT EXISTS known (payment_id BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS life (
        id INTEGER PRIMARY KEY CHECK (id = 0), identity TEXT NOT NULL) STRICT;
    INSERT OR IGNORE INTO life VALUES (0, lower(hex(randomblob(32))));
    CREATE TABLE IF NOT EXISTS paid (payment_hash BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS held (
        payment_hash BLOB PRIMARY KEY, preimage BLOB NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS holding (id INTEGER PRIMARY KEY CHECK (id = 0)) STRICT;
    CREATE TABLE IF NOT EXISTS replies (
        payment_id BLOB PRIMARY KEY, text TEXT NOT NULL) STRICT, WITHOUT ROWID;
";

/// The state could not be read or written. The node stops: what is not durable did not happen.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// Another process has it.
    #[error("the file is in use by another process")]
    InUse,
    /// SQLite said no.
    #[error(transparent)]
    Sqlite(rusqlite::Error),
    /// It was read, and makes no sense.
    #[error("the stored {0} cannot be read")]
    Damaged(&'static str),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> StoreError {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DatabaseBusy) => StoreError::InUse,
            _ => StoreError::Sqlite(error),
        }
    }
}

/// One node's file, or its stand-in in memory.
pub(crate) struct Store {
    db: Connection,
    durable: bool,
}

/// What a turn of the driver changed.
#[derive(Default)]
pub(crate) struct Turn {
    /// The manager as it is now; only where there is a disk.
    pub(crate) manager: Option<Vec<u8>>,
    /// Monitors and their updates, older than the manager.
    pub(crate) monitors: Vec<Write>,
    /// Parts that LDK has just taken charge of.
    pub(crate) keys: Vec<Key>,
    /// What LDK has just said.
    pub(crate) outcomes: Vec<ToldOutcome>,
    /// Hashes that were paid to us.
    pub(crate) paid: Vec<PaymentHash>,
    /// Payments to us that wait for `hold` to end: hash and preimage.
    pub(crate) held: Vec<(PaymentHash, [u8; 32])>,
    /// Nothing is held any more.
    pub(crate) released: bool,
    /// From now on what arrives is kept, or is not.
    pub(crate) holding: Option<bool>,
    /// A cursor of another life: from now on every outcome's place is above it.
    pub(crate) above: Option<u64>,
    /// Replies to parts whose event has not come yet.
    pub(crate) replies: Vec<(PaymentId, String)>,
    /// Our own invoices.
    pub(crate) invoices: InvoiceChanges,
}

/// What a commit has added.
#[derive(Clone, Copy, Default)]
pub(crate) struct Added {
    /// The last outcome's place, if it has changed.
    pub(crate) outcome: Option<u64>,
    /// The last paid invoice's place, if it has changed.
    pub(crate) received: Option<u64>,
}

/// A monitor as it was stored, and the updates since.
pub(crate) struct StoredMonitor {
    /// The monitor.
    pub(crate) bytes: Vec<u8>,
    /// In order; some may be older than the monitor.
    pub(crate) updates: Vec<Vec<u8>>,
}

impl Turn {
    /// Whether the tables beside LDK's own change.
    pub(crate) fn is_quiet(&self) -> bool {
        self.outcomes.is_empty()
            && self.keys.is_empty()
            && self.paid.is_empty()
            && self.held.is_empty()
            && !self.released
            && self.holding.is_none()
            && self.above.is_none()
            && self.invoices.is_empty()
    }
}

impl Store {
    /// Opens or creates the file; without one, everything goes with the process.
    ///
    /// A fresh one is written without waiting for the disk until [`Store::harden`]: should the start
    /// be cut short, nobody will miss it.
    pub(crate) fn open(path: Option<&Path>, fresh: bool) -> Result<Store, StoreError> {
        let db = match path {
            Some(path) => connect(path)?,
            None => Connection::open_in_memory()?,
        };
        db.execute_batch(SCHEMA)?;
        db.execute_batch(invoices::SCHEMA)?;
        db.set_prepared_statement_cache_capacity(32);
        if path.is_some() && !fresh {
            harden(&db)?;
        }
        let durable = path.is_some();
        Ok(Store { db, durable })
    }

    /// Makes durable what is there, and from now on every turn as it is committed.
    pub(crate) fn harden(&self) -> Result<(), StoreError> {
        if self.durable {
            harden(&self.db)
        } else {
            Ok(())
        }
    }

    /// Whether anything outlives the process, and LDK's own state is worth writing.
    pub(crate) fn durable(&self) -> bool {
        self.durable
    }

    /// Makes a turn durable, whole.
    pub(crate) fn commit(&mut self, turn: &Turn) -> Result<Added, StoreError> {
        if turn.is_quiet() && !self.durable {
            return Ok(Added::default());
        }
        let tx = self.db.transaction()?;
        if self.durable {
            staging::write(&tx, &turn.monitors)?;
            write_replies(&tx, &turn.replies)?;
        }
        if let Some(bytes) = &turn.manager {
            let mut write = tx.prepare_cached("INSERT OR REPLACE INTO manager VALUES (0, ?)")?;
            write.execute([bytes])?;
        }
        keys::write(&tx, &turn.keys)?;
        let outcome = outcomes::write(&tx, turn)?;
        let received = invoices::write(&tx, &turn.invoices)?;
        for hash in &turn.paid {
            let mut write = tx.prepare_cached("INSERT OR IGNORE INTO paid VALUES (?)")?;
            write.execute([hash.0])?;
        }
        if turn.released {
            tx.execute("DELETE FROM held", [])?;
        }
        match turn.holding {
            None => {}
            Some(true) => _ = tx.execute("INSERT OR IGNORE INTO holding VALUES (0)", [])?,
            Some(false) => _ = tx.execute("DELETE FROM holding", [])?,
        }
        for (hash, preimage) in &turn.held {
            let mut write = tx.prepare_cached("INSERT OR REPLACE INTO held VALUES (?, ?)")?;
            write.execute(params![hash.0, preimage])?;
        }
        tx.commit()?;
        Ok(Added { outcome, received })
    }

    /// The manager, if the node has run before.
    pub(crate) fn manager(&self) -> Result<Option<Vec<u8>>, StoreError> {
        let mut read = self.db.prepare("SELECT bytes FROM manager")?;
        Ok(read.query_row([], |row| row.get(0)).optional()?)
    }

    /// What this file was given when it was made, and no other ever.
    pub(crate) fn identity(&self) -> Result<NodeIdentity, StoreError> {
        let identity: String = self
            .db
            .query_row("SELECT identity FROM life", [], |row| row.get(0))?;
        Ok(NodeIdentity::new(identity))
    }

    /// Every channel's monitor.
    pub(crate) fn monitors(&self) -> Result<Vec<StoredMonitor>, StoreError> {
        staging::read(&self.db)
    }

    /// What LDK's log said of parts whose event had not come yet.
    pub(crate) fn replies(&self) -> Result<Vec<(PaymentId, String)>, StoreError> {
        let mut read = self.db.prepare("SELECT payment_id, text FROM replies")?;
        let rows = read.query_map([], |row| Ok((PaymentId(row.get(0)?), row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Whether that hash has been paid to us.
    pub(crate) fn is_paid(&self, hash: PaymentHash) -> Result<bool, StoreError> {
        let mut read = self
            .db
            .prepare_cached("SELECT 1 FROM paid WHERE payment_hash = ?")?;
        Ok(read.exists([hash.0])?)
    }

    /// Whether what arrives is kept.
    pub(crate) fn holding(&self) -> Result<bool, StoreError> {
        Ok(self.db.prepare("SELECT 1 FROM holding")?.exists([])?)
    }

    /// The preimages of what was kept waiting.
    pub(crate) fn held(&self) -> Result<Vec<[u8; 32]>, StoreError> {
        let mut read = self.db.prepare("SELECT preimage FROM held")?;
        let rows = read.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// A connection that nobody shares. Its commits wait for the disk only when it is hardened.
fn connect(path: &Path) -> Result<Connection, StoreError> {
    create_private(path);
    let db = Connection::open(path)?;
    db.busy_timeout(LOCK_PATIENCE)?;
    db.execute_batch(
        "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = OFF; PRAGMA journal_mode = WAL;",
    )?;
    Ok(db)
}

/// It holds keys: made readable by its owner alone, as SQLite then makes its log. Should this fail,
/// opening it says why.
fn create_private(path: &Path) {
    let mut options = std::fs::OpenOptions::new();
    let created = options.write(true).create_new(true).mode(0o600).open(path);
    if let Err(error) = created
        && error.kind() != std::io::ErrorKind::AlreadyExists
    {
        tracing::debug!(%error, path = %path.display(), "could not be created");
    }
}

/// From here on a commit is on the disk when it returns; and so is everything before.
fn harden(db: &Connection) -> Result<(), StoreError> {
    Ok(db.execute_batch("PRAGMA synchronous = FULL; PRAGMA wal_checkpoint(TRUNCATE);")?)
}

/// Replaces the lot: it is nearly always empty, before and after.
fn write_replies(db: &Connection, replies: &[(PaymentId, String)]) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM replies")?.execute([])?;
    for (id, text) in replies {
        let mut write = db.prepare_cached("INSERT INTO replies VALUES (?, ?)")?;
        write.execute(params![id.0, text])?;
    }
    Ok(())
}
