//! A node that fulfils everything at once: what is measured with it is ours.

use async_trait::async_trait;
use domain::{
    Cursor, Heard, HtlcListener, HtlcSender, KnownFate, KnownPart, LookUp, Mutex, NodeAway,
    NodeIdentity, Offer, OfferAnswer, Outcome, PartId, PaymentHash, Route,
};
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::stream::{BoxStream, StreamExt, iter};
use std::sync::{Arc, MutexGuard};

/// Takes the secret of each offer for its preimage, as the samples' invoices have it. It remembers
/// nothing that it has told, so that memory measured beside it is ours, too.
pub struct NullNode(Mutex<State>);

#[derive(Default)]
struct State {
    /// What was offered and is not fulfilled yet, if it is kept waiting.
    held: Option<Vec<Offer>>,
    told: u64,
    listener: Option<UnboundedSender<Heard>>,
}

/// Whoever asked for a listener last hears everything from then on.
struct Listener(UnboundedReceiver<Heard>);

impl NullNode {
    /// A node that has seen nothing.
    pub fn new() -> Arc<NullNode> {
        Arc::new(NullNode(Mutex::default()))
    }

    /// One that keeps everything waiting until it is released.
    pub fn holding() -> Arc<NullNode> {
        let node = NullNode::new();
        node.state().held = Some(Vec::new());
        node
    }

    /// Outcomes in.
    pub fn listener(&self) -> Box<dyn HtlcListener> {
        let (sender, receiver) = unbounded();
        self.state().listener = Some(sender);
        Box::new(Listener(receiver))
    }

    /// Fulfils so many of those that have waited longest; how many there were.
    pub fn release(&self, most: usize) -> usize {
        let mut state = self.state();
        let held = state.held.get_or_insert_default();
        let released: Vec<_> = held.drain(..most.min(held.len())).collect();
        for offer in &released {
            state.fulfil(offer);
        }
        released.len()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock()
    }
}

impl State {
    fn fulfil(&mut self, offer: &Offer) {
        let preimage = offer.secret.as_ref().map_or([0; 32], |s| *s.expose());
        self.told += 1;
        let heard = Heard {
            cursor: Cursor(self.told),
            part: offer.part,
            payment_hash: offer.payment_hash,
            outcome: Outcome::Fulfilled(preimage),
        };
        if let Some(listener) = &self.listener {
            // The engine may be gone.
            let _ = listener.unbounded_send(heard);
        }
    }
}

#[async_trait]
impl HtlcSender for NullNode {
    async fn offer(&self, offer: &Offer) -> OfferAnswer {
        let mut state = self.state();
        match state.held.as_mut() {
            Some(held) => held.push(offer.clone()),
            None => state.fulfil(offer),
        }
        OfferAnswer::Accepted
    }

    /// What is kept waiting is all that it knows.
    async fn look_up(&self, _: PartId, _: PaymentHash, _: &Route) -> LookUp {
        match self.state().held {
            Some(_) => LookUp::Pending,
            None => LookUp::Lost("it was told".to_owned()),
        }
    }

    /// What is kept waiting is all that it knows.
    async fn known_parts(&self, after: PartId) -> BoxStream<'static, Result<KnownPart, NodeAway>> {
        let state = self.state();
        let held = state.held.iter().flatten();
        let later = held.filter(|offer| offer.part > after);
        let known = later.map(|offer| KnownPart {
            part: offer.part,
            payment_hash: offer.payment_hash,
            amount_sent: Some(offer.route.amount_sent()),
            fate: KnownFate::Pending,
        });
        let known: Vec<_> = known.map(Ok).collect();
        iter(known).boxed()
    }

    async fn identity(&self) -> Result<NodeIdentity, NodeAway> {
        Ok(NodeIdentity::new("null"))
    }

    async fn life(&self, known: Option<u64>) -> u64 {
        domain::the_only_life(known).await
    }

    fn height(&self) -> Option<u32> {
        Some(800_000)
    }

    fn network(&self) -> Option<domain::Network> {
        Some(domain::Network::regtest())
    }
}

#[async_trait]
impl HtlcListener for Listener {
    async fn listen(self: Box<Self>, _: Option<Cursor>) -> BoxStream<'static, Heard> {
        self.0.boxed()
    }
}
