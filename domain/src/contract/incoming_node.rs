//! What every `IncomingNode` must do.

use super::samples::msat;
use crate::{Cursor, IncomingNode, IncomingPart, PaidInvoice, PaymentHash, Received};
use async_trait::async_trait;
use futures::StreamExt;
use std::sync::Arc;

/// A node under test, with somebody who pays it.
#[async_trait]
pub trait IncomingNodeHarness: Send {
    /// The node.
    fn node(&self) -> Arc<dyn IncomingNode>;

    /// An invoice over so many msat that nobody has paid.
    async fn invoice(&mut self, amount: u64) -> PaymentHash;

    /// Sends a part towards it: on its way when this returns. A whole payment is taken by the node itself.
    async fn send(&mut self, hash: PaymentHash, amount: u64);

    /// Makes the node give back what has come for it.
    async fn give_back(&mut self, hash: PaymentHash);

    /// The same node after its process, and ours, was killed and started again.
    async fn restart(&mut self);

    /// Whether it still knows after that when a part was first seen; if not, that is now.
    fn remembers_times(&self) -> bool {
        true
    }
}

/// Every case as a test of its own.
#[macro_export]
macro_rules! incoming_node_contract {
    ($harness:expr) => {
        $crate::incoming_node_contract!($harness;
            nothing_shows_before_it_has_come, parts_show_once_until_the_rest_comes,
            parts_that_are_given_back_are_gone, a_list_can_be_of_one_invoice,
            parts_show_right_after_a_restart, paid_invoices_are_told_from_anywhere);
    };
    ($harness:expr; $($case:ident),* $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                $crate::contract::incoming_node::$case(&mut $harness).await;
            }
        )*
    };
}

type Harness<'a> = &'a mut dyn IncomingNodeHarness;

/// Asks until so many parts are there: each answer is the node's, and takes its time.
async fn until(h: Harness<'_>, hash: Option<PaymentHash>, parts: usize) -> Vec<IncomingPart> {
    loop {
        let mut there = h.node().pending(hash).await.unwrap();
        if there.len() == parts {
            there.sort_by_key(|part| part.amount);
            return there;
        }
        tokio::task::yield_now().await;
    }
}

async fn paid(h: Harness<'_>, from: Option<Cursor>) -> Received {
    let mut paid = h.node().paid(from).await;
    paid.next().await.expect("a node that goes on")
}

fn amounts(parts: &[IncomingPart]) -> Vec<u64> {
    parts.iter().map(|part| part.amount.get()).collect()
}

/// An invoice alone is no part.
pub async fn nothing_shows_before_it_has_come(h: Harness<'_>) {
    h.invoice(1_000_000).await;
    assert_eq!(h.node().pending(None).await, Ok(vec![]));
}

/// Two of three parts; then the third, and all are gone: they are a payment now.
pub async fn parts_show_once_until_the_rest_comes(h: Harness<'_>) {
    let hash = h.invoice(1_000_000).await;
    h.send(hash, 400_000).await;
    let first = until(h, None, 1).await;
    h.send(hash, 350_000).await;
    let both = until(h, None, 2).await;
    assert_eq!(amounts(&both), [350_000, 400_000]);
    assert_eq!(both[1], first[0], "it stays as it was");
    assert_ne!(
        (both[0].channel, both[0].htlc_id),
        (both[1].channel, both[1].htlc_id)
    );
    for part in &both {
        assert_eq!(part.payment_hash, hash);
        assert_eq!(part.total, Some(msat(1_000_000)));
        assert!(part.label.is_some() && part.bolt11.is_some());
    }
    assert_eq!(until(h, None, 2).await, both);
    h.send(hash, 250_000).await;
    until(h, None, 0).await;
    let Received { invoice, .. } = paid(h, None).await;
    let brought = invoice.parts.iter().map(|part| part.amount.get());
    let mut brought: Vec<u64> = brought.collect();
    brought.sort_unstable();
    assert_eq!(brought, [250_000, 350_000, 400_000]);
    assert_eq!(invoice.received, msat(1_000_000));
    assert_eq!(invoice.requested, Some(msat(1_000_000)));
    assert!(invoice.preimage.opens(hash));
    assert_eq!(
        (invoice.payment_hash, invoice.label),
        (hash, both[0].label.clone())
    );
    assert!(invoice.created_at <= invoice.completed_at);
}

/// Timed out or failed; and they can come again.
pub async fn parts_that_are_given_back_are_gone(h: Harness<'_>) {
    let hash = h.invoice(1_000_000).await;
    h.send(hash, 400_000).await;
    until(h, None, 1).await;
    h.give_back(hash).await;
    until(h, None, 0).await;
    h.send(hash, 500_000).await;
    assert_eq!(amounts(&until(h, None, 1).await), [500_000]);
}

/// And does not show the others'.
pub async fn a_list_can_be_of_one_invoice(h: Harness<'_>) {
    let (first, second) = (h.invoice(1_000_000).await, h.invoice(2_000_000).await);
    h.send(first, 400_000).await;
    h.send(second, 500_000).await;
    until(h, None, 2).await;
    assert_eq!(amounts(&until(h, Some(first), 1).await), [400_000]);
    assert_eq!(amounts(&until(h, Some(second), 1).await), [500_000]);
}

/// Rule A-13: the same parts, and the rest can still come.
pub async fn parts_show_right_after_a_restart(h: Harness<'_>) {
    let hash = h.invoice(1_000_000).await;
    h.send(hash, 400_000).await;
    let before = until(h, None, 1).await;
    h.restart().await;
    let mut after = h.node().pending(None).await.unwrap();
    if !h.remembers_times() {
        for (after, before) in after.iter_mut().zip(&before) {
            assert!(after.seen_at >= before.seen_at);
            after.seen_at = before.seen_at;
        }
    }
    assert_eq!(after, before);
    h.send(hash, 600_000).await;
    until(h, None, 0).await;
    assert_eq!(paid(h, None).await.invoice.parts.len(), 2);
}

/// From the first, from a cursor, and after a restart: in order, and nothing is missing.
pub async fn paid_invoices_are_told_from_anywhere(h: Harness<'_>) {
    let mut hashes = Vec::new();
    for _ in 0..3 {
        let hash = h.invoice(1_000_000).await;
        h.send(hash, 1_000_000).await;
        hashes.push(hash);
        let mut told = h.node().paid(None).await;
        for hash in &hashes {
            let received = told.next().await.expect("a node that goes on");
            assert_eq!(received.invoice.payment_hash, *hash);
        }
    }
    let first = paid(h, None).await;
    let second = paid(h, Some(first.cursor)).await;
    assert_eq!(second.invoice.payment_hash, hashes[1]);
    assert!(first.cursor < second.cursor);
    h.restart().await;
    let again: PaidInvoice = paid(h, Some(first.cursor)).await.invoice;
    assert_eq!(again, second.invoice);
    let third = paid(h, Some(second.cursor)).await;
    assert_eq!(third.invoice.payment_hash, hashes[2]);
}
