//! What follows from a node's answer about a part. The engine does what this says, and so does the model that
//! tries every order of events (`cargo xtask model`): what is proven there is what runs here.

use crate::{LookUp, OfferAnswer, Outcome};

/// What to do next about a part, after its node has answered or before it is asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NextStep {
    /// Nothing: the node has taken charge and will tell the outcome, or the outcome is stored.
    Done,
    /// The node knows the outcome: store it.
    Store(Outcome),
    /// It never left the node: offer it if it is still wanted.
    Offer,
    /// The node had taken charge before: ask it what became of the part.
    LookUp,
    /// Nothing was sent: the same step again, once the node has reached the tip of the chain or after a while.
    Wait(String),
    /// No definite answer, so the part may be out: ask after a while (rule A-5).
    InDoubt(String),
}

impl From<OfferAnswer> for NextStep {
    fn from(answer: OfferAnswer) -> NextStep {
        match answer {
            OfferAnswer::Accepted => NextStep::Done,
            OfferAnswer::AlreadyOffered => NextStep::LookUp,
            OfferAnswer::Refused(failure) => NextStep::Store(Outcome::Failed(failure)),
            OfferAnswer::NotYet(reason) => NextStep::Wait(reason),
            OfferAnswer::Unknown(reason) => NextStep::InDoubt(reason),
        }
    }
}

impl From<LookUp> for NextStep {
    fn from(found: LookUp) -> NextStep {
        match found {
            LookUp::Pending => NextStep::Done,
            LookUp::Fulfilled(preimage) => NextStep::Store(Outcome::Fulfilled(*preimage.expose())),
            LookUp::Failed(failure) => NextStep::Store(Outcome::Failed(failure)),
            LookUp::NeverSeen => NextStep::Offer,
            LookUp::Unknown(reason) | LookUp::Lost(reason) => NextStep::InDoubt(reason),
        }
    }
}
