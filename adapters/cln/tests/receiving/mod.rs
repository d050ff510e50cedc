//! A lightningd that is paid, the fake one and a real one alike.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file uses a part of it"
)]

use crate::support::{GROUP, soon};
use async_trait::async_trait;
use cln::{Arrivals, Lightningd, OfferBy, Options};
use domain::contract::incoming_node::IncomingNodeHarness;
use domain::{Cursor, IncomingNode, IncomingPart, PaymentHash, Received};
use futures::StreamExt;
use std::path::PathBuf;
use std::sync::Arc;

/// Our lightningd, and somebody who pays it.
#[async_trait]
pub trait Paid: Send + Sync {
    /// lightningd's socket.
    fn socket(&self) -> PathBuf;

    /// A new invoice of ours: its hash in hex.
    async fn invoice(&self, amount_msat: u64) -> String;

    /// An HTLC for it sets out.
    async fn send(&self, payment_hash: &str, amount_msat: u64);

    /// lightningd has waited long enough for the rest.
    async fn give_back(&self, payment_hash: &str);

    /// kill -9.
    async fn kill(&self);

    /// lightningd started again, its channels back.
    async fn start(&self);
}

/// One adapter in such a world.
pub struct Receiver<W> {
    pub world: W,
    pub arrivals: Arrivals,
    node: Arc<dyn IncomingNode>,
}

impl<W: Paid> Receiver<W> {
    pub fn new(world: W) -> Receiver<W> {
        let arrivals = Arrivals::default();
        let node = adapter(&world, &arrivals);
        Receiver {
            world,
            arrivals,
            node,
        }
    }

    /// Another Ampere in place of this one.
    pub fn crash_ampere(&mut self) {
        self.arrivals = Arrivals::default();
        self.node = adapter(&self.world, &self.arrivals);
    }

    pub async fn listed(&self, hash: Option<PaymentHash>) -> Vec<IncomingPart> {
        soon("a list", self.node.pending(hash)).await.unwrap()
    }

    /// The next invoices that are told to have been paid.
    pub async fn paid(&self, from: Option<Cursor>, how_many: usize) -> Vec<Received> {
        let paid = self.node.paid(from).await.take(how_many);
        soon("paid invoices", paid.collect()).await
    }

    pub fn node(&self) -> &dyn IncomingNode {
        &*self.node
    }
}

fn adapter(world: &impl Paid, arrivals: &Arrivals) -> Arc<dyn IncomingNode> {
    let options = Options {
        socket: world.socket(),
        group: GROUP,
        offer_by: OfferBy::SendOnion,
    };
    Lightningd::hearing(options, arrivals.clone()).receiver()
}

#[async_trait]
impl<W: Paid> IncomingNodeHarness for Receiver<W> {
    fn node(&self) -> Arc<dyn IncomingNode> {
        self.node.clone()
    }

    async fn invoice(&mut self, amount: u64) -> PaymentHash {
        self.world.invoice(amount).await.parse().unwrap()
    }

    async fn send(&mut self, hash: PaymentHash, amount: u64) {
        self.world.send(&hash.to_string(), amount).await;
    }

    async fn give_back(&mut self, hash: PaymentHash) {
        self.world.give_back(&hash.to_string()).await;
    }

    async fn restart(&mut self) {
        self.world.kill().await;
        self.world.start().await;
        self.crash_ampere();
    }

    /// lightningd keeps none.
    fn remembers_times(&self) -> bool {
        false
    }
}
