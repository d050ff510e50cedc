//! An operator ends a part that a node knows and that is not stored.

use super::resolve::{ResolveApi, Witness, can_tell, may_resolve, not_resolved};
use crate::engine::ledger::{Change, Turn};
use crate::engine::node::Node;
use crate::{
    ApiError, KnownFate, NodeAway, OperatorEnd, PartId, Preimage, Refusal, ResolvePart, Resolved,
    UnrecordedFate, UnrecordedPart,
};
use futures::stream::StreamExt;

/// Such a part is ended by an operator's word, unless its node has one.
struct Resolving<'a> {
    api: &'a ResolveApi,
    request: ResolvePart,
    part: UnrecordedPart,
    /// What the operator says.
    said: KnownFate,
}

/// Its hash is freed, or refused for good.
pub(super) async fn resolve(api: &ResolveApi, request: ResolvePart) -> Result<Resolved, ApiError> {
    let part = api.unrecorded.first_open(request.part).await?;
    let part = part.ok_or(ApiError::NoSuchPart(request.part))?;
    let said = checked(&request, &part)?;
    let hash = part.payment_hash;
    let resolving = Resolving {
        api,
        request,
        part,
        said,
    };
    api.ledger.change(hash, resolving).await
}

impl Resolving<'_> {
    /// How it ended, if its node says so now; an error if it may say so later.
    async fn told(&self) -> Result<Option<KnownFate>, Refusal> {
        let (request, part) = (&self.request, &self.part);
        let Some(node) = self.api.nodes.named(&part.node) else {
            return Ok(None);
        };
        // The payment's turn is held meanwhile: a node that says nothing must not hold it for ever.
        let known = self.api.timing.patiently(known(node, part)).await;
        match known.flatten() {
            Ok(KnownFate::Lost) => Ok(None),
            Ok(told @ (KnownFate::Fulfilled(_) | KnownFate::Failed)) => Ok(Some(told)),
            Ok(KnownFate::Pending) => {
                let out = Witness::Busy("it says that the part may be out");
                may_resolve(request, &part.node, out).map(|()| None)
            }
            Err(NodeAway(reason)) => {
                may_resolve(request, &part.node, Witness::Away(reason)).map(|()| None)
            }
        }
    }
}

impl Change for Resolving<'_> {
    type Answer = Result<Resolved, ApiError>;

    async fn attempt(&self, turn: &mut Turn<'_>) -> Result<Resolved, ApiError> {
        let Resolving {
            api,
            request,
            part,
            said,
        } = self;
        let told = self.told().await?;
        let is_told = told.is_some();
        let part = UnrecordedPart {
            noticed_at: api.timing.now(),
            resolution: (!is_told).then(|| request.by.clone()),
            ..part.clone()
        };
        let fate = told.as_ref().unwrap_or(said);
        let noted = api.unrecorded.note(turn, part.clone(), fate).await;
        noted.map_err(not_resolved)?;
        if is_told {
            let what = "it has told how it ended, which is stored now";
            return Err(can_tell(part.part, &part.node, what).into());
        }
        let fate = match request.end {
            OperatorEnd::Failed => UnrecordedFate::Failed,
            OperatorEnd::Complete(_) => UnrecordedFate::Fulfilled,
        };
        let part = UnrecordedPart { fate, ..part };
        Ok(Resolved::Unrecorded(Box::new(part)))
    }
}

/// Who and why are said, and a proof is one (rule A-6).
fn checked(request: &ResolvePart, part: &UnrecordedPart) -> Result<KnownFate, Refusal> {
    let (hash, part) = (part.payment_hash, part.part);
    if !request.by.is_whole() {
        return Err(Refusal::NoReason { part });
    }
    match &request.end {
        OperatorEnd::Failed => Ok(KnownFate::Failed),
        OperatorEnd::Complete(bytes) => match Preimage::proving(hash, *bytes) {
            Ok(_) => Ok(KnownFate::Fulfilled(*bytes)),
            Err(_) => Err(Refusal::NotItsPreimage { hash, part }),
        },
    }
}

/// A part that its node does not tell of any more is one of which nobody can tell.
async fn known(node: &Node, part: &UnrecordedPart) -> Result<KnownFate, NodeAway> {
    node.reachable().await?;
    let before = PartId(part.part.0.saturating_sub(1));
    let mut known = node.sender.known_parts(before).await;
    while let Some(told) = known.next().await {
        let told = told?;
        if (told.part, told.payment_hash) == (part.part, part.payment_hash) {
            return Ok(told.fate);
        }
    }
    Ok(KnownFate::Lost)
}
