//! Looking into a database that a dead process has left, without mending it.

use anyhow::Result;
use rusqlite::Connection;
use std::path::Path;
use tempfile::TempDir;

/// A copy of the file and its log.
pub(super) fn copied(file: &Path) -> Result<(TempDir, Connection)> {
    let folder = tempfile::tempdir()?;
    let copy = folder.path().join("copy.sqlite3");
    std::fs::copy(file, &copy)?;
    let log = file.with_extension("sqlite3-wal");
    if log.exists() {
        std::fs::copy(log, folder.path().join("copy.sqlite3-wal"))?;
    }
    let db = Connection::open(copy)?;
    Ok((folder, db))
}
