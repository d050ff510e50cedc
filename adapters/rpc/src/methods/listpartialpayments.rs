//! `listpartialpayments`: a page of parts.

use super::Method;
use crate::error::{Code, RpcError};
use crate::page::{self, Row};
use crate::params::{Arguments, Param};
use crate::reply::{Reply, Written};
use crate::services::Context;
use crate::values;
use domain::{ListedPart, PartFilter};
use serde::Serialize;
use std::sync::Arc;

pub(super) struct ListPartialPayments;

#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
pub(super) struct PageView {
    /// By number.
    partialpayments: Vec<Row<ListedPart>>,
    /// Where the next page starts; absent after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
}

impl Method for ListPartialPayments {
    const NAME: &'static str = "listpartialpayments";
    const PARAMS: &'static [Param] = &[
        Param::optional("id"),
        Param::optional("payment_hash"),
        Param::optional("status"),
        Param::optional("start"),
        Param::optional("limit"),
    ];
    const DESCRIPTION: &'static str = "Show partial payments, or just partial payment {id}";
    const HELP: &'static str = "\
Lists partial payments by id, a page at a time.

id            only this one
payment_hash  only this payment's
status        only pending, complete or failed ones
start         only this id and later ones: the next of the page before
limit         at most so many

Returns {partialpayments: [{id, payment_hash, node, destination, amount_msat, amount_sent_msat, intended_msatoshi, created_at, status, route, …}], next}; next only if there are more. A pending part of which its node can tell nothing now says why: pending_reason. What matches nothing is an empty list. A row that breaks a rule shows as {id, warning_quarantined}.";

    const ERRORS: &'static [Code] = &[Code::StorageUnavailable];

    type Request = PartFilter;
    type Answer = Written<PageView>;

    fn parse(context: &Arc<Context>, arguments: &Arguments<'_>) -> Result<PartFilter, RpcError> {
        let limits = &context.limits;
        let limit = arguments.optional("limit", values::limit(limits.page_max))?;
        Ok(PartFilter {
            id: arguments.optional("id", values::part_id)?,
            hash: arguments.optional("payment_hash", values::hash)?,
            status: arguments.optional("status", values::status)?,
            start: arguments.optional("start", values::part_id)?,
            limit: limit.unwrap_or(limits.page_default),
        })
    }

    async fn run(context: Arc<Context>, filter: PartFilter) -> Result<Self::Answer, RpcError> {
        let page = context
            .services
            .payments
            .list_partial_payments(filter)
            .await?;
        let id = |row: &ListedPart| row.part.id.0;
        let wrap = |partialpayments, next| PageView {
            partialpayments,
            next,
        };
        page::page(&context, page, id, wrap).await
    }

    fn write(page: Self::Answer) -> Reply {
        Ok(page.into_json())
    }
}
