//! What callers ask: sends and deletions, which go on when the caller hangs up, and waits, which do not.

mod ask;
mod autoclean_timer;
mod clean;
mod core;
mod decisions;
mod delete;
mod digest;
mod follow;
mod incoming;
mod pay;
mod pays;
mod resolve;
mod resolve_unrecorded;
mod send;
mod sending;
mod wait;

pub use self::autoclean_timer::AutocleanTimer;

pub(super) use self::core::Core;
#[cfg(feature = "planted")]
pub(super) use self::pay::failed;

use super::Engine;
use crate::planted::planted;
use crate::{
    ApiError, Autoclean, Cleaned, DeletedPayment, Estimate, Event, EventFilter, History,
    HistoryFilter, HistoryPage, HistoryRow, Info, Listed, Page, PaidBy, PartFilter, PartId,
    PartialInvoices, PartialPayment, Pay, PayAnswer, Paying, PaymentApi, PaymentFilter,
    PaymentHash, PaymentSummary, ResolvePart, Resolved, SendPartialPay, SendPay, Sent, Unavailable,
};
use async_trait::async_trait;
use std::time::Duration;

#[async_trait]
impl PaymentApi for Engine {
    async fn send_partial_pay(&self, request: SendPartialPay) -> Result<Sent, ApiError> {
        let command = self.core.partial_pay(request)?;
        let core = self.core.clone();
        let sending = async move { core.send_partial_pay(command).await };
        self.core.decisions.finish(sending).await
    }

    async fn send_pay(&self, request: SendPay) -> Result<Paying, ApiError> {
        let command = self.core.whole_pay(request)?;
        let core = self.core.clone();
        let begun = self
            .core
            .decisions
            .finish(async move { core.begin(command).await });
        self.core.first_answer(begun.await?).await
    }

    async fn check_partial_pay(&self, request: SendPartialPay) -> Result<(), ApiError> {
        self.core.check(self.core.partial_pay(request)?).await
    }

    async fn check_pay(&self, request: SendPay) -> Result<(), ApiError> {
        self.core.check(self.core.whole_pay(request)?).await
    }

    async fn pay(&self, request: Pay) -> Result<PayAnswer, ApiError> {
        self.core.pay(request).await
    }

    async fn estimate(&self, request: Pay) -> Result<Estimate, ApiError> {
        self.core.estimate(request).await
    }

    async fn abandon_pay(&self, hash: PaymentHash) -> Result<PaymentSummary, ApiError> {
        let core = self.core.clone();
        let abandoning = async move { core.abandon(hash).await };
        self.core.decisions.finish(abandoning).await
    }

    async fn list_pays(&self, filter: PaymentFilter) -> Result<Page<PaidBy>, ApiError> {
        self.core.pays(filter).await
    }

    async fn wait_partial_pay(
        &self,
        id: PartId,
        timeout: Option<Duration>,
    ) -> Result<PartialPayment, ApiError> {
        self.core.wait_part(id, timeout).await
    }

    async fn wait_send_pay(
        &self,
        hash: PaymentHash,
        timeout: Option<Duration>,
    ) -> Result<PaymentSummary, ApiError> {
        self.core.wait_send_pay(hash, timeout).await
    }

    async fn wait_payment(
        &self,
        hash: PaymentHash,
        timeout: Option<Duration>,
    ) -> Result<PaymentSummary, ApiError> {
        self.core.wait_payment(hash, timeout).await
    }

    async fn list_partial_payments(
        &self,
        filter: PartFilter,
    ) -> Result<Page<PartialPayment>, ApiError> {
        let limit = filter.limit;
        let filter = PartFilter {
            limit: limit.saturating_add(1),
            ..filter
        };
        let mut rows = self.core.ledger.store().parts(filter).await?;
        for row in &mut rows {
            if let Listed::Sound(part) = row
                && part.is_live()
            {
                part.doubt = self.core.nodes.doubted(part);
            }
        }
        Ok(page(rows, limit, |part| part.id.0))
    }

    async fn list_history(&self, mut filter: HistoryFilter) -> Result<HistoryPage, ApiError> {
        let limit = filter.payments.limit;
        filter.payments.limit = limit.saturating_add(1);
        let History {
            rows,
            own,
            by_hand,
            total,
        } = self.core.history(filter).await?;
        Ok(HistoryPage {
            page: page(rows, limit, |row| row.id().0),
            own,
            by_hand,
            total,
        })
    }

    async fn list_partial_invoices(
        &self,
        hash: Option<PaymentHash>,
    ) -> Result<PartialInvoices, ApiError> {
        Ok(self.core.partial_invoices(hash).await)
    }

    async fn list_events(&self, filter: EventFilter) -> Result<Page<Event>, ApiError> {
        self.core.events(filter).await
    }

    async fn next_events(&self, filter: EventFilter) -> Result<Page<Event>, ApiError> {
        self.core.next_events(filter).await
    }

    async fn last_event(&self) -> Result<u64, ApiError> {
        Ok(self.core.ledger.store().last_event().await?)
    }

    async fn delete_payment(&self, hash: PaymentHash) -> Result<DeletedPayment, ApiError> {
        let core = self.core.clone();
        let deleting = async move { core.delete_payment(hash).await };
        self.core.decisions.finish(deleting).await
    }

    async fn resolve_part(&self, request: ResolvePart) -> Result<Resolved, ApiError> {
        let core = self.core.clone();
        let resolving = async move { core.resolve_part(request).await };
        self.core.decisions.finish(resolving).await
    }

    async fn autoclean(&self, request: Autoclean) -> Result<Cleaned, ApiError> {
        self.core.clean(request).await
    }

    async fn get_info(&self) -> Result<Info, ApiError> {
        let core = &self.core;
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        let nodes = core.nodes.iter();
        let (unrecorded, unrecorded_parts) = core.unrecorded.all().await;
        Ok(Info {
            unrecorded,
            unrecorded_parts,
            unsettled: core.unrecorded.unsettled(),
            nodes: nodes.map(|n| (n.name.clone(), n.sender.height())).collect(),
            live_parts: count(core.board.live_parts()),
            waiters: count(core.board.waiting()),
            alarms: core.ledger.alarms(),
            violations: core.ledger.violations(),
        })
    }
}

impl Engine {
    /// A page of the payments that we make, by id, and nothing beside: for whoever is in this process.
    pub async fn list_payments(
        &self,
        filter: PaymentFilter,
    ) -> Result<Page<PaymentSummary>, ApiError> {
        let limit = filter.limit;
        let filter = PaymentFilter {
            limit: limit.saturating_add(1),
            ..filter
        };
        let rows = self.core.outgoing(filter).await?;
        Ok(page(rows, limit, |payment| payment.id.0))
    }
}

impl Core {
    /// A page of the payments that we make.
    pub(super) async fn outgoing(
        &self,
        filter: PaymentFilter,
    ) -> Result<Vec<Listed<PaymentSummary>>, Unavailable> {
        let mut rows = self.ledger.store().payments(filter).await?;
        planted!(
            ShowsFailedWhileOpen,
            super::planted::forget_orders(&mut rows)
        );
        self.warn_of_damage(rows.iter_mut().filter_map(|row| match row {
            Listed::Sound(payment) => Some(payment),
            Listed::Damaged(_) => None,
        }));
        Ok(rows)
    }

    /// A page of the history.
    async fn history(&self, filter: HistoryFilter) -> Result<History, Unavailable> {
        let mut history = self.ledger.store().history(filter).await?;
        self.warn_of_damage(history.rows.iter_mut().filter_map(|row| match row {
            Listed::Sound(HistoryRow::Outgoing(payment)) => Some(&mut **payment),
            Listed::Sound(HistoryRow::Incoming(_)) | Listed::Damaged(_) => None,
        }));
        Ok(history)
    }

    /// A row may be sound and its parts damaged: what calls are told, the list says too.
    fn warn_of_damage<'a>(&self, payments: impl Iterator<Item = &'a mut PaymentSummary>) {
        let damaged = self.ledger.damaged();
        for payment in payments.filter(|payment| payment.quarantine.is_none()) {
            payment.quarantine = damaged.get(&payment.payment_hash).cloned();
        }
    }
}

/// One row more than asked for says that there is a next page.
fn page<T>(mut rows: Vec<Listed<T>>, limit: u32, id: impl Fn(&T) -> u64) -> Page<T> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let next = rows.get(limit).map(|row| row.number(id));
    rows.truncate(limit);
    Page { rows, next }
}

impl From<Unavailable> for ApiError {
    fn from(unavailable: Unavailable) -> ApiError {
        ApiError::StorageUnavailable(unavailable.0)
    }
}
