//! Handing parts to a Lightning node, and asking what became of them.

use crate::{
    Failure, KnownPart, Msat, Network, NodeIdentity, PartId, PaymentHash, PaymentMetadata,
    PaymentSecret, Preimage, Route,
};
use async_trait::async_trait;
use futures::stream::BoxStream;

/// A Lightning node, as far as parts go out.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait HtlcSender: Send + Sync {
    /// Hands a part to the node, which sends `update_add_htlc`.
    ///
    /// # Idempotency
    /// The key is `(offer.part, offer.payment_hash)`. However often a key is offered, and whatever
    /// crashed in between, the node makes at most one HTLC of it (rule A-4).
    ///
    /// # Height
    /// A part's expiries count from the tip of the chain at the moment of the offer. A node that has
    /// not reached the tip sends nothing and answers [`OfferAnswer::NotYet`]: peers and payee refuse
    /// expiries that count from a lower block. It is not at the tip as long as it says so itself, or
    /// is below the highest block that was ever heard of it, over all restarts; only a reorganisation
    /// that it reports at its tip takes it back. Everything else (identity, look-ups, outcomes, what
    /// comes in) goes on meanwhile.
    async fn offer(&self, offer: &Offer) -> OfferAnswer;

    /// Returns once a node that answered [`OfferAnswer::NotYet`] has reached the tip of the chain, so
    /// that it can be offered the part again; at once, if it is there by now. By default never: then
    /// the part is offered again after longer and longer pauses.
    async fn reach_tip(&self) {
        std::future::pending::<()>().await;
    }

    /// What became of a part that was offered, or may have been; `route` is the way it was meant to
    /// take, for nodes whose proof that it never left depends on it.
    async fn look_up(&self, part: PartId, payment_hash: PaymentHash, route: &Route) -> LookUp;

    /// Every part with a number larger than `after` that this node was ever offered under a key of ours, in
    /// any order, as it knows it now: those that it was offered before we started, too, and none of anybody
    /// else's. A node that knows no such part says so at once. After an error nothing follows: the node cannot
    /// tell all of them now.
    async fn known_parts(&self, after: PartId) -> BoxStream<'static, Result<KnownPart, NodeAway>>;

    /// What this node is, or why it cannot be asked now. Parts that were meant for another node are
    /// not looked up here.
    async fn identity(&self) -> Result<NodeIdentity, NodeAway>;

    /// Returns once the node lives another life than `known` (at once, if `known` is none): with a
    /// number that no other life of it has had since we started. What a node had taken charge of in
    /// an earlier life it may have lost, so every live part is looked up again. A node that lives
    /// and dies with us has one life, and returns only to those who know of none.
    async fn life(&self, known: Option<u64>) -> u64;

    /// The height from which the node counts a part's delays (LDK: the block after the best one it
    /// knows), without asking anyone; `None` while it cannot be reached or has not reached the tip of
    /// the chain. Never one that is too low: it is shown, and a part's deadline is counted from it.
    fn height(&self) -> Option<u32>;

    /// The chain that the node is on, without asking anyone; `None` until it has said so.
    fn network(&self) -> Option<Network>;
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
    pub metadata: Option<PaymentMetadata>,
    /// What the node may show beside the part in its own lists.
    pub notes: Notes,
}

/// What a node may show beside a part in its own lists; nothing depends on it.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Notes {
    /// The invoice.
    pub bolt11: Option<String>,
    /// The caller's own name for the part.
    pub label: Option<String>,
    /// What the caller wrote beside it.
    pub description: Option<String>,
}

/// Without the invoice, which tells the secret.
impl std::fmt::Debug for Notes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Notes")
            .field("label", &self.label)
            .field("description", &self.description)
            .finish_non_exhaustive()
    }
}

/// The node cannot be reached, or cannot tell what it is. The reason is shown to people.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct NodeAway(pub String);

/// What the node said to an offer. A two-valued answer here is where stuck and double payments
/// come from, so there are five.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OfferAnswer {
    /// The node has taken charge: an outcome will come.
    Accepted,
    /// The node had taken charge of this key before: nothing new was sent.
    AlreadyOffered,
    /// The node definitely sent nothing for this key, and will not.
    Refused(Box<Failure>),
    /// This offer definitely sent nothing: the node has not reached the tip of the chain. It may be
    /// repeated when it has. The reason is shown to people.
    NotYet(String),
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
    /// No definite answer now. The reason is shown to people.
    Unknown(String),
    /// The node is there and was offered the part, or may have been, and it will never be able to tell: its
    /// channel is gone, say, or its row. Not a failure either (rule A-5), but then only a human can end the part.
    Lost(String),
}

/// The [`HtlcSender::life`] of a node that lives and dies with us.
pub async fn the_only_life(known: Option<u64>) -> u64 {
    match known {
        None => 1,
        Some(_) => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[test]
    fn a_node_that_lives_with_us_has_one_life_and_no_other_comes() {
        assert_eq!(the_only_life(None).now_or_never(), Some(1));
        assert_eq!(the_only_life(Some(1)).now_or_never(), None);
    }
}
