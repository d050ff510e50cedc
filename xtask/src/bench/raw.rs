//! The ceiling: SQLite with prepared statements, one thread, 1,000 operations a commit, the rows and
//! the statements of the storage adapter. No queue, no decision, no answer.

use super::payments;
use super::sample::Sample;
use anyhow::{Context, Result, ensure};
use domain::Route;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Statement, params};
use std::path::Path;
use std::time::Instant;

/// Parts that are accepted in one commit; as many of the commit before are resolved.
const PARTS_A_COMMIT: usize = 500;

/// As the storage adapter opens its own writer.
const PRAGMAS: &str = "pragma foreign_keys = on; pragma temp_store = memory; \
                       pragma synchronous = full; pragma journal_mode = wal; \
                       pragma cache_size = -65536; pragma wal_autocheckpoint = 10000; \
                       pragma journal_size_limit = 67108864;";

/// What is written of one part; made before the clock starts.
struct Row {
    id: i64,
    payment_hash: [u8; 32],
    destination: [u8; 33],
    secret: Option<[u8; 32]>,
    preimage: [u8; 32],
    amount_msat: i64,
    sent_msat: i64,
    cltv_expiry: Option<u32>,
    route: Vec<u8>,
    at: i64,
}

/// The hot statements.
struct Statements<'c> {
    begin: Statement<'c>,
    commit: Statement<'c>,
    find: Statement<'c>,
    new_payment: Statement<'c>,
    new_part: Statement<'c>,
    payment_outcome: Statement<'c>,
    part_outcome: Statement<'c>,
    event: Statement<'c>,
}

/// Accepts and resolves that many parts.
pub(super) fn sample(folder: &Path, parts: u32) -> Result<Sample> {
    let path = folder.join("raw.sqlite3");
    storage::migrate::up(&path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&path, flags)?;
    connection.execute_batch(PRAGMAS)?;
    connection.execute("insert into nodes (id, name) values (1, 'alice')", [])?;
    let rows = (0..parts).map(Row::of).collect::<Result<Vec<_>>>()?;
    let mut statements = Statements::prepare(&connection)?;
    let begin = Instant::now();
    let mut seq = 0;
    let mut before: &[Row] = &[];
    for accepted in rows.chunks(PARTS_A_COMMIT).chain([&[][..]]) {
        statements.begin.execute([])?;
        for row in accepted {
            seq += 1;
            statements.accept(row, seq)?;
        }
        for row in before {
            seq += 1;
            statements.resolve(row, seq)?;
        }
        statements.commit.execute([])?;
        before = accepted;
    }
    Ok(Sample::of(parts, begin.elapsed(), Vec::new()))
}

impl Row {
    fn of(n: u32) -> Result<Row> {
        let part = payments::part(n);
        let fit = |msat: u64| i64::try_from(msat).context("an amount that fits");
        let preimage = domain::contract::samples::preimage(u64::from(n)).1;
        Ok(Row {
            id: i64::from(n) + 1,
            payment_hash: part.payment_hash.0,
            destination: *part.route.destination().bytes(),
            secret: part.secret.as_ref().map(|secret| *secret.expose()),
            preimage: *preimage.expose(),
            amount_msat: fit(part.route.amount().get())?,
            sent_msat: fit(part.route.amount_sent().get())?,
            cltv_expiry: part.cltv_expiry,
            route: encode(&part.route),
            at: fit(part.at.0)?,
        })
    }
}

/// As the adapter stores a route.
pub(super) fn encode(route: &Route) -> Vec<u8> {
    let mut bytes = vec![1];
    for hop in route.hops() {
        bytes.extend_from_slice(hop.node.bytes());
        bytes.extend_from_slice(&hop.channel.0.to_be_bytes());
        bytes.extend_from_slice(&hop.amount.get().to_be_bytes());
        bytes.extend_from_slice(&hop.delay.to_be_bytes());
    }
    bytes
}

impl<'c> Statements<'c> {
    fn prepare(connection: &'c Connection) -> Result<Statements<'c>> {
        Ok(Statements {
            begin: connection.prepare("begin immediate")?,
            commit: connection.prepare("commit")?,
            find: connection.prepare("select id from payments where payment_hash = ?")?,
            new_payment: connection.prepare(
                "insert or fail into payments (id, payment_hash, direction, status, intended_msat, \
                 requested_msat, destination, payment_secret, payment_metadata, payment_preimage, \
                 parts, live_parts, in_flight_msat, delivered_msat, sent_msat, created_at, \
                 completed_at, version, quarantine, description, label, bolt11) \
                 values (?1, ?2, 0, 0, ?3, ?3, ?4, ?5, null, null, 1, 1, ?3, 0, ?6, ?7, null, 1, \
                 null, null, null, null) on conflict (payment_hash) do nothing",
            )?,
            new_part: connection.prepare(
                "insert or fail into parts (id, payment_id, node_id, status, amount_msat, \
                 amount_sent_msat, cltv_expiry, created_at, accepted_event, route, description, \
                 label) values (?1, ?1, 1, 0, ?2, ?3, ?4, ?5, ?6, ?7, null, null)",
            )?,
            payment_outcome: connection.prepare(
                "update or fail payments set status = 1, parts = 1, live_parts = 0, \
                 in_flight_msat = 0, delivered_msat = ?1, sent_msat = ?2, completed_at = ?3, \
                 quarantine = null, payment_preimage = ?4, version = 2 \
                 where id = ?5 and version = 1",
            )?,
            part_outcome: connection.prepare(
                "update or fail parts set status = 1, failure_code = null, \
                 failure_message = null, erring_index = null, failcode = null, \
                 erring_node = null, erring_channel = null, onionreply = null, \
                 raw_message = null, elsewhere = null, completed_at = ?1, \
                 ended_event = coalesce(ended_event, ?3) \
                 where id = ?2 and payment_id = ?2 and status = 0",
            )?,
            event: connection.prepare(
                "insert into events (seq, payment_id, part_id, kind, payment_status, \
                 part_status, at) values (?1, ?2, ?2, ?3, ?4, ?4, ?5)",
            )?,
        })
    }

    fn accept(&mut self, row: &Row, seq: i64) -> Result<()> {
        let hash = &row.payment_hash;
        let existing: Option<i64> = self.find.query_row([hash], |r| r.get(0)).optional()?;
        ensure!(existing.is_none(), "every hash is new");
        let new = params![
            row.id,
            hash,
            row.amount_msat,
            row.destination,
            row.secret,
            row.sent_msat,
            row.at
        ];
        self.new_payment.execute(new)?;
        let new = params![
            row.id,
            row.amount_msat,
            row.sent_msat,
            row.cltv_expiry,
            row.at,
            seq,
            row.route
        ];
        self.new_part.execute(new)?;
        self.event.execute(params![seq, row.id, 1, 0, row.at])?;
        Ok(())
    }

    fn resolve(&mut self, row: &Row, seq: i64) -> Result<()> {
        let outcome = params![row.amount_msat, row.sent_msat, row.at, row.preimage, row.id];
        let touched = self.payment_outcome.execute(outcome)?;
        ensure!(touched == 1, "the payment was accepted");
        let touched = self.part_outcome.execute(params![row.at, row.id, seq])?;
        ensure!(touched == 1, "the part was accepted");
        self.event.execute(params![seq, row.id, 2, 1, row.at])?;
        Ok(())
    }
}
