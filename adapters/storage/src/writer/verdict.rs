//! What became of one task, and how whoever asked is told.

use domain::{Committed, Deleted, NodeIdentity, Noted, Receipt, Recorded, Unavailable};

/// What became of one task.
pub(super) enum Verdict {
    Done(Option<Receipt>),
    Recorded(Recorded),
    Deleted(Deleted),
    Bound(NodeIdentity),
    Noted(Noted),
    Conflict,
    Unavailable(String),
    Refused(String),
    Unknown(String),
}

impl Verdict {
    /// `done` is what it says when it went well.
    pub(super) fn into_committed<T>(self, done: impl FnOnce(Verdict) -> T) -> Committed<T> {
        match self {
            Verdict::Conflict => Committed::Conflict,
            Verdict::Unavailable(reason) => Committed::Unavailable(reason),
            Verdict::Refused(reason) => Committed::Refused(reason),
            Verdict::Unknown(reason) => Committed::Unknown(reason),
            well @ (Verdict::Done(_)
            | Verdict::Deleted(_)
            | Verdict::Bound(_)
            | Verdict::Noted(_)
            | Verdict::Recorded(_)) => Committed::Yes(done(well)),
        }
    }

    /// Whether it is kept. In doubt it is tried again, which does no harm.
    pub(super) fn into_recorded(self) -> Recorded {
        match self {
            Verdict::Recorded(recorded) => recorded,
            Verdict::Refused(reason) => Recorded::Refused(reason),
            Verdict::Unavailable(reason) | Verdict::Unknown(reason) => {
                Recorded::Unavailable(reason)
            }
            Verdict::Done(_)
            | Verdict::Bound(_)
            | Verdict::Deleted(_)
            | Verdict::Noted(_)
            | Verdict::Conflict => unreachable!("what came in was recorded"),
        }
    }

    /// What is believed of a part that is not stored. In doubt it is noted again, which does no harm.
    pub(super) fn into_noted(self) -> Result<Noted, Unavailable> {
        match self {
            Verdict::Noted(noted) => Ok(noted),
            Verdict::Unavailable(reason) | Verdict::Refused(reason) | Verdict::Unknown(reason) => {
                Err(Unavailable(reason))
            }
            Verdict::Done(_)
            | Verdict::Bound(_)
            | Verdict::Deleted(_)
            | Verdict::Recorded(_)
            | Verdict::Conflict => unreachable!("the part was noted"),
        }
    }

    pub(super) fn receipt(self) -> Receipt {
        let Verdict::Done(Some(receipt)) = self else {
            unreachable!("a transition has a receipt")
        };
        receipt
    }

    pub(super) fn deleted(self) -> Deleted {
        let Verdict::Deleted(deleted) = self else {
            unreachable!("a deletion tells what it took away")
        };
        deleted
    }

    /// For everything that is neither transition nor deletion; with what a node is, if that was the question.
    pub(super) fn into_answer(self) -> Result<Option<NodeIdentity>, Unavailable> {
        match self {
            Verdict::Done(_) => Ok(None),
            Verdict::Bound(first) => Ok(Some(first)),
            Verdict::Unavailable(reason) | Verdict::Refused(reason) | Verdict::Unknown(reason) => {
                Err(Unavailable(reason))
            }
            Verdict::Conflict | Verdict::Deleted(_) | Verdict::Recorded(_) | Verdict::Noted(_) => {
                unreachable!("only transitions and deletions expect something to be there")
            }
        }
    }
}
