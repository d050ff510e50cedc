//! Moves what is in the write-ahead log into the database, in the background, so that commits do
//! not have to.
//!
//! The log begins anew, and is written over, only when all of it has been moved; while somebody
//! writes, the background never gets there. A log that grows instead costs each commit nearly twice:
//! the file system has to note its new length. So the writer does the last step itself, when little
//! is left of it.

use crate::list_throttle::ListThrottle;
use crate::options::Options;
use crate::pragma::{self, Connection, Role};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

/// Pages of a long log for each transition between two checkpoints. A transition that is committed
/// alone writes five or six.
const LONG: usize = 4;

/// The thread, as the writer sees it. It ends when this is gone.
pub(crate) struct Checkpoint {
    every: usize,
    since: usize,
    wake: SyncSender<()>,
    /// The log is long, and was all moved but for what has been written meanwhile; until the writer has
    /// done the last step, or has given it up because too much has been written since.
    is_nearly_done: Arc<AtomicBool>,
    throttle: Arc<ListThrottle>,
    thread: JoinHandle<()>,
}

impl Checkpoint {
    /// Starts the thread. It does nothing until enough has been written.
    pub(crate) fn start(
        path: PathBuf,
        options: Options,
        throttle: Arc<ListThrottle>,
    ) -> io::Result<Checkpoint> {
        // One wish is enough: a checkpoint moves all there is.
        let (wake, wishes) = sync_channel(1);
        let every = options.checkpoint_every;
        let is_nearly_done = Arc::new(AtomicBool::new(false));
        let (done, asked) = (Arc::clone(&is_nearly_done), Arc::clone(&throttle));
        let thread = thread::Builder::new()
            .name("storage-checkpoint".to_owned())
            .spawn(move || run(&path, &options, &wishes, &done, &asked))?;
        Ok(Checkpoint {
            every,
            since: 0,
            wake,
            is_nearly_done,
            throttle,
            thread,
        })
    }

    /// So many transitions have been committed. Whether the writer had better do the last step now.
    pub(crate) fn committed(&mut self, transitions: usize) -> bool {
        self.since += transitions;
        self.throttle.committed();
        if self.is_nearly_done.load(Ordering::Acquire) {
            if self.since > self.every.div_ceil(2) {
                self.is_nearly_done.store(false, Ordering::Release);
                self.throttle.end();
            } else if self.throttle.is_kept() {
                self.is_nearly_done.store(false, Ordering::Release);
                return true;
            }
        }
        if self.since >= self.every {
            self.since = 0;
            // A full channel means that it is about to start anyway.
            let _ = self.wake.try_send(());
        }
        false
    }

    /// The writer has done the last step.
    pub(crate) fn ended(&self) {
        self.throttle.end();
    }

    /// Ends the thread.
    pub(crate) fn stop(self) {
        drop(self.wake);
        if self.thread.join().is_err() {
            tracing::error!("the checkpoint thread panicked");
        }
    }
}

fn run(
    path: &std::path::Path,
    options: &Options,
    wishes: &Receiver<()>,
    is_nearly_done: &AtomicBool,
    throttle: &ListThrottle,
) {
    let mut connection: Option<Connection> = None;
    while wishes.recv().is_ok() {
        let open = connection.take();
        let done = open
            .map_or_else(|| pragma::connect(path, Role::Checkpoint, options), Ok)
            .and_then(|mut open| {
                let checkpoint = pragma::checkpoint(&mut open);
                checkpoint
                    .map(|log| (open, log))
                    .map_err(|error| error.to_string())
            });
        match done {
            Ok((open, log)) => {
                connection = Some(open);
                let many = LONG.saturating_mul(options.checkpoint_every);
                // If much is left, somebody reads what was there long ago, and asking would not help.
                if log.pages >= many && log.left < many / 2 {
                    throttle.ask();
                    is_nearly_done.store(true, Ordering::Release);
                }
            }
            Err(error) => tracing::warn!(error, "checkpoint failed; the log grows meanwhile"),
        }
    }
}
