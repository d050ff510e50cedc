//! `listevents`: a page of the history.

use super::Method;
use crate::error::{Code, RpcError};
use crate::page::{self, Row};
use crate::params::{Arguments, Param};
use crate::reply::{Reply, Written};
use crate::services::Context;
use crate::values;
use domain::{Event, EventFilter};
use serde::Serialize;
use std::sync::Arc;

pub(super) struct ListEvents;

#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
pub(super) struct PageView {
    /// In order.
    events: Vec<Row<Event>>,
    /// Where the next page starts; absent after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
}

impl Method for ListEvents {
    const NAME: &'static str = "listevents";
    const PARAMS: &'static [Param] = &[
        Param::optional("start"),
        Param::optional("limit"),
        Param::optional("payment_hash"),
    ];
    const DESCRIPTION: &'static str = "Show what happened to payments and parts, in order";
    const HELP: &'static str = "\
Lists everything that happened to every payment and part, in the order in which it became durable, a page at a time. Who has seen event 10 has missed none before it: a number that is missing belonged to a payment that was deleted, and its events went with it (delpayment, autoclean).

start         only this number and later ones: the next of the page before, or one more than the last seen. From the first one, unless given
limit         at most so many
payment_hash  only what happened to this payment (then numbers are left out)

Returns {events: [{seq, event, at, payment_hash, payment_status, id, part_status, failure, resolution, order_closed}], next}; next only if there are more. event is part_accepted, part_fulfilled, part_failed, part_fulfilled_after_failure, contradiction, part_resolved (an operator has ended the part), part_unrecorded (a node fulfilled a part that is not in the database: its payment is quarantined), order_opened or order_closed (of pay, and of no part), or payment_received for an incoming payment that came whole; id is the part's, if it is about one; order_closed is there if an order was closed with it, and says why; the statuses are those right after it. What matches nothing is an empty list. An event that breaks a rule shows as {seq, warning_quarantined}.";

    const ERRORS: &'static [Code] = &[Code::StorageUnavailable];

    type Request = EventFilter;
    type Answer = Written<PageView>;

    fn parse(context: &Arc<Context>, arguments: &Arguments<'_>) -> Result<EventFilter, RpcError> {
        let limits = &context.limits;
        let start = arguments.optional("start", values::u64)?;
        let limit = arguments.optional("limit", values::limit(limits.page_max))?;
        Ok(EventFilter {
            hash: arguments.optional("payment_hash", values::hash)?,
            start: start.unwrap_or(1),
            limit: limit.unwrap_or(limits.page_default),
        })
    }

    async fn run(context: Arc<Context>, filter: EventFilter) -> Result<Self::Answer, RpcError> {
        let page = context.services.payments.list_events(filter).await?;
        let seq = |event: &Event| event.seq;
        let wrap = |events, next| PageView { events, next };
        page::page(&context, page, seq, wrap).await
    }

    fn write(page: Self::Answer) -> Reply {
        Ok(page.into_json())
    }
}
