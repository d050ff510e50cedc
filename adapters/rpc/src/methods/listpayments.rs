//! `listpayments`: a page of payments.

use super::Method;
use crate::error::{Code, RpcError};
use crate::page::{self, Row};
use crate::params::{Arguments, Param};
use crate::reply::{Reply, Written};
use crate::services::Context;
use crate::values;
use crate::views::HistoryEntry;
use domain::{
    HistoryFilter, HistoryPage, HistoryRow, Page, PaymentFilter, PaymentHash, PaymentId,
    SelfPayment,
};
use serde::Serialize;
use std::collections::HashMap;
use std::sync::Arc;

pub(super) struct ListPayments;

#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
pub(super) struct PageView {
    /// By number.
    payments: Vec<Row<HistoryEntry>>,
    /// Where the next page starts; absent after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
    /// How many there are on all pages, where that is known without counting or was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<u64>,
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
        Param::optional("reverse"),
        Param::optional("total"),
    ];
    const DESCRIPTION: &'static str =
        "Show payments, or just the one of {bolt11} or {payment_hash}";
    const HELP: &'static str = "\
Lists payments by id, a page at a time: the order in which we learnt of them. A payment in several parts is one row.

bolt11        only this invoice's
payment_hash  only this one; not together with bolt11
status        only pending, complete or failed ones
start         only this id and later ones (with reverse, and earlier ones): the next of the page before
limit         at most so many
direction     outgoing (what we pay), incoming (invoices of ours that were paid) or all: one history of all nodes. Outgoing, unless given
search        only with this text in the label, the description or the description of the invoice
reverse       true: the newest first
total         true: say how many there are even where they have to be counted, with status or search, which takes seconds for millions

Returns {payments: [{id, payment_hash, destination, msatoshi, msatoshi_sent, created_at, status, …}], next, total}; next only if there are more. total is how many there are on all pages; it is always there without status and search, and with status pending or payment_hash. What we paid to ourselves (the same hash out and in, to the same payee) says so on both rows: self_payment is the other row, self_msat how much of it was ours. A payment of which an operator ended parts by hand (resolvepart) has resolutions: [{id, who, why}]. What matches nothing is an empty list. A row that breaks a rule shows as {id, warning_quarantined}.";

    const ERRORS: &'static [Code] = &[Code::StorageUnavailable];

    type Request = HistoryFilter;
    type Answer = Written<PageView>;

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
            reverse: arguments
                .optional("reverse", values::boolean)?
                .unwrap_or(false),
        };
        Ok(HistoryFilter {
            direction: direction.unwrap_or_default(),
            payments,
            count: arguments
                .optional("total", values::boolean)?
                .unwrap_or(false),
        })
    }

    async fn run(context: Arc<Context>, filter: HistoryFilter) -> Result<Self::Answer, RpcError> {
        let HistoryPage {
            page,
            own,
            by_hand,
            total,
        } = context.services.payments.list_history(filter).await?;
        let own = own.into_iter().map(|own| (own.payment_hash, Arc::new(own)));
        let own: HashMap<PaymentHash, Arc<SelfPayment>> = own.collect();
        let entry = |row: HistoryRow| HistoryEntry {
            own: own.get(&row.payment_hash()).cloned(),
            by_hand: by_hand
                .iter()
                .filter(|ended| ended.payment == row.id())
                .cloned()
                .collect(),
            row,
        };
        let rows = page.rows.into_iter().map(|row| row.map(entry));
        let page = Page {
            rows: rows.collect(),
            next: page.next,
        };
        let id = |entry: &HistoryEntry| entry.row.id().0;
        let wrap = move |payments, next| PageView {
            payments,
            next,
            total,
        };
        page::page(&context, page, id, wrap).await
    }

    fn write(page: Self::Answer) -> Reply {
        Ok(page.into_json())
    }
}
