//! `listinvoices`: the invoices of our own node, on the embedded network.

use super::{Kind, Method};
use crate::error::{Code, RpcError};
use crate::params::{Arguments, Param};
use crate::services::Context;
use crate::values;
use crate::views::AsView;
use devnet::{InvoiceFilter, OwnInvoice};
use serde::Serialize;
use std::sync::Arc;

pub(super) struct ListInvoices;

#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
pub(super) struct ListView {
    /// By number.
    invoices: Vec<AsView<OwnInvoice>>,
    /// Where the next page starts; absent after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
}

impl Method for ListInvoices {
    const NAME: &'static str = "listinvoices";
    const PARAMS: &'static [Param] = &[
        Param::optional("label"),
        Param::optional("invstring").or(&["bolt11"]),
        Param::optional("payment_hash"),
        Param::optional("start"),
        Param::optional("limit"),
    ];
    const DESCRIPTION: &'static str =
        "Show our own node's invoices, or just the one of {label}, {invstring} or {payment_hash}";
    const HELP: &'static str = "\
Lists the invoices of our own node, on the embedded network, a page at a time. Core Lightning has a method of that name: ask it there.

label         only the one of that name
invstring     only this invoice
payment_hash  only this one; only one of the three can be given
start         only this created_index and later ones: the next of the page before
limit         at most so many

Returns {invoices: [{label, bolt11, payment_hash, amount_msat, status, pay_index, amount_received_msat, paid_at, payment_preimage, description, expires_at, created_index}], next}; status is unpaid, paid or expired, and next is there only if there are more.";
    const KIND: Kind = Kind::Dev;

    const ERRORS: &'static [Code] = &[Code::Unspecified];

    type Request = InvoiceFilter;
    type Answer = ListView;

    fn parse(context: &Arc<Context>, arguments: &Arguments<'_>) -> Result<InvoiceFilter, RpcError> {
        let limits = &context.limits;
        let label = arguments.optional("label", values::text(limits.text_bytes))?;
        let invoice = arguments.optional("invstring", values::invoice)?;
        let hash = arguments.optional("payment_hash", values::hash)?;
        let given = [label.is_some(), invoice.is_some(), hash.is_some()];
        if given.into_iter().filter(|given| *given).count() > 1 {
            let message = "Can only specify one of {label}, {invstring} or {payment_hash}";
            return Err(RpcError::params(message));
        }
        let limit = arguments.optional("limit", values::limit(limits.page_max))?;
        Ok(InvoiceFilter {
            label,
            payment_hash: hash.or_else(|| invoice.map(|invoice| invoice.payment_hash)),
            start: arguments.optional("start", values::u64)?,
            limit: limit.unwrap_or(limits.page_default),
        })
    }

    async fn run(context: Arc<Context>, filter: InvoiceFilter) -> Result<Self::Answer, RpcError> {
        let limit = usize::try_from(filter.limit).unwrap_or(usize::MAX);
        let one_more = InvoiceFilter {
            limit: filter.limit.saturating_add(1),
            ..filter
        };
        let mut invoices = super::own_invoices(&context)?.list(one_more).await?;
        let next = invoices.get(limit).map(|invoice| invoice.id);
        invoices.truncate(limit);
        Ok(ListView {
            invoices: invoices.into_iter().map(AsView).collect(),
            next,
        })
    }
}
