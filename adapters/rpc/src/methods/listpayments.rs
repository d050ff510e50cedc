//! `listpayments`: a page of payments.

use super::{Method, Reply};
use crate::error::{Code, RpcError};
use crate::params::{Arguments, Param};
use crate::services::Context;
use crate::values;
use crate::views::{self, IncomingPaymentView, PaymentView};
use domain::{
    Direction, HistoryFilter, HistoryRow, Listed, PaymentFilter, PaymentId, PaymentSummary,
};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use std::sync::Arc;

pub(super) struct ListPayments;

#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
pub(super) struct PageView {
    /// By number.
    #[cfg_attr(feature = "docs", schemars(with = "Vec<RowView>"))]
    payments: Vec<Box<RawValue>>,
    /// Where the next page starts; absent after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
}

/// A row, of either direction.
#[cfg(feature = "docs")]
#[derive(schemars::JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum RowView {
    Outgoing(PaymentView<'static>),
    Incoming(IncomingPaymentView<'static>),
}

impl Method for ListPayments {
    const NAME: &'static str = "listpayments";
    const PARAMS: &'static [Param] = &[
        Param::optional("bolt11"),
        Param::optional("payment_hash"),
        Param::optional("status"),
        Param::optional("start"),
        Param::optional("limit"),
        Param::optional("direction"),
        Param::optional("search"),
    ];
    const DESCRIPTION: &'static str =
        "Show payments, or just the one of {bolt11} or {payment_hash}";
    const HELP: &'static str = "\
Lists payments by id, a page at a time: the order in which we learnt of them. A payment in several parts is one row.

bolt11        only this invoice's
payment_hash  only this one; not together with bolt11
status        only pending, complete or failed ones
start         only this id and later ones: the next of the page before
limit         at most so many
direction     outgoing (what we pay), incoming (invoices of ours that were paid) or all: one history of all nodes. Outgoing, unless given
search        only with this text in the label, the description or the description of the invoice

Returns {payments: [{id, payment_hash, destination, msatoshi, msatoshi_sent, created_at, status, …}], next}; next only if there are more. What matches nothing is an empty list. A row that breaks a rule shows as {id, warning_quarantined}.";

    const ERRORS: &'static [Code] = &[Code::StorageUnavailable];

    type Request = HistoryFilter;
    #[cfg(feature = "docs")]
    type Shown = PageView;

    fn parse(context: &Arc<Context>, arguments: &Arguments<'_>) -> Result<HistoryFilter, RpcError> {
        let limits = &context.limits;
        let invoice = arguments.optional("bolt11", values::invoice)?;
        invoice
            .iter()
            .try_for_each(|invoice| context.is_of_our_network(invoice))?;
        let hash = arguments.optional("payment_hash", values::hash)?;
        if invoice.is_some() && hash.is_some() {
            let message = "Can only specify one of {bolt11} or {payment_hash}";
            return Err(RpcError::params(message));
        }
        let limit = arguments.optional("limit", values::limit(limits.page_max))?;
        let start = arguments.optional("start", values::u64)?;
        let direction = arguments.optional("direction", values::direction)?;
        let payments = PaymentFilter {
            hash: hash.or_else(|| invoice.map(|invoice| invoice.payment_hash)),
            status: arguments.optional("status", values::status)?,
            start: start.map(PaymentId),
            limit: limit.unwrap_or(limits.page_default),
            search: arguments.optional("search", values::text(limits.text_bytes))?,
        };
        Ok(HistoryFilter {
            direction: direction.unwrap_or_default(),
            payments,
        })
    }

    async fn run(context: Arc<Context>, filter: HistoryFilter) -> Reply {
        let payments = &context.services.payments;
        let wrap = |payments, next| PageView { payments, next };
        if filter.direction == Direction::Outgoing {
            let page = payments.list_payments(filter.payments).await?;
            let id = |row: &PaymentSummary| row.id.0;
            let view = |row: &Listed<PaymentSummary>| {
                views::listed(row, |payment| to_raw_value(&PaymentView::from(payment)))
            };
            return views::page(&context, page, id, view, wrap).await;
        }
        let page = payments.list_history(filter).await?;
        let id = |row: &HistoryRow| row.id().0;
        let view = |row: &Listed<HistoryRow>| {
            views::listed(row, |row| match row {
                HistoryRow::Outgoing(row) => to_raw_value(&PaymentView::from(&**row)),
                HistoryRow::Incoming(row) => to_raw_value(&IncomingPaymentView::from(&**row)),
            })
        };
        views::page(&context, page, id, view, wrap).await
    }
}
