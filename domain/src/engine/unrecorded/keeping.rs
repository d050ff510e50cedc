//! Stores a part that only its node knows, raises an alarm, and keeps its payment from being paid again.

use super::Unrecorded;
use crate::engine::ledger::{CommitError, Turn};
use crate::{
    Burial, KnownFate, Listed, LoadError, NodeName, Noted, PartId, PaymentHash, Unavailable,
    UnrecordedFate, UnrecordedFilter, UnrecordedPart,
};
use tracing::{error, info};

/// Whether what a node says of a part is believed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::engine) enum Belief {
    /// It is.
    Believed,
    /// It has shown a preimage that is none: an alarm has been raised.
    Refuted,
}

impl Unrecorded {
    /// Refuses what was paid from now on, or quarantines its payment, and keeps what is known of the part.
    pub(in crate::engine) async fn note(
        &self,
        turn: &mut Turn<'_>,
        mut part: UnrecordedPart,
        fate: &KnownFate,
    ) -> Result<Belief, CommitError> {
        let hash = part.payment_hash;
        part.fate = match fate {
            KnownFate::Pending => UnrecordedFate::Pending,
            KnownFate::Failed => UnrecordedFate::Failed,
            KnownFate::Lost => UnrecordedFate::Lost,
            KnownFate::Fulfilled(bytes) => {
                let Ok(burial) = Burial::proving(hash, *bytes, part.noticed_at) else {
                    let what = format!(
                        "node {} has a preimage for part {} that does not open the hash (A-6)",
                        part.node, part.part
                    );
                    self.ledger.alarm(hash, &what);
                    // What it says is not believed, and its money may have moved.
                    self.write_down(part).await?;
                    return Ok(Belief::Refuted);
                };
                self.stop_for_good(turn, &part, burial).await?;
                UnrecordedFate::Fulfilled
            }
        };
        self.write_down(part).await?;
        Ok(Belief::Believed)
    }

    /// Rule A-10: money did move.
    async fn stop_for_good(
        &self,
        turn: &mut Turn<'_>,
        part: &UnrecordedPart,
        burial: Burial,
    ) -> Result<(), CommitError> {
        let quarantine = match turn.payment().await {
            Ok(None) => return turn.bury(burial).await,
            Ok(Some(payment)) => payment.unrecorded(&part.node, part.part, burial.at),
            Err(LoadError::Unavailable(why)) => return Err(CommitError::Unavailable(why.0)),
            // Nothing is sent towards it already.
            Err(LoadError::Damaged(_) | LoadError::Deleted(_)) => None,
        };
        match quarantine {
            None => Ok(()),
            Some(transition) => turn.commit(transition).await.map(drop),
        }
    }

    /// One that is kept already has ended, with no payment left that it could be part of.
    pub(in crate::engine) async fn ended(
        &self,
        node: &NodeName,
        part: PartId,
        hash: PaymentHash,
        fate: UnrecordedFate,
    ) -> Result<(), CommitError> {
        if self.standing.is_open()
            && let Some(part) = self.noted(node, part, hash).await?
        {
            self.write_down(UnrecordedPart { fate, ..part }).await?;
        }
        Ok(())
    }

    /// Keeps it, and alarms if it is news. Once keeping one has failed it may be news although it is kept.
    async fn write_down(&self, part: UnrecordedPart) -> Result<Noted, CommitError> {
        self.standing.expect(part.fate);
        let noted = self.store.note(part.clone()).await.map_err(|why| {
            self.standing.doubt();
            CommitError::Unavailable(why.0)
        })?;
        if !noted.is_news() && !self.standing.is_in_doubt() {
            return Ok(noted);
        }
        let part = UnrecordedPart {
            fate: noted.now,
            ..part
        };
        let hash = part.payment_hash;
        if noted.before.is_some() && noted.now == UnrecordedFate::Failed {
            info!(payment.hash = %hash, part.id = %part.part, "{part}");
            return Ok(noted);
        }
        self.ledger.count_alarm();
        if self.standing.tell() {
            error!(payment.hash = %hash, part.id = %part.part, alarm = true, "{part}");
        }
        Ok(noted)
    }

    /// What is kept of that part already.
    async fn noted(
        &self,
        node: &NodeName,
        part: PartId,
        hash: PaymentHash,
    ) -> Result<Option<UnrecordedPart>, CommitError> {
        let filter = UnrecordedFilter {
            node: Some(node.clone()),
            part: Some(part),
            hash: Some(hash),
            limit: 1,
            ..UnrecordedFilter::default()
        };
        let noted = self.store.unrecorded(filter).await;
        let noted = noted.map_err(|why| CommitError::Unavailable(why.0))?;
        Ok(noted.into_iter().next())
    }

    /// Whether the part was stored once: its number was given out, to no other payment, and is not one that a
    /// node was found to know and storage not to.
    pub(in crate::engine) async fn was_deleted(
        &self,
        node: &NodeName,
        part: PartId,
        hash: PaymentHash,
    ) -> Result<bool, CommitError> {
        if self.standing.is_any() && self.noted(node, part, hash).await?.is_some() {
            return Ok(false);
        }
        let was = self.was_given_out(part, hash).await;
        was.map_err(|why| CommitError::Unavailable(why.0))
    }

    async fn was_given_out(&self, part: PartId, hash: PaymentHash) -> Result<bool, Unavailable> {
        Ok(match self.ledger.store().part(part).await? {
            Some(Listed::Sound(stored)) => stored.payment_hash == hash,
            Some(Listed::Damaged(stored)) => stored.payment_hash.is_none_or(|it| it == hash),
            None => part <= self.store.last_part().await?,
        })
    }
}
