//! Sending: decide, persist, act.

use super::core::Core;
use super::wait::payment_end;
use crate::engine::board::PaymentEnd;
use crate::engine::ledger::{CONFLICTS_MAX, CommitError, Turn};
use crate::engine::node::{FirstAnswer, Job};
use crate::planted::planted;
use crate::{
    ApiError, Damaged, Decision, Listed, LoadError, PartId, PartialPayment, Paying, Payment,
    PaymentHash, PaymentSummary, Refusal, Request, SendPart, Sent, StatusKind, Transition,
};
use std::sync::Arc;
use tokio::sync::oneshot;

/// A part that was accepted, or why there was nothing to do.
pub(super) enum Begun {
    /// Accepted now.
    Accepted(Box<Accepted>),
    /// Nothing was sent.
    Unchanged(Box<PaymentEnd>),
    /// This request was answered before, with this part.
    Replayed(Box<PartialPayment>),
}

/// A part and its payment, as they were when it was accepted.
pub(super) struct Accepted {
    part: PartialPayment,
    payment: PaymentSummary,
    /// What the node says first.
    answer: oneshot::Receiver<FirstAnswer>,
}

/// What a decision asks for.
enum Plan {
    Commit(Box<Transition>),
    Nothing(Box<PaymentEnd>),
}

impl Core {
    /// Decides without doing it, on what is stored: a caller who stops reading must not hold the
    /// payment's turn.
    pub(super) async fn check(&self, command: SendPart) -> Result<(), ApiError> {
        let hash = command.payment_hash;
        if let Some(request) = &command.request
            && self.replayed(request).await?.is_some()
        {
            return Ok(());
        }
        let payment = self.ledger.store().load(hash).await;
        let payment = payment.map_err(|error| self.send_error(hash, None, error))?;
        match Payment::accept(payment.as_ref(), &command)? {
            Decision::Commit(_) => self.may_send(hash).await,
            Decision::Unchanged(_) => Ok(()),
        }
    }

    pub(super) async fn send_partial_pay(
        self: Arc<Self>,
        command: SendPart,
    ) -> Result<Sent, ApiError> {
        match self.clone().begin(command).await? {
            Begun::Accepted(accepted) => Ok(Sent::Part(Box::new(accepted.part))),
            Begun::Unchanged(end) => Ok(Sent::AlreadyComplete(Box::new(end.summary))),
            Begun::Replayed(part) => Ok(Sent::Part(Box::new(part.as_accepted()))),
        }
    }

    /// `sendpay` answers when the node has said something, and with an error if that is no.
    pub(super) async fn first_answer(&self, begun: Begun) -> Result<Paying, ApiError> {
        let accepted = match begun {
            Begun::Unchanged(end) => return Ok(paying(end.summary)),
            Begun::Replayed(part) => return Err(ApiError::NoSuchPart(part.id)),
            Begun::Accepted(accepted) => accepted,
        };
        match accepted.answer.await {
            // No answer at all means that the daemon stops: the part stays pending.
            Ok(FirstAnswer::Offered) | Err(_) => return Ok(paying(accepted.payment)),
            Ok(FirstAnswer::Refused) => {}
        }
        // Its end was stored before the answer was given.
        let hash = accepted.payment.payment_hash;
        match self.ledger.store().load(hash).await {
            Ok(Some(payment)) => payment_end(PaymentEnd::of(&payment)).map(paying),
            Ok(None) => Err(ApiError::DeletedMeanwhile(hash)),
            Err(LoadError::Unavailable(reason)) => Err(ApiError::StorageUnknown(reason.0)),
            Err(LoadError::Damaged(reason)) => Err(self.ledger.damage(hash, reason)),
            Err(LoadError::Deleted(tombstone)) => Err(ApiError::PaymentDeleted(tombstone)),
        }
    }

    pub(super) async fn begin(self: Arc<Self>, command: SendPart) -> Result<Begun, ApiError> {
        let live = self.board.live_parts();
        if live >= self.policy.live_parts_max {
            let busy = format!("{live} parts are in flight already");
            return Err(ApiError::Busy(busy));
        }
        let (hash, request) = (command.payment_hash, command.request.clone());
        let cell = self.ledger.cell(hash);
        let mut turn = cell.turn().await;
        for attempt in 0..CONFLICTS_MAX {
            if let Some(request) = &request
                && let Some(part) = self.replayed(request).await?
            {
                let part = self.replayed_part(hash, part).await?;
                return Ok(Begun::Replayed(Box::new(part)));
            }
            let plan = match taken_for_new(&turn, &command, attempt) {
                Some(transition) => Plan::Commit(transition),
                None => {
                    self.plan(&mut turn, hash, request.as_ref(), &command)
                        .await?
                }
            };
            let transition = match plan {
                Plan::Nothing(end) => return Ok(Begun::Unchanged(end)),
                Plan::Commit(transition) => transition,
            };
            self.may_send(hash).await?;
            #[cfg(feature = "planted")]
            let transition = self.wrong(transition).await;
            if let Some(begun) = self.accept(&mut turn, *transition).await? {
                return Ok(begun);
            }
        }
        Err(not_sent(CommitError::Conflict))
    }

    /// Rule A-14: a repeated request is the same request.
    async fn replayed(&self, request: &Request) -> Result<Option<PartId>, ApiError> {
        planted!(IgnoresRequestId, return Ok(None));
        match self.ledger.store().request(request.id.clone()).await {
            Ok(None) => Ok(None),
            Ok(Some((stored, part))) if stored.digest == request.digest => Ok(Some(part)),
            Ok(Some((_, part))) => Err(Refusal::RequestReused { part }.into()),
            Err(unavailable) => Err(ApiError::StorageUnknown(unavailable.0)),
        }
    }

    /// The part of a repeated request, whose payment's turn it is: so it is not deleted meanwhile.
    async fn replayed_part(
        &self,
        hash: PaymentHash,
        part: PartId,
    ) -> Result<PartialPayment, ApiError> {
        match self.ledger.store().part(part).await {
            Ok(Some(Listed::Sound(part))) => Ok(part),
            Ok(Some(Listed::Damaged(Damaged { reason, .. }))) => {
                Err(ApiError::Quarantined { hash, reason })
            }
            Ok(None) => Err(ApiError::NoSuchPart(part)),
            Err(unavailable) => Err(ApiError::StorageUnknown(unavailable.0)),
        }
    }

    /// Whether anything new may be sent towards that payment. Its turn is held, so that nothing is noticed of
    /// it meanwhile.
    async fn may_send(&self, hash: PaymentHash) -> Result<(), ApiError> {
        if let Some(why) = self.unrecorded.unsettled() {
            return Err(ApiError::Unsettled(why));
        }
        match self.unrecorded.open_part(hash).await? {
            None => Ok(()),
            Some(part) => Err(Refusal::Unrecorded(Box::new(part)).into()),
        }
    }

    /// The decision on what is stored.
    async fn plan(
        &self,
        turn: &mut Turn<'_>,
        hash: PaymentHash,
        request: Option<&Request>,
        command: &SendPart,
    ) -> Result<Plan, ApiError> {
        let payment = turn.payment().await;
        let payment = payment.map_err(|error| self.send_error(hash, request, error))?;
        match Payment::accept(payment, command)? {
            Decision::Commit(transition) => Ok(Plan::Commit(transition)),
            Decision::Unchanged(_) => {
                let payment = payment.expect("only a payment that is there stays as it is");
                Ok(Plan::Nothing(Box::new(PaymentEnd::of(payment))))
            }
        }
    }

    /// Persist, then act; `None` if storage had changed and it must be decided again.
    async fn accept(
        self: &Arc<Self>,
        turn: &mut Turn<'_>,
        transition: Transition,
    ) -> Result<Option<Begun>, ApiError> {
        let hash = transition.payment_hash();
        match self.ledger.commit(turn, transition).await {
            Ok(id) => {
                let payment = turn.known().expect("it has just been committed");
                let part = payment.part(id).expect("it has just been accepted");
                let begun = self.offer_soon(part.clone(), payment.summary().clone());
                Ok(Some(begun))
            }
            Err(CommitError::Conflict) => Ok(None),
            Err(error) => {
                if let CommitError::Unknown(_) = error {
                    self.nodes.recover_later(hash);
                }
                Err(not_sent(error))
            }
        }
    }

    /// Rule A-10: nothing is sent towards what was paid and deleted.
    fn send_error(
        &self,
        hash: PaymentHash,
        request: Option<&Request>,
        error: LoadError,
    ) -> ApiError {
        match error {
            LoadError::Deleted(tombstone) => tombstone.refusal().into(),
            error => self.ledger.load_error(hash, request, error),
        }
    }

    fn offer_soon(&self, part: PartialPayment, payment: PaymentSummary) -> Begun {
        let (job, answer) = Job::offer(&part);
        self.nodes.enqueue(&part, job);
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

/// A hash of which nothing is known is nearly always new: then nothing need be read, for storage
/// takes the first part of a payment only if there is no such payment.
fn taken_for_new(turn: &Turn<'_>, command: &SendPart, attempt: u32) -> Option<Box<Transition>> {
    if attempt > 0 || !turn.is_unread() {
        return None;
    }
    match Payment::accept(None, command) {
        Ok(Decision::Commit(transition)) => Some(transition),
        Ok(Decision::Unchanged(_)) | Err(_) => None,
    }
}

fn paying(summary: PaymentSummary) -> Paying {
    match summary.status() {
        StatusKind::Complete => Paying::AlreadyComplete(Box::new(summary)),
        StatusKind::Pending | StatusKind::Failed => Paying::InProgress(Box::new(summary)),
    }
}

#[cfg(all(test, feature = "contract", feature = "mock"))]
mod tests {
    use super::*;
    use crate::contract::samples;
    use crate::engine::test_support::{live, over};
    use crate::{MockPaymentStore, PaymentId, Timestamp, Tombstone};
    use futures::executor::block_on;

    /// What `sendpay` is told whose part was refused, if that is what storage then says.
    fn told(loaded: Result<Option<Payment>, LoadError>) -> ApiError {
        let mut store = MockPaymentStore::new();
        store.expect_load().return_once(|_| loaded);
        let (payment, (answered, answer)) = (live(), oneshot::channel());
        let part = payment.part(PartId(1)).expect("its first").clone();
        let sent = answered.send(FirstAnswer::Refused);
        assert_eq!(sent, Ok(()));
        let begun = Begun::Accepted(Box::new(Accepted {
            part,
            payment: payment.summary().clone(),
            answer,
        }));
        block_on(over(store).first_answer(begun)).expect_err("it was refused")
    }

    #[test]
    fn what_was_deleted_before_its_end_was_told_is_not_what_never_was() {
        let hash = samples::hash(1);
        assert_eq!(told(Ok(None)), ApiError::DeletedMeanwhile(hash));
        let tombstone = Tombstone {
            payment_hash: hash,
            payment: Some(PaymentId(1)),
            deleted_at: Timestamp(1),
        };
        let paid = told(Err(LoadError::Deleted(tombstone)));
        assert_eq!(paid, ApiError::PaymentDeleted(tombstone));
    }
}
