//! Whether a file is a whole database of ours: a live one, a backup, a copy that was put aside. Nothing is
//! changed.

mod rows;
mod schema;

use crate::birth::{self, MIGRATIONS, log_of};
use crate::pragma;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Asked for by whoever wants a copy or a check to end early.
pub type Stop = Arc<AtomicBool>;

/// How a file is opened that nobody else has open.
const ALONE: &str = "ro&immutable=1";
/// The most problems that are told; the others are counted.
const TOLD: usize = 20;
/// Steps of SQLite's machine between two looks at whether to stop.
const STEPS: i32 = 10_000;

/// What is in a database, and what is wrong with it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Findings {
    /// Payments that we make.
    pub payments: u64,
    /// Their parts.
    pub parts: u64,
    /// Those of them that are pending.
    pub live_parts: u64,
    /// Payments that came in.
    pub incoming: u64,
    /// Paid payments that were deleted.
    pub tombstones: u64,
    /// The number of the last event.
    pub last_event: u64,
    /// What the next start would bring up to date. Then its payments are not read: an older release wrote
    /// them.
    pub pending_migrations: Vec<String>,
    /// The first problems.
    pub problems: Vec<String>,
    /// How many more there are.
    pub more_problems: u64,
}

impl Findings {
    /// Whether nothing is wrong.
    pub fn is_whole(&self) -> bool {
        self.problems.is_empty()
    }

    fn problem(&mut self, what: impl Into<String>) {
        if self.problems.len() < TOLD {
            self.problems.push(what.into());
        } else {
            self.more_problems += 1;
        }
    }
}

/// Looks at all of it: the file, its schema, and every row by the rules about money.
pub fn check(path: &Path, stop: &Stop) -> Findings {
    let mut findings = Findings::default();
    if let Err(why) = look(path, stop, &mut findings) {
        findings.problem(why);
    }
    findings
}

fn look(path: &Path, stop: &Stop, findings: &mut Findings) -> Result<(), String> {
    let path = path.canonicalize().map_err(|why| why.to_string())?;
    birth::before_sqlite(&path, false).map_err(|why| why.to_string())?;
    let mode = mode(&path);
    let raw = open(&path, mode, stop).map_err(|why| why.to_string())?;
    schema::is_known(&raw, findings).map_err(|why| why.to_string())?;
    if !findings.is_whole() {
        return Ok(());
    }
    let is_current = findings.pending_migrations.is_empty();
    if is_current && let Some(what) = schema::difference(&raw).map_err(|why| why.to_string())? {
        findings.problem(what);
    }
    if let Some(what) = cut_off(&raw, &path, mode).map_err(|why| why.to_string())? {
        findings.problem(what);
    }
    for what in integrity(&raw).map_err(|why| why.to_string())? {
        findings.problem(what);
    }
    if !is_current {
        return Ok(());
    }
    count(&raw, findings).map_err(|why| why.to_string())?;
    drop(raw);
    let mut connection = pragma::look(&path, mode)?;
    rows::each(&mut connection, stop, findings).map_err(|why| why.to_string())
}

/// A file that nobody has open is read as it is, and nothing is made beside it.
fn mode(path: &Path) -> &'static str {
    let mut index = path.as_os_str().to_owned();
    index.push("-shm");
    if log_of(path).exists() || Path::new(&index).exists() {
        "ro"
    } else {
        ALONE
    }
}

/// SQLite asks for the CHECKs of a schema only where it could write: so it is opened as if it were to be
/// written, where that is possible, and nothing is.
fn open(path: &Path, mode: &str, stop: &Stop) -> rusqlite::Result<Connection> {
    let writable = open_as(path, "rw", OpenFlags::SQLITE_OPEN_READ_WRITE).and_then(|raw| {
        // What is in a log stays there.
        let has_log = mode != ALONE;
        raw.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, has_log)?;
        Ok(raw)
    });
    let raw = match writable {
        Ok(raw) => raw,
        Err(_) => open_as(path, mode, OpenFlags::SQLITE_OPEN_READ_ONLY)?,
    };
    stop_when_asked(&raw, stop)?;
    Ok(raw)
}

fn open_as(path: &Path, mode: &str, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let flags = flags | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let raw = Connection::open_with_flags(pragma::url(path, mode), flags)?;
    raw.execute_batch("pragma busy_timeout = 5000; pragma query_only = on")?;
    // A file is opened when it is read.
    raw.query_row("select count(*) from sqlite_schema", [], |_| Ok(()))?;
    Ok(raw)
}

/// From now on what that connection does can be stopped.
pub(crate) fn stop_when_asked(raw: &Connection, stop: &Stop) -> rusqlite::Result<()> {
    let stop = Arc::clone(stop);
    raw.progress_handler(STEPS, Some(move || stop.load(Ordering::Relaxed)))
}

/// SQLite takes what is missing of the last page for zeros.
fn cut_off(raw: &Connection, path: &Path, mode: &str) -> rusqlite::Result<Option<String>> {
    let sql = "select page_count * page_size from pragma_page_count, pragma_page_size";
    let wanted: i64 = raw.query_row(sql, [], |row| row.get(0))?;
    // What is missing may be in the log.
    let length = path.metadata().ok().filter(|_| mode == ALONE);
    let length = length.and_then(|found| i64::try_from(found.len()).ok());
    let cut = length.filter(|length| *length != wanted);
    Ok(cut.map(|length| format!("the file has {length} bytes, and should have {wanted}")))
}

/// What SQLite itself finds wrong.
fn integrity(raw: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut found = Vec::new();
    let mut check = raw.prepare("pragma integrity_check(100)")?;
    for line in check.query_map([], |row| row.get::<_, String>(0))? {
        let line = line?;
        if line != "ok" {
            found.push(format!("SQLite: {line}"));
        }
    }
    let mut keys = raw.prepare("pragma foreign_key_check")?;
    let key = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, String>(2)?));
    for broken in keys.query_map([], key)? {
        let (from, to) = broken?;
        found.push(format!(
            "a row of {from} refers to a row of {to} that is missing"
        ));
    }
    Ok(found)
}

fn count(raw: &Connection, findings: &mut Findings) -> rusqlite::Result<()> {
    let number = |sql: &str| {
        let number: i64 = raw.query_row(sql, [], |row| row.get(0))?;
        Ok::<_, rusqlite::Error>(u64::try_from(number).unwrap_or(0))
    };
    findings.payments = number("select count(*) from payments")?;
    findings.parts = number("select count(*) from parts")?;
    findings.live_parts = number("select count(*) from parts where status = 0")?;
    findings.incoming = number("select count(*) from incoming_payments")?;
    findings.tombstones = number("select count(*) from tombstones")?;
    findings.last_event = number(
        "select max(coalesce((select max(last_event) from counters), 0), coalesce((select max(seq) from events), 0))",
    )?;
    for table in ["counters", "installation"] {
        if number(&format!("select count(*) from {table}"))? != 1 {
            findings.problem(format!("{table} has not one row"));
        }
    }
    Ok(())
}

/// The migrations that a database says it has.
fn applied(raw: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut versions = raw.prepare(&format!("select version from {MIGRATIONS}"))?;
    let versions = versions.query_map([], |row| row.get(0))?;
    versions.collect()
}
