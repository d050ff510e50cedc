//! What goes with a payment that had orders, and what does not go.

use super::lists::told;
use super::{AT, asked, closed, closing, joined, keyed, open, opened, request, run};
use crate::contract::samples::{decided, hash};
use crate::contract::store::{Harness, failed, fulfilled, load};
use crate::{Committed, Deleted, Deletion, PaymentId, Transition, Why};

/// Its orders, their keys and their events go with a payment; no number is used again.
pub async fn orders_go_with_their_payment(h: Harness<'_>) {
    run(h, hash(1), &open(keyed(1, "a"))).await;
    let part = joined(h, 1, 400).await;
    run(h, hash(1), &failed(part)).await;
    closed(h, 1).await;
    run(h, hash(1), &open(keyed(1, "b"))).await;
    let (payment, last) = run(h, hash(1), &closing(Why::Deadline)).await;
    let deletion = payment.deletion(AT).expect("it has ended");
    let deleted = Deleted {
        parts: 1,
        events: 6,
        requests: 2,
    };
    assert_eq!(h.store().delete(deletion).await, Committed::Yes(deleted));
    h.reopen().await;
    assert_eq!(load(h, hash(1)).await, None);
    assert_eq!(told(h, 1).await, []);
    assert_eq!(h.store().orders(vec![PaymentId(1)]).await, Ok(vec![]));
    for key in ["a", "b"] {
        assert_eq!(h.store().request(request(key).id).await, Ok(None));
    }
    let (payment, receipt) = run(h, hash(1), &open(keyed(1, "a"))).await;
    assert_eq!(receipt.event, last.event + 1);
    assert_eq!(payment.order().map(|order| order.id.0), Some(receipt.event));
}

/// Rule A-10 for one that an order paid, and rule B-6 for what is open, whoever asks.
pub async fn paid_order_leaves_a_tombstone_and_an_open_one_stays(h: Harness<'_>) {
    opened(h, 1).await;
    let part = joined(h, 1, 1_000).await;
    let (paid, _) = run(h, hash(1), &fulfilled(1, part)).await;
    let deletion = paid.deletion(AT).expect("it has ended");
    assert!(matches!(
        h.store().delete(deletion).await,
        Committed::Yes(_)
    ));
    let again: Transition = decided(None, &open(asked(1))).expect("nothing is known here");
    assert_eq!(h.store().commit(again).await, Committed::Conflict);
    opened(h, 2).await;
    let part = joined(h, 2, 400).await;
    run(h, hash(2), &failed(part)).await;
    opened(h, 3).await;
    for n in [2, 3] {
        let payment = load(h, hash(n)).await.expect("stored");
        let row = payment.summary();
        for tombstone in [false, true] {
            let deletion = Deletion {
                payment: row.id,
                payment_hash: hash(n),
                version: row.version,
                tombstone,
                at: AT,
            };
            let kept = h.store().delete(deletion).await;
            assert!(matches!(kept, Committed::Refused(_)), "{kept:?}");
            assert_eq!(load(h, hash(n)).await.as_ref(), Some(&payment));
        }
    }
}
