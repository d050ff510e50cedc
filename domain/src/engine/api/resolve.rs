//! An operator ends a part by hand: only where no node can tell, and never while it is being offered.

use super::decisions::Decisions;
use super::resolve_unrecorded;
use super::wait::quarantined;
use crate::engine::ledger::{Change, CommitError, Ledger, Turn};
use crate::engine::node::{Node, ReportedOutcome};
use crate::engine::nodes::Nodes;
use crate::engine::shared::Shared;
use crate::engine::timing::Timing;
use crate::engine::unrecorded::Unrecorded;
use crate::{
    ApiError, Listed, LookUp, NodeAway, NodeName, OperatorEnd, Outcome, PartId, PartialPayment,
    PaymentHash, Refusal, ResolvePart, Resolved,
};
use std::sync::Arc;

/// What operators end by hand.
pub(super) struct ResolveApi {
    pub(super) ledger: Arc<Ledger>,
    pub(super) nodes: Arc<Nodes>,
    pub(super) unrecorded: Arc<Unrecorded>,
    pub(super) timing: Timing,
    decisions: Arc<Decisions>,
}

/// What the node of a part can say of it.
pub(super) enum Witness {
    /// Nothing, for ever: it is there, and cannot tell; or it is not configured.
    None,
    /// Nothing now, for this reason; it may when it is back.
    Away(String),
    /// That it is not over: why nobody has to end it by hand.
    Busy(&'static str),
    /// What became of it.
    Outcome(Outcome),
}

/// A part is ended by an operator's word, unless its node has one.
struct Resolving<'a> {
    api: &'a ResolveApi,
    request: &'a ResolvePart,
    hash: PaymentHash,
}

impl ResolveApi {
    pub(super) fn new(nodes: Arc<Nodes>, decisions: Arc<Decisions>, shared: &Shared) -> ResolveApi {
        ResolveApi {
            ledger: shared.ledger.clone(),
            nodes,
            unrecorded: shared.unrecorded.clone(),
            timing: shared.timing.clone(),
            decisions,
        }
    }

    /// The part, ended by an operator's word.
    pub(super) async fn part(self: &Arc<Self>, request: ResolvePart) -> Result<Resolved, ApiError> {
        let api = self.clone();
        let resolving = async move { api.resolve(request).await };
        self.decisions.finish(resolving).await
    }

    async fn resolve(&self, request: ResolvePart) -> Result<Resolved, ApiError> {
        let part = match self.ledger.store().part(request.part).await? {
            Some(Listed::Sound(part)) => part,
            Some(Listed::Damaged(damaged)) => return Err(quarantined(damaged)),
            None => return resolve_unrecorded::resolve(self, request).await,
        };
        match self
            .resolve_unless_told(&request, part.payment_hash)
            .await?
        {
            Ok(part) => Ok(Resolved::Part(Box::new(part))),
            // What the node says goes before what anybody else says.
            Err(word) => Err(self.believe(part, word).await),
        }
    }

    /// It has the payment's turn from the question to the node to the end: so nothing is offered meanwhile,
    /// and no outcome is stored in between. The node's word instead, if it has one.
    async fn resolve_unless_told(
        &self,
        request: &ResolvePart,
        hash: PaymentHash,
    ) -> Result<Result<PartialPayment, Outcome>, ApiError> {
        let resolving = Resolving {
            api: self,
            request,
            hash,
        };
        self.ledger.change(hash, resolving).await
    }

    /// The node's own word is stored; why the operator's was not.
    async fn believe(&self, part: PartialPayment, word: Outcome) -> ApiError {
        let what = match &word {
            Outcome::Fulfilled(_) => "it was fulfilled, which is stored now",
            Outcome::Failed(_) => "it has failed, which is stored now",
        };
        let told = ReportedOutcome {
            hash: part.payment_hash,
            part: part.id,
            outcome: word,
            cursor: None,
        };
        if let Some(node) = self.nodes.named(&part.node) {
            node.resolve(told).await;
        }
        can_tell(part.id, &part.node, what).into()
    }

    async fn witness(&self, part: &PartialPayment) -> Witness {
        let Some(node) = self.nodes.named(&part.node) else {
            return Witness::None;
        };
        if node.is_offering(part.id) {
            return Witness::Busy("it is being offered the part at this moment");
        }
        match self.timing.patiently(ask(node, part)).await {
            Ok(witness) => witness,
            Err(NodeAway(reason)) => Witness::Away(reason),
        }
    }
}

impl Change for Resolving<'_> {
    type Answer = Result<Result<PartialPayment, Outcome>, ApiError>;

    async fn attempt(&self, turn: &mut Turn<'_>) -> Self::Answer {
        let Resolving { api, request, hash } = *self;
        let payment = turn.payment().await;
        let payment = payment.map_err(|error| api.ledger.load_error(hash, None, error))?;
        let payment = payment.ok_or(ApiError::NoSuchPart(request.part))?;
        let transition = payment.by_operator(request, api.timing.now())?;
        let part = payment.part(request.part).expect("it was decided on");
        match api.witness(part).await {
            Witness::Outcome(word) => return Ok(Err(word)),
            witness => may_resolve(request, &part.node, witness)?,
        }
        let (payment, id) = turn.commit(transition).await.map_err(not_resolved)?;
        let part = id.and_then(|id| payment.part(id));
        let part = part.expect("it has just been ended");
        Ok(Ok(part.clone()))
    }
}

/// The node is asked without a call's permit: a task that holds one may be waiting for this payment's turn.
async fn ask(node: &Node, part: &PartialPayment) -> Witness {
    if let Err(NodeAway(reason)) = node.reachable().await {
        return Witness::Away(reason);
    }
    let sender = &node.sender;
    match sender
        .look_up(part.id, part.payment_hash, &part.route)
        .await
    {
        LookUp::Lost(_) => Witness::None,
        LookUp::Unknown(reason) => Witness::Away(reason),
        LookUp::Pending => Witness::Busy("its HTLC is out, or on its way"),
        LookUp::NeverSeen => {
            Witness::Busy("the part has never left it, and is offered or dropped by itself")
        }
        LookUp::Fulfilled(preimage) => Witness::Outcome(Outcome::Fulfilled(*preimage.expose())),
        LookUp::Failed(failure) => Witness::Outcome(Outcome::Failed(failure)),
    }
}

/// Rule A-5: that a part has failed, an operator may say only where no node ever will. A proof is as good
/// while its node is away.
pub(super) fn may_resolve(
    request: &ResolvePart,
    node: &NodeName,
    witness: Witness,
) -> Result<(), Refusal> {
    match (witness, &request.end) {
        (Witness::None, _) | (Witness::Away(_), OperatorEnd::Complete(_)) => Ok(()),
        (Witness::Away(reason), OperatorEnd::Failed) => {
            let what = format!(
                "it gives no definite answer now ({reason}), and may give one later; if it is gone for good, take \
                 it out of the configuration, and say so again"
            );
            Err(can_tell(request.part, node, &what))
        }
        (Witness::Busy(what), _) => Err(can_tell(request.part, node, what)),
        (Witness::Outcome(_), _) => Err(can_tell(request.part, node, "it has just told")),
    }
}

pub(super) fn can_tell(part: PartId, node: &NodeName, what: &str) -> Refusal {
    Refusal::NodeCanTell {
        part,
        node: node.clone(),
        what: what.to_owned(),
    }
}

pub(super) fn not_resolved(error: CommitError) -> ApiError {
    error.answer(
        "a rule forbids it, and nothing changed",
        ApiError::ResolutionUnknown,
    )
}
