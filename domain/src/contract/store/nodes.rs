//! What every `PaymentStore` must keep of a node: how far it was heard, and who it is.

use super::{Harness, commit, fulfilled, load, sent};
use crate::contract::samples::{decided, hash, node};
use crate::{Cursor, NodeIdentity, Transition};

/// How far a node was heard is stored with what was heard.
pub async fn cursor_comes_with_its_transition(h: Harness<'_>) {
    let receipt = sent(h, 1, 1_000, 1_000).await;
    let payment = load(h, hash(1)).await;
    let outcome = decided(payment.as_ref(), &fulfilled(1, receipt.part)).expect("not refused");
    let cursor = Some((node(), Cursor(17)));
    commit(h, Transition { cursor, ..outcome }).await;
    h.reopen().await;
    assert_eq!(h.store().cursor(node()).await, Ok(Some(Cursor(17))));
    let other = crate::NodeName::new("bob");
    assert_eq!(h.store().cursor(other).await, Ok(None));
}

/// A smaller cursor changes nothing.
pub async fn cursor_only_grows(h: Harness<'_>) {
    let store = h.store();
    for (advance, expected) in [(5, 5), (3, 5), (6, 6)] {
        store.advance(node(), Cursor(advance)).await.unwrap();
        assert_eq!(store.cursor(node()).await, Ok(Some(Cursor(expected))));
    }
}

/// A node of the same name with another identity is told who was there first.
pub async fn node_keeps_its_first_identity(h: Harness<'_>) {
    let (one, two) = (NodeIdentity::new("one"), NodeIdentity::new("two"));
    let bob = crate::NodeName::new("bob");
    assert_eq!(h.store().bind(node(), one.clone()).await, Ok(one.clone()));
    h.reopen().await;
    assert_eq!(h.store().bind(node(), two.clone()).await, Ok(one));
    assert_eq!(h.store().bind(bob, two.clone()).await, Ok(two));
    // Parts and identities share the table of nodes.
    sent(h, 1, 400, 1_000).await;
}
