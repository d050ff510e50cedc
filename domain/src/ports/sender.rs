//! Handing parts to a Lightning node, and asking what became of them.

use crate::{Failure, Msat, NodeIdentity, PartId, PaymentHash, PaymentSecret, Preimage, Route};
use async_trait::async_trait;

/// A Lightning node, as far as parts go out.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait HtlcSender: Send + Sync {
    /// Hands a part to the node, which sends `update_add_htlc`.
    ///
    /// # Idempotency
    /// The key is `(offer.part, offer.payment_hash)`. However often a key is offered, and whatever
    /// crashed in between, the node makes at most one HTLC of it (rule A-4).
    async fn offer(&self, offer: &Offer) -> OfferAnswer;

    /// What became of a part that was offered, or may have been.
    async fn look_up(&self, part: PartId, payment_hash: PaymentHash) -> LookUp;

    /// What this node is. Parts that were meant for another are not looked up here.
    fn identity(&self) -> NodeIdentity;

    /// The height from which the node counts a part's delays (LDK: the block after the best one it
    /// knows), without asking anyone; `None` if it is not known.
    fn height(&self) -> Option<u32>;
}

/// A part, as the node needs it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Offer {
    /// The key, with the hash.
    pub part: PartId,
    /// The payment.
    pub payment_hash: PaymentHash,
    /// What the whole payment delivers (BOLT 4's `total_msat`); at least what the route delivers.
    pub total: Msat,
    /// The way.
    pub route: Route,
    /// The invoice's secret.
    pub secret: Option<PaymentSecret>,
    /// The invoice's metadata.
    pub metadata: Option<Vec<u8>>,
}

/// What the node said to an offer. A two-valued answer here is where stuck and double payments
/// come from, so there are four.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OfferAnswer {
    /// The node has taken charge: an outcome will come.
    Accepted,
    /// The node had taken charge of this key before: nothing new was sent.
    AlreadyOffered,
    /// The node definitely sent nothing for this key, and will not.
    Refused(Box<Failure>),
    /// No definite answer: the part may be out. Not a failure, ever (rule A-5).
    Unknown(String),
}

/// What the node knows of a part.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LookUp {
    /// It is out, or on its way: an outcome will come.
    Pending,
    /// It was fulfilled.
    Fulfilled(Preimage),
    /// It failed.
    Failed(Box<Failure>),
    /// Proof that the node never sent it and that no earlier offer of it can still take effect.
    NeverSeen,
    /// No definite answer. The reason is shown to people.
    Unknown(String),
}
