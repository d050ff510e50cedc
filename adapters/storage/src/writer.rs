//! The one thread that writes. It takes whatever has queued up, commits it as one, and only then
//! answers: a lone caller waits for one fsync, and a thousand callers share one.

use crate::batch::{Batch, Counters, Ending, Memory, fence, undo};
use crate::checkpoint::Checkpoint;
use crate::error::Fault;
use crate::options::Options;
use crate::pragma::{self, Connection, Role};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::mpsc;

mod queued;

use queued::Fate;
pub(crate) use queued::{Bound, Heard, Settle, Waiting, Write, queued};

/// What the writer is asked to do.
pub(crate) enum Task {
    /// Write something, and tell its caller.
    Write(Box<dyn Waiting>),
    /// Take nothing more, finish what is queued, end.
    Close,
}

/// The state of the thread.
pub(crate) struct Writer {
    pub(crate) path: PathBuf,
    pub(crate) options: Options,
    /// None after trouble, until the next batch opens it again.
    pub(crate) connection: Option<Connection>,
    pub(crate) memory: Memory,
    pub(crate) queue: mpsc::Receiver<Task>,
    /// Set while it is unknown what a failed COMMIT has left behind: nobody may read meanwhile.
    pub(crate) unsettled: Arc<AtomicBool>,
    pub(crate) checkpoint: Checkpoint,
}

impl Writer {
    /// The thread: returns when the queue is closed and empty.
    pub(crate) fn run(mut self) {
        let mut tasks = Vec::with_capacity(self.options.batch_max);
        while self
            .queue
            .blocking_recv_many(&mut tasks, self.options.batch_max)
            > 0
        {
            let mut writes = self.writes(&mut tasks);
            if writes.is_empty() {
                continue;
            }
            let fates = self.fates(&mut writes);
            let is_last_step_due = self.checkpoint.committed(writes.len());
            for (write, fate) in writes.into_iter().zip(fates) {
                write.answer(fate);
            }
            if is_last_step_due {
                self.end_checkpoint();
            }
        }
        self.end();
    }

    fn writes(&mut self, tasks: &mut Vec<Task>) -> Vec<Box<dyn Waiting>> {
        let writes = tasks.drain(..).filter_map(|task| match task {
            Task::Write(write) => Some(write),
            Task::Close => {
                self.queue.close();
                None
            }
        });
        writes.collect()
    }

    /// Moves what little is left in the log, so that it begins anew.
    fn end_checkpoint(&mut self) {
        if let Some(connection) = &mut self.connection
            && let Err(error) = pragma::checkpoint(connection)
        {
            tracing::warn!(%error, "checkpoint failed; the log grows meanwhile");
        }
        self.checkpoint.ended();
    }

    /// Commits the batch; if one of its writes cannot go on, each alone.
    fn fates(&mut self, writes: &mut [Box<dyn Waiting>]) -> Vec<Fate> {
        match self.attempt(writes) {
            Fate::Stale | Fate::Refused(_) if writes.len() > 1 => self.one_by_one(writes),
            fate => {
                log(&fate);
                vec![fate; writes.len()]
            }
        }
    }

    fn one_by_one(&mut self, writes: &mut [Box<dyn Waiting>]) -> Vec<Fate> {
        let mut fates = Vec::with_capacity(writes.len());
        for write in &mut *writes {
            let fate = self.attempt(std::slice::from_mut(write));
            log(&fate);
            let is_over = matches!(fate, Fate::Unavailable(_) | Fate::Unknown(_));
            fates.push(fate);
            if is_over {
                break;
            }
        }
        let reason = "it failed for the one before".to_owned();
        fates.resize(writes.len(), Fate::Unavailable(reason));
        fates
    }

    fn attempt(&mut self, writes: &mut [Box<dyn Waiting>]) -> Fate {
        match self.write(writes) {
            Ok(()) => Fate::Durable,
            Err(Ending::BeforeCommit(Fault::Storage(error))) => {
                tracing::error!(error, writes = writes.len(), "a batch was not committed");
                self.forget_connection();
                Fate::Unavailable(error)
            }
            Err(Ending::BeforeCommit(Fault::Stale)) => {
                self.undo();
                Fate::Stale
            }
            Err(Ending::BeforeCommit(fault @ Fault::Rule(_))) => {
                self.undo();
                Fate::Refused(fault.to_string())
            }
            Err(Ending::AtCommit {
                before,
                after,
                error,
            }) => {
                tracing::error!(error, writes = writes.len(), "COMMIT failed");
                self.forget_connection();
                self.unsettled.store(true, Ordering::Release);
                self.after_failed_commit(before, after, error)
            }
        }
    }

    fn write(&mut self, writes: &mut [Box<dyn Waiting>]) -> Result<(), Ending> {
        self.settle().map_err(Ending::BeforeCommit)?;
        let Some(connection) = &mut self.connection else {
            return Err(Ending::BeforeCommit(Fault::Storage("not open".to_owned())));
        };
        let mut batch = Batch::begin(connection, &mut self.memory, self.options.busy_timeout)
            .map_err(Ending::BeforeCommit)?;
        for write in writes {
            write.apply(&mut batch).map_err(Ending::BeforeCommit)?;
        }
        batch.commit()
    }

    /// Opens the connection again after trouble, and finds out what a failed COMMIT has left.
    fn settle(&mut self) -> Result<Option<Counters>, Fault> {
        let connection = if let Some(connection) = &mut self.connection {
            connection
        } else {
            let opened = pragma::connect(&self.path, Role::Writer, &self.options);
            let opened = self.connection.insert(opened.map_err(Fault::Storage)?);
            pragma::never_wait(opened)?;
            opened
        };
        if !self.unsettled.load(Ordering::Acquire) {
            return Ok(None);
        }
        let found = fence(connection, self.options.busy_timeout)?;
        self.unsettled.store(false, Ordering::Release);
        Ok(Some(found))
    }

    /// The last numbers are given out by the batch, so they tell whether it is durable.
    fn after_failed_commit(&mut self, before: Counters, after: Counters, error: String) -> Fate {
        match self.settle() {
            Ok(Some(found)) if found == after => Fate::Durable,
            Ok(Some(found)) if found == before => Fate::Unavailable(error),
            Ok(_) => Fate::Unknown(error),
            Err(fault) => {
                tracing::error!(?fault, "whether it is durable cannot be told yet");
                self.forget_connection();
                Fate::Unknown(error)
            }
        }
    }

    /// A connection that cannot undo is of no use.
    fn undo(&mut self) {
        self.memory = Memory::default();
        let connection = self.connection.as_mut();
        if connection.is_none_or(|connection| undo(connection).is_err()) {
            self.forget_connection();
        }
    }

    fn forget_connection(&mut self) {
        self.memory = Memory::default();
        self.connection = None;
    }

    fn end(mut self) {
        self.checkpoint.stop();
        let Some(connection) = &mut self.connection else {
            return;
        };
        if let Err(error) = pragma::empty_log(connection) {
            tracing::warn!(%error, "the log stays for the next start to read");
        }
    }
}

/// A rule that is broken is a bug of ours.
fn log(fate: &Fate) {
    if let Fate::Refused(rule) = fate {
        tracing::error!(rule, "a transition was refused");
    }
}

#[cfg(test)]
mod tests;
