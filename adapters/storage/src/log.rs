//! The file of the write-ahead log.
//!
//! A commit in a file that grows waits for the file system to note the new length as well, which takes
//! about as long again. The log is written over and over, so it grows only until it is as long as it gets;
//! and so long it is made at the start, of zeros, which SQLite takes for no commit.

use crate::options::Options;
use crate::{batch, lock, pragma};
use diesel::{QueryResult, SqliteConnection};
use std::fs::{File, OpenOptions};
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Makes the log anew, as long as it is to be. If that cannot be done now it grows as it always did.
pub(crate) fn reserve(
    connection: &mut SqliteConnection,
    database: &Path,
    options: &Options,
) -> QueryResult<()> {
    // What a killed process has left of it would be read in large pieces, and kept in them (see `append`).
    if let Err(error) = pragma::empty_log(connection) {
        tracing::warn!(%error, "the write-ahead log was not emptied: a later checkpoint moves it into the database");
    }
    // Another program must not make it longer meanwhile.
    if let Err(error) = lock::begin(connection, options.busy_timeout) {
        is_slower(&error);
        return Ok(());
    }
    if let Err(error) = lengthen(database, options.log_bytes) {
        is_slower(&error);
    }
    batch::undo(connection)
}

fn is_slower(error: &dyn std::error::Error) {
    tracing::warn!(%error, "the log was not made longer beforehand: commits are slower at first");
}

fn lengthen(database: &Path, length: u64) -> io::Result<()> {
    let mut path = database.as_os_str().to_owned();
    path.push("-wal");
    let log = OpenOptions::new().write(true).open(path)?;
    let before = log.metadata()?.len();
    append(&log, before..length).inspect_err(|_| {
        // What a full disk has taken of it is given back. If not even that can be done, it only stays.
        let _ = log.set_len(before);
    })
}

/// In small steps: the kernel keeps what is written at once together, and later works through all of that for
/// each page that is written over.
fn append(log: &File, zeros: Range<u64>) -> io::Result<()> {
    const STEP: usize = 4_096;
    if zeros.is_empty() {
        return Ok(());
    }
    for place in zeros.step_by(STEP) {
        log.write_all_at(&[0; STEP], place)?;
    }
    log.sync_data()
}
