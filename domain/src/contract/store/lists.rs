//! What every list of a `PaymentStore` must do.

use super::{Harness, StoreHarness, failed, fulfilled, load, run, sent};
use crate::contract::samples::{failure, hash};
use crate::{
    Event, EventFilter, EventKind, Listed, PartFilter, PartId, PaymentFilter, PaymentId, StatusKind,
};

/// What recovery reads.
pub async fn live_payments_are_found_page_by_page(h: Harness<'_>) {
    for n in 1..=5 {
        let receipt = sent(h, n, 400, 1_000).await;
        if n == 2 {
            run(h, hash(n), &failed(receipt.part)).await;
        }
    }
    // Complete, yet with a part that is still out.
    let receipt = sent(h, 5, 600, 1_000).await;
    run(h, hash(5), &fulfilled(5, receipt.part)).await;
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = h.store().live(after, 2).await.unwrap();
        let Some((last, _)) = page.last() else { break };
        after = Some(*last);
        found.extend(page.into_iter().map(|(_, hash)| hash));
    }
    assert_eq!(found, [hash(1), hash(3), hash(4), hash(5)]);
}

async fn payment_ids(h: &dyn StoreHarness, filter: PaymentFilter) -> Vec<u64> {
    let rows = h.store().payments(filter).await.unwrap().into_iter();
    rows.map(|row| match row {
        Listed::Sound(payment) => payment.id.0,
        Listed::Damaged(damaged) => panic!("{damaged:?}"),
    })
    .collect()
}

async fn part_ids(h: &dyn StoreHarness, filter: PartFilter) -> Vec<u64> {
    let rows = h.store().parts(filter).await.unwrap().into_iter();
    rows.map(|row| match row {
        Listed::Sound(part) => part.id.0,
        Listed::Damaged(damaged) => panic!("{damaged:?}"),
    })
    .collect()
}

/// `start` and `limit`.
pub async fn payments_are_listed_by_id(h: Harness<'_>) {
    for n in 1..=5 {
        sent(h, n, 400, 1_000).await;
    }
    let page = |start, limit| PaymentFilter {
        start,
        limit,
        ..PaymentFilter::default()
    };
    assert_eq!(payment_ids(h, page(None, 3)).await, [1, 2, 3]);
    assert_eq!(payment_ids(h, page(Some(PaymentId(4)), 3)).await, [4, 5]);
    let rows = h.store().payments(page(None, 1)).await.unwrap();
    let payment = load(h, hash(1)).await.expect("stored");
    assert_eq!(rows, [Listed::Sound(payment.summary().clone())]);
}

/// `start`, `limit` and `id`.
pub async fn parts_are_listed_by_id(h: Harness<'_>) {
    for n in 1..=3 {
        sent(h, n, 400, 1_000).await;
        sent(h, n, 300, 1_000).await;
    }
    let page = |start, limit| PartFilter {
        start,
        limit,
        ..PartFilter::default()
    };
    assert_eq!(part_ids(h, page(None, 4)).await, [1, 2, 3, 4]);
    assert_eq!(part_ids(h, page(Some(PartId(5)), 4)).await, [5, 6]);
    let one = PartFilter {
        id: Some(PartId(2)),
        ..page(None, 10)
    };
    assert_eq!(part_ids(h, one).await, [2]);
    let listed = h.store().part(PartId(3)).await.unwrap().expect("stored");
    let payment = load(h, hash(2)).await.expect("stored");
    let part = payment.part(PartId(3)).expect("its first").clone();
    assert_eq!(listed, Listed::Sound(part));
}

/// Each status, of payments and of parts.
pub async fn lists_filter_by_status(h: Harness<'_>) {
    for n in 1..=6 {
        let receipt = sent(h, n, 1_000, 1_000).await;
        match n % 3 {
            0 => drop(run(h, hash(n), &failed(receipt.part)).await),
            1 => drop(run(h, hash(n), &fulfilled(n, receipt.part)).await),
            _ => {}
        }
    }
    for (status, expected) in [
        (StatusKind::Complete, [1, 4]),
        (StatusKind::Pending, [2, 5]),
        (StatusKind::Failed, [3, 6]),
    ] {
        let payments = PaymentFilter {
            status: Some(status),
            limit: 10,
            ..PaymentFilter::default()
        };
        assert_eq!(payment_ids(h, payments).await, expected);
        let parts = PartFilter {
            status: Some(status),
            limit: 10,
            ..PartFilter::default()
        };
        assert_eq!(part_ids(h, parts).await, expected);
    }
}

/// One payment, and its parts.
pub async fn lists_filter_by_hash(h: Harness<'_>) {
    for n in [1, 2, 1, 2, 1] {
        sent(h, n, 100, 1_000).await;
    }
    let payments = |n| PaymentFilter {
        hash: Some(hash(n)),
        limit: 10,
        ..PaymentFilter::default()
    };
    assert_eq!(payment_ids(h, payments(2)).await, [2]);
    assert_eq!(payment_ids(h, payments(3)).await, [0; 0]);
    let parts = |n, start| PartFilter {
        hash: Some(hash(n)),
        start,
        limit: 2,
        ..PartFilter::default()
    };
    assert_eq!(part_ids(h, parts(1, None)).await, [1, 3]);
    assert_eq!(part_ids(h, parts(1, Some(PartId(4)))).await, [5]);
    assert_eq!(part_ids(h, parts(3, None)).await, [0; 0]);
}

pub(super) async fn events(h: &dyn StoreHarness, filter: EventFilter) -> Vec<Event> {
    let rows = h.store().events(filter).await.unwrap().into_iter();
    rows.map(|row| match row {
        Listed::Sound(event) => event,
        Listed::Damaged(damaged) => panic!("{damaged:?}"),
    })
    .collect()
}

/// Each in the order of commits, with how things stood after it; a page at a time.
pub async fn events_tell_every_transition(h: Harness<'_>) {
    use EventKind::{PartAccepted, PartFailed, PartFulfilled, PartFulfilledAfterFailure};
    use StatusKind::{Complete, Failed, Pending};
    let one = sent(h, 1, 400, 1_000).await.part;
    run(h, hash(1), &failed(one)).await;
    let two = sent(h, 1, 600, 1_000).await.part;
    let other = sent(h, 2, 1_000, 1_000).await.part;
    run(h, hash(2), &failed(other)).await;
    run(h, hash(1), &fulfilled(1, two)).await;
    run(h, hash(1), &fulfilled(1, one)).await;
    let page = |start, limit| EventFilter {
        start,
        limit,
        hash: None,
    };
    let all = events(h, page(1, 100)).await;
    let told = all.iter().map(|event| {
        let after = (event.payment_status, event.part_status);
        let part = event.part.expect("each is about a part");
        (event.seq, event.kind, event.payment_hash, part, after)
    });
    let told: Vec<_> = told.collect();
    let (first, second) = (hash(1), hash(2));
    assert_eq!(
        told,
        [
            (1, PartAccepted, first, one, (Pending, Some(Pending))),
            (2, PartFailed, first, one, (Failed, Some(Failed))),
            (3, PartAccepted, first, two, (Pending, Some(Pending))),
            (4, PartAccepted, second, other, (Pending, Some(Pending))),
            (5, PartFailed, second, other, (Failed, Some(Failed))),
            (6, PartFulfilled, first, two, (Complete, Some(Complete))),
            (
                7,
                PartFulfilledAfterFailure,
                first,
                one,
                (Complete, Some(Complete))
            ),
        ]
    );
    assert_eq!(all[4].failure.as_deref(), Some(&failure()));
    assert_eq!(all[4].at, crate::Timestamp(3_000_000));
    for event in [&all[0], &all[5], &all[6]] {
        assert_eq!(event.failure, None);
    }
    assert_eq!(events(h, page(3, 2)).await, all[2..4]);
    assert_eq!(events(h, page(8, 2)).await, []);
    h.reopen().await;
    assert_eq!(events(h, page(0, 100)).await, all);
}

/// One payment's, with the numbers that they have among all.
pub async fn events_filter_by_hash(h: Harness<'_>) {
    assert_eq!(h.store().last_event().await, Ok(0));
    for n in [1, 2, 1, 2, 1] {
        sent(h, n, 100, 1_000).await;
    }
    let of = |n, start| EventFilter {
        hash: Some(hash(n)),
        start,
        limit: 2,
    };
    let numbers = async |filter| -> Vec<u64> {
        let found = events(h, filter).await.into_iter();
        found.map(|event| event.seq).collect()
    };
    assert_eq!(numbers(of(1, 1)).await, [1, 3]);
    assert_eq!(numbers(of(1, 4)).await, [5]);
    assert_eq!(numbers(of(2, 5)).await, [0; 0]);
    assert_eq!(numbers(of(3, 1)).await, [0; 0]);
    assert_eq!(h.store().last_event().await, Ok(5));
}
