//! The fakes keep the ports' contracts, so that what is tested on them holds.

use async_trait::async_trait;
use domain::contract::incoming::IncomingHarness;
use domain::contract::node::{Fate, NodeHarness};
use domain::contract::samples::{hash, msat, route, secret};
use domain::contract::store::StoreHarness;
use domain::contract::unrecorded::UnrecordedHarness;
use domain::{
    HtlcListener, HtlcSender, IncomingStore, Offer, PartId, PaymentStore, UnrecordedStore,
};
use sim::{SimNode, SimStore};
use std::sync::Arc;

struct Store(SimStore);

#[async_trait]
impl StoreHarness for Store {
    fn store(&self) -> Arc<dyn PaymentStore> {
        Arc::new(self.0.clone())
    }

    async fn reopen(&mut self) {
        self.0 = self.0.clone();
    }
}

impl IncomingHarness for Store {
    fn incoming(&self) -> Arc<dyn IncomingStore> {
        Arc::new(self.0.clone())
    }
}

impl UnrecordedHarness for Store {
    fn unrecorded(&self) -> Arc<dyn UnrecordedStore> {
        Arc::new(self.0.clone())
    }
}

mod store {
    use super::{SimStore, Store};
    domain::store_contract!(Store(SimStore::new()));
    domain::incoming_store_contract!(Store(SimStore::new()));
    domain::unrecorded_contract!(Store(SimStore::new()));
}

struct Node(Arc<SimNode>);

#[async_trait]
impl NodeHarness for Node {
    fn sender(&self) -> Arc<dyn HtlcSender> {
        self.0.clone()
    }

    fn listener(&mut self) -> Box<dyn HtlcListener> {
        self.0.listener()
    }

    async fn offer(&mut self, part: PartId, fate: Fate) -> Offer {
        let n = part.0;
        self.0.fate(hash(n), fate);
        Offer {
            part,
            payment_hash: hash(n),
            total: msat(1_000),
            route: route(1_000),
            secret: Some(secret(n)),
            metadata: None,
            notes: domain::Notes::default(),
        }
    }

    /// A simulated node forgets nothing.
    async fn restart(&mut self) {}

    async fn restart_below_the_tip(&mut self) {
        self.0.set_below(Some(95));
    }

    async fn load_blocks(&mut self) {
        self.0.set_below(None);
    }
}

mod node {
    use super::{Node, SimNode};
    domain::node_contract!(Node(SimNode::new()));
}

mod clock {
    use sim::SimClock;
    domain::clock_contract!(SimClock::hasty());
}

mod spawner {
    use sim::TestSpawner;
    domain::spawner_contract!(TestSpawner);
}
