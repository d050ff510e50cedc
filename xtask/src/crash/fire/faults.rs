//! Ways in which storage fails from outside, beginning at a moment and ending at another.

use anyhow::{Context, Result, ensure};
use rusqlite::Connection;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// What goes wrong.
pub(super) enum Fault {
    Nothing,
    /// The file may not grow: set when the store is opened.
    PageLimit,
    /// The file system is full, but for so many pages.
    Full {
        spare: u64,
    },
    /// Another program has locked the database.
    Locked(Option<Connection>),
    /// Another program reads an old snapshot, so that no checkpoint can end.
    OldReader(Option<Connection>),
    /// The files can be read, and that is all.
    ReadOnly,
}

/// A small file system of its own.
pub(super) struct Tmpfs(PathBuf);

const PAGE: u64 = 4_096;
const BALLAST: &str = "ballast";
/// Not "-shm": SQLite maps that into memory, and a process that may no longer write there is killed by
/// the kernel (SIGBUS), which is no worse than `kill -9` and played there.
const SUFFIXES: [&str; 2] = ["", "-wal"];

impl Fault {
    /// It begins.
    pub(super) fn strike(&mut self, db: &Path) -> Result<()> {
        match self {
            Fault::Nothing | Fault::PageLimit => Ok(()),
            Fault::Full { spare } => fill(&ballast(db), *spare),
            Fault::Locked(lock) => {
                let other = connect(db)?;
                other.execute_batch("begin exclusive")?;
                *lock = Some(other);
                Ok(())
            }
            Fault::OldReader(reader) => {
                let other = connect(db)?;
                other.execute_batch("begin; select count(*) from parts;")?;
                *reader = Some(other);
                Ok(())
            }
            Fault::ReadOnly => immutable(db, true),
        }
    }

    /// It is over.
    pub(super) fn lift(&mut self, db: &Path) -> Result<()> {
        match self {
            Fault::Nothing | Fault::PageLimit => Ok(()),
            Fault::Full { .. } => match std::fs::remove_file(ballast(db)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
                Ok(()) | Err(_) => Ok(()),
            },
            // Dropped, it lets go.
            Fault::Locked(other) | Fault::OldReader(other) => {
                *other = None;
                Ok(())
            }
            Fault::ReadOnly => immutable(db, false),
        }
    }
}

fn connect(db: &Path) -> Result<Connection> {
    let other = Connection::open(db)?;
    other.busy_timeout(Duration::from_secs(20))?;
    Ok(other)
}

fn ballast(db: &Path) -> PathBuf {
    db.with_file_name(BALLAST)
}

/// Writes until nothing more fits, and then gives some pages back.
fn fill(ballast: &Path, spare: u64) -> Result<()> {
    let mut file = File::create(ballast).context("create the ballast")?;
    let page = [0; 4_096];
    while file.write_all(&page).is_ok() {}
    let length = file.metadata()?.len();
    file.set_len(length.saturating_sub(spare * PAGE))?;
    Ok(())
}

/// Permission bits mean nothing to root; this does, also to files that are open already.
fn immutable(db: &Path, on: bool) -> Result<()> {
    for suffix in SUFFIXES {
        let mut file = db.as_os_str().to_owned();
        file.push(suffix);
        let file = PathBuf::from(file);
        let changed = chattr(if on { "+i" } else { "-i" }, &file);
        // The log comes and goes with those who use the database.
        if file.exists() {
            changed?;
        }
    }
    Ok(())
}

fn chattr(change: &str, file: &Path) -> Result<()> {
    let mut chattr = Command::new("chattr");
    let output = chattr.arg(change).arg(file).output();
    let output = output.context("chattr cannot be started")?;
    let says = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "chattr {change}: {}", says.trim());
    Ok(())
}

/// Whether a file in that folder can be made read-only, and if not, why.
pub(super) fn can_be_read_only(folder: &Path) -> Result<()> {
    let file = folder.join("probe");
    std::fs::write(&file, "probe")?;
    let mut open = File::options().append(true).open(&file)?;
    chattr("+i", &file)?;
    let written = open.write(b"more");
    chattr("-i", &file)?;
    std::fs::remove_file(&file)?;
    ensure!(written.is_err(), "an open file can still be written to");
    Ok(())
}

impl Tmpfs {
    pub(super) fn mount(folder: PathBuf) -> Result<Tmpfs> {
        std::fs::create_dir_all(&folder)?;
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"]);
        let output = mount.arg(&folder).stdin(Stdio::null()).output();
        let output = output.context("mount cannot be started")?;
        let says = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "mount: {}", says.trim());
        Ok(Tmpfs(folder))
    }
}

impl Tmpfs {
    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        // It goes with its folder otherwise; there is nobody to tell.
        let _ = Command::new("umount").arg(&self.0).status();
    }
}
