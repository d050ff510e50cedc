//! `subscribe`: the history, from any number on, and what happens after it.

use super::{Kind, Method, Stream};
use crate::error::{Code, RpcError};
use crate::page;
use crate::params::{Arguments, Param};
use crate::services::Context;
use crate::stream::{Opened, last_words, notification, terminated};
use crate::values;
use crate::views::AsView;
use domain::{Event, EventFilter, Listed, Page, PaymentHash};
use futures::stream::{StreamExt, unfold};
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;

pub(super) struct Subscribe;

/// What shall be told.
pub(super) struct Wanted {
    from: Option<u64>,
    hash: Option<PaymentHash>,
}

#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
pub(super) struct SubscriptionView {
    /// Its number on this connection, which each of its notifications has.
    subscription: u64,
    /// The first event that it tells.
    from: u64,
}

/// What is read at once, and what is written: together about half of what a client may leave unread.
const ROWS: u32 = 250;
const BYTES: usize = 128 * 1024;

impl Method for Subscribe {
    const NAME: &'static str = "subscribe";
    const PARAMS: &'static [Param] = &[Param::optional("from"), Param::optional("payment_hash")];
    const DESCRIPTION: &'static str =
        "Tell what happened to payments and parts, from event {from} on, as it happens";
    const HELP: &'static str = "\
Answers {subscription, from} at once, and then tells every event on the same connection, in order, each at least once, without gaps (but for what was deleted): those that are there, and each new one as soon as it is durable. Who was cut off asks again from one more than the last number seen, and misses nothing. It ends with the connection.

from          the first number to tell: 1 for all there is. Only what happens from now on, unless given
payment_hash  only what happens to this payment (then numbers are left out)

Tells {jsonrpc, method: \"event\", params: {subscription, seq, event, at, …}}, the fields those of listevents, and after each an empty line as after each reply. Of an event that breaks a rule it tells {subscription, seq, warning_quarantined}. If events cannot be read, it tells {subscription, error: {code, message, data}}, and no more: ask again, later. A reader that reads nothing for a while is cut off, and told so if it still can be (-32005), as everybody is when the daemon stops. Errors: -32602 from is beyond the next number, so that it is another database's; -32005 too many subscriptions on this connection.";
    const KIND: Kind = Kind::Stream;

    const ERRORS: &'static [Code] = &[Code::StorageUnavailable];

    type Request = Wanted;
    type Answer = SubscriptionView;

    fn parse(_: &Arc<Context>, arguments: &Arguments<'_>) -> Result<Wanted, RpcError> {
        Ok(Wanted {
            from: arguments.optional("from", values::u64)?,
            hash: arguments.optional("payment_hash", values::hash)?,
        })
    }

    async fn check(context: Arc<Context>, wanted: Wanted) -> Result<(), RpcError> {
        wanted.first(&context).await.map(drop)
    }

    async fn run(_: Arc<Context>, _: Wanted) -> Result<Self::Answer, RpcError> {
        let message = "subscribe: nothing can be told here after the answer: ask on Ampere's own \
                       socket, or ask listevents again and again";
        Err(RpcError::new(Code::InvalidRequest, message))
    }
}

impl Stream for Subscribe {
    async fn open(
        context: Arc<Context>,
        wanted: Wanted,
        subscription: u64,
    ) -> Result<Opened<SubscriptionView>, RpcError> {
        let from = wanted.first(&context).await?;
        let filter = EventFilter {
            hash: wanted.hash,
            start: from,
            limit: ROWS,
        };
        let told = unfold(Some(filter), move |filter| {
            let context = Arc::clone(&context);
            async move {
                let filter = filter?;
                Some(match next(&context, subscription, &filter).await {
                    Ok((told, start)) => (told, Some(EventFilter { start, ..filter })),
                    Err(error) => (last_words(subscription, &error), None),
                })
            }
        });
        Ok(Opened {
            answer: SubscriptionView { subscription, from },
            told: told.boxed(),
        })
    }
}

impl Wanted {
    /// The first number to tell.
    async fn first(&self, context: &Context) -> Result<u64, RpcError> {
        let last = context.services.payments.last_event().await?;
        let next = last.saturating_add(1);
        match self.from {
            None => Ok(next),
            Some(from) if from <= next => Ok(from.max(1)),
            // Whoever has seen the one before that would miss all that is told until then.
            Some(from) => Err(RpcError::params(format!(
                "from: should be at most {next}: invalid token '{from}': the last event is {last}; \
                 a later one was told by another database, or by this one before it was set back"
            ))
            .with(json!({ "last_event": last }))),
        }
    }
}

/// The next notifications, as soon as there are any, and where those after them begin.
async fn next(
    context: &Context,
    subscription: u64,
    filter: &EventFilter,
) -> Result<(Vec<u8>, u64), RpcError> {
    let page = context.services.payments.next_events(filter.clone());
    let page = page.await?;
    let written = context.page_writer.write(move || told(page, subscription));
    let failed = || RpcError::new(Code::Internal, "the events could not be written");
    let (told, start) = written.await.unwrap_or_else(|| Err(failed()))?;
    Ok((told, start.max(filter.start.saturating_add(1))))
}

fn told(page: Page<Event>, subscription: u64) -> Result<(Vec<u8>, u64), RpcError> {
    let last = page
        .rows
        .last()
        .map_or(0, |row| row.number(|event| event.seq));
    let write = |row: Listed<Event>| notification(subscription, AsView(row));
    let (rows, next) = page::rows(page, BYTES, |event| event.seq, write)?;
    let start = next.unwrap_or_else(|| last.saturating_add(1));
    Ok((terminated(rows), start))
}
