//! What sends: `sendpartialpay`, `sendpay`, and asking whether they would.

use super::decisions::Decisions;
use super::sending::Sending;
use super::wait::payment_end;
use super::{ask, stored};
use crate::engine::Policy;
use crate::engine::board::{Board, PaymentEnd};
use crate::engine::ledger::Ledger;
use crate::engine::node::FirstAnswer;
use crate::engine::nodes::Nodes;
use crate::engine::shared::Shared;
use crate::engine::timing::Timing;
use crate::engine::unrecorded::Unrecorded;
use crate::planted::planted;
use crate::{
    ApiError, Decision, LoadError, Made, PartId, PartialPayment, Paying, Payment, PaymentSummary,
    Request, SendPart, SendPartialPay, SendPay, Sent, StatusKind,
};
use std::sync::Arc;
#[cfg(feature = "planted")]
use std::time::Duration;
use tokio::sync::oneshot;

/// Parts that callers have a route for.
pub(in crate::engine) struct SendApi {
    pub(super) ledger: Arc<Ledger>,
    pub(in crate::engine) nodes: Arc<Nodes>,
    pub(super) unrecorded: Arc<Unrecorded>,
    /// How long after it was asked for a part may still leave: what a planted bug asks.
    #[cfg(feature = "planted")]
    pub(in crate::engine) offer_window: Duration,
    live_parts_max: usize,
    board: Arc<Board>,
    timing: Timing,
    decisions: Arc<Decisions>,
}

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

impl SendApi {
    pub(super) fn new(
        nodes: Arc<Nodes>,
        decisions: Arc<Decisions>,
        policy: &Policy,
        shared: &Shared,
    ) -> SendApi {
        SendApi {
            ledger: shared.ledger.clone(),
            nodes,
            unrecorded: shared.unrecorded.clone(),
            #[cfg(feature = "planted")]
            offer_window: policy.offer_window,
            live_parts_max: policy.live_parts_max,
            board: shared.board.clone(),
            timing: shared.timing.clone(),
            decisions,
        }
    }

    /// Accepted, and offered when its node has time.
    pub(super) async fn part(self: &Arc<Self>, request: SendPartialPay) -> Result<Sent, ApiError> {
        let command = ask::partial_pay(&self.nodes, request, self.timing.now())?;
        match self.begin(command).await? {
            Begun::Accepted(accepted) => Ok(Sent::Part(Box::new(accepted.part))),
            Begun::Unchanged(end) => Ok(Sent::AlreadyComplete(Box::new(end.summary))),
            Begun::Replayed(part) => Ok(Sent::Part(Box::new(part.as_accepted()))),
        }
    }

    /// Answered when the node has said something.
    pub(super) async fn whole(self: &Arc<Self>, request: SendPay) -> Result<Paying, ApiError> {
        let command = ask::whole_pay(&self.nodes, request, self.timing.now())?;
        let begun = self.begin(command).await?;
        self.first_answer(begun).await
    }

    pub(super) async fn check_part(&self, request: SendPartialPay) -> Result<(), ApiError> {
        let command = ask::partial_pay(&self.nodes, request, self.timing.now())?;
        self.check(command).await
    }

    pub(super) async fn check_whole(&self, request: SendPay) -> Result<(), ApiError> {
        let command = ask::whole_pay(&self.nodes, request, self.timing.now())?;
        self.check(command).await
    }

    /// Decides without doing it, on what is stored: a caller who stops reading must not hold the
    /// payment's turn.
    async fn check(&self, command: SendPart) -> Result<(), ApiError> {
        let hash = command.payment_hash;
        if let Some(request) = &command.request
            && self.replayed(request).await?.is_some()
        {
            return Ok(());
        }
        let payment = self.ledger.store().load(hash).await;
        let payment =
            payment.map_err(|error| stored::send_error(&self.ledger, hash, None, error))?;
        match Payment::accept(payment.as_ref(), &command)? {
            Decision::Commit(_) => self.unrecorded.may_send(hash).await,
            Decision::Unchanged(_) => Ok(()),
        }
    }

    /// What has begun is done to its end, whether its caller hangs up or not.
    async fn begin(self: &Arc<Self>, command: SendPart) -> Result<Begun, ApiError> {
        let api = self.clone();
        let sending = async move { api.send(&command).await };
        self.decisions.finish(sending).await
    }

    async fn send(&self, command: &SendPart) -> Result<Begun, ApiError> {
        let live = self.board.live_parts();
        if live >= self.live_parts_max {
            let busy = format!("{live} parts are in flight already");
            return Err(ApiError::Busy(busy));
        }
        let sending = Sending { api: self, command };
        self.ledger.change(command.payment_hash, sending).await
    }

    /// `sendpay` answers when the node has said something, and with an error if that is no.
    async fn first_answer(&self, begun: Begun) -> Result<Paying, ApiError> {
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

    /// Rule A-14: a repeated request is the same request.
    pub(super) async fn replayed(&self, request: &Request) -> Result<Option<PartId>, ApiError> {
        planted!(IgnoresRequestId, return Ok(None));
        match stored::made(&self.ledger, request).await? {
            None => Ok(None),
            Some(Made::Part(part)) => Ok(Some(part)),
            Some(order) => Err(order.reused().into()),
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
        block_on(over(store).api.send.first_answer(begun)).expect_err("it was refused")
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
