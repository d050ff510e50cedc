//! Parts that nodes know under our own keys, and that are not stored: kept, told of, and kept from being paid
//! once more.

use super::cells::Turn;
use super::core::Core;
use super::ledger::{CONFLICTS_MAX, CommitError};
use super::node::Node;
use super::outcome::{ReportedOutcome, StoreProgress};
use crate::{
    Burial, KnownFate, KnownPart, Listed, LoadError, Noted, Outcome, PartId, PaymentHash,
    Unavailable, UnrecordedFate, UnrecordedFilter, UnrecordedPart,
};
use tracing::{error, info, warn};

impl Core {
    /// A node tells the end of a part that is not stored: it was deleted with its payment, or the database
    /// is older than the node.
    pub(super) async fn not_stored(
        &self,
        turn: &mut Turn<'_>,
        said: &ReportedOutcome,
    ) -> Result<StoreProgress, CommitError> {
        let fate = match &said.word {
            Outcome::Fulfilled(bytes) => KnownFate::Fulfilled(*bytes),
            Outcome::Failed(_) => KnownFate::Failed,
        };
        if fate == KnownFate::Failed && self.was_deleted(said).await? {
            let (hash, part) = (said.hash, said.part);
            warn!(payment.hash = %hash, part.id = %part, "a part that was deleted has failed");
            return Ok(StoreProgress::Before);
        }
        let part = UnrecordedPart {
            node: said.node.clone(),
            part: said.part,
            payment_hash: said.hash,
            amount_sent: None,
            fate: UnrecordedFate::Lost,
            noticed_at: self.clock.now(),
            resolution: None,
        };
        self.note(turn, part, &fate).await
    }

    /// What was paid is not there any more; a part that is not stored may have ended all the same.
    pub(super) async fn ended_when_gone(
        &self,
        said: &ReportedOutcome,
    ) -> Result<StoreProgress, CommitError> {
        if self.stock.is_open()
            && let Some(mut part) = self.noted(said).await?
        {
            part.fate = match said.word {
                Outcome::Fulfilled(_) => UnrecordedFate::Fulfilled,
                Outcome::Failed(_) => UnrecordedFate::Failed,
            };
            self.write_down(part).await?;
        }
        Ok(StoreProgress::Before)
    }

    /// A node knows that part. Whether it is one that is not stored.
    pub(super) async fn keep_if_missing(
        &self,
        node: &Node,
        known: KnownPart,
    ) -> Result<bool, Unavailable> {
        let hash = known.payment_hash;
        let cell = self.ledger.cell(hash);
        let mut turn = cell.turn().await;
        for _ in 0..CONFLICTS_MAX {
            let is_stored = match turn.payment(&*self.store).await {
                Ok(payment) => payment.is_some_and(|payment| payment.part(known.part).is_some()),
                Err(LoadError::Unavailable(unavailable)) => return Err(unavailable),
                Err(LoadError::Damaged(_) | LoadError::Deleted(_)) => false,
            };
            if is_stored {
                return Ok(false);
            }
            let part = UnrecordedPart {
                node: node.name.clone(),
                part: known.part,
                payment_hash: hash,
                amount_sent: known.amount_sent,
                fate: UnrecordedFate::Lost,
                noticed_at: self.clock.now(),
                resolution: None,
            };
            match self.note(&mut turn, part, &known.fate).await {
                Ok(_) => return Ok(true),
                Err(CommitError::Conflict) => {}
                Err(
                    CommitError::Unavailable(why)
                    | CommitError::Unknown(why)
                    | CommitError::Refused(why),
                ) => {
                    return Err(Unavailable(why));
                }
            }
        }
        Err(Unavailable("it keeps changing".to_owned()))
    }

    /// Refuses what was paid from now on, or quarantines its payment, and keeps what is known of the part.
    pub(super) async fn note(
        &self,
        turn: &mut Turn<'_>,
        mut part: UnrecordedPart,
        fate: &KnownFate,
    ) -> Result<StoreProgress, CommitError> {
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
                    return Ok(StoreProgress::No);
                };
                self.stop_for_good(turn, &part, burial).await?;
                UnrecordedFate::Fulfilled
            }
        };
        self.write_down(part).await?;
        Ok(StoreProgress::Before)
    }

    /// Rule A-10: money did move.
    async fn stop_for_good(
        &self,
        turn: &mut Turn<'_>,
        part: &UnrecordedPart,
        burial: Burial,
    ) -> Result<(), CommitError> {
        let quarantine = match turn.payment(&*self.store).await {
            Ok(None) => return self.ledger.bury(turn, burial).await,
            Ok(Some(payment)) => payment.unrecorded(&part.node, part.part, burial.at),
            Err(LoadError::Unavailable(why)) => return Err(CommitError::Unavailable(why.0)),
            // Nothing is sent towards it already.
            Err(LoadError::Damaged(_) | LoadError::Deleted(_)) => None,
        };
        match quarantine {
            None => Ok(()),
            Some(transition) => self.ledger.commit(turn, transition).await.map(drop),
        }
    }

    /// Keeps it, and alarms if it is news. Once keeping one has failed it may be news although it is kept.
    async fn write_down(&self, part: UnrecordedPart) -> Result<Noted, CommitError> {
        self.stock.expect(part.fate);
        let noted = self.unrecorded.note(part.clone()).await.map_err(|why| {
            self.stock.doubt();
            CommitError::Unavailable(why.0)
        })?;
        if !noted.is_news() && !self.stock.is_in_doubt() {
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
        if self.stock.tell() {
            error!(payment.hash = %hash, part.id = %part.part, alarm = true, "{part}");
        }
        Ok(noted)
    }

    /// What is kept of that part already.
    async fn noted(&self, said: &ReportedOutcome) -> Result<Option<UnrecordedPart>, CommitError> {
        let filter = UnrecordedFilter {
            node: Some(said.node.clone()),
            part: Some(said.part),
            hash: Some(said.hash),
            limit: 1,
            ..UnrecordedFilter::default()
        };
        let noted = self.unrecorded.unrecorded(filter).await;
        let noted = noted.map_err(|why| CommitError::Unavailable(why.0))?;
        Ok(noted.into_iter().next())
    }

    /// Whether the part was stored once: its number was given out, to no other payment, and is not one that a
    /// node was found to know and storage not to.
    async fn was_deleted(&self, said: &ReportedOutcome) -> Result<bool, CommitError> {
        if self.stock.is_any() && self.noted(said).await?.is_some() {
            return Ok(false);
        }
        let was = self.was_given_out(said.part, said.hash).await;
        was.map_err(|why| CommitError::Unavailable(why.0))
    }

    async fn was_given_out(&self, part: PartId, hash: PaymentHash) -> Result<bool, Unavailable> {
        Ok(match self.store.part(part).await? {
            Some(Listed::Sound(stored)) => stored.payment_hash == hash,
            Some(Listed::Damaged(stored)) => stored.payment_hash.is_none_or(|it| it == hash),
            None => part <= self.unrecorded.last_part().await?,
        })
    }
}
