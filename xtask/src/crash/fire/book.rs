//! What callers asked for and were told, and what the node said: all that the judge believes. It can
//! be written down, so that another process goes on with it.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The book of one run.
#[derive(Clone, Default, Debug, Serialize, Deserialize)]
pub(super) struct Book {
    pub(super) asked: Vec<Asked>,
    /// What the node said of its parts, in order.
    pub(super) said: Vec<ReportedOutcome>,
    /// What waiters were told.
    pub(super) waited: Vec<ReportedOutcome>,
    /// The node's own.
    pub(super) ledger: Vec<Sent>,
    pub(super) orders: Vec<Ordered>,
    /// The finder has lost the way, for the order of this life and of the next.
    pub(super) is_without_a_way: bool,
    /// What those who wait for an order were told.
    pub(super) ends: Vec<OrderEnd>,
    pub(super) acknowledged: u64,
    /// Keys of those who were told that nothing has changed, and nothing else since.
    pub(super) unchanged: BTreeSet<String>,
    /// Every error that a caller read, and how often.
    pub(super) errors: BTreeMap<String, u64>,
    pub(super) history: Vec<String>,
    /// This life ended before the scenario did.
    pub(super) is_cut: bool,
    pub(super) violation: Option<String>,
}

/// A part that a caller asked for, and was told that it is accepted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Asked {
    /// None: `sendpay`.
    pub(super) key: Option<String>,
    pub(super) n: u64,
    pub(super) amount: u64,
    pub(super) intended: u64,
    /// Its number.
    pub(super) part: u64,
}

/// An HTLC that the node really sent.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Sent {
    pub(super) part: u64,
    /// Its payment.
    pub(super) n: u64,
    pub(super) times: u32,
    pub(super) amount: u64,
    pub(super) with_fees: u64,
}

/// An order that a caller asked for, and was told that it is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Ordered {
    pub(super) key: String,
    pub(super) n: u64,
    /// Its number.
    pub(super) order: u64,
}

/// How an order ended, as somebody was told.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct OrderEnd {
    pub(super) n: u64,
    pub(super) is_paid: bool,
    /// Why it was closed, where it was not paid.
    pub(super) why: String,
}

/// The end of a part.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct ReportedOutcome {
    pub(super) part: u64,
    pub(super) n: u64,
    pub(super) is_paid: bool,
}

impl Book {
    pub(super) fn note(&mut self, line: String) {
        self.history.push(line);
    }

    /// A caller read this.
    pub(super) fn error(&mut self, text: String) {
        self.history.push(text.clone());
        *self.errors.entry(text).or_default() += 1;
    }

    /// The node's last word on a part: a proof of payment beats whatever it said besides.
    pub(super) fn end_of(&self, part: u64) -> Option<bool> {
        let mut words = self.said.iter().filter(|said| said.part == part).peekable();
        words.peek()?;
        Some(words.any(|said| said.is_paid))
    }

    pub(super) fn has_sent(&self, part: u64) -> bool {
        self.ledger.iter().any(|sent| sent.part == part)
    }

    /// Whether what this waiter was told is what was stored: "failed" may have been true before.
    pub(super) fn was_true(&self, told: &ReportedOutcome) -> bool {
        self.said.contains(told)
    }
}
