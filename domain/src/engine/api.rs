//! What callers ask: sends and deletions, which go on when the caller hangs up, and waits, which do not.
//!
//! One struct a concern, each with what it needs of the engine below.

mod ask;
mod autoclean_timer;
mod clean;
mod decisions;
mod delete;
mod digest;
mod events;
mod incoming;
mod list;
mod opening;
mod pay;
#[cfg(feature = "planted")]
mod planted;
mod resolve;
mod resolve_unrecorded;
mod send;
mod sending;
mod stored;
mod wait;

pub use self::autoclean_timer::AutocleanTimer;

pub(super) use self::send::SendApi;

use self::clean::CleanApi;
use self::decisions::Decisions;
use self::delete::DeleteApi;
use self::events::EventApi;
use self::incoming::IncomingApi;
use self::list::ListApi;
use self::pay::PayApi;
use self::resolve::ResolveApi;
use self::wait::WaitApi;
use super::nodes::Nodes;
use super::orders::Orders;
use super::shared::Shared;
use super::{Engine, Incoming, Policy};
use crate::{
    ApiError, Autoclean, Cleaned, DeletedPayment, Estimate, Event, EventFilter, HistoryFilter,
    HistoryPage, Info, ListedPart, Page, PaidBy, PartFilter, PartId, PartialInvoices,
    PartialPayment, Pay, PayAnswer, Paying, PaymentApi, PaymentFilter, PaymentHash, PaymentSummary,
    ResolvePart, Resolved, SendPartialPay, SendPay, Sent, Unavailable,
};
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;

/// Everything that callers may ask of.
pub(super) struct Api {
    pub(super) send: Arc<SendApi>,
    pub(super) events: EventApi,
    pay: Arc<PayApi>,
    wait: Arc<WaitApi>,
    list: ListApi,
    incoming: IncomingApi,
    delete: Arc<DeleteApi>,
    pub(super) clean: Arc<CleanApi>,
    resolve: Arc<ResolveApi>,
    decisions: Arc<Decisions>,
}

impl Api {
    pub(super) fn new(
        nodes: &Arc<Nodes>,
        orders: &Arc<Orders>,
        incoming: Option<Incoming>,
        policy: &Policy,
        shared: &Shared,
    ) -> Api {
        let decisions = Decisions::new(policy.decisions_max, shared.tasks.clone());
        let decisions = Arc::new(decisions);
        let wait = WaitApi::new(nodes.clone(), decisions.clone(), policy, shared);
        let wait = Arc::new(wait);
        let pay = PayApi::new(
            nodes.clone(),
            orders.clone(),
            wait.clone(),
            decisions.clone(),
            shared,
        );
        let send = SendApi::new(nodes.clone(), decisions.clone(), policy, shared);
        let delete = Arc::new(DeleteApi::new(decisions.clone(), shared));
        let resolve = ResolveApi::new(nodes.clone(), decisions.clone(), shared);
        Api {
            send: Arc::new(send),
            events: EventApi::new(decisions.clone(), shared),
            pay: Arc::new(pay),
            wait,
            list: ListApi::new(nodes.clone(), shared),
            incoming: IncomingApi {
                incoming,
                timing: shared.timing.clone(),
            },
            clean: Arc::new(CleanApi {
                delete: delete.clone(),
            }),
            delete,
            resolve: Arc::new(resolve),
            decisions,
        }
    }
}

#[async_trait]
impl PaymentApi for Engine {
    async fn send_partial_pay(&self, request: SendPartialPay) -> Result<Sent, ApiError> {
        self.api.send.part(request).await
    }

    async fn send_pay(&self, request: SendPay) -> Result<Paying, ApiError> {
        self.api.send.whole(request).await
    }

    async fn check_partial_pay(&self, request: SendPartialPay) -> Result<(), ApiError> {
        self.api.send.check_part(request).await
    }

    async fn check_pay(&self, request: SendPay) -> Result<(), ApiError> {
        self.api.send.check_whole(request).await
    }

    async fn pay(&self, request: Pay) -> Result<PayAnswer, ApiError> {
        self.api.pay.pay(request).await
    }

    async fn estimate(&self, request: Pay) -> Result<Estimate, ApiError> {
        self.api.pay.estimate(request).await
    }

    async fn abandon_pay(&self, hash: PaymentHash) -> Result<PaymentSummary, ApiError> {
        self.api.pay.abandon(hash).await
    }

    async fn list_pays(&self, filter: PaymentFilter) -> Result<Page<PaidBy>, ApiError> {
        self.api.list.pays(filter).await
    }

    async fn wait_partial_pay(
        &self,
        id: PartId,
        timeout: Option<Duration>,
    ) -> Result<PartialPayment, ApiError> {
        self.api.wait.part(id, timeout).await
    }

    async fn wait_send_pay(
        &self,
        hash: PaymentHash,
        timeout: Option<Duration>,
    ) -> Result<PaymentSummary, ApiError> {
        self.api.wait.send_pay(hash, timeout).await
    }

    async fn wait_payment(
        &self,
        hash: PaymentHash,
        timeout: Option<Duration>,
    ) -> Result<PaymentSummary, ApiError> {
        self.api.wait.payment(hash, timeout).await
    }

    async fn list_partial_payments(
        &self,
        filter: PartFilter,
    ) -> Result<Page<ListedPart>, ApiError> {
        self.api.list.parts(filter).await
    }

    async fn list_history(&self, filter: HistoryFilter) -> Result<HistoryPage, ApiError> {
        self.api.list.history(filter).await
    }

    async fn list_partial_invoices(
        &self,
        hash: Option<PaymentHash>,
    ) -> Result<PartialInvoices, ApiError> {
        Ok(self.api.incoming.partial_invoices(hash).await)
    }

    async fn list_events(&self, filter: EventFilter) -> Result<Page<Event>, ApiError> {
        self.api.events.events(filter).await
    }

    async fn next_events(&self, filter: EventFilter) -> Result<Page<Event>, ApiError> {
        self.api.events.next(filter).await
    }

    async fn last_event(&self) -> Result<u64, ApiError> {
        self.api.events.last().await
    }

    async fn delete_payment(&self, hash: PaymentHash) -> Result<DeletedPayment, ApiError> {
        self.api.delete.payment(hash).await
    }

    async fn resolve_part(&self, request: ResolvePart) -> Result<Resolved, ApiError> {
        self.api.resolve.part(request).await
    }

    async fn autoclean(&self, request: Autoclean) -> Result<Cleaned, ApiError> {
        self.api.clean.clean(request).await
    }

    async fn get_info(&self) -> Result<Info, ApiError> {
        let (ledger, board) = (&self.shared.ledger, &self.shared.board);
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        let nodes = self.nodes.iter();
        let (unrecorded, unrecorded_parts) = self.shared.unrecorded.all().await;
        Ok(Info {
            unrecorded,
            unrecorded_parts,
            unsettled: self.shared.unrecorded.unsettled(),
            nodes: nodes.map(|n| (n.name.clone(), n.sender.height())).collect(),
            live_parts: count(board.live_parts()),
            waiters: count(board.waiting()),
            alarms: ledger.alarms(),
            violations: ledger.violations(),
        })
    }
}

impl Engine {
    /// A page of the payments that we make, by id, and nothing beside: for whoever is in this process.
    pub async fn list_payments(
        &self,
        filter: PaymentFilter,
    ) -> Result<Page<PaymentSummary>, ApiError> {
        self.api.list.payments(filter).await
    }

    /// Accepts nothing more, sends the waiters away, finishes the decisions that have begun and
    /// leaves the parts pending.
    pub async fn close(&self) {
        self.api.decisions.stop();
        // At once: however long the decisions under way take, those who wait need not. Whoever registers
        // later finds that it stops.
        self.shared.board.dismiss();
        self.api.decisions.done().await;
        self.shared.tasks.close();
    }
}

impl From<Unavailable> for ApiError {
    fn from(unavailable: Unavailable) -> ApiError {
        ApiError::StorageUnavailable(unavailable.0)
    }
}
