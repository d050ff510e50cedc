//! The data directory: ours alone, and one daemon's at a time.

use crate::trouble::trouble;
use anyhow::Context;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A lock that lasts as long as this value, or the process: nothing is left behind by a crash.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Makes the directory (mode 0700) if it is not there. One that is there must be closed to the writing
/// of others; that they can look into it is said, and no more: each file in it is closed by itself.
pub fn create(dir: &Path) -> anyhow::Result<()> {
    let mut builder = DirBuilder::new();
    let outcome = builder.recursive(true).mode(0o700).create(dir);
    outcome.map_err(|why| {
        let what = format!("cannot make the data directory {}", dir.display());
        trouble(what, why, "choose another one with --data-dir")
    })?;
    refuse_if_others_write(dir)?;
    let mode = mode_of(dir)?;
    if mode & 0o077 != 0 {
        tracing::warn!(
            "others can look into {} (mode {mode:o}): chmod 700 it",
            dir.display()
        );
    }
    Ok(())
}

/// Whoever may write in a folder can put another database, or another socket, in the place of ours.
pub fn refuse_if_others_write(dir: &Path) -> anyhow::Result<()> {
    let mode = mode_of(dir)?;
    if mode & 0o022 == 0 {
        return Ok(());
    }
    Err(trouble(
        format!("cannot keep payments in {}", dir.display()),
        format!("other users can write in it (mode {mode:o}), and so replace what is stored there"),
        format!("`chmod 700 {}`, or choose another folder", dir.display()),
    ))
}

/// The folder that a file is in.
pub fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        Some(_) | None => Path::new("."),
    }
}

fn mode_of(dir: &Path) -> anyhow::Result<u32> {
    let found = std::fs::metadata(dir);
    let found = found.with_context(|| format!("cannot look at {}", dir.display()))?;
    Ok(found.mode() & 0o777)
}

/// Rule A-10: neither two daemons in one directory, nor two on one database by way of two directories
/// or of a link.
pub fn lock_both(dir: &Path, database: &Path) -> anyhow::Result<Vec<Lock>> {
    Ok(vec![lock(dir)?, lock(&real_path(database))?])
}

/// Takes the lock of `owned`, a directory or a file that one daemon may use at a time.
pub fn lock(owned: &Path) -> anyhow::Result<Lock> {
    let path = lock_file(owned);
    let file = open_private(&path)?;
    match file.try_lock() {
        Ok(()) => {
            note_pid(&file).with_context(|| format!("cannot write to {}", path.display()))?;
            Ok(Lock { _file: file })
        }
        Err(TryLockError::WouldBlock) => Err(trouble(
            format!("another ampered is using {}", owned.display()),
            format!("process {} holds {}", holder(file), path.display()),
            "stop that one first (`ampere stop`), or give this one its own --data-dir",
        )),
        Err(TryLockError::Error(why)) => Err(trouble(
            format!("cannot lock {}", path.display()),
            why,
            "use a data directory on a file system that has locks",
        )),
    }
}

/// Where a file really is, whether it is there yet or not: whoever comes by a link finds the same.
pub fn real_path(file: &Path) -> PathBuf {
    let of_folder = || {
        let folder = file.parent()?.canonicalize().ok()?;
        Some(folder.join(file.file_name()?))
    };
    let there = file.canonicalize().ok();
    there.or_else(of_folder).unwrap_or_else(|| file.to_owned())
}

/// Opens a file for reading and writing, made with mode 0600 if it is not there.
pub(crate) fn open_private(path: &Path) -> anyhow::Result<File> {
    let mut options = OpenOptions::new();
    let options = options.read(true).write(true).create(true).truncate(false);
    let opened = options.mode(0o600).open(path);
    opened.map_err(|why| {
        let what = format!("cannot open {}", path.display());
        trouble(what, why, "check that the folder exists and is yours")
    })
}

fn lock_file(owned: &Path) -> PathBuf {
    if owned.is_dir() {
        return owned.join("ampered.lock");
    }
    let mut name = owned.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

fn note_pid(mut file: &File) -> std::io::Result<()> {
    file.set_len(0)?;
    writeln!(file, "{}", std::process::id())
}

fn holder(mut file: File) -> String {
    let mut pid = String::new();
    match file.read_to_string(&mut pid) {
        Ok(_) if !pid.trim().is_empty() => pid.trim().to_owned(),
        _ => "unknown".to_owned(),
    }
}
