//! Sending: decide, persist, act.

use super::wait::payment_end;
use crate::engine::cells::Turn;
use crate::engine::core::Core;
use crate::engine::digest;
use crate::engine::node::{FirstAnswer, Job, Node, Step};
use crate::engine::persist::{PaymentEnd, Undone};
use crate::{
    ApiError, Command, Damaged, Decision, Extras, Listed, LoadError, Method, Msat, PartId,
    PartialPayment, Paying, Payment, PaymentHash, PaymentSummary, Refusal, Route, SendPart,
    SendPartialPay, SendPay, Sent, StatusKind, Unchanged,
};
use std::sync::Arc;
use tokio::sync::oneshot;

/// How often a decision is made again when storage says that something changed meanwhile. Within
/// one daemon only a `request_id` used for two payments at once can do that.
const DECISIONS_MAX: u32 = 4;

/// A part that was accepted, or why there was nothing to do.
pub(super) enum Begun {
    /// Accepted now.
    Accepted(Box<Accepted>),
    /// Nothing was sent.
    Unchanged(Box<PaymentEnd>),
    /// This request was answered before, with this part.
    Replayed { hash: PaymentHash, part: PartId },
}

/// A part and its payment, as they were when it was accepted.
pub(super) struct Accepted {
    part: PartialPayment,
    payment: PaymentSummary,
    /// What the node says first.
    answer: oneshot::Receiver<FirstAnswer>,
}

impl Core {
    pub(super) fn partial_pay(&self, request: SendPartialPay) -> Result<SendPart, ApiError> {
        let SendPartialPay {
            route,
            payment_hash,
            intended,
            extras,
        } = request;
        let amounts = (intended, intended);
        let key = Some(intended);
        self.command(
            Method::SendPartialPay,
            payment_hash,
            amounts,
            key,
            route,
            extras,
        )
    }

    pub(super) fn pay(&self, request: SendPay) -> Result<SendPart, ApiError> {
        let SendPay {
            route,
            payment_hash,
            msatoshi,
            extras,
        } = request;
        let delivered = route.amount();
        let amounts = (delivered, msatoshi.unwrap_or(delivered));
        self.command(
            Method::SendPay,
            payment_hash,
            amounts,
            msatoshi,
            route,
            extras,
        )
    }

    fn command(
        &self,
        method: Method,
        payment_hash: PaymentHash,
        (intended, requested): (Msat, Msat),
        key: Option<Msat>,
        route: Route,
        extras: Extras,
    ) -> Result<SendPart, ApiError> {
        let request = digest::request(method, payment_hash, key, &route, &extras);
        let node = self.sending_node(&extras)?;
        let expiry = |height: u32| height.checked_add(route.first().delay);
        Ok(SendPart {
            method,
            payment_hash,
            intended,
            requested,
            node: node.name.clone(),
            cltv_expiry: node.sender.height().and_then(expiry),
            route,
            secret: extras.secret,
            metadata: extras.metadata,
            invoice: extras.invoice,
            description: extras.description,
            label: extras.label,
            request,
            at: self.clock.now(),
        })
    }

    fn sending_node(&self, extras: &Extras) -> Result<&Node, ApiError> {
        match &extras.node {
            None => Ok(self.nodes.first().expect("checked at start")),
            Some(name) => {
                let found = self.nodes.iter().find(|node| node.name == *name);
                found.ok_or_else(|| ApiError::NoSuchNode(name.clone()))
            }
        }
    }

    /// Decides without doing it.
    pub(super) async fn check(&self, command: SendPart) -> Result<(), ApiError> {
        let hash = command.payment_hash;
        let cell = self.cells.get(hash);
        let mut turn = cell.turn().await;
        let payment = turn.payment(&*self.store).await;
        let payment = payment.map_err(|error| load_error(hash, error))?;
        Payment::decide(payment, &Command::Send(Box::new(command)))?;
        Ok(())
    }

    pub(super) async fn send_partial_pay(
        self: Arc<Self>,
        command: SendPart,
    ) -> Result<Sent, ApiError> {
        match self.begin(command).await? {
            Begun::Accepted(accepted) => Ok(Sent::Part(Box::new(accepted.part))),
            Begun::Unchanged(end) => Ok(Sent::AlreadyComplete(Box::new(end.summary))),
            Begun::Replayed { hash, part } => match self.store.part(part).await? {
                Some(Listed::Sound(part)) => Ok(Sent::Part(Box::new(part.as_accepted()))),
                Some(Listed::Damaged(Damaged { reason, .. })) => {
                    Err(ApiError::Quarantined { hash, reason })
                }
                None => Err(ApiError::NoSuchPart(part)),
            },
        }
    }

    pub(super) async fn begin_pay(self: Arc<Self>, command: SendPart) -> Result<Begun, ApiError> {
        self.begin(command).await
    }

    /// `sendpay` answers when the node has said something, and with an error if that is no.
    pub(super) async fn first_answer(&self, begun: Begun) -> Result<Paying, ApiError> {
        let hash = match begun {
            Begun::Unchanged(end) => return Ok(paying(end.summary)),
            Begun::Replayed { hash, .. } => hash,
            Begun::Accepted(accepted) => match accepted.answer.await {
                Ok(FirstAnswer::Refused) => accepted.payment.payment_hash,
                // No answer at all means that the daemon stops: the part stays pending.
                Ok(FirstAnswer::Offered) | Err(_) => return Ok(paying(accepted.payment)),
            },
        };
        let cell = self.cells.get(hash);
        let mut turn = cell.turn().await;
        let payment = turn.payment(&*self.store).await;
        let payment = payment.map_err(|error| load_error(hash, error))?;
        let payment = payment.ok_or(ApiError::NoSuchPayment(hash))?;
        payment_end(PaymentEnd::of(payment)).map(paying)
    }

    async fn begin(self: &Arc<Self>, command: SendPart) -> Result<Begun, ApiError> {
        let live = self.live_parts();
        if live >= self.policy.live_parts_max {
            return Err(ApiError::Busy(format!(
                "{live} parts are in flight already"
            )));
        }
        let hash = command.payment_hash;
        let cell = self.cells.get(hash);
        let mut turn = cell.turn().await;
        for _ in 0..DECISIONS_MAX {
            if let Some(replayed) = self.replayed(&command).await? {
                return Ok(replayed);
            }
            if let Some(begun) = self.decide(&mut turn, &command).await? {
                return Ok(begun);
            }
        }
        Err(ApiError::Busy(
            "storage keeps changing under this payment".into(),
        ))
    }

    /// Rule A-14: a repeated request is the same request.
    async fn replayed(&self, command: &SendPart) -> Result<Option<Begun>, ApiError> {
        let Some(request) = &command.request else {
            return Ok(None);
        };
        match self.store.request(request.id.clone()).await? {
            None => Ok(None),
            Some((stored, part)) if stored.digest == request.digest => Ok(Some(Begun::Replayed {
                hash: command.payment_hash,
                part,
            })),
            Some((_, part)) => Err(Refusal::RequestReused { part }.into()),
        }
    }

    /// One decision; `None` if storage had changed and it must be made again.
    async fn decide(
        self: &Arc<Self>,
        turn: &mut Turn<'_>,
        command: &SendPart,
    ) -> Result<Option<Begun>, ApiError> {
        let hash = command.payment_hash;
        let payment = turn.payment(&*self.store).await;
        let payment = payment.map_err(|error| load_error(hash, error))?;
        let transition = match Payment::decide(payment, &Command::Send(Box::new(command.clone())))?
        {
            Decision::Commit(transition) => *transition,
            Decision::Unchanged(
                Unchanged::AlreadyComplete | Unchanged::InProgress | Unchanged::AlreadyResolved,
            ) => {
                let payment = payment.expect("only a payment that is there stays as it is");
                return Ok(Some(Begun::Unchanged(Box::new(PaymentEnd::of(payment)))));
            }
        };
        match self.commit(turn, transition).await {
            Ok(id) => {
                let payment = turn.known().expect("it has just been committed");
                let part = payment.part(id).expect("it has just been accepted");
                Ok(Some(
                    self.offer_soon(part.clone(), payment.summary().clone()),
                ))
            }
            Err(Undone::Conflict) => Ok(None),
            Err(Undone::Unavailable(reason)) => Err(ApiError::StorageUnavailable(reason)),
            Err(Undone::Unknown(reason)) => {
                self.recover_later(hash);
                Err(ApiError::StorageUnknown(reason))
            }
        }
    }

    fn offer_soon(&self, part: PartialPayment, payment: PaymentSummary) -> Begun {
        let (answered, answer) = oneshot::channel();
        let job = Job {
            part: part.id,
            hash: part.payment_hash,
            step: Step::Offer,
            answered: Some(answered),
        };
        self.enqueue(&part.node, job);
        Begun::Accepted(Box::new(Accepted {
            part,
            payment,
            answer,
        }))
    }
}

fn paying(summary: PaymentSummary) -> Paying {
    match summary.status() {
        StatusKind::Complete => Paying::AlreadyComplete(Box::new(summary)),
        StatusKind::Pending | StatusKind::Failed => Paying::InProgress(Box::new(summary)),
    }
}

fn load_error(hash: PaymentHash, error: LoadError) -> ApiError {
    match error {
        LoadError::Unavailable(unavailable) => unavailable.into(),
        LoadError::Damaged(reason) => ApiError::Quarantined { hash, reason },
    }
}
