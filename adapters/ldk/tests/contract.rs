//! The domain's node contract, on the real network.
#![allow(clippy::unwrap_used, reason = "this is for tests only")]

mod support;

use async_trait::async_trait;
use domain::contract::node::{Fate, NodeHarness};
use domain::{HtlcListener, HtlcSender, Offer, PartId, ShortChannelId};
use ldk::{Network, Options};
use std::sync::Arc;
use support::{changed, invoice, offer, ways};

const AMOUNT: u64 = 1_000_000;

struct Harness {
    dir: tempfile::TempDir,
    network: Option<Arc<Network>>,
}

impl Harness {
    async fn new() -> Harness {
        let dir = tempfile::tempdir().unwrap();
        let mut harness = Harness { dir, network: None };
        harness.start().await;
        harness
    }

    async fn start(&mut self) {
        let dir = Some(self.dir.path().to_owned());
        self.network = Some(Network::start(Options { dir, grace: false }).await.unwrap());
    }

    fn network(&self) -> &Network {
        self.network
            .as_ref()
            .expect("it is only gone while it restarts")
    }
}

#[async_trait]
impl NodeHarness for Harness {
    fn sender(&self) -> Arc<dyn HtlcSender> {
        self.network().alice().sender()
    }

    fn listener(&mut self) -> Box<dyn HtlcListener> {
        self.network().alice().listener()
    }

    async fn offer(&mut self, part: PartId, fate: Fate) -> Offer {
        let invoice = invoice(self.network(), AMOUNT).await;
        let [way, _] = ways(self.network(), AMOUNT);
        let (way, total) = match fate {
            Fate::Fulfilled => (way, AMOUNT),
            Fate::FailedOnTheWay => (
                changed(&way, |hops| hops[0].amount = hops[1].amount),
                AMOUNT,
            ),
            Fate::Refused => (
                changed(&way, |hops| hops[0].channel = ShortChannelId(12_345 << 40)),
                AMOUNT,
            ),
            // Dave waits for the other half, which never comes.
            Fate::Held => (way, AMOUNT * 2),
        };
        offer(part.0, &invoice, way, total)
    }

    async fn restart(&mut self) {
        drop(self.network.take());
        self.start().await;
    }
}

domain::node_contract!(Harness::new().await);
