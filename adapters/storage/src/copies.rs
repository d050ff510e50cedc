//! Backups of an open store: one at a time, in a thread of its own, and over when the store closes.

use crate::backup::backup;
use crate::check::Stop;
use crate::readers::yield_to_payments;
use domain::{BackedUp, BackupError};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use tokio::sync::{Mutex, oneshot};

/// What copies a store makes.
pub(crate) struct Copies {
    database: PathBuf,
    stop: Stop,
    /// Whose turn it is.
    turn: Arc<Mutex<()>>,
}

impl Copies {
    pub(crate) fn of(database: PathBuf) -> Copies {
        Copies {
            database,
            stop: Stop::default(),
            turn: Arc::default(),
        }
    }

    pub(crate) async fn make(&self, file: PathBuf) -> Result<BackedUp, BackupError> {
        let turn = Arc::clone(&self.turn).try_lock_owned();
        let turn = turn.map_err(|_| BackupError::Busy)?;
        let (database, stop) = (self.database.clone(), Arc::clone(&self.stop));
        let (answer, answered) = oneshot::channel();
        let thread = thread::Builder::new().name("storage-backup".to_owned());
        let started = thread.spawn(move || {
            yield_to_payments();
            let made = backup(&database, &file, &stop);
            drop(turn);
            // Whoever asked may have gone.
            let _ = answer.send(made);
        });
        started.map_err(|why| BackupError::Failed(why.to_string()))?;
        // A panic there ends the process.
        answered.await.unwrap_or(Err(BackupError::Stopped))
    }

    /// What is being made ends without a result, soon; nothing more is begun.
    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Returns when nothing is being made any more.
    pub(crate) async fn stopped(&self) {
        self.stop();
        drop(self.turn.lock().await);
    }
}
