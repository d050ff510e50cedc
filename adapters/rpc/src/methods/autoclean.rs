//! `autoclean`: what ended long ago goes.

use super::{Kind, Method};
use crate::error::{Code, RpcError};
use crate::params::{Arguments, Param};
use crate::services::Context;
use crate::values;
use domain::{Autoclean, Cleaned, Ended, Swept};
use serde::Serialize;
use std::sync::Arc;

/// Payments of one call, unless said, and at most.
const LIMIT: u32 = 10_000;
const LIMIT_MAX: u32 = 1_000_000;

pub(super) struct AutoClean;

#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
pub(super) struct CleanedView {
    /// Whether it only tells what would be deleted.
    dry_run: bool,
    /// What was deleted.
    deleted: SweptView,
    /// Of that, what had failed.
    failed: SweptView,
    /// Of that, what was complete.
    complete: SweptView,
    /// Payments that were old enough and are kept, because they are quarantined.
    kept: u64,
    /// Whether there are more.
    more: bool,
    /// What stopped it: the rest is as it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
struct SweptView {
    /// Payments.
    payments: u64,
    /// Their parts.
    parts: u64,
    /// Their events.
    events: u64,
}

impl From<Swept> for SweptView {
    fn from(swept: Swept) -> SweptView {
        SweptView {
            payments: swept.payments,
            parts: swept.parts,
            events: swept.events,
        }
    }
}

impl CleanedView {
    fn of(cleaned: Cleaned, dry_run: bool) -> CleanedView {
        CleanedView {
            dry_run,
            deleted: cleaned.sum().into(),
            failed: cleaned.failed.into(),
            complete: cleaned.complete.into(),
            kept: cleaned.kept,
            more: cleaned.more,
            stopped: cleaned.stopped,
        }
    }
}

impl Method for AutoClean {
    const NAME: &'static str = "autoclean";
    const PARAMS: &'static [Param] = &[
        Param::required("age"),
        Param::optional("status"),
        Param::optional("dry_run"),
        Param::optional("limit"),
    ];
    const DESCRIPTION: &'static str = "Delete payments that ended at least {age} seconds ago";
    const HELP: &'static str = "\
Deletes payments as delpayment does, a few at a time, so that no payment waits for it. It may take long; it ends when the caller hangs up or the daemon stops, and can be called again.

age      seconds since the payment failed or was completed
status   failed, complete, or all; failed, unless given
dry_run  true deletes nothing, and tells what would be deleted
limit    at most so many payments; 10,000, unless given

Returns {dry_run, deleted: {payments, parts, events}, failed: {…}, complete: {…}, kept, more}: what was really deleted, in all and by status; how many were old enough and are kept, because they are quarantined; whether there are more. With stopped, something stopped it, and says what: the rest is as it was.";
    const KIND: Kind = Kind::Wait;

    const ERRORS: &'static [Code] = &[Code::StorageUnavailable];

    type Request = Autoclean;
    type Answer = CleanedView;

    fn parse(_: &Arc<Context>, arguments: &Arguments<'_>) -> Result<Autoclean, RpcError> {
        let ended = arguments.optional("status", values::ended)?;
        let dry_run = arguments.optional("dry_run", values::boolean)?;
        let limit = arguments.optional("limit", values::limit(LIMIT_MAX))?;
        Ok(Autoclean {
            ended: ended.unwrap_or(Ended::Failed),
            older_than: arguments.required("age", values::seconds)?,
            limit: limit.unwrap_or(LIMIT).into(),
            dry_run: dry_run.unwrap_or(false),
        })
    }

    async fn run(context: Arc<Context>, request: Autoclean) -> Result<Self::Answer, RpcError> {
        let cleaned = context.services.payments.autoclean(request).await?;
        Ok(CleanedView::of(cleaned, request.dry_run))
    }
}
