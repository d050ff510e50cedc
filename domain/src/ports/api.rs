//! What callers ask of us: one method for each RPC method. The one driving port.

use crate::invariant::Rule;
use crate::{
    Autoclean, Cleaned, DeletedPayment, EndedByHand, Estimate, Event, EventFilter, FailedOrder,
    HistoryFilter, HistoryRow, Invoice, Listed, ListedPart, Msat, NoPlan, NodeId, NodeName, PaidBy,
    PartFilter, PartId, PartialInvoices, PartialPayment, Pay, PayAnswer, PaymentFilter,
    PaymentHash, PaymentMetadata, PaymentSecret, PaymentSummary, Preimage, Refusal, RequestId,
    ResolvePart, Route, SelfPayment, Timestamp, Tombstone, UnrecordedCounts, UnrecordedPart,
};
use async_trait::async_trait;
use std::time::Duration;

/// The engine, as callers see it.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait PaymentApi: Send + Sync {
    /// Accepts a part: it is durable when this returns, and offered right after.
    async fn send_partial_pay(&self, request: SendPartialPay) -> Result<Sent, ApiError>;

    /// Pays in one part, as in c-lightning 0.6.2: returns with the node's first answer.
    async fn send_pay(&self, request: SendPay) -> Result<Paying, ApiError>;

    /// Says what [`PaymentApi::send_partial_pay`] would, without doing it.
    async fn check_partial_pay(&self, request: SendPartialPay) -> Result<(), ApiError>;

    /// Says what [`PaymentApi::send_pay`] would, without doing it.
    async fn check_pay(&self, request: SendPay) -> Result<(), ApiError>;

    /// Pays an invoice: `pay`. It opens an order, or joins the one that is open, and waits until nothing of
    /// the payment is under way; with a timeout of zero it answers once the order is durable.
    async fn pay(&self, request: Pay) -> Result<PayAnswer, ApiError>;

    /// What [`PaymentApi::pay`] would cost now. Nothing is stored.
    async fn estimate(&self, request: Pay) -> Result<Estimate, ApiError>;

    /// Ends a payment's order: no new part is sent, and what is live ends by itself. It is final, and asked
    /// again it says the same.
    async fn abandon_pay(&self, hash: PaymentHash) -> Result<PaymentSummary, ApiError>;

    /// A page of the payments that we make, each with its last order: `listpays`.
    async fn list_pays(&self, filter: PaymentFilter) -> Result<Page<PaidBy>, ApiError>;

    /// The part once it is complete; [`ApiError::PartFailed`] once it has failed. Without a
    /// timeout it waits for ever; zero polls.
    async fn wait_partial_pay(
        &self,
        id: PartId,
        timeout: Option<Duration>,
    ) -> Result<PartialPayment, ApiError>;

    /// The payment once it is complete; [`ApiError::PaymentFailed`] once it has failed.
    async fn wait_send_pay(
        &self,
        hash: PaymentHash,
        timeout: Option<Duration>,
    ) -> Result<PaymentSummary, ApiError>;

    /// The payment once no part of it is live, however it ended: `waitpayment`. A complete payment may
    /// have live parts for a while, and [`PaymentApi::wait_send_pay`] does not wait for those.
    async fn wait_payment(
        &self,
        hash: PaymentHash,
        timeout: Option<Duration>,
    ) -> Result<PaymentSummary, ApiError>;

    /// A page of parts, by id.
    async fn list_partial_payments(&self, filter: PartFilter)
    -> Result<Page<ListedPart>, ApiError>;

    /// A page of the payments of either direction, by id, with what we paid to ourselves.
    async fn list_history(&self, filter: HistoryFilter) -> Result<HistoryPage, ApiError>;

    /// What has arrived for our invoices and is not claimed, failed or timed out.
    async fn list_partial_invoices(
        &self,
        hash: Option<PaymentHash>,
    ) -> Result<PartialInvoices, ApiError>;

    /// A page of the events.
    async fn list_events(&self, filter: EventFilter) -> Result<Page<Event>, ApiError>;

    /// The same page as soon as there is anything on it, however long that takes. Who asks again from
    /// one more than the last number on the page misses nothing. Dropped, it leaves nothing behind.
    async fn next_events(&self, filter: EventFilter) -> Result<Page<Event>, ApiError>;

    /// The number of the last event; 0 before the first.
    async fn last_event(&self) -> Result<u64, ApiError>;

    /// Deletes a payment of which no part is live: `delpayment`. If it was paid, its hash stays refused
    /// for ever (rule A-10).
    async fn delete_payment(&self, hash: PaymentHash) -> Result<DeletedPayment, ApiError>;

    /// Ends a pending part by an operator's word: `resolvepart`. Refused while its node can still tell what
    /// becomes of it (rule A-5); the part as it is then. A part that is not stored, and that a node knows,
    /// can be ended like this too.
    async fn resolve_part(&self, request: ResolvePart) -> Result<Resolved, ApiError>;

    /// Deletes payments that ended long ago, a few at a time, so that no payment waits for it:
    /// `autoclean`. An error means that nothing was deleted; what stops it later is in its answer.
    /// Dropping it ends it with the few that it has begun.
    async fn autoclean(&self, request: Autoclean) -> Result<Cleaned, ApiError>;

    /// What is going on.
    async fn get_info(&self) -> Result<Info, ApiError>;
}

/// `sendpartialpay`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SendPartialPay {
    /// The way.
    pub route: Route,
    /// The payment.
    pub payment_hash: PaymentHash,
    /// What the payment shall deliver in all.
    pub intended: Msat,
    /// What is common to both ways of paying.
    pub extras: Extras,
    /// The idempotency key. (`sendpay` needs none: it is keyed by its payment hash.)
    pub request_id: Option<RequestId>,
}

/// `sendpay`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SendPay {
    /// The way.
    pub route: Route,
    /// The payment.
    pub payment_hash: PaymentHash,
    /// What was asked for; what the route delivers unless said.
    pub msatoshi: Option<Msat>,
    /// What is common to both ways of paying.
    pub extras: Extras,
}

/// The optional parameters.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Extras {
    /// A note.
    pub description: Option<String>,
    /// The caller's own name for it.
    pub label: Option<String>,
    /// The invoice's secret.
    pub secret: Option<PaymentSecret>,
    /// The invoice's metadata.
    pub metadata: Option<PaymentMetadata>,
    /// The invoice, its signature already verified.
    pub invoice: Option<Invoice>,
    /// Which configured node offers it; the first unless said.
    pub node: Option<NodeName>,
}

/// `sendpartialpay`'s answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Sent {
    /// The part, durable, as it was accepted.
    Part(Box<PartialPayment>),
    /// The payment was complete: nothing was sent.
    AlreadyComplete(Box<PaymentSummary>),
}

/// `sendpay`'s answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Paying {
    /// It is pending, by this call or an earlier one.
    InProgress(Box<PaymentSummary>),
    /// It was complete: nothing was sent.
    AlreadyComplete(Box<PaymentSummary>),
}

/// `resolvepart`'s answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Resolved {
    /// The part.
    Part(Box<PartialPayment>),
    /// A part that is not stored.
    Unrecorded(Box<UnrecordedPart>),
}

/// A page of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page<T> {
    /// The rows, by id.
    pub rows: Vec<Listed<T>>,
    /// Where the next page starts, if there is more.
    pub next: Option<u64>,
}

/// A page of the history.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HistoryPage {
    /// The page.
    pub page: Page<HistoryRow>,
    /// What of it we paid to ourselves.
    pub own: Vec<SelfPayment>,
    /// The parts of its payments that an operator ended, by number.
    pub by_hand: Vec<EndedByHand>,
    /// How many rows there are on all pages, where that is known without counting or was asked for.
    pub total: Option<u64>,
}

/// `getinfo`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Info {
    /// The nodes, the first of which is the default: name, and [`height`](crate::HtlcSender::height).
    pub nodes: Vec<(NodeName, Option<u32>)>,
    /// Parts without an outcome, as far as this daemon is taking care of them.
    pub live_parts: u64,
    /// Callers that wait.
    pub waiters: u64,
    /// Alarms since the start: contradictions and failed proofs.
    pub alarms: u64,
    /// How often each rule was about to be broken since the start, where it was: bugs, each of which
    /// also raised an alarm.
    pub violations: Vec<(Rule, u64)>,
    /// How many parts the nodes know under our keys that are not stored.
    pub unrecorded: UnrecordedCounts,
    /// The first of those, the ones that may be out before the others.
    pub unrecorded_parts: Vec<UnrecordedPart>,
    /// Why nothing new is sent at all, if so.
    pub unsettled: Option<String>,
}

/// What a wait that timed out was waiting for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StillPending {
    /// A part without an outcome.
    Part(Box<ListedPart>),
    /// A payment with live parts.
    Payment {
        /// Its row.
        summary: Box<PaymentSummary>,
        /// The greatest [`PartialPayment::deadline_height`] of its live parts.
        deadline_height: Option<u32>,
        /// The latest [`PartialPayment::deadline`] of its live parts.
        deadline: Option<Timestamp>,
    },
}

/// Everything that can be answered in place of a result.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ApiError {
    /// A rule forbids it. Nothing changed.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// No such node is configured.
    #[error("no node {0} is configured")]
    NoSuchNode(NodeName),
    /// Never heard of that part, or its payment was deleted.
    #[error("no partial payment {0}: there never was one, or its payment was deleted")]
    NoSuchPart(PartId),
    /// Never heard of that payment, or it had failed and was deleted.
    #[error("Never attempted payment for '{0}'")]
    NoSuchPayment(PaymentHash),
    /// It was paid, and is not there any more, or never was.
    #[error("{0}: nothing else is known of it, and it is never paid again (A-10)")]
    PaymentDeleted(Tombstone),
    /// It had failed, and was deleted before its end could be told.
    #[error("payment {0} has failed, and was deleted before this call could tell how")]
    DeletedMeanwhile(PaymentHash),
    /// It went on for longer than the caller wanted to wait. Nothing changed. What is still pending is
    /// told unless storage cannot be read.
    #[error("Timed out while waiting")]
    TimedOut(Option<StillPending>),
    /// The part has failed.
    #[error("{}", .0.failure().map_or("failed", |f| &f.message))]
    PartFailed(Box<PartialPayment>),
    /// The payment has failed; the part that failed last says why.
    #[error("{}", .1.failure().map_or("failed", |f| &f.message))]
    PaymentFailed(Box<PaymentSummary>, Box<PartialPayment>),
    /// The payment has failed, and its order says why; with the part of it that failed last, if there
    /// was one.
    #[error("{}", super::pay::failed_order(.0))]
    OrderFailed(Box<FailedOrder>),
    /// The order is stored, and this call cannot tell how it ends.
    #[error("the order is stored and carried out: {0}; repeat the call, or look at listpays")]
    OrderGoesOn(String),
    /// There is no way now: what was asked about, nothing was stored.
    #[error("{0}")]
    NoWay(NoPlan),
    /// The invoice leaves the amount to the payer.
    #[error("amount_msat: the invoice names no amount; give the one to pay")]
    NoAmount,
    /// Nothing is sent towards this payment any more.
    #[error("payment {hash} is quarantined: {reason}")]
    Quarantined {
        /// The payment.
        hash: PaymentHash,
        /// Why.
        reason: String,
    },
    /// Too much at once: nothing changed, try again.
    #[error("busy: {0}; nothing was sent, try again")]
    Busy(String),
    /// Storage failed: nothing changed.
    #[error("storage is unavailable: {0}; this call changed nothing, try again")]
    StorageUnavailable(String),
    /// Storage cannot tell whether the part is durable; if it is, it is offered.
    #[error(
        "storage cannot tell whether the part is stored: {0}; if it is, it is sent: repeat the \
         call (sendpartialpay: with the same request_id), or look at listpartialpayments"
    )]
    StorageUnknown(String),
    /// Storage cannot tell whether the order is durable; if it is, it is carried out.
    #[error(
        "storage cannot tell whether the order is stored: {0}; if it is, it is carried out: repeat the call (with \
         the same request_id, if it has one), or look at listpays"
    )]
    OpeningUnknown(String),
    /// Storage cannot tell whether the order is closed; if it is, it gets no new part.
    #[error(
        "storage cannot tell whether the order is closed: {0}; if it is, no new part is sent: repeat the call, or \
         look at listpays"
    )]
    ClosingUnknown(String),
    /// Storage cannot tell whether the payment is deleted. It is deleted whole, or not at all.
    #[error(
        "storage cannot tell whether the payment is deleted: {0}; repeat the call, or look at listpayments"
    )]
    DeletionUnknown(String),
    /// Storage cannot tell whether the part is ended by an operator's word. It is, or it is pending.
    #[error(
        "storage cannot tell whether the part is ended: {0}; look at listpartialpayments, and repeat the call \
         if it is still pending"
    )]
    ResolutionUnknown(String),
    /// The database is older than the nodes, and not all of them have been asked what they know: nothing new
    /// is sent.
    #[error("nothing new is sent: {0}; this call changed nothing, try again then")]
    Unsettled(String),
    /// The daemon is stopping: nothing changed.
    #[error("the daemon is stopping; this call changed nothing, try again when it is back")]
    ShuttingDown,
    /// A bug: the engine's task died.
    #[error("internal error: {0}")]
    Internal(String),
}

impl Sent {
    /// The proof, where the payment was complete already.
    pub fn preimage(&self) -> Option<&Preimage> {
        match self {
            Sent::Part(_) => None,
            Sent::AlreadyComplete(summary) => summary.preimage.as_ref(),
        }
    }

    /// Who is paid.
    pub fn destination(&self) -> NodeId {
        match self {
            Sent::Part(part) => part.destination(),
            Sent::AlreadyComplete(summary) => summary.terms.destination,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_an_order_in_doubt_is_about_the_order() {
        let opening = ApiError::OpeningUnknown("disk I/O error".into()).to_string();
        let closing = ApiError::ClosingUnknown("disk I/O error".into()).to_string();
        for text in [opening, closing] {
            assert!(
                text.contains("order") && text.contains("listpays"),
                "{text}"
            );
            assert!(!text.contains("part is stored"), "{text}");
            assert!(!text.contains("sendpartialpay"), "{text}");
        }
    }

    #[test]
    fn a_doubtful_sendpay_is_not_told_to_use_a_key_that_it_does_not_have() {
        let text = ApiError::StorageUnknown("disk I/O error".into()).to_string();
        assert!(text.contains("repeat the call (sendpartialpay: with the same request_id)"));
    }
}
