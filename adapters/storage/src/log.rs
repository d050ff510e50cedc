//! The file of the write-ahead log.
//!
//! A commit in a file that grows waits for the file system to note the new length as well, which can take
//! many times as long as the commit. The log is written over and over, so it grows only until it is as
//! long as it gets; one caller never gets beyond what is made at the start, of zeros, which SQLite takes for
//! no commit.

use crate::error::Fault;
use crate::options::Options;
use crate::{batch, lock};
use diesel::SqliteConnection;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Makes the log as long as it is to be. Without room for that it grows as it always did.
pub(crate) fn reserve(
    connection: &mut SqliteConnection,
    database: &Path,
    options: &Options,
) -> Result<(), Fault> {
    // Another program must not make it longer meanwhile.
    lock::begin(connection, options.busy_timeout)?;
    if let Err(error) = lengthen(database, options.log_bytes) {
        tracing::warn!(%error, "the log could not be made longer beforehand: commits are slower at first");
    }
    Ok(batch::undo(connection)?)
}

fn lengthen(database: &Path, length: usize) -> io::Result<()> {
    let mut path = database.as_os_str().to_owned();
    path.push("-wal");
    let mut log = OpenOptions::new().append(true).open(path)?;
    let before = log.metadata()?.len();
    let missing = length.saturating_sub(usize::try_from(before).unwrap_or(usize::MAX));
    if missing == 0 {
        return Ok(());
    }
    append(&mut log, missing).inspect_err(|_| {
        // What a full disk has taken of it is given back. If not even that can be done, it only stays.
        let _ = log.set_len(before);
    })
}

/// In small steps: the kernel keeps what is written at once together, and later works through all of that for
/// each page that is written over.
fn append(log: &mut File, zeros: usize) -> io::Result<()> {
    const STEP: [u8; 4_096] = [0; 4_096];
    for written in (0..zeros).step_by(STEP.len()) {
        log.write_all(&STEP[..STEP.len().min(zeros - written)])?;
    }
    log.sync_data()
}
