//! The rules about money, those of orders (B) included, as predicates that can be asked of anything.
//!
//! - [`stored`]: of what is stored, by itself. Production asks it of every row that it reads.
//! - [`step`]: of a transition or a deletion. Production asks it of each before it is committed.
//! - [`seen`]: of what callers and nodes saw, beside what is stored. Tests ask it from outside.
//!
//! None of them shares code with the decisions: a mistake there is a violation here. What each rule
//! says, and which tests hold it, is in `docs/invariants.md`.

mod order;
pub mod seen;
pub mod step;
pub mod stored;

use std::fmt;

/// One of the rules.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Rule {
    /// Pending and complete parts never exceed the intended amount.
    Ceiling,
    /// No part after success.
    NothingAfterSuccess,
    /// A part is offered only when its row is durable.
    IntentBeforeAct,
    /// One fixed key a part, offered under no other, never used again.
    AtMostOnce,
    /// Unknown is not failed.
    UnknownIsNotFailed,
    /// Complete only with the preimage.
    Proof,
    /// One outcome; a preimage beats an earlier failure.
    OneOutcome,
    /// The payment is a function of its parts.
    FunctionOfParts,
    /// One set of terms.
    OneSetOfTerms,
    /// A paid hash is refused for ever.
    NeverTwice,
    /// Waits tell the truth.
    WaitsTellTheTruth,
    /// Listening is passive.
    PassiveListening,
    /// The incoming list is true.
    TrueIncomingList,
    /// Acknowledged is durable, and a retried request is the same request.
    AcknowledgedIsDurable,
    /// Fail closed, keep secrets.
    FailClosed,
    /// An order's parts cost at most its cap.
    OrderCap,
    /// An order's parts deliver at most its share.
    OrderShare,
    /// No part at or after the order's deadline.
    OrderDeadline,
    /// An order has at most so many parts, and so many at once.
    OrderAttempts,
    /// One open order a payment, which alone adds parts.
    OneOrder,
    /// What is closed stays closed.
    ClosedStays,
    /// Why an order was closed is in the commit of its cause.
    ReasonWithCause,
    /// A payment with an open order is pending, everywhere.
    HonestStatus,
    /// The same request is the same order.
    SameOrder,
    /// No part goes over what is excluded, or failed in its order with as much.
    NoRepeat,
    /// A plan delivers exactly what was asked, or is refused whole.
    WholePlan,
}

impl Rule {
    /// Every rule, in the order of the ids.
    pub const ALL: [Rule; 26] = [
        Rule::Ceiling,
        Rule::NothingAfterSuccess,
        Rule::IntentBeforeAct,
        Rule::AtMostOnce,
        Rule::UnknownIsNotFailed,
        Rule::Proof,
        Rule::OneOutcome,
        Rule::FunctionOfParts,
        Rule::OneSetOfTerms,
        Rule::NeverTwice,
        Rule::WaitsTellTheTruth,
        Rule::PassiveListening,
        Rule::TrueIncomingList,
        Rule::AcknowledgedIsDurable,
        Rule::FailClosed,
        Rule::OrderCap,
        Rule::OrderShare,
        Rule::OrderDeadline,
        Rule::OrderAttempts,
        Rule::OneOrder,
        Rule::ClosedStays,
        Rule::ReasonWithCause,
        Rule::HonestStatus,
        Rule::SameOrder,
        Rule::NoRepeat,
        Rule::WholePlan,
    ];

    /// Its id, as documents, logs and the schema write it.
    pub fn id(self) -> &'static str {
        match self {
            Rule::Ceiling => "A-1",
            Rule::NothingAfterSuccess => "A-2",
            Rule::IntentBeforeAct => "A-3",
            Rule::AtMostOnce => "A-4",
            Rule::UnknownIsNotFailed => "A-5",
            Rule::Proof => "A-6",
            Rule::OneOutcome => "A-7",
            Rule::FunctionOfParts => "A-8",
            Rule::OneSetOfTerms => "A-9",
            Rule::NeverTwice => "A-10",
            Rule::WaitsTellTheTruth => "A-11",
            Rule::PassiveListening => "A-12",
            Rule::TrueIncomingList => "A-13",
            Rule::AcknowledgedIsDurable => "A-14",
            Rule::FailClosed => "A-15",
            Rule::OrderCap => "B-1",
            Rule::OrderShare => "B-2",
            Rule::OrderDeadline => "B-3",
            Rule::OrderAttempts => "B-4",
            Rule::OneOrder => "B-5",
            Rule::ClosedStays => "B-6",
            Rule::ReasonWithCause => "B-7",
            Rule::HonestStatus => "B-8",
            Rule::SameOrder => "B-9",
            Rule::NoRepeat => "B-10",
            Rule::WholePlan => "B-11",
        }
    }

    /// Nothing, or the violation of this rule. It is put into words only then: this runs before every
    /// commit.
    fn requires(self, holds: bool, what: impl fmt::Display) -> Result<(), Violation> {
        if holds {
            Ok(())
        } else {
            Err(self.broken(what.to_string()))
        }
    }

    /// A violation of this rule.
    pub fn broken(self, what: impl Into<String>) -> Violation {
        Violation {
            rule: self,
            what: what.into(),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// A rule does not hold.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{rule}: {what}")]
pub struct Violation {
    /// The rule.
    pub rule: Rule,
    /// What is wrong; never a secret (rule A-15).
    pub what: String,
}

#[cfg(test)]
mod tests {
    use super::Rule;

    #[test]
    fn rules_are_numbered_from_one() {
        let ids = (1..=15).map(|n| format!("A-{n}"));
        let ids: Vec<String> = ids.chain((1..=11).map(|n| format!("B-{n}"))).collect();
        assert_eq!(Rule::ALL.map(|rule| rule.to_string()).to_vec(), ids);
    }
}
