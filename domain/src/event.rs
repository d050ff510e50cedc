//! The history: one event a transition, in the order of commits.

use crate::{EventKind, Failure, PartId, PaymentHash, Resolution, StatusKind, Timestamp, Why};

/// What one transition did, with how things stood after it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    /// Its place in the history of all payments, from 1; a number that is missing belonged to a payment
    /// that was deleted.
    pub seq: u64,
    /// What happened.
    pub kind: EventKind,
    /// When it was decided.
    pub at: Timestamp,
    /// The payment.
    pub payment_hash: PaymentHash,
    /// Where the payment stood afterwards.
    pub payment_status: StatusKind,
    /// The part; none if it is the payment that came, whole, or its order.
    pub part: Option<PartId>,
    /// Where the part stood afterwards; none if nothing became of it (a contradiction, or a part
    /// that is not stored).
    pub part_status: Option<StatusKind>,
    /// Why the part failed, unless a preimage has shown since that it did not (rule A-7).
    pub failure: Option<Box<Failure>>,
    /// Who ended the part by hand, and why.
    pub resolution: Option<Resolution>,
    /// Why an order was closed with it, if one was.
    pub order_closed: Option<Why>,
}

impl EventKind {
    /// The word in the RPC.
    pub fn as_str(self) -> &'static str {
        match self {
            EventKind::OrderOpened => "order_opened",
            EventKind::OrderClosed => "order_closed",
            EventKind::PartAccepted => "part_accepted",
            EventKind::PartFulfilled => "part_fulfilled",
            EventKind::PartFailed => "part_failed",
            EventKind::PartFulfilledAfterFailure => "part_fulfilled_after_failure",
            EventKind::Contradiction => "contradiction",
            EventKind::PartResolved => "part_resolved",
            EventKind::PartUnrecorded => "part_unrecorded",
            EventKind::PaymentReceived => "payment_received",
        }
    }
}
