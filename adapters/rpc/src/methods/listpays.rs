//! `listpays`: payments as `pay` makes them, each with its order.

use super::Method;
use crate::error::{Code, RpcError};
use crate::page::{self, Row};
use crate::params::{Arguments, Param};
use crate::reply::{Reply, Written};
use crate::services::Context;
use crate::values;
use domain::{PaidBy, PaymentFilter, PaymentId};
use serde::Serialize;
use std::sync::Arc;

pub(super) struct ListPays;

#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
pub(super) struct PageView {
    /// By number.
    pays: Vec<Row<PaidBy>>,
    /// Where the next page starts; absent after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
}

impl Method for ListPays {
    const NAME: &'static str = "listpays";
    const PARAMS: &'static [Param] = &[
        Param::optional("bolt11"),
        Param::optional("payment_hash"),
        Param::optional("status"),
        Param::optional("index"),
        Param::optional("start"),
        Param::optional("limit"),
    ];
    const DESCRIPTION: &'static str = "Show what was paid, or just {bolt11} or {payment_hash}";
    const HELP: &'static str = "\
Lists the payments that we make, one row a payment_hash, by number: lightningd's fields, and the last order of pay. A payment with an open order is pending, also while it has no part.

bolt11        only this invoice's
payment_hash  only this one; not together with bolt11
status        only pending, complete or failed ones
index         created: the order of the rows, which is the only one there is
start         only this number and later ones
limit         at most so many

Returns {pays: [{payment_hash, status, created_at, created_index, destination, bolt11, amount_msat, amount_sent_msat, preimage, number_of_parts, order, …}], next}.";

    const ERRORS: &'static [Code] = &[Code::StorageUnavailable];

    type Request = PaymentFilter;
    type Answer = Written<PageView>;

    fn parse(context: &Arc<Context>, arguments: &Arguments<'_>) -> Result<PaymentFilter, RpcError> {
        let limits = &context.limits;
        let invoice = arguments.optional("bolt11", values::invoice)?;
        let hash = arguments.optional("payment_hash", values::hash)?;
        if invoice.is_some() && hash.is_some() {
            let message = "Can only specify one of {bolt11} or {payment_hash}";
            return Err(RpcError::params(message));
        }
        let index = arguments.optional("index", values::word)?;
        if index.is_some_and(|index| index != "created") {
            return Err(RpcError::params("index: should be created"));
        }
        let start = arguments.optional("start", values::u64)?;
        let limit = arguments.optional("limit", values::limit(limits.page_max))?;
        Ok(PaymentFilter {
            hash: hash.or_else(|| invoice.map(|invoice| invoice.payment_hash)),
            status: arguments.optional("status", values::status)?,
            start: start.map(PaymentId),
            limit: limit.unwrap_or(limits.page_default),
            ..PaymentFilter::default()
        })
    }

    async fn run(context: Arc<Context>, filter: PaymentFilter) -> Result<Self::Answer, RpcError> {
        let page = context.services.payments.list_pays(filter).await?;
        let id = |paid: &PaidBy| paid.payment.id.0;
        page::page(&context, page, id, |pays, next| PageView { pays, next }).await
    }

    fn write(page: Self::Answer) -> Reply {
        Ok(page.into_json())
    }
}
