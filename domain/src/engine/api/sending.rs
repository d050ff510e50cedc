//! Sending one part: decide, persist, act.

use super::send::{Accepted, Begun, SendApi};
use super::stored;
use crate::engine::board::PaymentEnd;
use crate::engine::ledger::{Change, CommitError, Turn};
use crate::engine::node::Job;
use crate::{
    ApiError, Damaged, Decision, Listed, PartId, PartialPayment, Payment, PaymentSummary, SendPart,
    Transition,
};

/// A part on its way into a payment.
pub(super) struct Sending<'a> {
    pub(super) api: &'a SendApi,
    pub(super) command: &'a SendPart,
}

/// What a decision asks for.
enum Plan {
    Commit(Box<Transition>),
    Nothing(Box<PaymentEnd>),
}

impl Change for Sending<'_> {
    type Answer = Result<Begun, ApiError>;

    async fn attempt(&self, turn: &mut Turn<'_>) -> Result<Begun, ApiError> {
        if let Some(request) = &self.command.request
            && let Some(part) = self.api.replayed(request).await?
        {
            let part = self.replayed_part(part).await?;
            return Ok(Begun::Replayed(Box::new(part)));
        }
        let plan = match self.taken_for_new(turn) {
            Some(transition) => Plan::Commit(transition),
            None => self.plan(turn).await?,
        };
        let transition = match plan {
            Plan::Nothing(end) => return Ok(Begun::Unchanged(end)),
            Plan::Commit(transition) => transition,
        };
        let hash = self.command.payment_hash;
        self.api.unrecorded.may_send(hash).await?;
        #[cfg(feature = "planted")]
        let transition = self.api.wrong(transition).await;
        self.accept(turn, *transition).await
    }
}

impl Sending<'_> {
    /// The part of a repeated request, whose payment's turn it is: so it is not deleted meanwhile.
    async fn replayed_part(&self, part: PartId) -> Result<PartialPayment, ApiError> {
        let hash = self.command.payment_hash;
        match self.api.ledger.store().part(part).await {
            Ok(Some(Listed::Sound(part))) => Ok(part),
            Ok(Some(Listed::Damaged(Damaged { reason, .. }))) => {
                Err(ApiError::Quarantined { hash, reason })
            }
            Ok(None) => Err(ApiError::NoSuchPart(part)),
            Err(unavailable) => Err(ApiError::StorageUnknown(unavailable.0)),
        }
    }

    /// The decision on a payment that is taken to be new, if it may be.
    fn taken_for_new(&self, turn: &Turn<'_>) -> Option<Box<Transition>> {
        if !turn.may_be_new() {
            return None;
        }
        match Payment::accept(None, self.command) {
            Ok(Decision::Commit(transition)) => Some(transition),
            Ok(Decision::Unchanged(_)) | Err(_) => None,
        }
    }

    /// The decision on what is stored.
    async fn plan(&self, turn: &mut Turn<'_>) -> Result<Plan, ApiError> {
        let (hash, request) = (self.command.payment_hash, self.command.request.as_ref());
        let payment = turn.payment().await;
        let payment =
            payment.map_err(|error| stored::send_error(&self.api.ledger, hash, request, error))?;
        match Payment::accept(payment, self.command)? {
            Decision::Commit(transition) => Ok(Plan::Commit(transition)),
            Decision::Unchanged(_) => {
                let payment = payment.expect("only a payment that is there stays as it is");
                Ok(Plan::Nothing(Box::new(PaymentEnd::of(payment))))
            }
        }
    }

    /// Persist, then act.
    async fn accept(&self, turn: &mut Turn<'_>, transition: Transition) -> Result<Begun, ApiError> {
        match turn.commit(transition).await {
            Ok((payment, id)) => {
                let part = id.and_then(|id| payment.part(id));
                let part = part.expect("it has just been accepted");
                Ok(self.offer_soon(part.clone(), payment.summary().clone()))
            }
            Err(error) => {
                if let CommitError::Unknown(_) = error {
                    self.api.nodes.recover_later(self.command.payment_hash);
                }
                Err(not_sent(error))
            }
        }
    }

    fn offer_soon(&self, part: PartialPayment, payment: PaymentSummary) -> Begun {
        let (job, answer) = Job::offer(&part);
        self.api.nodes.enqueue(&part, job);
        Begun::Accepted(Box::new(Accepted {
            part,
            payment,
            answer,
        }))
    }
}

fn not_sent(error: CommitError) -> ApiError {
    error.answer(
        "a rule forbids the part, and nothing was sent",
        ApiError::StorageUnknown,
    )
}
