//! Orders in every list: what is open, the last of each payment, events, and payments by status.

use super::{AT, asked, closed, closing, joined, open, opened, run};
use crate::contract::samples::{failure, hash, msat};
use crate::contract::store::lists::events;
use crate::contract::store::{Harness, StoreHarness, failed, fulfilled, load, sent};
use crate::{
    Event, EventFilter, EventKind, Listed, NoPlan, PaymentFilter, PaymentId, StatusKind, Why,
};

/// What is resumed at start: those without a part too.
pub async fn open_orders_are_found_page_by_page(h: Harness<'_>) {
    for n in 1..=6 {
        opened(h, n).await;
    }
    sent(h, 7, 400, 1_000).await;
    closed(h, 2).await;
    let paid = joined(h, 4, 1_000).await;
    run(h, hash(4), &fulfilled(4, paid)).await;
    joined(h, 5, 400).await;
    run(h, hash(2), &open(asked(2))).await;
    h.reopen().await;
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = h.store().open_orders(after, 2).await.unwrap();
        let Some((last, _)) = page.last() else { break };
        after = Some(*last);
        assert!(page.len() <= 2);
        found.extend(page.into_iter().map(|(id, hash)| (id.0, hash)));
    }
    let open = [1, 2, 3, 5, 6].map(|n| (n, hash(n)));
    assert_eq!(found, open);
}

/// Of those that have one.
pub async fn last_order_of_each_payment_is_told(h: Harness<'_>) {
    sent(h, 1, 400, 1_000).await;
    opened(h, 2).await;
    opened(h, 3).await;
    closed(h, 3).await;
    run(h, hash(3), &open(asked(3))).await;
    closed(h, 3).await;
    let ids = [1, 2, 3, 9].map(PaymentId).to_vec();
    let mut told = h.store().orders(ids).await.unwrap();
    told.sort_by_key(|(id, _)| *id);
    let mut expected = Vec::new();
    for n in [2, 3] {
        let payment = load(h, hash(n)).await.expect("stored");
        let order = payment.order().expect("it has one").clone();
        expected.push((PaymentId(n), order));
    }
    assert_eq!(told, expected);
    assert_eq!(h.store().orders(Vec::new()).await, Ok(vec![]));
}

pub(super) async fn told(h: &dyn StoreHarness, n: u64) -> Vec<Event> {
    let filter = EventFilter {
        hash: Some(hash(n)),
        start: 0,
        limit: 100,
    };
    events(h, filter).await
}

/// Without a part, and with how the payment stood; a part's own event says what it closed.
pub async fn events_tell_of_orders(h: Harness<'_>) {
    use EventKind::{OrderClosed, OrderOpened, PartAccepted, PartFailed, PartFulfilled};
    use StatusKind::{Complete, Failed, Pending};
    opened(h, 1).await;
    let one = joined(h, 1, 400).await;
    run(h, hash(1), &failed(one)).await;
    let needs = msat(7);
    let expensive = Why::NoRoute(NoPlan::TooExpensive { needs });
    run(h, hash(1), &closing(expensive.clone())).await;
    run(h, hash(1), &open(asked(1))).await;
    let two = joined(h, 1, 1_000).await;
    run(h, hash(1), &fulfilled(1, two)).await;
    let events = told(h, 1).await;
    let seen: Vec<_> = events
        .iter()
        .map(|event| {
            (
                event.kind,
                event.payment_status,
                event.part,
                event.order_closed.clone(),
            )
        })
        .collect();
    let expected = [
        (OrderOpened, Pending, None, None),
        (PartAccepted, Pending, Some(one), None),
        (PartFailed, Pending, Some(one), None),
        (OrderClosed, Failed, None, Some(expensive)),
        (OrderOpened, Pending, None, None),
        (PartAccepted, Pending, Some(two), None),
        (PartFulfilled, Complete, Some(two), Some(Why::Paid)),
    ];
    assert_eq!(seen, expected);
    for event in [&events[0], &events[3], &events[4]] {
        assert_eq!((event.part_status, &event.failure), (None, &None));
    }
    assert_eq!(events[2].failure.as_deref(), Some(&failure()));
    assert_eq!((events[0].at, events[3].at), (asked(1).at, AT));
    h.reopen().await;
    assert_eq!(told(h, 1).await, events);
}

async fn of_status(h: &dyn StoreHarness, status: StatusKind) -> Vec<u64> {
    let filter = PaymentFilter {
        status: Some(status),
        limit: 10,
        ..PaymentFilter::default()
    };
    let rows = h.store().payments(filter).await.unwrap().into_iter();
    rows.map(|row| match row {
        Listed::Sound(payment) => {
            assert_eq!(payment.status(), status);
            payment.id.0
        }
        Listed::Damaged(damaged) => panic!("{damaged:?}"),
    })
    .collect()
}

/// Rule B-8 in every list: an open order is pending, without a part and between two tries.
pub async fn lists_tell_an_open_order_as_pending(h: Harness<'_>) {
    opened(h, 1).await;
    opened(h, 2).await;
    let part = joined(h, 2, 400).await;
    run(h, hash(2), &failed(part)).await;
    opened(h, 3).await;
    let part = joined(h, 3, 400).await;
    run(h, hash(3), &fulfilled(3, part)).await;
    let of = async |h: &dyn StoreHarness| {
        let pending = of_status(h, StatusKind::Pending).await;
        let failed = of_status(h, StatusKind::Failed).await;
        (pending, failed, of_status(h, StatusKind::Complete).await)
    };
    assert_eq!(of(h).await, (vec![1, 2], vec![], vec![3]));
    for n in [1, 2] {
        closed(h, n).await;
    }
    assert_eq!(of(h).await, (vec![], vec![1, 2], vec![3]));
    run(h, hash(1), &open(asked(1))).await;
    assert_eq!(of(h).await, (vec![1], vec![2], vec![3]));
    h.reopen().await;
    assert_eq!(of(h).await, (vec![1], vec![2], vec![3]));
}
