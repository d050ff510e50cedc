//! How a connection is opened: everything that SQLite has to be told.

use crate::options::Options;
use diesel::Connection as _;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use std::fmt::Write as _;
use std::io;
use std::path::Path;

/// The one name of the back end's connection that the rest of the crate uses.
pub(crate) type Connection = SqliteConnection;

/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    /// The one that writes.
    Writer,
    /// One of those that read.
    Reader,
    /// Moves what is in the log into the database.
    Checkpoint,
    /// Changes the schema.
    Migration,
}

/// Everything waits for the log to reach the disk: that is what "durable" means here (rule A-3).
const EVERYBODY: &str = "pragma foreign_keys = on; pragma temp_store = memory; \
                         pragma synchronous = full;";
/// The background checkpoint keeps the log short; the automatic one is for when it cannot.
const WRITER: &str = "pragma journal_mode = wal; pragma cache_size = -65536; \
                      pragma wal_autocheckpoint = 10000; pragma journal_size_limit = 67108864;";
const READER: &str = "pragma query_only = on; pragma cache_size = -16384;";

/// Creates the file, for its owner's eyes only, if it is not there. What is beside it is asked first
/// (`birth`).
pub(crate) fn create(path: &Path) -> io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// Opens a connection. The file must exist: a lost database is never replaced by an empty one.
pub(crate) fn connect(path: &Path, role: Role, options: &Options) -> Result<Connection, String> {
    let mut connection =
        SqliteConnection::establish(&url(path, "rw")).map_err(|error| error.to_string())?;
    let set_up = set_up(&mut connection, role, options);
    set_up.map_err(|error| error.to_string())?;
    if role == Role::Writer && journal_mode(&mut connection) != Ok("wal".to_owned()) {
        return Err("the file system does not allow a write-ahead log".to_owned());
    }
    Ok(connection)
}

fn set_up(connection: &mut Connection, role: Role, options: &Options) -> QueryResult<()> {
    // First, because all that follow may have to wait for a lock.
    let timeout = options.busy_timeout.as_millis();
    connection.batch_execute(&format!("pragma busy_timeout = {timeout}"))?;
    connection.batch_execute(EVERYBODY)?;
    match role {
        Role::Writer => connection.batch_execute(WRITER)?,
        Role::Reader => connection.batch_execute(READER)?,
        Role::Checkpoint | Role::Migration => {}
    }
    match options.max_page_count {
        Some(pages) if role == Role::Writer => {
            connection.batch_execute(&format!("pragma max_page_count = {pages}"))
        }
        _ => Ok(()),
    }
}

/// The log after a checkpoint, in pages.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Log {
    pub(crate) pages: usize,
    /// Not moved: somebody reads what was before them, or they were written meanwhile.
    pub(crate) left: usize,
}

/// Moves what is in the log into the database, next to others that read and write.
pub(crate) fn checkpoint(connection: &mut Connection) -> QueryResult<Log> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        log: i64,
        #[diesel(sql_type = BigInt)]
        checkpointed: i64,
    }
    let row: Row = diesel::sql_query("pragma wal_checkpoint(passive)").get_result(connection)?;
    // Negative where there is no log.
    let count = |pages: i64| usize::try_from(pages).unwrap_or(0);
    Ok(Log {
        pages: count(row.log),
        left: count(row.log - row.checkpointed),
    })
}

/// The same for the last who uses the database: nothing is left in the log. If somebody else still
/// reads from it, it stays: that is only slower at the next start, and nobody waits for a stranger.
pub(crate) fn empty_log(connection: &mut Connection) -> QueryResult<()> {
    never_wait(connection)?;
    connection.batch_execute("pragma wal_checkpoint(truncate)")
}

/// Another program may have run ANALYZE. Every query here has its index, by design; with numbers of what was
/// there one day SQLite could think better of it.
pub(crate) fn without_statistics(connection: &mut Connection) -> QueryResult<()> {
    // The last one forgets what this connection has read of them.
    connection.batch_execute(
        "drop table if exists sqlite_stat1; drop table if exists sqlite_stat4; \
         pragma writable_schema = reset",
    )
}

/// The writer waits for locks by itself (`lock`).
pub(crate) fn never_wait(connection: &mut Connection) -> QueryResult<()> {
    connection.batch_execute("pragma busy_timeout = 0")
}

fn journal_mode(connection: &mut Connection) -> QueryResult<String> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        journal_mode: String,
    }
    let row: Row =
        diesel::sql_query("select journal_mode from pragma_journal_mode").get_result(connection)?;
    Ok(row.journal_mode)
}

/// Opens a connection that changes nothing, not even beside the file: `mode` is the URL's.
pub(crate) fn look(path: &Path, mode: &str) -> Result<Connection, String> {
    let connection = SqliteConnection::establish(&url(path, mode));
    let mut connection = connection.map_err(|error| error.to_string())?;
    let set_up = connection.batch_execute("pragma busy_timeout = 5000; pragma query_only = on;");
    set_up.map_err(|error| error.to_string())?;
    Ok(connection)
}

/// The path as a `file:` URL, in which no character of it can mean anything else.
pub(crate) fn url(path: &Path, mode: &str) -> String {
    let mut url = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"/._-".contains(byte) {
            url.push(char::from(*byte));
        } else {
            write!(url, "%{byte:02x}").expect("a String takes whatever is written");
        }
    }
    url + "?mode=" + mode
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_is_mistaken_for_options() {
        let url = url(Path::new("/tmp/a b?mode=memory#%.sqlite3"), "rw");
        assert_eq!(url, "file:/tmp/a%20b%3fmode%3dmemory%23%25.sqlite3?mode=rw");
    }
}
