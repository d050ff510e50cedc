//! The domain's contract of `NodeFunds`, for alice.

use super::{Network, network};
use async_trait::async_trait;
use devnet::DevNetwork;
use domain::contract::funds::FundsHarness;
use domain::{
    Hop, HtlcSender, LookUp, Msat, NodeFunds, Offer, OfferAnswer, OwnChannel, PartId, Route,
};
use std::sync::Arc;

struct Harness {
    network: Arc<Network>,
    offers: u64,
}

impl Harness {
    async fn new() -> Harness {
        Harness {
            network: network().await,
            offers: 0,
        }
    }
}

#[async_trait]
impl FundsHarness for Harness {
    fn node(&self) -> Arc<dyn NodeFunds> {
        self.network.alice().funds()
    }

    /// The peer waits for as much again, which never comes.
    async fn send(&mut self, channel: &OwnChannel, amount: Msat) -> bool {
        self.offers += 1;
        let total = amount.checked_add(amount).unwrap();
        let payee = Some(channel.peer.to_string());
        let invoice = self.network.invoice(total, None, payee).await.unwrap();
        let hop = Hop {
            node: channel.peer,
            channel: channel.channel,
            amount,
            delay: 54,
        };
        let offer = Offer {
            part: PartId(self.offers),
            payment_hash: invoice.payment_hash,
            total,
            route: Route::new(vec![hop]).unwrap(),
            secret: Some(invoice.payment_secret),
            metadata: None,
            notes: domain::Notes::default(),
        };
        let sender: Arc<dyn HtlcSender> = self.network.alice().sender();
        if sender.offer(&offer).await != OfferAnswer::Accepted {
            return false;
        }
        self.network.tick(0).await.unwrap();
        let found = sender.look_up(offer.part, offer.payment_hash, &offer.route);
        found.await == LookUp::Pending
    }

    async fn lose_peers(&mut self) {
        self.network.hang_up();
        let alone = |network: &Network| {
            let channels = network.nodes[0].manager.list_channels();
            channels.iter().all(|channel| !channel.is_usable)
        };
        self.network.until("solitude", alone).await.unwrap();
    }

    async fn end(&mut self) {
        self.network.stop().await;
    }
}

domain::funds_contract!(Harness::new().await);
