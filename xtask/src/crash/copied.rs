//! Looking into a database that a dead process has left, without mending it.

use anyhow::{Result, ensure};
use rusqlite::{Connection, OptionalExtension};
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

/// Both of SQLite's own checks are silent.
pub(super) fn is_sound(db: &Connection) -> Result<()> {
    let check: String = db.query_row("pragma integrity_check", [], |row| row.get(0))?;
    ensure!(check == "ok", "integrity_check: {check}");
    let orphan: Option<String> = db
        .query_row("pragma foreign_key_check", [], |row| row.get(0))
        .optional()?;
    ensure!(orphan.is_none(), "foreign_key_check: {orphan:?}");
    Ok(())
}
