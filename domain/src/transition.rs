//! What one decision changes: the unit that storage commits whole or not at all.

use crate::{
    NewOrder, NewPart, NodeName, PartId, PartStatus, PaymentHash, PaymentId, PaymentRow, RequestId,
    Resolution, Timestamp, Why,
};

/// One decision: a payment's row afterwards, and the part or the order that changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Transition {
    /// The row that must be there before: commit nothing if it is another version.
    pub expected: Expected,
    /// The row afterwards.
    pub after: PaymentRow,
    /// What became of which part.
    pub change: Change,
    /// Why the payment's order is closed with it, if it is: in the commit of its cause (rule B-7).
    pub closes: Option<Why>,
    /// When it was decided.
    pub at: Timestamp,
    /// The idempotency key that this decision answers.
    pub request: Option<Request>,
    /// How far the node's outcomes have been heard, with this one.
    pub cursor: Option<(NodeName, Cursor)>,
}

/// What must be stored before a transition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expected {
    /// No payment of this hash.
    Absent,
    /// The payment of that number, at this version.
    Stored {
        /// Its number.
        id: PaymentId,
        /// Its version.
        version: u64,
    },
}

/// What became of which part, or of the order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// An order was opened. Its number is that of the event.
    Opened(Box<NewOrder>),
    /// The order was closed, and nothing else happened: [`Transition::closes`] says why.
    OrderClosed,
    /// A part was accepted. Storage gives it its number.
    Accepted(Box<NewPart>),
    /// A part has its outcome; `previous` is what it was.
    Resolved {
        /// The part.
        part: PartId,
        /// Pending, or failed where a preimage beats an earlier failure (rule A-7).
        previous: crate::StatusKind,
        /// Complete or failed.
        status: PartStatus,
    },
    /// An operator has ended a pending part, because no node could tell what became of it.
    EndedByOperator {
        /// The part.
        part: PartId,
        /// Complete or failed.
        status: PartStatus,
        /// Who, and why.
        by: Resolution,
    },
    /// The node contradicted itself about a part: nothing but the quarantine changed (rule A-7).
    Quarantined {
        /// The part.
        part: PartId,
    },
    /// A node fulfilled a part of the payment that is not stored: nothing but the quarantine changed
    /// (rules ).
    Unrecorded {
        /// The part's number at its node.
        part: PartId,
    },
}

/// What a transition is called in the `events` table.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum EventKind {
    /// An order was opened.
    OrderOpened,
    /// An order was closed by itself, and not with the outcome of a part.
    OrderClosed,
    /// A part was accepted.
    PartAccepted,
    /// A part was fulfilled.
    PartFulfilled,
    /// A part failed.
    PartFailed,
    /// A preimage came for a part that had been called failed: an alarm.
    PartFulfilledAfterFailure,
    /// The node contradicted itself: an alarm.
    Contradiction,
    /// An operator has ended a part.
    PartResolved,
    /// A node fulfilled a part that is not stored: an alarm.
    PartUnrecorded,
    /// An invoice of ours was paid. No transition is called so: nobody decides it here.
    PaymentReceived,
}

impl Transition {
    /// The payment.
    pub fn payment_hash(&self) -> PaymentHash {
        self.after.payment_hash
    }

    /// Its name in the `events` table.
    pub fn kind(&self) -> EventKind {
        use crate::StatusKind::{Complete, Failed, Pending};
        match &self.change {
            Change::Opened(_) => EventKind::OrderOpened,
            Change::OrderClosed => EventKind::OrderClosed,
            Change::Accepted(_) => EventKind::PartAccepted,
            Change::EndedByOperator { .. } => EventKind::PartResolved,
            Change::Quarantined { .. } => EventKind::Contradiction,
            Change::Unrecorded { .. } => EventKind::PartUnrecorded,
            Change::Resolved {
                previous, status, ..
            } => match (previous, status) {
                (Failed, PartStatus::Complete(_)) => EventKind::PartFulfilledAfterFailure,
                (_, PartStatus::Complete(_)) => EventKind::PartFulfilled,
                (Pending | Complete | Failed, PartStatus::Pending | PartStatus::Failed(_)) => {
                    EventKind::PartFailed
                }
            },
        }
    }
}

/// A request that was answered: its key, and a digest of its parameters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    /// The caller's key.
    pub id: RequestId,
    /// SHA256 of the parameters: the same key with others is refused.
    pub digest: [u8; 32],
}

/// How far a node's outcomes have been heard: a number that the node's adapter gives and reads.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Cursor(pub u64);
