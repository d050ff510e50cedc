//! Our own invoices: what was asked for, when each HTLC for one was first seen, and what was paid.

use super::{Store, StoreError};
use devnet::{InvoiceFilter, InvoiceStatus, OwnInvoice};
use domain::{
    Cursor, Msat, NodeId, PaidInvoice, PaymentHash, Preimage, Received, ReceivedPart,
    ShortChannelId, Timestamp,
};
use rusqlite::{Connection, Row, params};

/// Times are microseconds.
pub(super) const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS invoices (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        payment_hash BLOB NOT NULL UNIQUE, label TEXT NOT NULL UNIQUE, description TEXT NOT NULL,
        bolt11 TEXT NOT NULL, amount INTEGER, created_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS arrivals (
        channel INTEGER NOT NULL, htlc INTEGER NOT NULL, payment_hash BLOB NOT NULL,
        amount INTEGER NOT NULL, expiry INTEGER NOT NULL, seen_at INTEGER NOT NULL,
        PRIMARY KEY (channel, htlc)) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS received (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        payment_hash BLOB NOT NULL UNIQUE, preimage BLOB NOT NULL, label TEXT NOT NULL,
        description TEXT NOT NULL, bolt11 TEXT NOT NULL, requested INTEGER,
        amount INTEGER NOT NULL, created_at INTEGER NOT NULL, paid_at INTEGER NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS received_parts (
        seq INTEGER NOT NULL, channel INTEGER NOT NULL, htlc INTEGER, amount INTEGER NOT NULL,
        expiry INTEGER NOT NULL, seen_at INTEGER) STRICT;
    CREATE INDEX IF NOT EXISTS received_parts_by_seq ON received_parts (seq);
";

/// An HTLC that has come for an invoice of ours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Arrival {
    pub(crate) channel: ShortChannelId,
    pub(crate) htlc: u64,
    pub(crate) payment_hash: PaymentHash,
    pub(crate) amount: u64,
    pub(crate) expiry: u32,
    pub(crate) seen_at: Timestamp,
}

/// What a turn changed of them.
#[derive(Default)]
pub(crate) struct InvoiceChanges {
    /// New ones.
    pub(crate) made: Vec<OwnInvoice>,
    /// Deleted ones.
    pub(crate) deleted: Vec<PaymentHash>,
    /// HTLCs seen for the first time.
    pub(crate) arrived: Vec<Arrival>,
    /// HTLCs that are gone.
    pub(crate) gone: Vec<(ShortChannelId, u64)>,
    /// What was paid.
    pub(crate) paid: Vec<Receipt>,
}

/// An invoice that was paid, as the driver knows it.
pub(crate) struct Receipt {
    pub(crate) payment_hash: PaymentHash,
    pub(crate) preimage: [u8; 32],
    pub(crate) amount: u64,
    pub(crate) parts: Vec<ReceivedPart>,
    pub(crate) paid_at: Timestamp,
}

impl InvoiceChanges {
    pub(super) fn is_empty(&self) -> bool {
        self.made.is_empty()
            && self.deleted.is_empty()
            && self.arrived.is_empty()
            && self.gone.is_empty()
            && self.paid.is_empty()
    }
}

const COLUMNS: &str = "i.id, i.payment_hash, i.label, i.description, i.bolt11, i.amount, \
                       i.created_at, i.expires_at, r.seq, r.preimage, r.amount, r.paid_at";

impl Store {
    /// Our invoices, by number.
    pub(crate) fn invoices(&self, filter: &InvoiceFilter) -> Result<Vec<OwnInvoice>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM invoices AS i LEFT JOIN received AS r USING (payment_hash) \
             WHERE i.id >= ?1 AND (?2 IS NULL OR i.label = ?2) \
             AND (?3 IS NULL OR i.payment_hash = ?3) ORDER BY i.id LIMIT ?4"
        );
        let mut read = self.db.prepare_cached(&sql)?;
        let hash = filter.payment_hash.map(|hash| hash.0);
        let key = params![
            i64::try_from(filter.start.unwrap_or(0)).unwrap_or(i64::MAX),
            filter.label,
            hash,
            filter.limit
        ];
        let rows = read.query_map(key, |row| Ok(own_invoice(row)))?;
        rows.map(|row| row?).collect()
    }

    /// Hashes of invoices that nobody has paid, with when each expires.
    pub(crate) fn open_invoices(&self) -> Result<Vec<(PaymentHash, Timestamp)>, StoreError> {
        let sql = "SELECT payment_hash, expires_at FROM invoices \
                   WHERE payment_hash NOT IN (SELECT payment_hash FROM received)";
        let mut read = self.db.prepare(sql)?;
        let rows = read.query_map([], |row| Ok((PaymentHash(row.get(0)?), time(row.get(1)?))))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// HTLCs that were seen and are not gone yet.
    pub(crate) fn arrivals(&self) -> Result<Vec<Arrival>, StoreError> {
        let mut read = self.db.prepare("SELECT * FROM arrivals")?;
        let rows = read.query_map([], |row| {
            let unsigned = |column| row.get::<_, i64>(column).map(i64::cast_unsigned);
            Ok(Arrival {
                channel: ShortChannelId(unsigned("channel")?),
                htlc: unsigned("htlc")?,
                payment_hash: PaymentHash(row.get("payment_hash")?),
                amount: unsigned("amount")?,
                expiry: row.get("expiry")?,
                seen_at: Timestamp(unsigned("seen_at")?),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The place of the last invoice that was paid; 0 before the first.
    pub(crate) fn last_received(&self) -> Result<u64, StoreError> {
        let sql = "SELECT coalesce(max(seq), 0) FROM received";
        let last: i64 = self
            .db
            .prepare_cached(sql)?
            .query_row([], |row| row.get(0))?;
        Ok(last.cast_unsigned())
    }

    /// Invoices that were paid after that place, oldest first.
    pub(crate) fn received_after(
        &self,
        seq: u64,
        limit: u32,
        ours: NodeId,
    ) -> Result<Vec<Received>, StoreError> {
        let sql = format!("SELECT * FROM received WHERE seq > ? ORDER BY seq LIMIT {limit}");
        let mut read = self.db.prepare_cached(&sql)?;
        let rows = read.query_map([seq.cast_signed()], |row| Ok(received(row, ours)))?;
        let mut all: Vec<Received> = rows.map(|row| row?).collect::<Result<_, _>>()?;
        for received in &mut all {
            received.invoice.parts = self.received_parts(received.cursor.0)?;
            let seen = received
                .invoice
                .parts
                .iter()
                .filter_map(|part| part.seen_at);
            if let Some(first) = seen.min() {
                received.invoice.created_at = first.min(received.invoice.completed_at);
            }
        }
        Ok(all)
    }

    fn received_parts(&self, seq: u64) -> Result<Vec<ReceivedPart>, StoreError> {
        let sql = "SELECT channel, htlc, amount, expiry, seen_at FROM received_parts WHERE seq = ? \
                   ORDER BY rowid";
        let mut read = self.db.prepare_cached(sql)?;
        let rows = read.query_map([seq.cast_signed()], |row| Ok(received_part(row)))?;
        rows.map(|row| row?).collect()
    }
}

/// Writes what a turn changed of them. Returns the last paid one's place if it has changed.
pub(super) fn write(db: &Connection, changes: &InvoiceChanges) -> Result<Option<u64>, StoreError> {
    for invoice in &changes.made {
        let mut write = db.prepare_cached(
            "INSERT INTO invoices (payment_hash, label, description, bolt11, amount, created_at, \
             expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        )?;
        write.execute(params![
            invoice.payment_hash.0,
            invoice.label,
            invoice.description,
            invoice.bolt11,
            invoice.amount.map(|amount| amount.get().cast_signed()),
            invoice.created_at.0.cast_signed(),
            invoice.expires_at.0.cast_signed(),
        ])?;
    }
    for arrival in &changes.arrived {
        let sql = "INSERT OR IGNORE INTO arrivals VALUES (?, ?, ?, ?, ?, ?)";
        db.prepare_cached(sql)?.execute(params![
            arrival.channel.0.cast_signed(),
            arrival.htlc.cast_signed(),
            arrival.payment_hash.0,
            arrival.amount.cast_signed(),
            arrival.expiry,
            arrival.seen_at.0.cast_signed(),
        ])?;
    }
    let mut last = None;
    for payment in &changes.paid {
        last = write_payment(db, payment)?.or(last);
    }
    for (channel, htlc) in &changes.gone {
        let sql = "DELETE FROM arrivals WHERE channel = ? AND htlc = ?";
        let key = params![channel.0.cast_signed(), htlc.cast_signed()];
        db.prepare_cached(sql)?.execute(key)?;
    }
    for hash in &changes.deleted {
        let sql = "DELETE FROM invoices WHERE payment_hash = ?";
        db.prepare_cached(sql)?.execute([hash.0])?;
    }
    Ok(last)
}

/// Its place, unless it was written before.
fn write_payment(db: &Connection, payment: &Receipt) -> Result<Option<u64>, StoreError> {
    let sql = "INSERT OR IGNORE INTO received (payment_hash, preimage, label, description, bolt11, \
               requested, amount, created_at, paid_at) \
               SELECT payment_hash, ?, label, description, bolt11, amount, ?, min(created_at, ?3), ?3 \
               FROM invoices WHERE payment_hash = ?";
    let written = db.prepare_cached(sql)?.execute(params![
        payment.preimage,
        payment.amount.cast_signed(),
        payment.paid_at.0.cast_signed(),
        payment.payment_hash.0,
    ])?;
    if written == 0 {
        return Ok(None);
    }
    let seq = db.last_insert_rowid();
    for part in &payment.parts {
        let sql = "INSERT INTO received_parts VALUES (?, ?, ?, ?, ?, ?)";
        db.prepare_cached(sql)?.execute(params![
            seq,
            part.channel.0.cast_signed(),
            part.htlc_id.map(u64::cast_signed),
            part.amount.get().cast_signed(),
            part.cltv_expiry,
            part.seen_at.map(|at| at.0.cast_signed()),
        ])?;
    }
    Ok(Some(seq.cast_unsigned()))
}

fn own_invoice(row: &Row<'_>) -> Result<OwnInvoice, StoreError> {
    let hash = PaymentHash(row.get(1)?);
    let paid: Option<i64> = row.get(8)?;
    let preimage: Option<[u8; 32]> = row.get(9)?;
    let expires_at = time(row.get(7)?);
    Ok(OwnInvoice {
        id: row.get::<_, i64>(0)?.cast_unsigned(),
        payment_hash: hash,
        label: row.get(2)?,
        description: row.get(3)?,
        bolt11: row.get(4)?,
        amount: optional_msat(row.get(5)?)?,
        created_at: time(row.get(6)?),
        expires_at,
        status: match (paid, preimage) {
            (Some(place), Some(preimage)) => InvoiceStatus::Paid {
                place: place.cast_unsigned(),
                preimage: proof(hash, preimage)?,
                received: msat(row.get(10)?)?,
                at: time(row.get(11)?),
            },
            _ if expires_at <= crate::node::now() => InvoiceStatus::Expired,
            _ => InvoiceStatus::Unpaid,
        },
    })
}

fn received(row: &Row<'_>, ours: NodeId) -> Result<Received, StoreError> {
    let hash = PaymentHash(row.get("payment_hash")?);
    let paid_at = time(row.get("paid_at")?);
    Ok(Received {
        cursor: Cursor(row.get::<_, i64>("seq")?.cast_unsigned()),
        invoice: PaidInvoice {
            payment_hash: hash,
            preimage: proof(hash, row.get("preimage")?)?,
            destination: ours,
            requested: optional_msat(row.get("requested")?)?,
            received: msat(row.get("amount")?)?,
            parts: Vec::new(),
            label: Some(row.get("label")?),
            description: Some(row.get("description")?),
            bolt11: Some(row.get("bolt11")?),
            created_at: paid_at,
            completed_at: paid_at,
        },
    })
}

fn received_part(row: &Row<'_>) -> Result<ReceivedPart, StoreError> {
    let htlc: Option<i64> = row.get(1)?;
    let seen_at: Option<i64> = row.get(4)?;
    Ok(ReceivedPart {
        channel: ShortChannelId(row.get::<_, i64>(0)?.cast_unsigned()),
        htlc_id: htlc.map(i64::cast_unsigned),
        amount: msat(row.get(2)?)?,
        cltv_expiry: row.get(3)?,
        seen_at: seen_at.map(time),
    })
}

fn proof(hash: PaymentHash, bytes: [u8; 32]) -> Result<Preimage, StoreError> {
    Preimage::proving(hash, bytes).map_err(|_| StoreError::Damaged("preimage"))
}

fn optional_msat(number: Option<i64>) -> Result<Option<Msat>, StoreError> {
    number.map(msat).transpose()
}

fn msat(number: i64) -> Result<Msat, StoreError> {
    Msat::new(number.cast_unsigned()).map_err(|_| StoreError::Damaged("amount"))
}

fn time(micros: i64) -> Timestamp {
    Timestamp(micros.cast_unsigned())
}
