//! An order: what `pay` was asked for, durable until it is closed.
//!
//! An order says how much is paid, for how much at most, and until when. Ways are never stored: each is
//! a guess that is checked when its part is accepted. What its failed parts teach is read from them
//! ([`learn`](Learnt)); what to do next is a pure function of the payment ([`Next`]).

mod learn;
mod lesson;
mod next;
mod update;

pub(crate) use learn::Says;

pub use learn::Learnt;
pub use lesson::Lesson;
pub use next::{Need, Next};

use crate::{Avoid, InvoiceTerms, Msat, NoPlan, NodeName, RouteHint, Timestamp};

/// An order's number: that of the event that opened it. Never used again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct OrderId(pub u64);

impl std::fmt::Display for OrderId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// An order of a payment. Its parts are those that were accepted while it was open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Order {
    /// Its number.
    pub id: OrderId,
    /// What was asked for.
    pub terms: OrderTerms,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// How many parts the payment had before.
    pub parts_before: u32,
    /// When and why it was closed, if it was.
    pub closed: Option<Closed>,
}

/// What was asked for. It is fixed when the order is opened (rule B-5).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OrderTerms {
    /// What its parts deliver: all that the payment shall deliver, or our share of it.
    pub deliver: Msat,
    /// The most that its parts may cost, in all (rule B-1).
    pub max_fee: Msat,
    /// No part is accepted from then on (rule B-3).
    pub deadline: Timestamp,
    /// The most blocks that the first HTLC of a part may be open.
    pub max_delay: u32,
    /// The most parts that may be live at once (rule B-4).
    pub max_parts: u16,
    /// The most parts that may ever be accepted (rule B-4).
    pub max_attempts: u32,
    /// The nodes that may offer its parts.
    pub nodes: Vec<NodeName>,
    /// What no part may go over (rule B-10).
    pub avoid: Avoid,
    /// Channels of the invoice.
    pub hints: Vec<RouteHint>,
}

/// The limits of a payment's open order, which its row keeps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OrderLimits {
    /// What its parts deliver.
    pub deliver: Msat,
    /// The most that its parts may cost.
    pub max_fee: Msat,
    /// No part is accepted from then on.
    pub deadline: Timestamp,
}

/// An order that is opened, before storage has given it a number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewOrder {
    /// What was asked for.
    pub terms: OrderTerms,
    /// When.
    pub opened_at: Timestamp,
    /// How many parts the payment has already.
    pub parts_before: u32,
}

/// When and why an order was closed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Closed {
    /// When.
    pub at: Timestamp,
    /// Why.
    pub why: Why,
}

/// Why an order was closed. None says that the payment has failed: parts may still be live.
#[derive(Clone, PartialEq, Eq, Hash, Debug, thiserror::Error)]
pub enum Why {
    /// The payment is complete.
    #[error("it is paid")]
    Paid,
    /// The payee refuses for good, or the hash is paid by somebody else at one of the nodes.
    #[error("a part was refused for good")]
    Refused,
    /// No way was found, and no live part could make room for one.
    #[error("{0}")]
    NoRoute(NoPlan),
    /// The deadline passed.
    #[error("the deadline passed")]
    Deadline,
    /// All the parts that it may have were tried.
    #[error("all attempts are used up")]
    Attempts,
    /// The invoice expired.
    #[error("the invoice expired")]
    Expired,
    /// Its caller wants no new part.
    #[error("it was abandoned")]
    Abandoned,
    /// The payment was quarantined.
    #[error("the payment was quarantined")]
    Quarantined,
}

impl Why {
    /// The word in the RPC and in the events.
    pub fn as_str(&self) -> &'static str {
        match self {
            Why::Paid => "paid",
            Why::Refused => "refused",
            Why::NoRoute(NoPlan::Unreachable) => "unreachable",
            Why::NoRoute(NoPlan::DestinationCapacity) => "destination_capacity",
            Why::NoRoute(NoPlan::TooExpensive { .. }) => "too_expensive",
            Why::NoRoute(NoPlan::TooSlow) => "too_slow",
            Why::NoRoute(NoPlan::NoFunds { .. }) => "no_funds",
            Why::NoRoute(NoPlan::Away(_)) => "away",
            Why::Deadline => "deadline",
            Why::Attempts => "attempts",
            Why::Expired => "expired",
            Why::Abandoned => "abandoned",
            Why::Quarantined => "quarantined",
        }
    }
}

impl OrderTerms {
    /// What a payment's row keeps of it.
    pub fn limits(&self) -> OrderLimits {
        OrderLimits {
            deliver: self.deliver,
            max_fee: self.max_fee,
            deadline: self.deadline,
        }
    }

    /// The most parts that may be live at once: one if the invoice takes no parts.
    pub(crate) fn parts_at_once(&self, invoice: Option<&InvoiceTerms>) -> u16 {
        let one = invoice.is_some_and(|invoice| !invoice.takes_parts);
        if one { 1 } else { self.max_parts }
    }

    /// Whether two requests for the same payment have the same terms. The deadline counts from the time of the
    /// request, so it is not compared.
    pub fn agree_with(&self, other: &OrderTerms) -> bool {
        let asked = |terms: &OrderTerms| OrderTerms {
            deadline: Timestamp(0),
            ..terms.clone()
        };
        asked(self) == asked(other)
    }
}

impl Order {
    /// Whether it may still get parts.
    pub fn is_open(&self) -> bool {
        self.closed.is_none()
    }
}

impl NewOrder {
    /// The order of that number.
    pub fn numbered(self, id: OrderId) -> Order {
        Order {
            id,
            terms: self.terms,
            opened_at: self.opened_at,
            parts_before: self.parts_before,
            closed: None,
        }
    }
}
