//! Lists: payments, parts, the history, a page at a time.

use crate::engine::ledger::Ledger;
use crate::engine::nodes::Nodes;
use crate::engine::shared::Shared;
use crate::planted::planted;
use crate::{
    ApiError, HistoryFilter, HistoryPage, HistoryRow, Listed, ListedPart, Page, PaidBy, PartFilter,
    PartialPayment, PaymentFilter, PaymentId, PaymentSummary,
};
use std::collections::HashMap;
use std::sync::Arc;

/// What callers list.
pub(super) struct ListApi {
    ledger: Arc<Ledger>,
    nodes: Arc<Nodes>,
}

impl ListApi {
    pub(super) fn new(nodes: Arc<Nodes>, shared: &Shared) -> ListApi {
        ListApi {
            ledger: shared.ledger.clone(),
            nodes,
        }
    }

    /// Pending parts with what is in the way of knowing more of them.
    pub(super) async fn parts(&self, filter: PartFilter) -> Result<Page<ListedPart>, ApiError> {
        let limit = filter.limit;
        let filter = PartFilter {
            limit: limit.saturating_add(1),
            ..filter
        };
        let rows = self.ledger.store().parts(filter).await?;
        let listed = |part: PartialPayment| ListedPart {
            doubt: part.is_live().then(|| self.nodes.doubted(&part)).flatten(),
            part,
        };
        let rows = rows.into_iter().map(|row| row.map(listed));
        Ok(page(rows.collect(), limit, |row| row.part.id.0))
    }

    /// The payments that we make.
    pub(super) async fn payments(
        &self,
        filter: PaymentFilter,
    ) -> Result<Page<PaymentSummary>, ApiError> {
        let limit = filter.limit;
        let filter = PaymentFilter {
            limit: limit.saturating_add(1),
            ..filter
        };
        let mut rows = self.ledger.store().payments(filter).await?;
        planted!(
            ShowsFailedWhileOpen,
            super::planted::forget_orders(&mut rows)
        );
        self.warn_of_damage(rows.iter_mut().filter_map(|row| match row {
            Listed::Sound(payment) => Some(payment),
            Listed::Damaged(_) => None,
        }));
        Ok(page(rows, limit, |payment| payment.id.0))
    }

    /// The same, each with its last order.
    pub(super) async fn pays(&self, filter: PaymentFilter) -> Result<Page<PaidBy>, ApiError> {
        let Page { rows, next } = self.payments(filter).await?;
        let ids = rows.iter().filter_map(|row| match row {
            Listed::Sound(payment) => Some(payment.id),
            Listed::Damaged(_) => None,
        });
        let orders = self.ledger.store().orders(ids.collect()).await?;
        let mut orders: HashMap<PaymentId, _> = orders.into_iter().collect();
        let rows = rows.into_iter().map(|row| {
            row.map(|payment| PaidBy {
                order: orders.remove(&payment.id),
                payment,
            })
        });
        Ok(Page {
            rows: rows.collect(),
            next,
        })
    }

    /// Both directions.
    pub(super) async fn history(&self, mut filter: HistoryFilter) -> Result<HistoryPage, ApiError> {
        let limit = filter.payments.limit;
        filter.payments.limit = limit.saturating_add(1);
        let mut history = self.ledger.store().history(filter).await?;
        self.warn_of_damage(history.rows.iter_mut().filter_map(|row| match row {
            Listed::Sound(HistoryRow::Outgoing(payment)) => Some(&mut **payment),
            Listed::Sound(HistoryRow::Incoming(_)) | Listed::Damaged(_) => None,
        }));
        Ok(HistoryPage {
            page: page(history.rows, limit, |row| row.id().0),
            own: history.own,
            by_hand: history.by_hand,
            total: history.total,
        })
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
pub(super) fn page<T>(mut rows: Vec<Listed<T>>, limit: u32, id: impl Fn(&T) -> u64) -> Page<T> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let next = rows.get(limit).map(|row| row.number(id));
    rows.truncate(limit);
    Page { rows, next }
}
