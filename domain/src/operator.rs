//! Parts that an operator ends by hand, because no node can tell any more what became of them.

use crate::{Failure, FailureCode, PartId};
use std::fmt;

/// How the message of a part begins that an operator has ended.
const BY_OPERATOR: &str = "resolved by an operator";

/// `resolvepart`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ResolvePart {
    /// The part.
    pub part: PartId,
    /// What became of it.
    pub end: OperatorEnd,
    /// Who says so, and why.
    pub by: Resolution,
}

/// What an operator says became of a part: the word, not yet checked.
#[derive(Clone, PartialEq, Eq)]
pub enum OperatorEnd {
    /// Its money is back, or never left.
    Failed,
    /// It was paid: with what should be the preimage (rule A-6).
    Complete([u8; 32]),
}

/// Who ended a part by hand, and why. Both are stored, and shown with the part.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Resolution {
    /// The caller, as the transport knows it.
    pub who: String,
    /// The reason, in the operator's words.
    pub why: String,
}

impl Resolution {
    /// Whether it says both.
    pub fn is_whole(&self) -> bool {
        !self.who.is_empty() && !self.why.is_empty()
    }

    /// Why the part failed, as everybody is told.
    pub fn failure(&self) -> Failure {
        let message = format!("{BY_OPERATOR}: {}", self.why);
        Failure::plain(FailureCode::Unspecified, message)
    }
}

/// Without the preimage.
impl fmt::Debug for OperatorEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            OperatorEnd::Failed => "Failed",
            OperatorEnd::Complete(_) => "Complete([redacted preimage])",
        })
    }
}
