//! What a node said of a part, on its way into storage.

use super::Node;
use crate::engine::ledger::{CONFLICTS_MAX, CommitError};
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
        let (mut backoff, mut conflicts) = (self.timing.backoff(), 0);
        for _ in 0..tries {
            match self.try_resolve(&said, at).await {
                Ok(kept) => return kept,
                Err(CommitError::Refused(_)) => return StoreProgress::No,
                Err(CommitError::Conflict) if conflicts < CONFLICTS_MAX => {
                    conflicts += 1;
                    continue;
                }
                Err(CommitError::Conflict) => {
                    warn!(payment.hash = %hash, part.id = %part, "storage keeps changing");
                }
                Err(CommitError::Unavailable(reason) | CommitError::Unknown(reason)) => {
                    warn!(payment.hash = %hash, part.id = %part, reason,
                        "an outcome waits for storage");
                }
            }
            self.timing.pause(&mut backoff).await;
        }
        StoreProgress::NotYet
    }

    async fn try_resolve(
        &self,
        said: &ReportedOutcome,
        at: Timestamp,
    ) -> Result<StoreProgress, CommitError> {
        let (hash, part) = (said.hash, said.part);
        let cell = self.ledger.cell(hash);
        let mut turn = cell.turn().await;
        let payment = match turn.payment().await {
            Ok(payment) => payment,
            Err(LoadError::Unavailable(reason)) => return Err(CommitError::Unavailable(reason.0)),
            Err(LoadError::Damaged(reason)) => {
                self.ledger.damage(hash, reason);
                self.board.has_news(hash);
                return Ok(StoreProgress::No);
            }
            // The node tells again what was stored before the payment was deleted.
            Err(LoadError::Deleted(_)) => return self.ended_when_gone(said).await,
        };
        let Some(payment) = payment else {
            return self.not_stored(&mut turn, said).await;
        };
        match payment.resolve(part, &said.outcome, at) {
            Ok(Decision::Commit(transition)) => {
                let cursor = said.cursor.map(|cursor| (self.name.clone(), cursor));
                let transition = Transition {
                    cursor,
                    ..*transition
                };
                self.ledger.commit(&mut turn, transition).await?;
                Ok(StoreProgress::WithCursor)
            }
            Ok(Decision::Unchanged(_)) => {
                // After a commit in doubt nobody may have been told yet.
                if let Some(part) = payment.part(part) {
                    self.board.tell(payment, part);
                    self.board.has_news(hash);
                }
                Ok(StoreProgress::Before)
            }
            Err(Refusal::NoSuchPart { .. }) => self.not_stored(&mut turn, said).await,
            Err(refusal) => {
                self.ledger
                    .alarm(hash, &format!("{refusal}: the part stays pending (A-6)"));
                Ok(StoreProgress::No)
            }
        }
    }
}
