//! Whether the schema is the one that this program writes: a table, a rule, an index that is gone or another.

use super::{Findings, applied};
use crate::birth::MIGRATIONS;
use crate::migrate;
use rusqlite::Connection;
use std::collections::BTreeMap;

/// Whether it is ours, and no newer than this program. Else that is the problem.
pub(super) fn is_known(raw: &Connection, findings: &mut Findings) -> rusqlite::Result<()> {
    let sql = "select count(*) from sqlite_schema where type = 'table' and name = ?1";
    let tables: i64 = raw.query_row(sql, [MIGRATIONS], |row| row.get(0))?;
    if tables == 0 {
        findings.problem("it is a database of SQLite, and not one of Ampere");
        return Ok(());
    }
    let applied = applied(raw)?;
    let known = match migrate::versions() {
        Ok(known) => known,
        Err(error) => {
            findings.problem(error.to_string());
            return Ok(());
        }
    };
    for version in &applied {
        if !known.iter().any(|(known, _)| known == version) {
            findings.problem(format!(
                "it is newer than this program, which does not know migration {version}: check it with the \
                 release that wrote it, or a later one"
            ));
        }
    }
    let pending = known.into_iter();
    let pending = pending.filter(|(version, _)| !applied.contains(version));
    findings.pending_migrations = pending.map(|(_, name)| name).collect();
    Ok(())
}

/// The most differences that are named.
const NAMED: usize = 5;

/// What is not as a new database would have it.
pub(super) fn difference(raw: &Connection) -> rusqlite::Result<Option<String>> {
    let mut told = differences(raw)?;
    if told.len() > NAMED {
        let more = told.len() - NAMED;
        told.truncate(NAMED);
        told.push(format!("and {more} more"));
    }
    Ok((!told.is_empty()).then(|| format!("the schema was changed: {}", told.join(", "))))
}

fn differences(raw: &Connection) -> rusqlite::Result<Vec<String>> {
    let fresh = Connection::open_in_memory()?;
    fresh.execute_batch(migrate::SCHEMA)?;
    let (wanted, found) = (schema(&fresh)?, schema(raw)?);
    let mut differences = Vec::new();
    for (what, sql) in &wanted {
        match found.get(what) {
            None => differences.push(format!("the {} {} is missing", what.0, what.1)),
            Some(other) if other != sql => {
                differences.push(format!("the {} {} is another", what.0, what.1));
            }
            Some(_) => {}
        }
    }
    let added = found.keys().filter(|what| !wanted.contains_key(*what));
    differences.extend(added.map(|(kind, name)| format!("the {kind} {name} is none of ours")));
    Ok(differences)
}

/// Kind and name, and the text.
type Schema = BTreeMap<(String, String), String>;

fn schema(raw: &Connection) -> rusqlite::Result<Schema> {
    // What SQLite makes by itself has no text; statistics are dropped at the next start.
    let sql = "select type, name, sql from sqlite_schema where sql is not null
               and name not like 'sqlite\\_%' escape '\\' and name <> ?1";
    let mut rows = raw.prepare(sql)?;
    let rows = rows.query_map([MIGRATIONS], |row| {
        Ok(((row.get(0)?, row.get(1)?), row.get(2)?))
    })?;
    rows.collect()
}
