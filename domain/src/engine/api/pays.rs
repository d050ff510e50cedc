//! What `pay` would cost, and what was paid with it.

use super::core::Core;
use super::page;
use crate::{
    ApiError, Estimate, Listed, Msat, Page, PaidBy, Pay, Payment, PaymentFilter, PaymentId, Route,
};
use std::collections::HashMap;

impl Core {
    /// What paying would cost now. Nothing is stored.
    pub(super) async fn estimate(&self, request: Pay) -> Result<Estimate, ApiError> {
        let command = self.open_order(request)?;
        // Refused for the same reasons, except for what is stored.
        Payment::open(None, &command)?;
        let plan = self.orders.quote(&command).await.map_err(ApiError::NoWay)?;
        let delays = plan.parts.iter().map(|(_, route)| route.first().delay);
        Ok(Estimate {
            amount: command.terms.deliver,
            fee: plan.sum(Route::fee).unwrap_or(Msat::MAX),
            delay: delays.max().unwrap_or(0),
            plan,
        })
    }

    /// A page of payments, each with its last order.
    pub(super) async fn pays(&self, filter: PaymentFilter) -> Result<Page<PaidBy>, ApiError> {
        let limit = filter.limit;
        let filter = PaymentFilter {
            limit: limit.saturating_add(1),
            ..filter
        };
        let Page { rows, next } = page(self.outgoing(filter).await?, limit, |row| row.id.0);
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
}
