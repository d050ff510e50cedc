//! What sends: `sendpartialpay`, `sendpay`, and asking whether they would.

use super::core::Core;
use super::sending::Sending;
use super::wait::payment_end;
use crate::engine::board::PaymentEnd;
use crate::engine::node::FirstAnswer;
use crate::planted::planted;
use crate::{
    ApiError, Decision, LoadError, Made, PartId, PartialPayment, Paying, Payment, PaymentHash,
    PaymentSummary, Request, SendPart, Sent, StatusKind,
};
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
    pub(super) part: PartialPayment,
    pub(super) payment: PaymentSummary,
    /// What the node says first.
    pub(super) answer: oneshot::Receiver<FirstAnswer>,
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
            Decision::Commit(_) => self.unrecorded.may_send(hash).await,
            Decision::Unchanged(_) => Ok(()),
        }
    }

    pub(super) async fn send_partial_pay(&self, command: SendPart) -> Result<Sent, ApiError> {
        match self.begin(command).await? {
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

    pub(super) async fn begin(&self, command: SendPart) -> Result<Begun, ApiError> {
        let live = self.board.live_parts();
        if live >= self.policy.live_parts_max {
            let busy = format!("{live} parts are in flight already");
            return Err(ApiError::Busy(busy));
        }
        let sending = Sending {
            core: self,
            command: &command,
        };
        self.ledger.change(command.payment_hash, sending).await
    }

    /// Rule A-14: a repeated request is the same request.
    pub(super) async fn replayed(&self, request: &Request) -> Result<Option<PartId>, ApiError> {
        planted!(IgnoresRequestId, return Ok(None));
        match self.made(request).await? {
            None => Ok(None),
            Some(Made::Part(part)) => Ok(Some(part)),
            Some(order) => Err(order.reused().into()),
        }
    }

    /// What that request has made, if it was made before: another one is refused.
    pub(super) async fn made(&self, request: &Request) -> Result<Option<Made>, ApiError> {
        match self.ledger.store().request(request.id.clone()).await {
            Ok(None) => Ok(None),
            Ok(Some((stored, made))) if stored.digest == request.digest => Ok(Some(made)),
            Ok(Some((_, made))) => Err(made.reused().into()),
            Err(unavailable) => Err(ApiError::StorageUnknown(unavailable.0)),
        }
    }

    /// Rule A-10: nothing is sent towards what was paid and deleted.
    pub(super) fn send_error(
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
