//! What l1's channels can send: the domain's contract, and what only lightningd says.
#![allow(clippy::unwrap_used, reason = "this is for tests only")]

mod fake;
mod faked;
mod support;

use async_trait::async_trait;
use domain::contract::funds::FundsHarness;
use domain::{Msat, NodeFunds, Offer, OfferAnswer, OwnChannel, Route};
use faked::Fake;
use std::sync::Arc;
use support::{Node, changed, msat};

struct Harness {
    node: Node<Fake>,
    offers: u64,
}

impl Harness {
    fn new() -> Harness {
        let node = faked::node();
        node.world.lightningd.hold(true);
        Harness { node, offers: 0 }
    }

    fn lightningd(&self) -> &fake::Lightningd {
        &self.node.world.lightningd
    }

    async fn channels(&self) -> Vec<OwnChannel> {
        self.node().funds().await.unwrap().channels
    }

    /// A part of exactly that size over that channel.
    async fn part(&mut self, channel: &OwnChannel, amount: Msat) -> Offer {
        self.offers += 1;
        let ways = [self.node.part(self.offers, 0, 1, 1).await];
        let leads_there = |route: &Route| route.first().node == channel.peer;
        let which = usize::from(!leads_there(&ways[0].route));
        let delivered = amount.get() - amount.get() / 100;
        let mut part = self
            .node
            .part(self.offers, which, delivered, delivered)
            .await;
        part.route = changed(&part.route, |hops| {
            hops[0].amount = amount;
            hops[0].channel = channel.channel;
        });
        part
    }
}

#[async_trait]
impl FundsHarness for Harness {
    fn node(&self) -> Arc<dyn NodeFunds> {
        self.node.lightningd.funds()
    }

    async fn send(&mut self, channel: &OwnChannel, amount: Msat) -> bool {
        let part = self.part(channel, amount).await;
        let answer = self.node.offer(&part).await;
        let sent = self.lightningd().ledger();
        let hash = part.payment_hash.to_string();
        let mut sent = sent.iter();
        let left = sent.any(|sent| sent.payment_hash == hash && sent.htlcs == 1);
        answer == OfferAnswer::Accepted && left
    }

    async fn lose_peers(&mut self) {
        self.lightningd().disconnect();
    }

    async fn end(&mut self) {
        self.lightningd().kill().await;
    }
}

domain::funds_contract!(Harness::new());

#[tokio::test]
async fn funds_are_what_lightningd_says() {
    let h = Harness::new();
    let funds = h.node().funds().await.unwrap();
    assert_eq!(funds.id.to_string(), h.lightningd().node_id());
    let way = h.node.part(1, 1, 1_000, 1_000).await.route;
    let own = funds.channels[1];
    assert_eq!(
        (own.peer, own.channel),
        (way.first().node, way.first().channel)
    );
    assert_eq!(own.spendable, msat(5_900_000_000), "without the reserve");
    assert_eq!(
        (own.htlc_min, own.htlc_max),
        (Msat::ZERO, msat(9_800_000_000))
    );
}

#[tokio::test]
async fn channel_without_a_number_goes_by_its_alias() {
    let mut h = Harness::new();
    let alias = h.lightningd().unconfirm(0);
    let own = h.channels().await[0];
    assert_eq!(own.channel.to_string(), alias);
    assert!(own.usable);
    assert!(h.send(&own, msat(1_000_000)).await);
}

#[tokio::test]
async fn channel_that_is_spliced_can_be_used() {
    let mut h = Harness::new();
    h.lightningd().splice(1);
    let own = h.channels().await[1];
    assert!(own.usable);
    assert!(h.send(&own, msat(1_000_000)).await);
}

#[tokio::test]
async fn channel_that_is_closed_is_left_out() {
    let h = Harness::new();
    h.lightningd().close_channel(0);
    let left = h.channels().await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].channel.to_string(), "104x3x0");
}

#[tokio::test]
async fn lightningd_that_comes_back_is_asked_again() {
    let mut h = Harness::new();
    let node = h.node();
    h.end().await;
    assert!(node.funds().await.is_err());
    h.lightningd().start_again();
    let asked = async {
        loop {
            match node.funds().await {
                Ok(funds) => return funds,
                Err(_) => tokio::task::yield_now().await,
            }
        }
    };
    assert_eq!(support::soon("funds", asked).await.channels.len(), 2);
}
