//! What every `PaymentStore` must do about what nodes know and it does not.

use super::lists::events;
use super::{Harness, commit, decided, load, part, run, send, sent};
use crate::contract::samples::{hash, node, preimage};
use crate::{
    Burial, Committed, EventFilter, EventKind, LoadError, PartFilter, PartId, Payment, PaymentHash,
    StatusKind, Timestamp, Tombstone,
};

const AT: Timestamp = Timestamp(9_000_000);

fn burial(n: u64, at: Timestamp) -> Burial {
    Burial::proving(hash(n), *preimage(n).1.expose(), at).expect("its own preimage")
}

/// Rule A-10, for a hash that has no payment: refused for ever, and told as what it is.
pub async fn proof_of_what_is_not_stored_leaves_a_tombstone(h: Harness<'_>) {
    assert_eq!(h.store().bury(burial(1, AT)).await, Committed::Yes(()));
    let tombstone = Tombstone {
        payment_hash: hash(1),
        payment: None,
        deleted_at: AT,
    };
    for again in 1..=2 {
        let loaded = h.store().load(hash(1)).await;
        assert_eq!(loaded, Err(LoadError::Deleted(tombstone)));
        let first = decided(None, &send(part(1, 400, 1_000))).expect("not refused");
        assert_eq!(h.store().commit(first).await, Committed::Conflict);
        // Told again, it is the same.
        let later = burial(1, Timestamp(AT.0 + again));
        assert_eq!(h.store().bury(later).await, Committed::Yes(()));
        h.reopen().await;
    }
    let other = sent(h, 2, 400, 1_000).await;
    let numbers = (other.payment.0, other.part.0, other.event);
    assert_eq!(numbers, (1, 1, 1), "a tombstone takes no number");
}

/// A payment that is there is proven by its part.
pub async fn payment_that_is_stored_is_not_buried(h: Harness<'_>) {
    sent(h, 1, 400, 1_000).await;
    let before = load(h, hash(1)).await;
    assert_eq!(h.store().bury(burial(1, AT)).await, Committed::Conflict);
    assert_eq!(load(h, hash(1)).await, before);
}

/// Rule A-10, for a hash that has a payment: nothing but the quarantine changes, and an event tells of it.
pub async fn proof_of_a_part_that_is_not_stored_is_a_quarantine(h: Harness<'_>) {
    sent(h, 1, 400, 1_000).await;
    let before = load(h, hash(1)).await.expect("it is there");
    let unrecorded = before.unrecorded(&node(), PartId(7), AT);
    let transition = unrecorded.expect("it is pending");
    let receipt = commit(h, transition.clone()).await;
    assert_eq!((receipt.part, receipt.event), (Some(PartId(7)), 2));
    h.reopen().await;
    let after = load(h, hash(1)).await.expect("it is there");
    assert_eq!(
        after,
        Payment::apply(Some(before), transition, receipt),
        "nothing else changes"
    );
    assert!(after.summary().quarantine.is_some());
    let told = events(h, of(hash(1))).await;
    let told = told.last().expect("two events");
    assert_eq!(told.kind, EventKind::PartUnrecorded);
    assert_eq!(
        (told.part, told.part_status, told.payment_status),
        (Some(PartId(7)), None, StatusKind::Pending)
    );
    // There is no such part for that.
    assert_eq!(h.store().part(PartId(7)).await, Ok(None));
    let parts = PartFilter {
        hash: Some(hash(1)),
        limit: 10,
        ..PartFilter::default()
    };
    assert_eq!(h.store().parts(parts).await.map(|parts| parts.len()), Ok(1));
    let next = run(h, hash(2), &send(part(2, 400, 1_000))).await.1;
    assert_eq!((next.part, next.event), (PartId(2), 3));
}

fn of(hash: PaymentHash) -> EventFilter {
    EventFilter {
        hash: Some(hash),
        start: 0,
        limit: 10,
    }
}
