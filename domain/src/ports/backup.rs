//! Copies of what is stored.

use async_trait::async_trait;
use std::path::PathBuf;

/// Makes copies of what is stored, while payments go on.
#[async_trait]
pub trait Backups: Send + Sync {
    /// Writes a whole, durable and checked copy into a file, which is an absolute path where there is
    /// nothing yet. The file appears when it is whole. Goes on if the caller hangs up.
    async fn back_up(&self, file: PathBuf) -> Result<BackedUp, BackupError>;
}

/// A copy that was made, and what is in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BackedUp {
    /// Its length.
    pub bytes: u64,
    /// Payments that we make.
    pub payments: u64,
    /// Their parts.
    pub parts: u64,
    /// Those of them that are pending.
    pub live_parts: u64,
    /// Payments that came in.
    pub incoming: u64,
    /// The number of the last event.
    pub last_event: u64,
}

/// Why there is no copy. Nothing is left of what was begun.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BackupError {
    /// It cannot be there: nothing was begun.
    #[error("{0}")]
    Target(String),
    /// Another copy is being made.
    #[error("another backup is being made: wait for its end")]
    Busy,
    /// The daemon stops.
    #[error("the backup was stopped, and nothing of it is left")]
    Stopped,
    /// It could not be made.
    #[error("the backup failed, and nothing of it is left: {0}")]
    Failed(String),
    /// What was copied is not whole.
    #[error("the database is damaged, and no backup was kept: {0}; see `ampere db check`")]
    Damaged(String),
}
