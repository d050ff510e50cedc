//! What callers ask of `pay`, and what they are told.

use crate::{
    Avoid, Invoice, Msat, NodeName, Order, PartialPayment, PaymentSummary, Plan, RequestId,
};
use std::time::Duration;

/// `pay`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pay {
    /// The invoice, its signature already verified.
    pub invoice: Invoice,
    /// What to pay; what the invoice asks for unless said.
    pub amount: Option<Msat>,
    /// Our share of it, if others pay the rest.
    pub share: Option<Msat>,
    /// The most that it may cost.
    pub max_fee: Msat,
    /// How long new parts may be sent.
    pub retry_for: Duration,
    /// The most blocks that a part may last.
    pub max_delay: u32,
    /// The most parts at once.
    pub max_parts: Option<u16>,
    /// What no part may go over.
    pub avoid: Avoid,
    /// The configured nodes that may send; all of them if there are none.
    pub nodes: Vec<NodeName>,
    /// A note.
    pub description: Option<String>,
    /// The caller's own name for it.
    pub label: Option<String>,
    /// The idempotency key.
    pub request_id: Option<RequestId>,
    /// How long this call waits; for ever if none.
    pub timeout: Option<Duration>,
}

/// `pay`'s answer: how its payment stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PayAnswer {
    /// The payment: complete, or pending where the caller did not wait.
    pub payment: PaymentSummary,
    /// Its last order; none if it was paid without one.
    pub order: Option<Order>,
    /// The parts of that order.
    pub parts: Vec<PartialPayment>,
}

/// `estimate`'s answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Estimate {
    /// What would be delivered.
    pub amount: Msat,
    /// What that would cost.
    pub fee: Msat,
    /// The most blocks that a part would last.
    pub delay: u32,
    /// The ways.
    pub plan: Plan,
}

/// A payment that we make, with its last order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PaidBy {
    /// The payment.
    pub payment: PaymentSummary,
    /// Its last order; none if it was paid without one.
    pub order: Option<Order>,
}

/// A payment that failed, and whose last order says why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FailedOrder {
    /// The payment.
    pub payment: PaymentSummary,
    /// The order.
    pub order: Order,
    /// The part that failed last, if there was one.
    pub last_failed: Option<PartialPayment>,
}

pub(super) fn failed_order(failed: &FailedOrder) -> String {
    let why = failed.order.closed.as_ref();
    let why = why.map_or(String::new(), |closed| closed.why.to_string());
    let part = failed.last_failed.as_ref();
    match part.and_then(PartialPayment::failure) {
        None => format!("not paid: {why}"),
        Some(failure) => format!("not paid: {why}; the last part: {}", failure.message),
    }
}
