//! What comes in at alice.
#![allow(clippy::unwrap_used, reason = "this is for tests only")]

mod support;

use async_trait::async_trait;
use devnet::{
    DevNetwork, DevPayment, InvoiceError, InvoiceFilter, InvoiceStatus, NewInvoice, OwnInvoices,
};
use domain::contract::incoming_node::IncomingNodeHarness;
use domain::{IncomingNode, PaymentHash, PaymentSecret};
use futures::StreamExt;
use ldk::{Network, Options};
use std::collections::HashMap;
use std::sync::Arc;
use support::{msat, soon};

struct Harness {
    dir: tempfile::TempDir,
    network: Option<Arc<Network>>,
    invoices: HashMap<PaymentHash, (u64, PaymentSecret)>,
}

impl Harness {
    async fn new() -> Harness {
        let mut harness = Harness {
            dir: tempfile::tempdir().unwrap(),
            network: None,
            invoices: HashMap::new(),
        };
        harness.start().await;
        harness
    }

    async fn start(&mut self) {
        let dir = Some(self.dir.path().to_owned());
        self.network = Some(
            soon(Network::start(Options { dir, grace: false }))
                .await
                .unwrap(),
        );
    }

    fn network(&self) -> &Network {
        self.network
            .as_deref()
            .expect("it is only gone while it restarts")
    }

    fn desk(&self) -> Arc<dyn OwnInvoices> {
        self.network().alice().invoices()
    }

    async fn make(&mut self, label: &str, amount: u64) -> PaymentHash {
        let new = NewInvoice {
            amount: Some(msat(amount)),
            label: label.to_owned(),
            description: "coffee".to_owned(),
            expiry: None,
        };
        let (invoice, secret) = soon(self.desk().make(new)).await.unwrap();
        self.invoices.insert(invoice.payment_hash, (amount, secret));
        invoice.payment_hash
    }

    fn payment(&self, hash: PaymentHash, amount: u64) -> DevPayment {
        let (total, secret) = &self.invoices[&hash];
        DevPayment {
            from: None,
            destination: self.network().node_id("alice").unwrap(),
            payment_hash: hash,
            secret: Some(secret.clone()),
            metadata: None,
            total: msat(*total),
            parts: vec![msat(amount)],
        }
    }

    async fn status(&self, label: &str) -> InvoiceStatus {
        let filter = InvoiceFilter {
            label: Some(label.to_owned()),
            limit: 1,
            ..InvoiceFilter::default()
        };
        let mut found = soon(self.desk().list(filter)).await.unwrap();
        found.pop().expect("an invoice of that label").status
    }

    async fn delete(&self, label: &str, status: &str) -> Result<(), InvoiceError> {
        let desk = self.desk();
        let deleted = desk.delete(label.to_owned(), status.to_owned());
        soon(deleted).await.map(drop)
    }

    /// Asks until so many parts are there.
    async fn until(&self, parts: usize) {
        let node = self.network().alice().receiver();
        soon(async {
            while node.pending(None).await.unwrap().len() != parts {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
}

#[async_trait]
impl IncomingNodeHarness for Harness {
    fn node(&self) -> Arc<dyn IncomingNode> {
        self.network().alice().receiver()
    }

    async fn invoice(&mut self, amount: u64) -> PaymentHash {
        let label = format!("invoice {}", self.invoices.len());
        self.make(&label, amount).await
    }

    async fn send(&mut self, hash: PaymentHash, amount: u64) {
        soon(self.network().pay(self.payment(hash, amount)))
            .await
            .unwrap();
    }

    /// LDK waits for the rest of a payment for three of its minutes.
    async fn give_back(&mut self, _: PaymentHash) {
        soon(self.network().tick(5)).await.unwrap();
    }

    async fn restart(&mut self) {
        drop(self.network.take());
        self.start().await;
    }
}

mod contract {
    use super::Harness;
    domain::incoming_node_contract!(Harness::new().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_is_listed_as_it_stands() {
    let mut h = Harness::new().await;
    let hash = h.make("order 1", 1_000_000).await;
    h.make("order 2", 1_000).await;
    assert_eq!(h.status("order 1").await, InvoiceStatus::Unpaid);
    h.send(hash, 1_000_000).await;
    soon(async {
        while h.status("order 1").await == InvoiceStatus::Unpaid {
            tokio::task::yield_now().await;
        }
    })
    .await;
    h.restart().await;
    let status = h.status("order 1").await;
    let InvoiceStatus::Paid {
        place,
        preimage,
        received,
        ..
    } = status
    else {
        panic!("{status:?}");
    };
    assert!(preimage.opens(hash));
    assert_eq!((place, received), (1, msat(1_000_000)));
    let page = InvoiceFilter {
        start: Some(2),
        limit: 10,
        ..InvoiceFilter::default()
    };
    let page = soon(h.desk().list(page)).await.unwrap();
    let labels: Vec<_> = page.iter().map(|invoice| &*invoice.label).collect();
    assert_eq!(labels, ["order 2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_label_is_used_once() {
    let mut h = Harness::new().await;
    h.make("order 1", 1_000).await;
    let again = NewInvoice {
        amount: None,
        label: "order 1".to_owned(),
        description: String::new(),
        expiry: None,
    };
    let refused = soon(h.desk().make(again)).await;
    assert!(matches!(refused, Err(InvoiceError::LabelInUse(label)) if label == "order 1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_invoice_is_not_paid() {
    let mut h = Harness::new().await;
    let hash = h.make("order 1", 1_000_000).await;
    assert!(matches!(
        h.delete("order 1", "paid").await,
        Err(InvoiceError::OtherStatus { is: "unpaid", .. })
    ));
    assert!(matches!(
        h.delete("order 2", "unpaid").await,
        Err(InvoiceError::Unknown)
    ));
    h.send(hash, 400_000).await;
    h.until(1).await;
    assert!(matches!(
        h.delete("order 1", "unpaid").await,
        Err(InvoiceError::Arriving)
    ));
    h.give_back(hash).await;
    h.until(0).await;
    assert_eq!(h.delete("order 1", "unpaid").await, Ok(()));
    let before = h.network().money();
    h.send(hash, 1_000_000).await;
    soon(h.network().tick(1)).await.unwrap();
    assert_eq!(h.network().money(), before, "nothing was taken");
    assert!(soon(h.node().pending(None)).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_that_was_paid_can_be_deleted_and_stays_paid() {
    let mut h = Harness::new().await;
    let hash = h.make("order 1", 1_000_000).await;
    h.send(hash, 1_000_000).await;
    soon(async {
        while h.delete("order 1", "paid").await.is_err() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let received = soon(h.node().paid(None).await.next()).await.unwrap();
    assert_eq!(received.invoice.label.as_deref(), Some("order 1"));
}
