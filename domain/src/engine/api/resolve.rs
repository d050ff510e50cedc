//! An operator ends a part by hand: only where no node can tell, and never while it is being offered.

use super::DECISIONS_MAX;
use crate::engine::core::Core;
use crate::engine::gate::Standing;
use crate::engine::ledger::Undone;
use crate::engine::node::Node;
use crate::engine::outcome::Said;
use crate::{
    ApiError, Listed, LookUp, OperatorEnd, PartId, PartialPayment, PaymentHash, Refusal,
    ResolvePart, Word,
};
use futures::future::{Either, select};
use std::pin::pin;
use std::time::Duration;

/// How long a node may take to say what it knows of the part.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the node of a part can say of it.
enum Witness {
    /// Nothing: it is there, and does not know; or it is not configured.
    None,
    /// Nothing now, for this reason; it may when it is back.
    Away(String),
    /// That it is not over: why nobody has to end it by hand.
    Busy(&'static str),
    /// What became of it.
    Word(Word),
}

impl Core {
    /// The part, ended by an operator's word.
    pub(super) async fn resolve_part(
        &self,
        request: ResolvePart,
    ) -> Result<PartialPayment, ApiError> {
        let part = self.part_to_resolve(request.part).await?;
        match self
            .resolve_unless_told(&request, part.payment_hash)
            .await?
        {
            Ok(part) => Ok(part),
            // What the node says goes before what anybody else says.
            Err(word) => Err(self.believe(part, word).await),
        }
    }

    async fn part_to_resolve(&self, id: PartId) -> Result<PartialPayment, ApiError> {
        match self.store.part(id).await? {
            Some(Listed::Sound(part)) => Ok(part),
            Some(Listed::Damaged(damaged)) => Err(super::wait::quarantined(damaged)),
            None => Err(ApiError::NoSuchPart(id)),
        }
    }

    /// It has the payment's turn from the question to the node to the end: so nothing is offered meanwhile,
    /// and no outcome is stored in between. The node's word instead, if it has one.
    async fn resolve_unless_told(
        &self,
        request: &ResolvePart,
        hash: PaymentHash,
    ) -> Result<Result<PartialPayment, Word>, ApiError> {
        let cell = self.ledger.cell(hash);
        let mut turn = cell.turn().await;
        for _ in 0..DECISIONS_MAX {
            let payment = turn.payment(&*self.store).await;
            let payment = payment.map_err(|error| self.ledger.load_error(hash, None, error))?;
            let payment = payment.ok_or(ApiError::NoSuchPart(request.part))?;
            let transition = payment.by_operator(request, self.clock.now())?;
            let part = payment.part(request.part).expect("it was decided on");
            match self.witness(part).await {
                Witness::Word(word) => return Ok(Err(word)),
                witness => may_resolve(request, part, witness)?,
            }
            match self.ledger.commit(&mut turn, transition).await {
                Ok(id) => {
                    let payment = turn.known().expect("it has just been committed");
                    let part = payment.part(id).expect("it has just been ended");
                    return Ok(Ok(part.clone()));
                }
                Err(Undone::Conflict) => {}
                Err(Undone::Unavailable(reason)) => {
                    return Err(ApiError::StorageUnavailable(reason));
                }
                Err(Undone::Refused(rule)) => {
                    let what = format!("a rule forbids it, and nothing changed: {rule}");
                    return Err(ApiError::Internal(what));
                }
                Err(Undone::Unknown(reason)) => return Err(ApiError::ResolutionUnknown(reason)),
            }
        }
        Err(ApiError::Busy(
            "storage keeps changing under this payment".into(),
        ))
    }

    /// The node's own word is stored; why the operator's was not.
    async fn believe(&self, part: PartialPayment, word: Word) -> ApiError {
        let what = match &word {
            Word::Fulfilled(_) => "it was fulfilled, which is stored now",
            Word::Failed(_) => "it has failed, which is stored now",
        };
        self.resolve(Said {
            node: part.node.clone(),
            hash: part.payment_hash,
            part: part.id,
            word,
            cursor: None,
        })
        .await;
        can_tell(&part, what).into()
    }

    async fn witness(&self, part: &PartialPayment) -> Witness {
        let mut nodes = self.nodes.iter();
        let Some(node) = nodes.find(|node| node.name == part.node) else {
            return Witness::None;
        };
        if node.care.is_offering(part.id) {
            return Witness::Busy("it is being offered the part at this moment");
        }
        let patience = self.clock.sleep_until(self.clock.now().after(PATIENCE));
        match select(pin!(ask(node, part)), patience).await {
            Either::Left((witness, _)) => witness,
            Either::Right(_) => Witness::Away(format!("no answer within {PATIENCE:?}")),
        }
    }
}

/// A node that is there and does not know is one that will never know. It is asked beside whoever waits for
/// leave to call it, who may wait for the payment's turn.
async fn ask(node: &Node, part: &PartialPayment) -> Witness {
    match node.standing.now() {
        Standing::Ready => {}
        Standing::Starting => return Witness::Away("it is being asked what it is".into()),
        Standing::Away(reason) => return Witness::Away(reason),
    }
    if let Err(away) = node.sender.identity().await {
        return Witness::Away(away.to_string());
    }
    let sender = &node.sender;
    match sender
        .look_up(part.id, part.payment_hash, &part.route)
        .await
    {
        LookUp::Unknown(_) => Witness::None,
        LookUp::Pending => Witness::Busy("its HTLC is out, or on its way"),
        LookUp::NeverSeen => {
            Witness::Busy("the part has never left it, and is offered or dropped by itself")
        }
        LookUp::Fulfilled(preimage) => Witness::Word(Word::Fulfilled(*preimage.expose())),
        LookUp::Failed(failure) => Witness::Word(Word::Failed(failure)),
    }
}

/// Rule A-5: that a part has failed, an operator may say only where no node ever will. A proof is as good
/// while its node is away.
fn may_resolve(
    request: &ResolvePart,
    part: &PartialPayment,
    witness: Witness,
) -> Result<(), Refusal> {
    match (witness, &request.end) {
        (Witness::None, _) | (Witness::Away(_), OperatorEnd::Complete(_)) => Ok(()),
        (Witness::Away(reason), OperatorEnd::Failed) => Err(can_tell(
            part,
            &format!(
                "it is away now ({reason}), and tells when it is back; if it is gone for good, take it out of \
                 the configuration, and say so again"
            ),
        )),
        (Witness::Busy(what), _) => Err(can_tell(part, what)),
        (Witness::Word(_), _) => Err(can_tell(part, "it has just told")),
    }
}

fn can_tell(part: &PartialPayment, what: &str) -> Refusal {
    Refusal::NodeCanTell {
        part: part.id,
        node: part.node.clone(),
        what: what.to_owned(),
    }
}
