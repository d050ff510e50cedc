//! Whether a file may be taken for a new database, or for the one that its log belongs to.
//!
//! SQLite itself asks neither: it takes an empty file for a new database, throws away the log beside it, and
//! writes the log of one database into another that was put in its place.

use crate::error::OpenError;
use crate::pragma::Connection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Where a database says how it is written: 1 with a rollback journal, 2 with a log.
const WRITE_VERSION: usize = 18;
/// diesel's own table.
pub(crate) const MIGRATIONS: &str = "__diesel_schema_migrations";

/// What the file looks like before SQLite has seen it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Found {
    Nothing,
    Empty,
    /// Without a log of its own: a copy that was made by [`crate::backup`], or by a dump.
    Alone,
    Something,
}

/// Asks before SQLite opens it. Changes nothing.
pub(crate) fn before_sqlite(path: &Path, may_be_new: bool) -> Result<(), OpenError> {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let shown = || path.display().to_string();
    let unreadable = |error: std::io::Error| OpenError::Unreadable {
        path: shown(),
        reason: error.to_string(),
    };
    let found = found(&path).map_err(unreadable)?;
    let how = match found {
        Found::Nothing => "is missing",
        Found::Empty => "is empty",
        Found::Alone => "has been put in the place of another (it has never had a log)",
        Found::Something => return Ok(()),
    };
    let log = log_of(&path);
    if std::fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
        return Err(OpenError::ForeignLog {
            path: shown(),
            log: log.display().to_string(),
            how,
        });
    }
    match found {
        Found::Nothing | Found::Empty if !may_be_new => Err(OpenError::Lost { path: shown(), how }),
        _ => Ok(()),
    }
}

/// Asks once SQLite has opened it.
pub(crate) fn before_migrations(
    connection: &mut Connection,
    path: &Path,
    may_be_new: bool,
) -> Result<(), OpenError> {
    let path = || path.display().to_string();
    let tables = tables(connection).map_err(|error| OpenError::Unreadable {
        path: path(),
        reason: error.to_string(),
    })?;
    let is_ours = tables.iter().any(|table| table == MIGRATIONS);
    let holds_any = tables.iter().any(|table| table != MIGRATIONS);
    match (holds_any, is_ours) {
        (true, false) => Err(OpenError::NotOurs { path: path() }),
        (false, _) if !may_be_new => Err(OpenError::Lost {
            path: path(),
            how: "holds nothing",
        }),
        _ => Ok(()),
    }
}

/// The file of the write-ahead log.
pub(crate) fn log_of(database: &Path) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push("-wal");
    path.into()
}

fn found(path: &Path) -> std::io::Result<Found> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) => return Err(error),
    };
    let mut header = Vec::new();
    (&mut file).take(100).read_to_end(&mut header)?;
    Ok(match header.get(WRITE_VERSION) {
        _ if header.is_empty() => Found::Empty,
        Some(1) if header.starts_with(b"SQLite format 3\0") => Found::Alone,
        _ => Found::Something,
    })
}

fn tables(connection: &mut Connection) -> QueryResult<Vec<String>> {
    #[derive(QueryableByName)]
    struct Table {
        #[diesel(sql_type = Text)]
        name: String,
    }
    let sql = "select name from sqlite_schema where type = 'table' and name not like 'sqlite\\_%' escape '\\'";
    let tables: Vec<Table> = diesel::sql_query(sql).load(connection)?;
    Ok(tables.into_iter().map(|table| table.name).collect())
}
