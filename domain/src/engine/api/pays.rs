//! What `pay` would cost, and what was paid with it.

use super::core::Core;
use super::page;
use crate::engine::orders::quote;
use crate::{
    ApiError, Estimate, Listed, Msat, NoPlan, Page, PaidBy, Pay, Payment, PaymentFilter, PaymentId,
    Route,
};
use std::collections::HashMap;

impl Core {
    /// What paying would cost now. Nothing is stored.
    pub(super) async fn estimate(&self, request: Pay) -> Result<Estimate, ApiError> {
        let command = self.open_order(request)?;
        // Refused for the same reasons, except for what is stored.
        Payment::open(None, &command)?;
        let (sources, away) = self.orders.sources(&command.terms.nodes).await;
        if sources.is_empty() {
            let reason = away.into_iter().next().unwrap_or_default();
            return Err(ApiError::NoWay(NoPlan::Away(reason)));
        }
        let request = quote(&command, sources);
        let plan = self.orders.find(&request).await.map_err(ApiError::NoWay)?;
        let sum = |msat: fn(&Route) -> Msat| {
            let mut each = plan.parts.iter().map(|(_, route)| msat(route));
            each.try_fold(Msat::ZERO, Msat::checked_add)
                .unwrap_or(Msat::MAX)
        };
        Ok(Estimate {
            amount: request.amount,
            fee: sum(Route::amount_sent).saturating_sub(sum(Route::amount)),
            delay: plan
                .parts
                .iter()
                .map(|(_, route)| route.first().delay)
                .max()
                .unwrap_or(0),
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
