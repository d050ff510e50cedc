//! The one thread that writes. It takes whatever has queued up, commits it as one, and only then
//! answers: a lone caller waits for one fsync, and a thousand callers share one.

mod verdict;

use crate::batch::{
    Applied, Batch, Counters, Ending, IncomingWrite, Memory, SettlementWrite, UnrecordedWrite,
    fence, undo,
};
use crate::changes::{Removal, Write};
use crate::checkpoint::Checkpoint;
use crate::error::Fault;
use crate::options::Options;
use crate::pragma::{self, Connection, Role};
use crate::statements::NewTombstone;
use domain::{Committed, Deleted, NodeIdentity, NodeName, Noted, Recorded, Unavailable};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{mpsc, oneshot};
use verdict::Verdict;

/// What the writer is asked to do.
pub(crate) enum Task {
    /// Commit one transition.
    Commit(Box<Write>, oneshot::Sender<Committed>),
    /// Keep a payment that came in.
    Record(Box<IncomingWrite>, oneshot::Sender<Recorded>),
    /// Delete one payment.
    Delete(Box<Removal>, oneshot::Sender<Committed<Deleted>>),
    /// Leave a tombstone where there is no payment.
    Bury(Box<NewTombstone>, oneshot::Sender<Committed<()>>),
    /// Keep a part that a node knows and that is not stored.
    Note(
        Box<UnrecordedWrite>,
        oneshot::Sender<Result<Noted, Unavailable>>,
    ),
    /// Pass over numbers, and keep which nodes have been asked.
    TakeStock(
        Box<SettlementWrite>,
        oneshot::Sender<Result<(), Unavailable>>,
    ),
    /// Remember how far a node has been heard.
    Advance(NodeName, i64, oneshot::Sender<Result<(), Unavailable>>),
    /// Remember what a node is, if it is the first to say so.
    Bind(
        NodeName,
        NodeIdentity,
        oneshot::Sender<Result<NodeIdentity, Unavailable>>,
    ),
    /// Find out what a failed COMMIT has left behind.
    Settle(oneshot::Sender<Result<(), Unavailable>>),
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

/// Why a batch was not committed as it was.
enum Failed {
    /// One of its commands cannot go on: everything of it was undone.
    Command(Fault),
    /// The storage failed: nothing of it is durable.
    Storage(String),
    /// COMMIT failed, and yet it is durable.
    Durable(Vec<Verdict>),
    /// COMMIT failed, and whether it is durable cannot be told.
    Unknown(String),
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
            if tasks.iter().any(|task| matches!(task, Task::Close)) {
                self.queue.close();
            }
            let verdicts = self.verdicts(&mut tasks);
            let is_last_step_due = self.checkpoint.committed(tasks.len());
            for (task, verdict) in tasks.drain(..).zip(verdicts) {
                task.answer(verdict);
            }
            if is_last_step_due {
                self.end_checkpoint();
            }
        }
        self.end();
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

    /// Commits the batch; if one of its commands cannot go on, each alone.
    fn verdicts(&mut self, tasks: &mut [Task]) -> Vec<Verdict> {
        match self.attempt(tasks) {
            Err(Failed::Command(_)) if tasks.len() > 1 => self.one_by_one(tasks),
            attempt => outcome(attempt, tasks.len()),
        }
    }

    fn one_by_one(&mut self, tasks: &mut [Task]) -> Vec<Verdict> {
        let mut verdicts = Vec::with_capacity(tasks.len());
        for task in tasks.iter_mut() {
            let attempt = self.attempt(std::slice::from_mut(task));
            let is_over = matches!(attempt, Err(Failed::Storage(_) | Failed::Unknown(_)));
            verdicts.extend(outcome(attempt, 1));
            if is_over {
                break;
            }
        }
        let rest = tasks.len() - verdicts.len();
        let reason = || Verdict::Unavailable("it failed for the one before".to_owned());
        verdicts.extend(std::iter::repeat_with(reason).take(rest));
        verdicts
    }

    fn attempt(&mut self, tasks: &mut [Task]) -> Result<Vec<Verdict>, Failed> {
        let mut verdicts = Vec::with_capacity(tasks.len());
        match self.write(tasks, &mut verdicts) {
            Ok(()) => Ok(verdicts),
            Err(Ending::BeforeCommit(Fault::Storage(error))) => {
                tracing::error!(error, tasks = tasks.len(), "a batch was not committed");
                self.forget_connection();
                Err(Failed::Storage(error))
            }
            Err(Ending::BeforeCommit(fault)) => {
                self.undo();
                Err(Failed::Command(fault))
            }
            Err(Ending::AtCommit {
                before,
                after,
                error,
            }) => {
                tracing::error!(error, tasks = tasks.len(), "COMMIT failed");
                self.forget_connection();
                self.unsettled.store(true, Ordering::Release);
                self.after_failed_commit(before, after, error, verdicts)
            }
        }
    }

    fn write(&mut self, tasks: &mut [Task], verdicts: &mut Vec<Verdict>) -> Result<(), Ending> {
        self.settle().map_err(Ending::BeforeCommit)?;
        let Some(connection) = &mut self.connection else {
            return Err(Ending::BeforeCommit(Fault::Storage("not open".to_owned())));
        };
        let mut batch = Batch::begin(connection, &mut self.memory, self.options.busy_timeout)
            .map_err(Ending::BeforeCommit)?;
        for task in tasks {
            verdicts.push(task.apply(&mut batch).map_err(Ending::BeforeCommit)?);
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
    fn after_failed_commit(
        &mut self,
        before: Counters,
        after: Counters,
        error: String,
        verdicts: Vec<Verdict>,
    ) -> Result<Vec<Verdict>, Failed> {
        match self.settle() {
            Ok(Some(found)) if found == after => Err(Failed::Durable(verdicts)),
            Ok(Some(found)) if found == before => Err(Failed::Storage(error)),
            Ok(_) => Err(Failed::Unknown(error)),
            Err(fault) => {
                tracing::error!(?fault, "whether it is durable cannot be told yet");
                self.forget_connection();
                Err(Failed::Unknown(error))
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

/// One verdict a task.
fn outcome(attempt: Result<Vec<Verdict>, Failed>, tasks: usize) -> Vec<Verdict> {
    let verdict: Box<dyn Fn() -> Verdict> = match attempt {
        Ok(verdicts) | Err(Failed::Durable(verdicts)) => return verdicts,
        Err(Failed::Command(Fault::Stale)) => Box::new(|| Verdict::Conflict),
        Err(Failed::Command(fault @ Fault::Rule(_))) => {
            tracing::error!(%fault, "a transition was refused");
            Box::new(move || Verdict::Refused(fault.to_string()))
        }
        Err(Failed::Command(Fault::Storage(error)) | Failed::Storage(error)) => {
            Box::new(move || Verdict::Unavailable(error.clone()))
        }
        Err(Failed::Unknown(error)) => Box::new(move || Verdict::Unknown(error.clone())),
    };
    std::iter::repeat_with(verdict).take(tasks).collect()
}

impl Task {
    fn apply(&mut self, batch: &mut Batch<'_>) -> Result<Verdict, Fault> {
        Ok(match self {
            Task::Commit(write, _) => match batch.apply(write)? {
                Applied::Yes(receipt) => Verdict::Done(Some(receipt)),
                Applied::Conflict => Verdict::Conflict,
            },
            Task::Record(write, _) => Verdict::Recorded(batch.record(write)?),
            Task::Delete(removal, _) => match batch.delete(removal)? {
                Some(deleted) => Verdict::Deleted(deleted),
                None => Verdict::Conflict,
            },
            Task::Bury(tombstone, _) if batch.bury(tombstone)? => Verdict::Done(None),
            Task::Bury(..) => Verdict::Conflict,
            Task::Note(write, _) => Verdict::Noted(batch.note(write)?),
            Task::TakeStock(write, _) => {
                batch.settle(write)?;
                Verdict::Done(None)
            }
            Task::Advance(node, cursor, _) => {
                batch.advance(node, *cursor);
                Verdict::Done(None)
            }
            Task::Bind(node, identity, _) => Verdict::Bound(batch.bind(node, identity)?),
            Task::Settle(_) | Task::Close => Verdict::Done(None),
        })
    }

    /// Whoever asked may have gone: what was committed stays committed.
    fn answer(self, verdict: Verdict) {
        match (self, verdict) {
            (Task::Close, _) => {}
            (Task::Commit(_, answer), verdict) => {
                let _ = answer.send(verdict.into_committed(Verdict::receipt));
            }
            (Task::Delete(_, answer), verdict) => {
                let _ = answer.send(verdict.into_committed(Verdict::deleted));
            }
            (Task::Bury(_, answer), verdict) => {
                let _ = answer.send(verdict.into_committed(drop));
            }
            (Task::Record(_, answer), verdict) => {
                let _ = answer.send(verdict.into_recorded());
            }
            (Task::Note(_, answer), verdict) => {
                let _ = answer.send(verdict.into_noted());
            }
            (
                Task::Advance(_, _, answer) | Task::Settle(answer) | Task::TakeStock(_, answer),
                verdict,
            ) => {
                let _ = answer.send(verdict.into_answer().map(drop));
            }
            (Task::Bind(_, _, answer), verdict) => {
                let bound = |first: Option<_>| first.expect("binding tells who was first");
                let _ = answer.send(verdict.into_answer().map(bound));
            }
        }
    }
}

#[cfg(test)]
mod tests;
