//! One state of the model: what is stored, what the daemon is doing, what the node knows, and what
//! is on its way between them.

use super::bounds::{Bounds, KEYS};
use super::rule::Broken;
use super::stored::Stored;

/// One state.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct World {
    /// Whether caller B begins with `sendpay`.
    pub(super) with_sendpay: bool,
    pub(super) stored: Stored,
    /// A, who has idempotency keys, and B, who has none.
    pub(super) callers: [Caller; 2],
    /// What a caller asked who has hung up since.
    pub(super) orphan: Option<Decided>,
    /// By the key at the node, from 1.
    pub(super) keys: [Key; KEYS],
    /// The daemon has yet to take charge of what is live in storage.
    pub(super) recovering: bool,
    /// What may still go wrong.
    pub(super) left: Bounds,
    pub(super) broken: Broken,
}

/// A caller, who asks for one thing after the other.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Caller {
    /// How many of its asks are over.
    pub(super) over: usize,
    pub(super) phase: Phase,
    /// The parts that it was told of.
    pub(super) told: [Option<u8>; 2],
}

/// Where a caller's ask stands.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Phase {
    /// It is about to ask, for the first time or again.
    Ready,
    /// The daemon has decided, on what was stored then.
    Deciding(Stored),
    /// The answer is on its way.
    Answered(Reply),
    /// It has asked for everything.
    Done,
}

/// What was asked, and what the decision was made on.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Decided {
    pub(super) ask: usize,
    pub(super) on: Stored,
}

/// What a caller is told.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Reply {
    /// The part, durable.
    Part(u8),
    /// `sendpay`: it is under way already.
    InProgress,
    /// It was paid already.
    Complete,
    /// It would be too much.
    Refused,
    /// Nothing was written.
    Unavailable,
    /// It may have been written.
    Unknown,
}

/// One key at the node: what the daemon is doing about it, what is on its way, what the node knows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Key {
    /// The part, and what it delivers; 0 until it is offered.
    pub(super) part: u8,
    pub(super) amount: u16,
    pub(super) care: Care,
    /// An offer is on its way and the daemon waits for its answer.
    pub(super) call: bool,
    /// Offers on their way that nobody waits for any more.
    pub(super) strays: u8,
    pub(super) ledger: Ledger,
    /// The node's word about its end is on its way.
    pub(super) word: bool,
}

/// What the daemon is doing about a part.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Care {
    /// Nothing: the node has taken charge, or it has its end, or it is not there.
    Nothing,
    /// It is to be offered, if it still should.
    Offer,
    /// It still should.
    Wanted,
    /// It is being offered.
    Offering,
    /// The node is to be asked about it.
    LookUp,
    /// Its end is to be stored.
    Resolve {
        /// Fulfilled, or failed.
        fulfilled: bool,
    },
}

/// What the node knows of a key.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Ledger {
    Absent,
    /// It is out.
    Pending,
    Fulfilled,
    Failed,
    /// It was never sent, and never will be.
    Refused,
}

impl World {
    pub(super) fn new(left: Bounds, with_sendpay: bool) -> World {
        let caller = Caller {
            over: 0,
            phase: Phase::Ready,
            told: [None; 2],
        };
        let key = Key {
            part: 0,
            amount: 0,
            care: Care::Nothing,
            call: false,
            strays: 0,
            ledger: Ledger::Absent,
            word: false,
        };
        World {
            with_sendpay,
            stored: Stored::nothing(),
            callers: [caller.clone(), caller],
            orphan: None,
            keys: [key; KEYS],
            recovering: false,
            left,
            broken: Broken::default(),
        }
    }
}

impl Key {
    /// Whether an offer of it may still arrive.
    pub(super) fn is_on_its_way(self) -> bool {
        self.call || self.strays > 0
    }

    /// Whether its money is out or was delivered.
    pub(super) fn counts(self) -> bool {
        matches!(self.ledger, Ledger::Pending | Ledger::Fulfilled)
    }

    /// Whether the node knows its end and tells it.
    pub(super) fn has_end(self) -> bool {
        matches!(self.ledger, Ledger::Fulfilled | Ledger::Failed)
    }
}
