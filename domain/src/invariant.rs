//! The fifteen rules about money, as predicates that can be asked of anything.
//!
//! - [`stored`]: of what is stored, by itself. Production asks it of every row that it reads.
//! - [`step`]: of a transition or a deletion. Production asks it of each before it is committed.
//! - [`seen`]: of what callers and nodes saw, beside what is stored. Tests ask it from outside.
//!
//! None of them shares code with the decisions: a mistake there is a violation here. What each rule
//! says, and which tests hold it, is in `docs/invariants.md`.

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
}

impl Rule {
    /// Every rule, in the order of the ids.
    pub const ALL: [Rule; 15] = [
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
        for (number, rule) in (1..).zip(Rule::ALL) {
            assert_eq!(rule.to_string(), format!("A-{number}"));
        }
    }
}
