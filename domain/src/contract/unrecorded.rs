//! What every `UnrecordedStore` must do.

use super::samples::Command;
use super::samples::{decided, hash, msat, node, order, part};
use super::store::StoreHarness;
use crate::{
    Committed, NodeName, Noted, PartId, Resolution, Settlement, Timestamp, Unasked,
    UnrecordedCounts, UnrecordedFate, UnrecordedFilter, UnrecordedPart, UnrecordedStore, Why,
};
use std::sync::Arc;

/// A store under test.
pub trait UnrecordedHarness: StoreHarness {
    /// What nodes know and it does not.
    fn unrecorded(&self) -> Arc<dyn UnrecordedStore>;
}

/// Every case as a test of its own.
#[macro_export]
macro_rules! unrecorded_contract {
    ($harness:expr) => {
        $crate::unrecorded_contract!($harness;
            nothing_is_known_at_first, what_is_noted_is_listed, what_is_heard_later_is_believed,
            open_parts_are_listed_first_and_counted, open_part_keeps_its_payment_out, open_part_keeps_orders_out,
            numbers_that_were_passed_over_are_given_to_nobody, nodes_to_be_asked_are_kept,
            operators_word_goes_with_the_part);
    };
    ($harness:expr; $($case:ident),* $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                $crate::contract::unrecorded::$case(&mut $harness).await;
            }
        )*
    };
}

type Harness<'a> = &'a mut dyn UnrecordedHarness;

use UnrecordedFate::{Failed, Fulfilled, Lost, Pending};

/// Part `id` of payment `n`.
fn missing(n: u64, id: u64, fate: UnrecordedFate) -> UnrecordedPart {
    UnrecordedPart {
        node: node(),
        part: PartId(id),
        payment_hash: hash(n),
        amount_sent: Some(msat(1_001)),
        fate,
        noticed_at: Timestamp(7_000_000),
        resolution: None,
    }
}

fn all() -> UnrecordedFilter {
    UnrecordedFilter {
        limit: 100,
        ..UnrecordedFilter::default()
    }
}

async fn note(h: &dyn UnrecordedHarness, part: UnrecordedPart) -> Noted {
    h.unrecorded().note(part).await.expect("storage is there")
}

async fn list(h: &dyn UnrecordedHarness, filter: UnrecordedFilter) -> Vec<UnrecordedPart> {
    let found = h.unrecorded().unrecorded(filter).await;
    found.expect("storage is there")
}

/// The common case.
pub async fn nothing_is_known_at_first(h: Harness<'_>) {
    let store = h.unrecorded();
    assert_eq!(store.last_part().await, Ok(PartId(0)));
    assert_eq!(store.unasked().await, Ok(vec![]));
    let none = UnrecordedCounts::default();
    assert_eq!(store.count_unrecorded().await, Ok(none));
    assert_eq!(list(h, all()).await, []);
}

/// With and without what the node could tell, by node, number and payment.
pub async fn what_is_noted_is_listed(h: Harness<'_>) {
    let mut other = missing(2, 7, Failed);
    other.node = NodeName::new("bob");
    other.amount_sent = None;
    let same_number = missing(3, 7, Fulfilled);
    for part in [&missing(1, 8, Pending), &other, &same_number] {
        let noted = note(h, part.clone()).await;
        assert_eq!((noted.before, noted.now), (None, part.fate));
    }
    h.reopen().await;
    let found = list(h, all()).await;
    assert_eq!(found.len(), 3);
    assert_eq!(found[0], missing(1, 8, Pending));
    assert!(found.contains(&other) && found.contains(&same_number));
    let filters = [
        UnrecordedFilter {
            node: Some(NodeName::new("bob")),
            ..all()
        },
        UnrecordedFilter {
            part: Some(PartId(7)),
            node: Some(node()),
            ..all()
        },
        UnrecordedFilter {
            hash: Some(hash(1)),
            ..all()
        },
        UnrecordedFilter {
            is_open: true,
            ..all()
        },
        UnrecordedFilter { limit: 1, ..all() },
    ];
    let expected = [
        &other,
        &same_number,
        &missing(1, 8, Pending),
        &missing(1, 8, Pending),
        &missing(1, 8, Pending),
    ];
    for (filter, expected) in filters.into_iter().zip(expected) {
        assert_eq!(list(h, filter).await, std::slice::from_ref(expected));
    }
}

/// Each pair of what is believed and what is heard; told twice, it is the same.
pub async fn what_is_heard_later_is_believed(h: Harness<'_>) {
    let mut id = 0;
    for before in UnrecordedFate::ALL {
        for heard in UnrecordedFate::ALL {
            id += 1;
            note(h, missing(id, id, before)).await;
            let now = before.then(heard);
            let noted = note(h, missing(id, id, heard)).await;
            assert_eq!((noted.before, noted.now), (Some(before), now));
            let again = note(h, missing(id, id, heard)).await;
            assert!(!again.is_news(), "{before:?}, {heard:?}");
            let filter = UnrecordedFilter {
                part: Some(PartId(id)),
                ..all()
            };
            assert_eq!(list(h, filter).await[0].fate, now);
        }
    }
}

/// What may be out is what matters.
pub async fn open_parts_are_listed_first_and_counted(h: Harness<'_>) {
    for (id, fate) in (1..).zip([Failed, Pending, Fulfilled, Lost, Failed]) {
        note(h, missing(id, id, fate)).await;
    }
    let numbers: Vec<u64> = list(h, all()).await.iter().map(|it| it.part.0).collect();
    assert_eq!(numbers, [2, 4, 1, 3, 5]);
    let counts = UnrecordedCounts {
        pending: 1,
        fulfilled: 1,
        failed: 2,
        lost: 1,
    };
    h.reopen().await;
    assert_eq!(h.unrecorded().count_unrecorded().await, Ok(counts));
}

/// Rule A-10, beside the engine: no part of a payment is taken that has one out which is not stored.
pub async fn open_part_keeps_its_payment_out(h: Harness<'_>) {
    let send = |n| Command::Send(Box::new(part(n, 400, 1_000)));
    let first = |n| decided(None, &send(n)).expect("not refused");
    for (n, fate) in [(1, Pending), (2, Lost)] {
        note(h, missing(n, 70 + n, fate)).await;
        let committed = h.store().commit(first(n)).await;
        assert!(!matches!(committed, Committed::Yes(_)), "{committed:?}");
        note(h, missing(n, 70 + n, Failed)).await;
        let committed = h.store().commit(first(n)).await;
        assert!(matches!(committed, Committed::Yes(_)), "{committed:?}");
    }
    let payment = h.store().load(hash(1)).await.expect("a sound payment");
    let another = decided(payment.as_ref(), &send(1)).expect("not refused");
    note(h, missing(1, 80, Pending)).await;
    let committed = h.store().commit(another.clone()).await;
    assert!(!matches!(committed, Committed::Yes(_)), "{committed:?}");
    // Another payment is not held up, and that one goes on when the part has ended.
    let other = h.store().commit(first(3)).await;
    assert!(matches!(other, Committed::Yes(_)), "{other:?}");
    note(h, missing(1, 80, Failed)).await;
    let committed = h.store().commit(another).await;
    assert!(matches!(committed, Committed::Yes(_)), "{committed:?}");
}

/// Rule A-10 for `pay`: no order is opened either, new or again.
pub async fn open_part_keeps_orders_out(h: Harness<'_>) {
    let open = |n| Command::Open(Box::new(order(n, 1_000, 5_000)));
    let first = |n| decided(None, &open(n)).expect("not refused");
    for (n, fate) in [(1, Pending), (2, Lost)] {
        note(h, missing(n, 70 + n, fate)).await;
        let committed = h.store().commit(first(n)).await;
        assert!(!matches!(committed, Committed::Yes(_)), "{committed:?}");
        note(h, missing(n, 70 + n, Failed)).await;
        let committed = h.store().commit(first(n)).await;
        assert!(matches!(committed, Committed::Yes(_)), "{committed:?}");
    }
    // What is open may be closed all the same, and then nothing is opened again.
    let (why, at) = (Why::Abandoned, Timestamp(9));
    let payment = h.store().load(hash(1)).await.expect("a sound payment");
    let end = decided(payment.as_ref(), &Command::Close { why, at }).expect("it is open");
    note(h, missing(1, 80, Pending)).await;
    let committed = h.store().commit(end).await;
    assert!(matches!(committed, Committed::Yes(_)), "{committed:?}");
    let payment = h.store().load(hash(1)).await.expect("a sound payment");
    let again = decided(payment.as_ref(), &open(1)).expect("not refused");
    let committed = h.store().commit(again).await;
    assert!(!matches!(committed, Committed::Yes(_)), "{committed:?}");
}

/// Rule A-4: what a node knows already is nobody else's number.
pub async fn numbers_that_were_passed_over_are_given_to_nobody(h: Harness<'_>) {
    let send = |n| decided(None, &Command::Send(Box::new(part(n, 400, 1_000))));
    let commit = async |h: &dyn UnrecordedHarness, n| {
        let first = send(n).expect("not refused");
        match h.store().commit(first).await {
            Committed::Yes(receipt) => receipt.part,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(commit(h, 1).await, Some(PartId(1)));
    assert_eq!(h.unrecorded().last_part().await, Ok(PartId(1)));
    let pass = |passed| Settlement {
        passed: PartId(passed),
        ..Settlement::default()
    };
    for passed in [7, 3] {
        assert_eq!(h.unrecorded().settle(pass(passed)).await, Ok(()));
        assert_eq!(h.unrecorded().last_part().await, Ok(PartId(7)));
    }
    assert_eq!(commit(h, 2).await, Some(PartId(8)));
    h.reopen().await;
    assert_eq!(h.unrecorded().settle(pass(20)).await, Ok(()));
    h.reopen().await;
    assert_eq!(h.unrecorded().last_part().await, Ok(PartId(20)));
    assert_eq!(commit(h, 3).await, Some(PartId(21)));
}

/// Until they have been asked.
pub async fn nodes_to_be_asked_are_kept(h: Harness<'_>) {
    let unasked = |name: &str, after, is_restored| Unasked {
        node: NodeName::new(name),
        after: PartId(after),
        is_restored,
    };
    let settlement = Settlement {
        unasked: vec![unasked("alice", 3, false), unasked("bob", 4, true)],
        ..Settlement::default()
    };
    let store = h.unrecorded();
    assert_eq!(store.settle(settlement).await, Ok(()));
    h.reopen().await;
    let mut kept = h.unrecorded().unasked().await.expect("storage is there");
    kept.sort_by_key(|unasked| unasked.after);
    assert_eq!(kept, [unasked("alice", 3, false), unasked("bob", 4, true)]);
    let settlement = Settlement {
        asked: vec![NodeName::new("bob"), NodeName::new("carol")],
        unasked: vec![unasked("alice", 2, true)],
        ..Settlement::default()
    };
    assert_eq!(h.unrecorded().settle(settlement).await, Ok(()));
    let kept = h.unrecorded().unasked().await;
    assert_eq!(kept, Ok(vec![unasked("alice", 2, true)]));
}

/// Who ended it by hand, and why.
pub async fn operators_word_goes_with_the_part(h: Harness<'_>) {
    note(h, missing(1, 7, Lost)).await;
    let mut by_hand = missing(1, 7, Failed);
    by_hand.resolution = Some(Resolution {
        who: "uid 0".to_owned(),
        why: "its channel was closed".to_owned(),
    });
    note(h, by_hand.clone()).await;
    h.reopen().await;
    assert_eq!(list(h, all()).await, [by_hand]);
    // What is heard later is not the operator's.
    note(h, missing(1, 7, Fulfilled)).await;
    assert_eq!(list(h, all()).await, [missing(1, 7, Fulfilled)]);
}
