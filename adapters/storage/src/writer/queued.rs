//! What waits for the writer: a write, and the caller it is answered to. Each write has an answer of
//! its own type, so nothing has to be matched together again once the batch has ended.

use crate::batch::{Batch, IncomingWrite, SettlementWrite, UnrecordedWrite};
use crate::changes::{Removal, TransitionWrite};
use crate::error::Fault;
use crate::statements::NewTombstone;
use domain::{Committed, Deleted, NodeIdentity, NodeName, Noted, Receipt, Recorded};
use tokio::sync::oneshot;

/// Something to write.
pub(crate) trait Write: Send + 'static {
    /// What its caller is told of it once it is durable.
    type Done: Send;

    /// Writes it, or nothing of it (`None`) if it expects something else than there is. After a fault
    /// the batch must be undone, and this may be called again in another one.
    fn apply(&mut self, batch: &mut Batch<'_>) -> Result<Option<Self::Done>, Fault>;
}

/// What became of a batch, for each of its writes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Fate {
    /// It is durable, except for the writes that expected something else.
    Durable,
    /// One write was found to be out of date after something of it had been written: all of it was undone.
    Stale,
    /// One write breaks a rule: all of it was undone.
    Refused(String),
    /// The storage failed: nothing of it is durable.
    Unavailable(String),
    /// COMMIT failed, and whether it is durable cannot be told.
    Unknown(String),
}

/// A write and its caller, of whichever type.
pub(crate) trait Waiting: Send {
    /// [`Write::apply`]; what it answered is kept for the caller.
    fn apply(&mut self, batch: &mut Batch<'_>) -> Result<(), Fault>;

    /// Tells the caller, who may have gone: what was committed stays committed.
    fn answer(self: Box<Self>, fate: Fate);
}

struct Queued<W: Write> {
    write: W,
    applied: Option<W::Done>,
    caller: oneshot::Sender<Committed<W::Done>>,
}

/// A write that waits, and where its answer will be.
pub(crate) fn queued<W: Write>(
    write: W,
) -> (Box<dyn Waiting>, oneshot::Receiver<Committed<W::Done>>) {
    let (caller, answer) = oneshot::channel();
    let queued = Queued {
        write,
        applied: None,
        caller,
    };
    (Box::new(queued), answer)
}

impl<W: Write> Waiting for Queued<W> {
    fn apply(&mut self, batch: &mut Batch<'_>) -> Result<(), Fault> {
        self.applied = self.write.apply(batch)?;
        Ok(())
    }

    fn answer(self: Box<Self>, fate: Fate) {
        let committed = match fate {
            Fate::Durable => self.applied.map_or(Committed::Conflict, Committed::Yes),
            Fate::Stale => Committed::Conflict,
            Fate::Refused(reason) => Committed::Refused(reason),
            Fate::Unavailable(reason) => Committed::Unavailable(reason),
            Fate::Unknown(reason) => Committed::Unknown(reason),
        };
        let _ = self.caller.send(committed);
    }
}

/// How far a node has been heard.
pub(crate) struct Heard {
    pub(crate) node: NodeName,
    pub(crate) cursor: i64,
}

/// What a node is, unless another identity was there first.
pub(crate) struct Bound {
    pub(crate) node: NodeName,
    pub(crate) identity: NodeIdentity,
}

/// Nothing. Whoever waits for it learns that the writer can tell what a failed COMMIT has left.
pub(crate) struct Settle;

impl Write for TransitionWrite {
    type Done = Receipt;

    fn apply(&mut self, batch: &mut Batch<'_>) -> Result<Option<Receipt>, Fault> {
        batch.apply(self)
    }
}

impl Write for Removal {
    type Done = Deleted;

    fn apply(&mut self, batch: &mut Batch<'_>) -> Result<Option<Deleted>, Fault> {
        batch.delete(self)
    }
}

impl Write for NewTombstone {
    type Done = ();

    fn apply(&mut self, batch: &mut Batch<'_>) -> Result<Option<()>, Fault> {
        Ok(batch.bury(self)?.then_some(()))
    }
}

impl Write for IncomingWrite {
    type Done = Recorded;

    fn apply(&mut self, batch: &mut Batch<'_>) -> Result<Option<Recorded>, Fault> {
        batch.record(self).map(Some)
    }
}

impl Write for UnrecordedWrite {
    type Done = Noted;

    fn apply(&mut self, batch: &mut Batch<'_>) -> Result<Option<Noted>, Fault> {
        batch.note(self).map(Some)
    }
}

impl Write for SettlementWrite {
    type Done = ();

    fn apply(&mut self, batch: &mut Batch<'_>) -> Result<Option<()>, Fault> {
        batch.settle(self).map(Some)
    }
}

impl Write for Heard {
    type Done = ();

    fn apply(&mut self, batch: &mut Batch<'_>) -> Result<Option<()>, Fault> {
        batch.advance(&self.node, self.cursor);
        Ok(Some(()))
    }
}

impl Write for Bound {
    type Done = NodeIdentity;

    fn apply(&mut self, batch: &mut Batch<'_>) -> Result<Option<NodeIdentity>, Fault> {
        batch.bind(&self.node, &self.identity).map(Some)
    }
}

impl Write for Settle {
    type Done = ();

    fn apply(&mut self, _: &mut Batch<'_>) -> Result<Option<()>, Fault> {
        Ok(Some(()))
    }
}
