//! The same contract and the same scenarios on real lightningds, a regtest quartet for each:
//! `cargo xtask test --real-cln`.
#![allow(clippy::unwrap_used, reason = "this is for tests only")]

mod quartet;
mod scenarios;
mod support;

use async_trait::async_trait;
use cln::OfferBy;
use domain::Route;
use quartet::Quartet;
use std::path::PathBuf;
use support::{Node, World, hop};

/// l1 is ours, l4 is paid.
struct Real(Quartet);

impl Real {
    async fn node(offer_by: OfferBy) -> Node<Real> {
        Node::new(Real(Quartet::start().await), offer_by)
    }
}

#[async_trait]
impl World for Real {
    fn socket(&self) -> PathBuf {
        self.0.node(1).socket()
    }

    async fn invoice(&self, amount_msat: u64) -> (String, String) {
        let invoice = self.0.invoice(amount_msat, "ampere").await;
        (invoice.payment_hash, invoice.payment_secret)
    }

    async fn way(&self, which: usize, amount_msat: u64) -> Route {
        let hops = self.0.way(1, which + 2, amount_msat);
        let hops = hops
            .iter()
            .map(|h| hop(&h.id, &h.channel, h.amount_msat, h.delay));
        Route::new(hops.collect()).unwrap()
    }

    async fn kill(&self) {
        self.0.node(1).kill().await;
    }

    async fn start(&self) {
        self.0.node(1).start().await;
        self.0.node(1).reconnected().await;
    }
}

mod by_sendonion {
    use crate::{OfferBy, Real};
    domain::node_contract!(Real::node(OfferBy::SendOnion).await);
}

mod by_sendpay {
    use crate::{OfferBy, Real};
    domain::node_contract!(Real::node(OfferBy::SendPay).await);
}

crate::scenarios!(Real::node(OfferBy::SendOnion).await);
