//! Moves what is in the write-ahead log into the database, in the background, so that commits do
//! not have to.

use crate::options::Options;
use crate::pragma::{self, Connection, Role};
use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

/// The thread, as its waker sees it. It ends when this is gone.
pub(crate) struct Checkpoint {
    every: usize,
    since: usize,
    wake: SyncSender<()>,
    thread: JoinHandle<()>,
}

impl Checkpoint {
    /// Starts the thread. It does nothing until enough has been written.
    pub(crate) fn start(path: PathBuf, options: Options) -> io::Result<Checkpoint> {
        // One wish is enough: a checkpoint moves all there is.
        let (wake, wishes) = sync_channel(1);
        let every = options.checkpoint_every;
        let thread = thread::Builder::new()
            .name("storage-checkpoint".to_owned())
            .spawn(move || run(&path, &options, &wishes))?;
        Ok(Checkpoint {
            every,
            since: 0,
            wake,
            thread,
        })
    }

    /// So many transitions have been committed.
    pub(crate) fn committed(&mut self, transitions: usize) {
        self.since += transitions;
        if self.since >= self.every {
            self.since = 0;
            // A full channel means that it is about to start anyway.
            let _ = self.wake.try_send(());
        }
    }

    /// Ends the thread.
    pub(crate) fn stop(self) {
        drop(self.wake);
        if self.thread.join().is_err() {
            tracing::error!("the checkpoint thread panicked");
        }
    }
}

fn run(path: &std::path::Path, options: &Options, wishes: &Receiver<()>) {
    let mut connection: Option<Connection> = None;
    while wishes.recv().is_ok() {
        let open = connection.take();
        let done = open
            .map_or_else(|| pragma::connect(path, Role::Checkpoint, options), Ok)
            .and_then(|mut open| {
                let checkpoint = pragma::checkpoint(&mut open);
                checkpoint.map(|()| open).map_err(|error| error.to_string())
            });
        match done {
            Ok(open) => connection = Some(open),
            Err(error) => tracing::warn!(error, "checkpoint failed; the log grows meanwhile"),
        }
    }
}
