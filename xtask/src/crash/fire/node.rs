//! The simulated node, with its own book of what each of its HTLCs carries.

use super::book::Sent;
use super::gate::Gate;
use async_trait::async_trait;
use domain::{
    HtlcSender, KnownPart, LookUp, Network, NodeAway, NodeIdentity, Offer, OfferAnswer, PartId,
    PaymentHash, Route,
};
use futures::stream::BoxStream;
use sim::SimNode;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What an HTLC delivers, and what left our node for it.
type Carried = (u64, u64);

/// A node to which each offer is a step of the daemon's life.
pub(super) struct BookedNode {
    node: Arc<SimNode>,
    gate: Arc<Gate>,
    carried: Mutex<BTreeMap<(PartId, PaymentHash), Carried>>,
}

impl BookedNode {
    pub(super) fn new(gate: Arc<Gate>) -> Arc<BookedNode> {
        Arc::new(BookedNode {
            node: SimNode::new(),
            gate,
            carried: Mutex::default(),
        })
    }

    /// The same node, to a daemon that lives its own life.
    pub(super) fn reborn(&self, gate: Arc<Gate>) -> Arc<BookedNode> {
        Arc::new(BookedNode {
            node: Arc::clone(&self.node),
            gate,
            carried: Mutex::new(self.carried().clone()),
        })
    }

    pub(super) fn sim(&self) -> &SimNode {
        &self.node
    }

    /// Each HTLC that was really sent; `number` is its payment's.
    pub(super) fn sent(&self, number: impl Fn(PaymentHash) -> u64) -> Vec<Sent> {
        let carried = self.carried();
        let ledger = self.node.ledger().into_iter();
        let sent = ledger.map(|(key, times)| {
            let (amount, sent) = carried.get(&key).copied().unwrap_or_default();
            Sent {
                part: key.0.0,
                n: number(key.1),
                times,
                amount,
                with_fees: sent,
            }
        });
        sent.collect()
    }

    fn carried(&self) -> MutexGuard<'_, BTreeMap<(PartId, PaymentHash), Carried>> {
        self.carried.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl HtlcSender for BookedNode {
    async fn offer(&self, offer: &Offer) -> OfferAnswer {
        self.gate.pass().await;
        let route = &offer.route;
        let carried = (route.amount().get(), route.amount_sent().get());
        let key = (offer.part, offer.payment_hash);
        self.carried().entry(key).or_insert(carried);
        let answer = self.node.offer(offer).await;
        self.gate.pass().await;
        answer
    }

    async fn reach_tip(&self) {
        self.node.reach_tip().await;
    }

    async fn look_up(&self, part: PartId, hash: PaymentHash, route: &Route) -> LookUp {
        self.node.look_up(part, hash, route).await
    }

    async fn known_parts(&self, after: PartId) -> BoxStream<'static, Result<KnownPart, NodeAway>> {
        self.node.known_parts(after).await
    }

    async fn identity(&self) -> Result<NodeIdentity, NodeAway> {
        self.node.identity().await
    }

    async fn life(&self, known: Option<u64>) -> u64 {
        self.node.life(known).await
    }

    fn height(&self) -> Option<u32> {
        self.node.height()
    }

    fn network(&self) -> Option<Network> {
        self.node.network()
    }
}
