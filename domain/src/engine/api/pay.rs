//! `pay`: an order is opened, or joined, and waited for.

use super::core::Core;
use super::digest;
use super::wait::payment_end;
use crate::engine::board::PaymentEnd;
use crate::engine::ledger::{Change, CommitError, Turn};
use crate::{
    ApiError, Decision, FailedOrder, Made, Msat, NodeName, OpenOrder, Order, OrderTerms, Pay,
    PayAnswer, Payment, PaymentHash, PaymentSummary, Refusal, Request, StatusKind, Why,
};
use std::sync::Arc;
use std::time::Duration;

/// The most parts of an order that are live at once, unless its caller says less.
const PARTS_MAX: u16 = 100;
/// The most parts that an order ever tries.
const ATTEMPTS_MAX: u32 = 200;

/// What a request to pay came to.
enum Opened {
    /// The payment's order is open, or it is paid: how it stands tells its end.
    Standing,
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
        let opened = self.decisions.finish(opening).await?;
        let told = self.answer_once_stored(hash, opened, timeout).await;
        told.map_err(goes_on)
    }

    /// How a payment whose order is stored stands, once this call has waited.
    async fn answer_once_stored(
        &self,
        hash: PaymentHash,
        opened: Opened,
        timeout: Option<Duration>,
    ) -> Result<PayAnswer, ApiError> {
        if let Opened::Before(order) = opened
            && !order.is_open()
        {
            self.assert_goes_on(hash, *order).await?;
        }
        if timeout != Some(Duration::ZERO) {
            self.wait_payment(hash, timeout).await?;
        }
        let payment = self.stored_payment(hash).await?;
        match payment.status() {
            StatusKind::Complete | StatusKind::Pending => Ok(PayAnswer::of(&payment)),
            StatusKind::Failed => Err(failed(&payment)),
        }
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
            last_failed: payment.last_failed_of(&order).cloned(),
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
        let closed = self.orders.close(hash, &Why::Abandoned).await?;
        closed.ok_or(ApiError::NoSuchPayment(hash))
    }
}

impl PayAnswer {
    fn of(payment: &Payment) -> PayAnswer {
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

/// The order is stored (rule A-14): nobody is told that the call changed nothing.
fn goes_on(error: ApiError) -> ApiError {
    match error {
        ApiError::Busy(reason)
        | ApiError::StorageUnavailable(reason)
        | ApiError::StorageUnknown(reason) => ApiError::OrderGoesOn(reason),
        ApiError::ShuttingDown => ApiError::OrderGoesOn("the daemon is stopping".to_owned()),
        other => other,
    }
}

fn failed(payment: &Payment) -> ApiError {
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
        let Decision::Commit(transition) = Payment::open(payment, self.command)? else {
            return Ok(Opened::Standing);
        };
        core.unrecorded.may_send(hash).await?;
        match turn.commit(*transition).await {
            Ok(_) => Ok(Opened::Standing),
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
