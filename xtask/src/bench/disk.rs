//! What the disk takes by itself, without a database.

use anyhow::Result;
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// What a part writes when it is committed alone: six pages.
const COMMIT: usize = 6 * PAGE;
const PAGE: usize = 4_096;
/// Commits that fill a file about as long as the log gets before it is written over.
const LONG: u64 = 170;

/// A file to which a page is added each time.
pub(super) struct Longer(File);

/// A file that is written over and over, by as much as a commit.
pub(super) struct Over {
    file: File,
    commit: Vec<u8>,
    written: u64,
}

impl Longer {
    pub(super) fn create(path: &Path) -> Result<Longer> {
        Ok(Longer(File::create(path)?))
    }

    /// Until it is durable.
    pub(super) fn write(&mut self) -> Result<Duration> {
        let begin = Instant::now();
        self.0.write_all(&[7; PAGE])?;
        self.0.sync_data()?;
        Ok(begin.elapsed())
    }
}

impl Over {
    pub(super) fn create(path: &Path) -> Result<Over> {
        let mut file = File::create(path)?;
        // Page by page, as a log is written.
        for _ in 0..LONG * u64::try_from(COMMIT / PAGE)? {
            file.write_all(&[0; PAGE])?;
        }
        file.sync_all()?;
        Ok(Over {
            file,
            commit: vec![7; COMMIT],
            written: 0,
        })
    }

    /// Until it is durable.
    pub(super) fn write(&mut self) -> Result<Duration> {
        let place = self.written % LONG * u64::try_from(COMMIT)?;
        self.written += 1;
        let begin = Instant::now();
        self.file.write_all_at(&self.commit, place)?;
        self.file.sync_data()?;
        Ok(begin.elapsed())
    }
}
