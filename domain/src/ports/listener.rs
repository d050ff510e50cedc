//! Hearing what became of the parts.

use crate::{Cursor, Failure, PartId, PaymentHash};
use async_trait::async_trait;
use futures::stream::BoxStream;

/// A Lightning node, as far as outcomes come in. Consumed by listening, so there is only one.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait HtlcListener: Send {
    /// Every outcome after `from` (of all time if `None`), in order, at least once, and then the
    /// new ones as they come. The stream reconnects by itself and ends only when the node is gone
    /// for good. Whatever is at or before `from` has been stored by us and may be forgotten.
    async fn listen(self: Box<Self>, from: Option<Cursor>) -> BoxStream<'static, Heard>;
}

/// One outcome, and how far the stream has come with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Heard {
    /// Grows along the stream; stored with the transition it caused.
    pub cursor: Cursor,
    /// The part's key.
    pub part: PartId,
    /// The part's payment.
    pub payment_hash: PaymentHash,
    /// What the node says became of it.
    pub outcome: Outcome,
}

/// What a node says became of a part: its word, not yet checked.
#[derive(Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Fulfilled, with what should be the preimage (rule A-6 is the domain's to check).
    Fulfilled([u8; 32]),
    /// Failed.
    Failed(Box<Failure>),
}

impl std::fmt::Debug for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Outcome::Fulfilled(_) => f.write_str("Fulfilled([redacted preimage])"),
            Outcome::Failed(failure) => f.debug_tuple("Failed").field(failure).finish(),
        }
    }
}
