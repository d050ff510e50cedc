//! What every `PaymentStore` must do when a payment is deleted.

use super::{Harness, StoreHarness, commit, failed, fulfilled, keyed, load, run, send, sent};
use crate::contract::samples::{decided, hash, part};
use crate::{
    Committed, Deleted, Deletion, EventFilter, Listed, LoadError, Made, PartFilter, PaymentFilter,
    PaymentHash, PaymentId, RequestId, Timestamp, Tombstone,
};

const AT: Timestamp = Timestamp(9_000_000);

/// Decides on what is stored.
async fn deletion(h: &dyn StoreHarness, n: u64) -> Deletion {
    let payment = load(h, hash(n)).await.expect("it is there");
    payment.deletion(AT).expect("it has ended")
}

/// Nothing of it shows anywhere.
async fn assert_gone(h: &dyn StoreHarness, hash: PaymentHash) {
    let payments = PaymentFilter {
        hash: Some(hash),
        limit: 10,
        ..PaymentFilter::default()
    };
    assert_eq!(h.store().payments(payments).await, Ok(vec![]));
    let parts = PartFilter {
        hash: Some(hash),
        limit: 10,
        ..PartFilter::default()
    };
    assert_eq!(h.store().parts(parts).await, Ok(vec![]));
    let filter = EventFilter {
        start: 0,
        limit: 100,
        hash: None,
    };
    for event in h.store().events(filter).await.unwrap() {
        let Listed::Sound(event) = event else {
            panic!("{event:?}");
        };
        assert_ne!(event.payment_hash, hash);
    }
}

/// With its parts, events and request keys; and rule A-4: it can be paid anew, with other numbers.
pub async fn failed_payment_is_deleted_whole(h: Harness<'_>) {
    let (_, one) = run(h, hash(1), &send(keyed(1, "a", 3))).await;
    let two = sent(h, 1, 300, 1_000).await;
    for part in [one.part, two.part] {
        run(h, hash(1), &failed(part)).await;
    }
    let deletion = deletion(h, 1).await;
    assert!(!deletion.tombstone);
    let deleted = Deleted {
        parts: 2,
        events: 4,
        requests: 1,
    };
    assert_eq!(h.store().delete(deletion).await, Committed::Yes(deleted));
    assert_eq!(load(h, hash(1)).await, None);
    assert_eq!(h.store().part(one.part).await, Ok(None));
    let key = || RequestId::new("a").expect("a short key");
    assert_eq!(h.store().request(key()).await, Ok(None));
    assert_gone(h, hash(1)).await;
    h.reopen().await;
    let (_, again) = run(h, hash(1), &send(keyed(1, "a", 4))).await;
    let numbers = (again.payment.0, again.part.0, again.event);
    assert_eq!(numbers, (2, 3, 5), "none is used again");
    let stored = h.store().request(key()).await.unwrap();
    assert_eq!(stored.map(|(_, made)| made), Some(Made::Part(again.part)));
}

/// Rule A-10: what was paid stays refused, and is not taken for something that never was.
pub async fn paid_payment_leaves_a_tombstone(h: Harness<'_>) {
    let one = sent(h, 1, 400, 1_000).await;
    let two = sent(h, 1, 600, 1_000).await;
    run(h, hash(1), &failed(one.part)).await;
    run(h, hash(1), &fulfilled(1, two.part)).await;
    let deletion = deletion(h, 1).await;
    assert!(deletion.tombstone);
    let deleted = Deleted {
        parts: 2,
        events: 4,
        requests: 0,
    };
    assert_eq!(h.store().delete(deletion).await, Committed::Yes(deleted));
    let tombstone = Tombstone {
        payment_hash: hash(1),
        payment: Some(one.payment),
        deleted_at: AT,
    };
    for _ in 0..2 {
        let loaded = h.store().load(hash(1)).await;
        assert_eq!(loaded, Err(LoadError::Deleted(tombstone)));
        assert_gone(h, hash(1)).await;
        let first = decided(None, &send(part(1, 400, 1_000))).expect("not refused");
        assert_eq!(h.store().commit(first).await, Committed::Conflict);
        h.reopen().await;
    }
    let other = sent(h, 2, 400, 1_000).await;
    let numbers = (other.payment.0, other.part.0, other.event);
    assert_eq!(numbers, (2, 3, 5), "none is used again");
}

/// It deletes what was looked at, or nothing.
pub async fn deletion_of_another_version_is_a_conflict(h: Harness<'_>) {
    let receipt = sent(h, 1, 400, 1_000).await;
    run(h, hash(1), &failed(receipt.part)).await;
    sent(h, 2, 400, 1_000).await;
    let sound = deletion(h, 1).await;
    let another = sent(h, 1, 300, 1_000).await;
    run(h, hash(1), &failed(another.part)).await;
    let before = load(h, hash(1)).await;
    let now = deletion(h, 1).await;
    let others = [
        sound,
        Deletion {
            payment_hash: hash(2),
            ..now.clone()
        },
        Deletion {
            payment: PaymentId(7),
            ..now.clone()
        },
        Deletion {
            tombstone: true,
            payment_hash: hash(3),
            ..now.clone()
        },
    ];
    for other in others {
        let committed = h.store().delete(other).await;
        assert_eq!(committed, Committed::Conflict);
        assert_eq!(load(h, hash(1)).await, before);
        assert_eq!(load(h, hash(3)).await, None);
    }
    let deleted = h.store().delete(now.clone()).await;
    assert!(matches!(deleted, Committed::Yes(_)), "{deleted:?}");
    assert_eq!(h.store().delete(now).await, Committed::Conflict, "twice");
}

/// Rule A-5, whoever asks.
pub async fn live_payment_is_not_deleted(h: Harness<'_>) {
    for n in 1..=2 {
        sent(h, n, 400, 1_000).await;
    }
    let paid = sent(h, 2, 600, 1_000).await;
    run(h, hash(2), &fulfilled(2, paid.part)).await;
    for n in 1..=2 {
        let payment = load(h, hash(n)).await.expect("it is there");
        let row = payment.summary();
        for tombstone in [true, false] {
            let deletion = Deletion {
                payment: row.id,
                payment_hash: hash(n),
                version: row.version,
                tombstone,
                at: AT,
            };
            let committed = h.store().delete(deletion).await;
            assert!(matches!(committed, Committed::Refused(_)), "{committed:?}");
            assert_eq!(load(h, hash(n)).await.as_ref(), Some(&payment));
        }
    }
}

/// Deletions, first parts and conflicts, all at once.
pub async fn deletions_spoil_no_other(h: Harness<'_>) {
    let mut deletions = Vec::new();
    for n in 0..40 {
        let receipt = sent(h, n, 1_000, 1_000).await;
        let end = match n % 2 {
            0 => failed(receipt.part),
            _ => fulfilled(n, receipt.part),
        };
        run(h, hash(n), &end).await;
        deletions.push(deletion(h, n).await);
    }
    let store = h.store();
    let deleting = deletions.into_iter().zip(0u64..).map(|(sound, n)| {
        let store = store.clone();
        async move {
            let stale = Deletion {
                version: 1,
                ..sound.clone()
            };
            let version = if n % 5 == 4 { stale } else { sound };
            store.delete(version).await
        }
    });
    let sending = (40..80).map(|n| {
        let first = decided(None, &send(part(n, 400, 1_000))).expect("not refused");
        store.commit(first)
    });
    let both = futures::future::join(
        futures::future::join_all(deleting),
        futures::future::join_all(sending),
    );
    let (deleted, sent) = both.await;
    for (n, deleted) in (0..).zip(deleted) {
        let is_stale = n % 5 == 4;
        match deleted {
            Committed::Conflict => assert!(is_stale, "payment {n}"),
            Committed::Yes(Deleted { parts, events, .. }) => {
                assert_eq!((parts, events, is_stale), (1, 2, false), "payment {n}");
            }
            other => panic!("payment {n}: {other:?}"),
        }
        let loaded = h.store().load(hash(n)).await;
        match (is_stale, n % 2) {
            (true, _) => assert!(matches!(loaded, Ok(Some(_))), "{n}: {loaded:?}"),
            (false, 0) => assert_eq!(loaded, Ok(None), "{n}"),
            (false, _) => assert!(matches!(loaded, Err(LoadError::Deleted(_))), "{loaded:?}"),
        }
    }
    for (n, committed) in (40..).zip(sent) {
        assert!(matches!(committed, Committed::Yes(_)), "{n}: {committed:?}");
        assert!(load(h, hash(n)).await.is_some());
    }
    let first = decided(None, &send(part(0, 400, 1_000))).expect("not refused");
    commit(h, first).await;
}
