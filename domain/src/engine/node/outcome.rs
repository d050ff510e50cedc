//! What a node said of a part, on its way into storage.

use super::Node;
use crate::engine::ledger::{ATTEMPTS_MAX, Change, CommitError, Turn};
use crate::{
    Cursor, Decision, LoadError, Outcome, PartId, PaymentHash, Refusal, Timestamp, Transition,
};
use tracing::warn;

/// What the node said of a part.
#[derive(Clone, Debug)]
pub(in crate::engine) struct ReportedOutcome {
    pub(in crate::engine) hash: PaymentHash,
    pub(in crate::engine) part: PartId,
    pub(in crate::engine) outcome: Outcome,
    /// How far the node has been heard when this is stored.
    pub(in crate::engine) cursor: Option<Cursor>,
}

/// Whether an outcome is in storage now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::engine) enum StoreProgress {
    /// By this very commit, with the cursor.
    WithCursor,
    /// There was nothing to store.
    Before,
    /// It could not be, and cannot be: an alarm has been raised.
    No,
    /// Not yet: storage is not available.
    NotYet,
}

/// An outcome that is stored, with how far the node has been heard.
struct Storing<'a> {
    node: &'a Node,
    said: &'a ReportedOutcome,
    at: Timestamp,
    attempts_max: u32,
}

impl Node {
    /// Stores what the node said, however long storage takes to come back (outcomes are never
    /// dropped).
    pub(in crate::engine) async fn resolve(&self, said: ReportedOutcome) -> StoreProgress {
        loop {
            match self.resolve_within(said.clone(), u32::MAX).await {
                StoreProgress::NotYet => {}
                kept @ (StoreProgress::WithCursor | StoreProgress::Before | StoreProgress::No) => {
                    return kept;
                }
            }
        }
    }

    /// Stores what the node said, if that can be done in so many tries.
    pub(super) async fn resolve_within(&self, said: ReportedOutcome, tries: u32) -> StoreProgress {
        let (hash, part) = (said.hash, said.part);
        let at = self.timing.now();
        let mut backoff = self.timing.backoff();
        let mut left = tries;
        while left > 0 {
            // In line it is attempted so often in all; by itself, once more than any other change.
            let change = Storing {
                node: self,
                said: &said,
                at,
                attempts_max: left.min(ATTEMPTS_MAX + 1),
            };
            let attempts_max = change.attempts_max;
            match self.ledger.change(hash, change).await {
                Ok(kept) => return kept,
                Err(CommitError::Refused(_)) => return StoreProgress::No,
                Err(CommitError::Conflict) => {
                    left -= attempts_max;
                    if left == 0 {
                        break;
                    }
                    warn!(payment.hash = %hash, part.id = %part, "storage keeps changing");
                }
                Err(CommitError::Unavailable(reason) | CommitError::Unknown(reason)) => {
                    left -= 1;
                    warn!(payment.hash = %hash, part.id = %part, reason,
                        "an outcome waits for storage");
                }
            }
            self.timing.pause(&mut backoff).await;
        }
        StoreProgress::NotYet
    }
}

impl Change for Storing<'_> {
    type Answer = Result<StoreProgress, CommitError>;

    fn attempts_max(&self) -> u32 {
        self.attempts_max
    }

    async fn attempt(&self, turn: &mut Turn<'_>) -> Result<StoreProgress, CommitError> {
        let Storing { node, said, at, .. } = *self;
        let (hash, part) = (said.hash, said.part);
        let payment = match turn.payment().await {
            Ok(payment) => payment,
            Err(LoadError::Unavailable(reason)) => return Err(CommitError::Unavailable(reason.0)),
            Err(LoadError::Damaged(reason)) => {
                node.ledger.damage(hash, reason);
                node.board.has_news(hash);
                return Ok(StoreProgress::No);
            }
            // The node tells again what was stored before the payment was deleted.
            Err(LoadError::Deleted(_)) => return node.ended_when_gone(said).await,
        };
        let Some(payment) = payment else {
            return node.not_stored(turn, said).await;
        };
        match payment.resolve(part, &said.outcome, at) {
            Ok(Decision::Commit(transition)) => {
                let cursor = said.cursor.map(|cursor| (node.name.clone(), cursor));
                let transition = Transition {
                    cursor,
                    ..*transition
                };
                let kind = transition.kind();
                let (payment, ended) = turn.commit(transition).await?;
                if let Some(part) = ended.and_then(|part| payment.part(part)) {
                    node.lessons.ended(part, kind);
                }
                Ok(StoreProgress::WithCursor)
            }
            Ok(Decision::Unchanged(_)) => {
                // After a commit in doubt nobody may have been told yet.
                if let Some(part) = payment.part(part) {
                    node.board.tell(payment, part);
                    node.board.has_news(hash);
                }
                Ok(StoreProgress::Before)
            }
            Err(Refusal::NoSuchPart { .. }) => node.not_stored(turn, said).await,
            Err(refusal) => {
                node.ledger
                    .alarm(hash, &format!("{refusal}: the part stays pending (A-6)"));
                Ok(StoreProgress::No)
            }
        }
    }
}
