//! A large database in minutes: payments of two parts each, by raw SQL, in the rows that the storage
//! adapter leaves.

use super::payments::AMOUNT_MSAT;
use super::raw;
use anyhow::{Context, Result};
use domain::contract::samples;
use domain::{Failure, PaymentHash, Preimage};
use rusqlite::{Connection, OpenFlags, Statement, params};
use std::fs::File;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

/// Parts of each payment, all of one size.
const PARTS: i64 = 2;

/// Every so many-th payment fails.
const FAILS_EVERY: i64 = 50;

const PAYMENTS_A_COMMIT: i64 = 10_000;

/// Payments that are under way at once. What is settled grows in a page that has filled up meanwhile,
/// as it does in use.
const UNDER_WAY: usize = 500;

/// The callers of all other measurements pay hashes below.
const FIRST_HASH: u64 = 1 << 32;

/// In 2026, so that a time has the bytes that times have.
const BEGIN_US: i64 = 1_780_000_000_000_000;

/// Nothing here has to survive a crash, and the index of the hashes, which is written all over, has
/// to stay in the cache.
const FILLING: &str = "pragma journal_mode = memory; pragma synchronous = off; \
                       pragma temp_store = memory; pragma foreign_keys = off; \
                       pragma cache_size = -524288;";
const FILLED: &str = "pragma journal_mode = wal; pragma wal_checkpoint(truncate);";

/// A database that nobody else has open, or has ever written payments to: the numbers of the parts
/// follow from their payment's.
pub(super) struct Fill {
    connection: Connection,
    path: PathBuf,
    node: i64,
    /// The last number that was given out.
    last: i64,
    shape: Shape,
}

/// What becomes of payments.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Settled,
    Live,
}

/// What all payments have in common.
struct Shape {
    destination: [u8; 33],
    amount_msat: i64,
    sent_msat: i64,
    route: Vec<u8>,
    failure: Failure,
}

/// The rows of one commit.
struct Rows<'c> {
    new_payment: Statement<'c>,
    new_part: Statement<'c>,
    payment_outcome: Statement<'c>,
    part_fulfilled: Statement<'c>,
    part_failed: Statement<'c>,
    event: Statement<'c>,
    shape: &'c Shape,
    node: i64,
    last_event: i64,
}

/// The hash of the payment with that number.
pub(super) fn hash(payment: u64) -> PaymentHash {
    samples::hash(FIRST_HASH + payment)
}

impl Fill {
    /// Opens the database, creating it if there is none.
    pub(super) fn open(path: &Path) -> Result<Fill> {
        storage::migrate::up(path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.execute_batch(FILLING)?;
        let name = samples::node();
        connection.execute(
            "insert into nodes (name) values (?) on conflict (name) do nothing",
            [name.as_str()],
        )?;
        let node = "select id from nodes where name = ?";
        let node = connection.query_row(node, [name.as_str()], |row| row.get(0))?;
        let last = "select coalesce(max(id), 0) from payments";
        let last = connection.query_row(last, [], |row| row.get(0))?;
        Ok(Fill {
            connection,
            path: path.to_owned(),
            node,
            last,
            shape: Shape::new()?,
        })
    }

    /// Adds settled payments until there are that many payments; says after every commit how many
    /// there are.
    pub(super) fn up_to(&mut self, payments: u64, progress: impl Fn(u64)) -> Result<()> {
        let payments = i64::try_from(payments)?;
        while self.last < payments {
            let missing = payments - self.last;
            self.commit(missing.min(PAYMENTS_A_COMMIT), Fate::Settled)?;
            progress(self.last.cast_unsigned());
        }
        Ok(())
    }

    /// Adds that many payments, each with all its parts pending.
    pub(super) fn add_live(&mut self, payments: u64) -> Result<()> {
        self.commit(i64::try_from(payments)?, Fate::Live)
    }

    /// Leaves the file as the adapter does, and on the disk: nothing of it is still being written when
    /// something else is measured.
    pub(super) fn close(self) -> Result<()> {
        self.connection.execute_batch(FILLED)?;
        self.connection.close().map_err(|(_, error)| error)?;
        let file = File::options().write(true).open(&self.path)?;
        file.sync_all().context("write the database to the disk")
    }

    fn commit(&mut self, payments: i64, fate: Fate) -> Result<()> {
        let transaction = self.connection.transaction()?;
        let mut rows = Rows::prepare(&transaction, &self.shape, self.node)?;
        let new: Vec<_> = (self.last + 1..=self.last + payments).collect();
        for under_way in new.chunks(UNDER_WAY) {
            for payment in under_way {
                rows.accept(*payment)?;
            }
            if fate == Fate::Settled {
                for payment in under_way {
                    rows.settle(*payment)?;
                }
            }
        }
        drop(rows);
        self.last += payments;
        transaction.commit()?;
        Ok(())
    }
}

impl Shape {
    fn new() -> Result<Shape> {
        let route = samples::route(AMOUNT_MSAT / PARTS.cast_unsigned());
        let fit = |msat: u64| i64::try_from(msat).context("an amount that fits");
        Ok(Shape {
            destination: *route.destination().bytes(),
            amount_msat: fit(route.amount().get())?,
            sent_msat: fit(route.amount_sent().get())?,
            route: raw::encode(&route),
            failure: samples::failure(),
        })
    }
}

impl<'c> Rows<'c> {
    fn prepare(connection: &'c Connection, shape: &'c Shape, node: i64) -> Result<Rows<'c>> {
        let last_event = "select coalesce(max(seq), 0) from events";
        let last_event = connection.query_row(last_event, [], |row| row.get(0))?;
        Ok(Rows {
            new_payment: connection.prepare(
                "insert into payments (id, payment_hash, direction, status, intended_msat, \
                 requested_msat, destination, payment_secret, parts, live_parts, in_flight_msat, \
                 delivered_msat, sent_msat, created_at, version) \
                 values (?1, ?2, 0, 0, ?3, ?3, ?4, ?5, ?6, ?6, ?3, 0, ?7, ?8, ?6)",
            )?,
            new_part: connection.prepare(
                "insert into parts (id, payment_id, node_id, status, amount_msat, \
                 amount_sent_msat, cltv_expiry, created_at, accepted_event, route) \
                 values (?, ?, ?, 0, ?, ?, 1000, ?, ?, ?)",
            )?,
            payment_outcome: connection.prepare(
                "update payments set status = ?1, live_parts = 0, in_flight_msat = 0, \
                 delivered_msat = ?2, sent_msat = ?3, completed_at = ?4, payment_preimage = ?5, \
                 version = 2 * parts where id = ?6",
            )?,
            part_fulfilled: connection.prepare(
                "update parts set status = 1, completed_at = ?, ended_event = ? where id = ?",
            )?,
            part_failed: connection.prepare(
                "update parts set status = 2, completed_at = ?, ended_event = ?, \
                 failure_code = ?, failure_message = ?, erring_index = ?, failcode = ? \
                 where id = ?",
            )?,
            event: connection.prepare(
                "insert into events (seq, payment_id, part_id, kind, payment_status, part_status, \
                 at) values (?, ?, ?, ?, ?, ?, ?)",
            )?,
            shape,
            node,
            last_event,
        })
    }

    /// The payment and its parts, all of them pending.
    fn accept(&mut self, payment: i64) -> Result<()> {
        let shape = self.shape;
        let (hash, secret) = preimage(payment);
        let at = BEGIN_US + 1_000 * payment;
        let (intended, sent) = (PARTS * shape.amount_msat, PARTS * shape.sent_msat);
        self.new_payment.execute(params![
            payment,
            hash.0,
            intended,
            shape.destination,
            secret.expose(),
            PARTS,
            sent,
            at
        ])?;
        for part in parts(payment) {
            let (amount, sent) = (shape.amount_msat, shape.sent_msat);
            let event = self.next_event();
            let new = params![
                part,
                payment,
                self.node,
                amount,
                sent,
                at,
                event,
                shape.route
            ];
            self.new_part.execute(new)?;
            let accepted = params![event, payment, part, 1, 0, 0, at];
            self.event.execute(accepted)?;
        }
        Ok(())
    }

    fn next_event(&mut self) -> i64 {
        self.last_event += 1;
        self.last_event
    }

    /// The outcomes of the parts, and with them the payment's.
    fn settle(&mut self, payment: i64) -> Result<()> {
        let at = BEGIN_US + 1_000 * payment + 500;
        if payment % FAILS_EVERY == 0 {
            self.fail(payment, at)
        } else {
            self.fulfil(payment, at)
        }
    }

    fn fulfil(&mut self, payment: i64, at: i64) -> Result<()> {
        let proof = preimage(payment).1;
        let (delivered, sent) = (PARTS * self.shape.amount_msat, PARTS * self.shape.sent_msat);
        let outcome = params![1, delivered, sent, at, proof.expose(), payment];
        self.payment_outcome.execute(outcome)?;
        for part in parts(payment) {
            let event = self.next_event();
            self.part_fulfilled.execute(params![at, event, part])?;
            let fulfilled = params![event, payment, part, 2, 1, 1, at];
            self.event.execute(fulfilled)?;
        }
        Ok(())
    }

    fn fail(&mut self, payment: i64, at: i64) -> Result<()> {
        let outcome = params![2, 0, 0, at, None::<&[u8]>, payment];
        self.payment_outcome.execute(outcome)?;
        let why = &self.shape.failure;
        let (code, message) = (why.code.number(), &why.message);
        for part in parts(payment) {
            let event = self.next_event();
            let outcome = params![
                at,
                event,
                code,
                message,
                why.erring_index,
                why.failcode,
                part
            ];
            self.part_failed.execute(outcome)?;
            // It fails with the last of them.
            let of_payment = if part == PARTS * payment { 2 } else { 0 };
            let failed = params![event, payment, part, 3, of_payment, 2, at];
            self.event.execute(failed)?;
        }
        Ok(())
    }
}

/// The numbers of its parts.
fn parts(payment: i64) -> RangeInclusive<i64> {
    PARTS * (payment - 1) + 1..=PARTS * payment
}

fn preimage(payment: i64) -> (PaymentHash, Preimage) {
    samples::preimage(FIRST_HASH + payment.cast_unsigned())
}
