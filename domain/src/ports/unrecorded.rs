//! Where it is kept what nodes know and the database does not.

use crate::{
    NodeName, PartId, PaymentHash, Settlement, Unasked, Unavailable, UnrecordedCounts,
    UnrecordedFate, UnrecordedPart,
};
use async_trait::async_trait;

/// What nodes know and [`PaymentStore`](crate::PaymentStore) does not. Every call may be repeated: the second
/// time it changes nothing.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait UnrecordedStore: Send + Sync {
    /// The last number of a part that was given out or passed over; 0 before the first. A node that knows a
    /// larger one knows more than the database.
    async fn last_part(&self) -> Result<PartId, Unavailable>;

    /// Stores a part that only its node knows. Its new fate follows from the stored one and from this report
    /// ([`UnrecordedFate::then`]); both are returned. As long as it may be pending, storage takes no part of its
    /// payment.
    async fn note(&self, part: UnrecordedPart) -> Result<Noted, Unavailable>;

    /// Passes over numbers, and keeps which nodes have been asked for what they know and which have not.
    async fn settle(&self, settlement: Settlement) -> Result<(), Unavailable>;

    /// The nodes that have not been asked.
    async fn unasked(&self) -> Result<Vec<Unasked>, Unavailable>;

    /// A page of them: by number, those of which nothing can be told before the others.
    async fn unrecorded(
        &self,
        filter: UnrecordedFilter,
    ) -> Result<Vec<UnrecordedPart>, Unavailable>;

    /// How many there are.
    async fn count_unrecorded(&self) -> Result<UnrecordedCounts, Unavailable>;
}

/// What is believed of a part that is not stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Noted {
    /// None if it was not known.
    pub before: Option<UnrecordedFate>,
    /// What is believed now.
    pub now: UnrecordedFate,
}

/// Which of them to list.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct UnrecordedFilter {
    /// Only that node's.
    pub node: Option<NodeName>,
    /// Only that number's.
    pub part: Option<PartId>,
    /// Only that payment's.
    pub hash: Option<PaymentHash>,
    /// Only those that may be out.
    pub is_open: bool,
    /// At most so many.
    pub limit: u32,
}

impl Noted {
    /// Whether anything new was heard.
    pub fn is_news(self) -> bool {
        self.before != Some(self.now)
    }
}
