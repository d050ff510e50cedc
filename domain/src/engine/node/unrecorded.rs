//! What the node says of parts that are not stored.

use super::Node;
use super::outcome::{ReportedOutcome, StoreProgress};
use crate::engine::ledger::{Change, CommitError, Turn};
use crate::engine::unrecorded::Belief;
use crate::{
    KnownFate, KnownPart, LoadError, Msat, Outcome, PartId, PaymentHash, Unavailable,
    UnrecordedFate, UnrecordedPart,
};
use tracing::warn;

impl Node {
    /// It tells the end of a part that is not stored: the part was deleted with its payment, or the database
    /// is older than the node.
    pub(super) async fn not_stored(
        &self,
        turn: &mut Turn<'_>,
        said: &ReportedOutcome,
    ) -> Result<StoreProgress, CommitError> {
        let (hash, part) = (said.hash, said.part);
        let fate = match &said.outcome {
            Outcome::Fulfilled(bytes) => KnownFate::Fulfilled(*bytes),
            Outcome::Failed(_) => KnownFate::Failed,
        };
        if fate == KnownFate::Failed && self.unrecorded.was_deleted(&self.name, part, hash).await? {
            warn!(payment.hash = %hash, part.id = %part, "a part that was deleted has failed");
            return Ok(StoreProgress::Before);
        }
        let part = self.unrecorded_part(part, hash, None);
        match self.unrecorded.note(turn, part, &fate).await? {
            Belief::Believed => Ok(StoreProgress::Before),
            Belief::Refuted => Ok(StoreProgress::No),
        }
    }

    /// What was paid is not there any more; a part that is not stored may have ended all the same.
    pub(super) async fn ended_when_gone(
        &self,
        said: &ReportedOutcome,
    ) -> Result<StoreProgress, CommitError> {
        let fate = match said.outcome {
            Outcome::Fulfilled(_) => UnrecordedFate::Fulfilled,
            Outcome::Failed(_) => UnrecordedFate::Failed,
        };
        let ended = self
            .unrecorded
            .ended(&self.name, said.part, said.hash, fate);
        ended.await?;
        Ok(StoreProgress::Before)
    }

    /// It knows that part. Whether the part is one that is not stored.
    pub(super) async fn keep_if_missing(&self, known: KnownPart) -> Result<bool, Unavailable> {
        let hash = known.payment_hash;
        let keeping = Keeping { node: self, known };
        self.ledger.change(hash, keeping).await
    }

    fn unrecorded_part(
        &self,
        part: PartId,
        payment_hash: PaymentHash,
        amount_sent: Option<Msat>,
    ) -> UnrecordedPart {
        UnrecordedPart {
            node: self.name.clone(),
            part,
            payment_hash,
            amount_sent,
            fate: UnrecordedFate::Lost,
            noticed_at: self.timing.now(),
            resolution: None,
        }
    }
}

/// A part that the node knows is kept, if it is not stored.
struct Keeping<'a> {
    node: &'a Node,
    known: KnownPart,
}

impl Change for Keeping<'_> {
    type Answer = Result<bool, Unavailable>;

    async fn attempt(&self, turn: &mut Turn<'_>) -> Result<bool, Unavailable> {
        let Keeping { node, known } = self;
        let is_stored = match turn.payment().await {
            Ok(payment) => payment.is_some_and(|payment| payment.part(known.part).is_some()),
            Err(LoadError::Unavailable(unavailable)) => return Err(unavailable),
            Err(LoadError::Damaged(_) | LoadError::Deleted(_)) => false,
        };
        if is_stored {
            return Ok(false);
        }
        let part = node.unrecorded_part(known.part, known.payment_hash, known.amount_sent);
        match node.unrecorded.note(turn, part, &known.fate).await {
            Ok(_) => Ok(true),
            Err(CommitError::Conflict) => Err(Unavailable("it keeps changing".to_owned())),
            Err(
                CommitError::Unavailable(why)
                | CommitError::Unknown(why)
                | CommitError::Refused(why),
            ) => Err(Unavailable(why)),
        }
    }
}
