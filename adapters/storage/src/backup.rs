//! A whole copy of a database, of a running daemon's too: one moment of it, in one file.
//!
//! The file appears when it is whole, durable and checked, and else not at all. Payments go on meanwhile:
//! the copy is read in a thread of its own, at the lowest priority, beside the log. (That cannot begin anew
//! until the copy is made, and grows as long.)

use crate::check::{self, Stop, stop_when_asked};
use crate::pragma;
use domain::{BackedUp, BackupError};
use rusqlite::{Connection, OpenFlags};
use std::ffi::OsStr;
use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::sync::atomic::Ordering;
use tempfile::TempPath;

/// What is left free on the database's own disk, so that payments go on.
const SPARE: u64 = 32 << 20;
/// What SQLite takes for its own where it finds it beside a database.
const TAKEN: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Copies the database to `target`, an absolute path where there is nothing yet. Of one that an older
/// release wrote the file is checked, and not what is in it.
pub fn backup(database: &Path, target: &Path, stop: &Stop) -> Result<BackedUp, BackupError> {
    let made = make(database, target, stop);
    // Whatever a step says that was stopped.
    made.map_err(|error| match error {
        BackupError::Target(why) => BackupError::Target(why),
        _ if stop.load(Ordering::Relaxed) => BackupError::Stopped,
        error => error,
    })
}

fn make(database: &Path, target: &Path, stop: &Stop) -> Result<BackedUp, BackupError> {
    let (folder, name) = free(target)?;
    let source = open(database, stop).map_err(failed)?;
    enough_room(&source, database, folder)?;
    let temporary = beside(folder, name).map_err(failed)?;
    let path = temporary.to_str();
    let path = path.ok_or_else(|| BackupError::Target("the path is not UTF-8".to_owned()))?;
    source.execute("vacuum into ?1", [path]).map_err(failed)?;
    drop(source);
    let findings = check::check(&temporary, stop);
    if let Some(problem) = findings.problems.first() {
        return Err(BackupError::Damaged(problem.clone()));
    }
    let bytes = keep(temporary, folder, target)?;
    Ok(BackedUp {
        bytes,
        payments: findings.payments,
        parts: findings.parts,
        live_parts: findings.live_parts,
        incoming: findings.incoming,
        last_event: findings.last_event,
    })
}

/// Durable under its temporary name first, and then under its own. Its length.
fn keep(temporary: TempPath, folder: &Path, target: &Path) -> Result<u64, BackupError> {
    let copy = File::open(&temporary).map_err(failed)?;
    copy.sync_all().map_err(failed)?;
    let bytes = copy.metadata().map_err(failed)?.len();
    let kept = temporary.persist_noclobber(target);
    kept.map_err(|error| match error.error {
        why if why.kind() == io::ErrorKind::AlreadyExists => there_already(target),
        why => failed(why),
    })?;
    let folder = File::open(folder).map_err(failed)?;
    folder.sync_all().map_err(failed)?;
    Ok(bytes)
}

fn failed(why: impl std::fmt::Display) -> BackupError {
    BackupError::Failed(why.to_string())
}

/// Folder and name, if there is a folder, and nothing of that name in it.
fn free(target: &Path) -> Result<(&Path, &OsStr), BackupError> {
    let (shown, refused) = (target.display(), BackupError::Target);
    let (Some(folder), Some(name)) = (target.parent(), target.file_name()) else {
        return Err(refused(format!("{shown} names no file")));
    };
    if !target.is_absolute() {
        return Err(refused(format!(
            "{shown} is not an absolute path, and the daemon has a folder of its own"
        )));
    }
    let bytes = name.as_encoded_bytes();
    let taken = TAKEN
        .iter()
        .find(|ending| bytes.ends_with(ending.as_bytes()));
    if let Some(ending) = taken {
        return Err(refused(format!(
            "{shown} ends with {ending}, which SQLite takes for its own"
        )));
    }
    if !folder.is_dir() {
        return Err(refused(format!("there is no folder {}", folder.display())));
    }
    // A link that leads nowhere is something, too.
    if target.symlink_metadata().is_ok() {
        return Err(there_already(target));
    }
    Ok((folder, name))
}

fn there_already(target: &Path) -> BackupError {
    BackupError::Target(format!(
        "{} is there already, and a backup replaces nothing: give another name",
        target.display()
    ))
}

fn open(database: &Path, stop: &Stop) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let source = Connection::open_with_flags(pragma::url(database, "rw"), flags)?;
    source.execute_batch("pragma busy_timeout = 5000; pragma wal_autocheckpoint = 0")?;
    stop_when_asked(&source, stop)?;
    Ok(source)
}

/// Said before it is begun: a disk that fills up would stop payments, if it is theirs.
fn enough_room(source: &Connection, database: &Path, folder: &Path) -> Result<(), BackupError> {
    let pages = "select (page_count - freelist_count) * page_size
                 from pragma_page_count, pragma_freelist_count, pragma_page_size";
    let bytes = source.query_row(pages, [], |row| row.get(0));
    let bytes: i64 = bytes.map_err(failed)?;
    let disk_of = |path: &Path| path.metadata().map(|found| found.dev()).map_err(failed);
    let same_disk = disk_of(database)? == disk_of(folder)?;
    let needed = u64::try_from(bytes).unwrap_or(0);
    let needed = needed.saturating_add(if same_disk { SPARE } else { 0 });
    let disk = rustix::fs::statvfs(folder).map_err(failed)?;
    let room = disk.f_bavail.saturating_mul(disk.f_frsize);
    if room < needed && !planted() {
        return Err(BackupError::Failed(format!(
            "{} has room for {room} bytes, and {needed} are needed{}",
            folder.display(),
            if same_disk {
                ": the disk is the database's own, and payments need some of it"
            } else {
                ""
            }
        )));
    }
    Ok(())
}

/// In a build for tests the environment can ask for a disk that fills up only when it is written.
fn planted() -> bool {
    cfg!(debug_assertions) && std::env::var("PLANTED_BUG").as_deref() == Ok("room-is-not-asked")
}

/// An empty file for its owner's eyes only, which goes unless it is kept.
fn beside(folder: &Path, name: &OsStr) -> io::Result<TempPath> {
    let mut prefix = name.to_owned();
    prefix.push(".tmp-");
    let mut builder = tempfile::Builder::new();
    builder
        .prefix(&prefix)
        .permissions(Permissions::from_mode(0o600));
    Ok(builder.tempfile_in(folder)?.into_temp_path())
}
