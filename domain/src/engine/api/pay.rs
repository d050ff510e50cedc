//! `pay`: an order is opened, or joined, and waited for.

use super::core::Core;
use super::digest;
use super::wait::{is_settled, payment_end};
use crate::engine::board::PaymentEnd;
use crate::engine::ledger::{Change, CommitError, Turn};
use crate::planted::planted;
use crate::{
    ApiError, Closed, Decision, EventFilter, FailedOrder, Listed, Made, Msat, NodeName, OpenOrder,
    Order, OrderTerms, Pay, PayAnswer, Payment, PaymentHash, PaymentSummary, Refusal, Request,
    StatusKind, Why,
};
use std::sync::Arc;
use std::time::Duration;

/// The most parts of an order that are live at once, unless its caller says less.
const PARTS_MAX: u16 = 100;
/// The most parts that an order ever tries.
const ATTEMPTS_MAX: u32 = 200;
/// An order has fewer events: each part that it tries has three at most.
const EVENTS_MAX: u32 = 1_000;

/// What a request to pay came to.
enum Opened {
    /// The payment is paid.
    Paid,
    /// This order is open, now or already: how it ends is what is told.
    Standing(Box<Order>),
    /// The same request has opened this order before.
    Before(Box<Order>),
}

impl Core {
    pub(super) async fn pay(self: &Arc<Self>, request: Pay) -> Result<PayAnswer, ApiError> {
        let (hash, timeout) = (request.invoice.payment_hash, request.timeout);
        let command = self.open_order(request)?;
        let core = self.clone();
        let opening = async move {
            let opening = Opening {
                core: &core,
                command: &command,
            };
            let opened = core.ledger.change(hash, opening).await?;
            core.orders.drive(hash);
            Ok(opened)
        };
        let own = match self.decisions.finish(opening).await? {
            Opened::Paid => None,
            Opened::Standing(order) => Some(*order),
            Opened::Before(order) => {
                planted!(
                    AnswersWithLastOrder,
                    return self.by_last_order(hash, timeout).await
                );
                if !order.is_open() {
                    self.assert_goes_on(hash, Order::clone(&order)).await?;
                }
                Some(*order)
            }
        };
        let waits = timeout != Some(Duration::ZERO);
        if waits {
            let is_over = |payment: &Payment| is_settled(payment) || !is_last(payment, &own);
            self.wait_until(hash, timeout, is_over).await?;
        }
        self.end_of_pay(hash, own, waits).await
    }

    /// How the payment stands, if it stands as that order has left it; else why that order has failed: since
    /// then somebody else has opened another one, or sent parts.
    async fn end_of_pay(
        &self,
        hash: PaymentHash,
        own: Option<Order>,
        has_waited: bool,
    ) -> Result<PayAnswer, ApiError> {
        let payment = self.stored_payment(hash).await?;
        planted!(AnswersWithLastOrder, return payment.by_last_order());
        let is_last = is_last(&payment, &own);
        match (payment.status(), own) {
            (StatusKind::Complete, _) | (StatusKind::Pending, None) => Ok(PayAnswer::of(&payment)),
            (StatusKind::Pending, Some(_)) if is_last && !has_waited => Ok(PayAnswer::of(&payment)),
            (StatusKind::Failed, None) => Err(failed(&payment)),
            (StatusKind::Failed, Some(_)) if is_last => Err(failed(&payment)),
            (StatusKind::Pending | StatusKind::Failed, Some(order)) => {
                Err(ApiError::OrderFailed(Box::new(FailedOrder {
                    payment: payment.summary().clone(),
                    last_failed: None,
                    order: self.closed(hash, order).await?,
                })))
            }
        }
    }

    /// The order as it was closed, which its payment's history tells when it is the last one no more.
    async fn closed(&self, hash: PaymentHash, order: Order) -> Result<Order, ApiError> {
        if !order.is_open() {
            return Ok(order);
        }
        let history = EventFilter {
            hash: Some(hash),
            start: order.id.0,
            limit: EVENTS_MAX,
        };
        let events = self.ledger.store().events(history).await?;
        let mut events = events.into_iter().filter_map(|row| match row {
            Listed::Sound(event) => Some(event),
            Listed::Damaged(_) => None,
        });
        // What opened it is not there any more if the payment was deleted, and paid anew.
        let opened = events.next().filter(|event| event.seq == order.id.0);
        let mut closings = events.filter_map(|event| {
            let why = event.order_closed?;
            Some(Closed { at: event.at, why })
        });
        let closed = opened.and_then(|_| closings.next());
        let closed = closed.ok_or(ApiError::DeletedMeanwhile(hash))?;
        Ok(Order {
            closed: Some(closed),
            ..order
        })
    }

    /// Rule B-9: a closed order has failed, unless its payment is paid or its last parts are under way.
    async fn assert_goes_on(&self, hash: PaymentHash, order: Order) -> Result<(), ApiError> {
        let payment = self.stored_payment(hash).await?;
        let is_last = || payment.order().is_some_and(|last| last.id == order.id);
        match payment.status() {
            StatusKind::Complete => return Ok(()),
            StatusKind::Pending if is_last() => return Ok(()),
            StatusKind::Pending | StatusKind::Failed => {}
        }
        Err(ApiError::OrderFailed(Box::new(FailedOrder {
            payment: payment.summary().clone(),
            last_failed: None,
            order,
        })))
    }

    /// What a caller asks for, as an order.
    pub(super) fn open_order(&self, request: Pay) -> Result<OpenOrder, ApiError> {
        let key = digest::of_pay(&request);
        let invoice = request.invoice;
        let intended = request
            .amount
            .or(invoice.amount)
            .ok_or(ApiError::NoAmount)?;
        let nodes = self.paying_nodes(request.nodes)?;
        let at = self.timing.now();
        let first = nodes.first().and_then(|name| self.nodes.named(name));
        Ok(OpenOrder {
            payment_hash: invoice.payment_hash,
            intended,
            network: first.and_then(|node| node.sender.network()),
            terms: OrderTerms {
                deliver: request.share.unwrap_or(intended),
                max_fee: request.max_fee,
                deadline: at.after(request.retry_for),
                max_delay: request.max_delay,
                max_parts: request.max_parts.unwrap_or(PARTS_MAX).clamp(1, PARTS_MAX),
                max_attempts: ATTEMPTS_MAX,
                nodes,
                avoid: request.avoid,
                hints: invoice.hints.clone(),
            },
            invoice,
            description: request.description,
            label: request.label,
            request: key,
            at,
        })
    }

    fn paying_nodes(&self, asked: Vec<NodeName>) -> Result<Vec<NodeName>, ApiError> {
        if asked.is_empty() {
            return Ok(self.nodes.iter().map(|node| node.name.clone()).collect());
        }
        let mut nodes = Vec::new();
        for name in asked {
            if self.nodes.named(&name).is_none() {
                return Err(ApiError::NoSuchNode(name));
            }
            if !nodes.contains(&name) {
                nodes.push(name);
            }
        }
        Ok(nodes)
    }

    /// No new part is sent; what is live ends by itself. The payment as it is then.
    pub(super) async fn abandon(&self, hash: PaymentHash) -> Result<PaymentSummary, ApiError> {
        let payment = self.stored_payment(hash).await?;
        if payment.order().is_none() {
            return Err(Refusal::NoOrder { hash }.into());
        }
        let closed = self.orders.close(hash, &Why::Abandoned, None).await?;
        closed.ok_or(ApiError::NoSuchPayment(hash))
    }
}

impl PayAnswer {
    pub(in crate::engine) fn of(payment: &Payment) -> PayAnswer {
        PayAnswer {
            payment: payment.summary().clone(),
            order: payment.order().cloned(),
            parts: payment.ordered_parts().cloned().collect(),
        }
    }

    /// What its pending and complete parts cost.
    pub fn fee(&self) -> Msat {
        self.payment.tally.fees()
    }
}

/// Whether no other order was opened since that one.
fn is_last(payment: &Payment, own: &Option<Order>) -> bool {
    let last = payment.order().map(|order| order.id);
    own.as_ref().is_none_or(|own| last == Some(own.id))
}

pub(in crate::engine) fn failed(payment: &Payment) -> ApiError {
    match payment_end(PaymentEnd::of(payment)) {
        Err(error) => error,
        Ok(summary) => ApiError::NoSuchPayment(summary.payment_hash),
    }
}

/// An order is opened, if it may be.
struct Opening<'a> {
    core: &'a Core,
    command: &'a OpenOrder,
}

impl Change for Opening<'_> {
    type Answer = Result<Opened, ApiError>;

    async fn attempt(&self, turn: &mut Turn<'_>) -> Self::Answer {
        let (core, hash) = (self.core, self.command.payment_hash);
        let request = self.command.request.as_ref();
        if let Some(request) = request
            && let Some(order) = self.answered(request).await?
        {
            return Ok(Opened::Before(order));
        }
        let payment = turn.payment().await;
        let payment = payment.map_err(|error| core.send_error(hash, request, error))?;
        let transition = match Payment::open(payment, self.command)? {
            Decision::Commit(transition) => transition,
            Decision::Unchanged(_) => return Ok(Opened::standing(payment)),
        };
        core.unrecorded.may_send(hash).await?;
        match turn.commit(*transition).await {
            Ok((payment, _)) => Ok(Opened::standing(Some(payment))),
            Err(error) => {
                if let CommitError::Unknown(_) = error {
                    core.nodes.recover_later(hash);
                    core.orders.drive(hash);
                }
                let refused = "a rule forbids the order, and nothing was sent";
                Err(error.answer(refused, ApiError::StorageUnknown))
            }
        }
    }
}

impl Opened {
    fn standing(payment: Option<&Payment>) -> Opened {
        let open = payment.and_then(Payment::order);
        let open = open.filter(|order| order.is_open());
        open.map_or(Opened::Paid, |order| {
            Opened::Standing(Box::new(order.clone()))
        })
    }
}

impl Opening<'_> {
    /// The order that a repeated request has opened (rule B-9).
    async fn answered(&self, request: &Request) -> Result<Option<Box<Order>>, ApiError> {
        match self.core.made(request).await? {
            None => Ok(None),
            Some(Made::Order(_, order)) => Ok(Some(order)),
            Some(part) => Err(part.reused().into()),
        }
    }
}
