//! The same contract and the same scenarios on real lightningds, a regtest quartet for each:
//! `cargo xtask test --real-cln`.
#![allow(clippy::unwrap_used, reason = "this is for tests only")]

mod quartet;
mod receiving;
mod scenarios;
mod support;

use async_trait::async_trait;
use cln::OfferBy;
use domain::Route;
use quartet::{Invoice, Quartet};
use receiving::{Paid, Receiver};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
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

    async fn start_below_the_tip(&self) {
        let l1 = self.0.node(1);
        l1.set_extra_args([FROM_THE_BEGINNING]);
        l1.start().await;
        l1.set_extra_args::<String>([]);
    }

    async fn load_blocks(&self) {
        self.0.node(1).reconnected().await;
    }
}

/// The whole chain is read again, which takes some seconds.
const FROM_THE_BEGINNING: &str = "--rescan=1000";

/// l1 is ours, and paid by l2 and l3.
struct RealPaid {
    quartet: Quartet,
    invoices: Mutex<HashMap<String, Invoice>>,
    parts: AtomicU64,
}

impl RealPaid {
    async fn receiver() -> Receiver<RealPaid> {
        let quartet = Quartet::start().await;
        quartet.endow_payers().await;
        Receiver::new(RealPaid {
            quartet,
            invoices: Mutex::default(),
            parts: AtomicU64::new(0),
        })
    }
}

#[async_trait]
impl Paid for RealPaid {
    fn socket(&self) -> PathBuf {
        self.quartet.node(1).socket()
    }

    async fn invoice(&self, amount_msat: u64) -> String {
        let invoice = self.quartet.own_invoice(amount_msat).await;
        let hash = invoice.payment_hash.clone();
        self.invoices.lock().unwrap().insert(hash.clone(), invoice);
        hash
    }

    async fn send(&self, payment_hash: &str, amount_msat: u64) {
        let invoice = self.invoices.lock().unwrap()[payment_hash].clone();
        let part = self.parts.fetch_add(1, Ordering::Relaxed) + 1;
        let from = if part % 2 == 1 { 2 } else { 3 };
        self.quartet.pay_l1(from, &invoice, part, amount_msat).await;
    }

    /// lightningd waits for the rest for seventy seconds.
    async fn give_back(&self, payment_hash: &str) {
        let params = serde_json::json!({"payment_hash": payment_hash, "partid": 1, "groupid": 1});
        let end = self.quartet.node(2).call("waitsendpay", params).await;
        end.expect_err("it is given back");
    }

    async fn kill(&self) {
        self.quartet.node(1).kill().await;
    }

    async fn start(&self) {
        self.quartet.node(1).start().await;
        self.quartet.node(1).reconnected().await;
    }
}

mod incoming {
    use crate::RealPaid;
    domain::incoming_node_contract!(RealPaid::receiver().await);
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
