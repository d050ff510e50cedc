//! `resolvepart`: an operator ends a part that no node can tell of.

use super::Method;
use crate::error::{Code, RpcError};
use crate::params::{Arguments, Param};
use crate::services::Context;
use crate::values;
use crate::views::{AsView, PartView, UnrecordedView, Viewed};
use domain::{OperatorEnd, Resolution, ResolvePart as Request, Resolved};
use serde::Serialize;
use std::sync::Arc;

pub(super) struct ResolvePart;

/// The part; or one that is not in the database.
#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub(crate) enum ResolvedView<'a> {
    Part(Box<PartView<'a>>),
    Unrecorded(UnrecordedView<'a>),
}

/// Bytes of a reason.
const REASON_MAX: usize = 1_024;

impl Method for ResolvePart {
    const NAME: &'static str = "resolvepart";
    const PARAMS: &'static [Param] = &[
        Param::required("id"),
        Param::required("status"),
        Param::optional("preimage")
            .or(&["payment_preimage"])
            .secret(),
        Param::optional("reason"),
    ];
    const DESCRIPTION: &'static str =
        "End pending partial payment {id} by hand, of which no node can tell any more what became";
    const HELP: &'static str = "\
An operator's word, for a part that would be pending for ever: its channel was closed, its node is gone, the database is older than its node. It is stored as an event with who said so (the user and the process at the socket, or the plugin) and why, and shows with the part. Say failed only if the part's money cannot move any more: nothing stands in the way of paying anew then. If the node tells a preimage later, that beats an operator's failed, and raises an alarm.

id        the part's
status    failed, or complete
preimage  the proof, 32 bytes of hex: complete needs it, and failed has none
reason    why, in at most 1,024 bytes. By position it may come third where the status is failed

A part that a node knows and the database does not (getinfo lists those) is ended in the same way, by its number there: failed frees its payment_hash, complete refuses it for good. Returns the part. Errors: 200 its node can still tell what becomes of it (data.node, data.reason): it says that the part is out or never left it, or it is away and the status is failed; a node that is gone for good has to be taken out of the configuration first. If the node tells an outcome now, that is what is stored. -32602 the part is not pending (data.status), or the preimage does not open its payment_hash. 208 no such part.";

    const ERRORS: &'static [Code] = &[
        Code::InProgress,
        Code::NoSuchPayment,
        Code::StorageUnavailable,
        Code::Quarantined,
    ];

    type Request = Request;
    type Answer = AsView<Resolved>;

    fn parse(context: &Arc<Context>, arguments: &Arguments<'_>) -> Result<Request, RpcError> {
        let reason = arguments.optional("reason", values::text(REASON_MAX))?;
        let (end, reason) = match arguments.required("status", values::end_by_hand)? {
            values::EndByHand::Complete => {
                let bytes = arguments.required("preimage", values::preimage)?;
                (OperatorEnd::Complete(bytes), reason)
            }
            values::EndByHand::Failed => {
                (OperatorEnd::Failed, reason_of_failed(arguments, reason)?)
            }
        };
        let why = reason.filter(|reason| !reason.trim().is_empty());
        let missing = || RpcError::params("missing required parameter: reason");
        Ok(Request {
            part: arguments.required("id", values::part_id)?,
            end,
            by: Resolution {
                who: context.caller.to_string(),
                why: why.ok_or_else(missing)?,
            },
        })
    }

    async fn run(context: Arc<Context>, request: Request) -> Result<Self::Answer, RpcError> {
        let resolved = context.services.payments.resolve_part(request).await?;
        Ok(AsView(resolved))
    }
}

/// What failed has no preimage, so its reason may come in that place.
fn reason_of_failed(
    arguments: &Arguments<'_>,
    reason: Option<String>,
) -> Result<Option<String>, RpcError> {
    let third = arguments.optional("preimage", values::text(REASON_MAX))?;
    match (third, reason) {
        (Some(_), Some(_)) => Err(RpcError::params("preimage: a part that failed has none")),
        (third, reason) => Ok(reason.or(third)),
    }
}

impl Viewed for Resolved {
    type View<'a> = ResolvedView<'a>;

    fn view(&self) -> ResolvedView<'_> {
        match self {
            Resolved::Part(part) => ResolvedView::Part(Box::new(part.view())),
            Resolved::Unrecorded(part) => ResolvedView::Unrecorded(part.view()),
        }
    }
}
