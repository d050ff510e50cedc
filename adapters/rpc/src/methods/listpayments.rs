//! `listpayments`: a page of payments.

use super::{Method, Reply};
use crate::error::RpcError;
use crate::params::{Arguments, Param};
use crate::services::Context;
use crate::values;
use crate::views::{self, PaymentView};
use domain::{Listed, PaymentFilter, PaymentId, PaymentSummary};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use std::sync::Arc;

pub(super) struct ListPayments;

#[derive(Serialize)]
struct PageView {
    payments: Vec<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
}

impl Method for ListPayments {
    const NAME: &'static str = "listpayments";
    const PARAMS: &'static [Param] = &[
        Param::optional("bolt11"),
        Param::optional("payment_hash"),
        Param::optional("status"),
        Param::optional("start"),
        Param::optional("limit"),
    ];
    const DESCRIPTION: &'static str =
        "Show payments, or just the one of {bolt11} or {payment_hash}";
    const HELP: &'static str = "\
Lists payments by id, a page at a time. A payment in several parts is one row.

bolt11        only this invoice's
payment_hash  only this one; not together with bolt11
status        only pending, complete or failed ones
start         only this id and later ones: the next of the page before
limit         at most so many

Returns {payments: [{id, payment_hash, destination, msatoshi, msatoshi_sent, created_at, status, …}], next}; next only if there are more. What matches nothing is an empty list. A row that breaks a rule shows as {id, warning_quarantined}.";

    type Request = PaymentFilter;

    fn parse(context: &Arc<Context>, arguments: &Arguments<'_>) -> Result<PaymentFilter, RpcError> {
        let limits = &context.limits;
        let invoice = arguments.optional("bolt11", values::invoice)?;
        let hash = arguments.optional("payment_hash", values::hash)?;
        if invoice.is_some() && hash.is_some() {
            let message = "Can only specify one of {bolt11} or {payment_hash}";
            return Err(RpcError::params(message));
        }
        let limit = arguments.optional("limit", values::limit(limits.page_max))?;
        let start = arguments.optional("start", values::u64)?;
        Ok(PaymentFilter {
            hash: hash.or_else(|| invoice.map(|invoice| invoice.payment_hash)),
            status: arguments.optional("status", values::status)?,
            start: start.map(PaymentId),
            limit: limit.unwrap_or(limits.page_default),
        })
    }

    async fn run(context: Arc<Context>, filter: PaymentFilter) -> Reply {
        let page = context.services.payments.list_payments(filter).await?;
        let id = |row: &PaymentSummary| row.id.0;
        let view = |row: &Listed<PaymentSummary>| {
            views::listed(row, |payment| to_raw_value(&PaymentView::from(payment)))
        };
        let wrap = |payments, next| PageView { payments, next };
        views::page(&context, page, id, view, wrap).await
    }
}
