//! Numbers, events, and what it all weighs.

use crate::support::{Scene, events_of_parts, failed, first, fulfilled, number, send, yes};
use domain::contract::samples::Command;
use domain::contract::samples::{decided, part, preimage};
use domain::{
    Committed, Cursor, NodeName, Outcome, PaymentStore, Request, RequestId, SendPart, Timestamp,
};
use std::sync::Arc;
use storage::Options;

fn events(scene: &Scene) -> Vec<[i64; 6]> {
    let raw = scene.raw();
    let sql = "select seq, payment_id, part_id, kind, payment_status, coalesce(part_status, -1)
               from events order by seq";
    let mut rows = raw.prepare(sql).unwrap();
    let row = |row: &rusqlite::Row<'_>| {
        let value = |index| row.get(index);
        Ok([
            value(0)?,
            value(1)?,
            value(2)?,
            value(3)?,
            value(4)?,
            value(5)?,
        ])
    };
    rows.query_map([], row)
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap()
}

#[tokio::test]
async fn every_transition_is_an_event_and_nothing_else_is() {
    let scene = Scene::new();
    let lost = scene.sent(1, 1_000).await;
    scene.run(1, &failed(lost.part)).await;
    let other = scene.sent(1, 700).await;
    assert_eq!(scene.store.commit(first(1)).await, Committed::Conflict);
    scene
        .store
        .advance(NodeName::new("alice"), Cursor(3))
        .await
        .unwrap();
    scene.run(1, &fulfilled(1, lost.part)).await;
    scene.run(1, &fulfilled(1, other.part)).await;
    scene.sent(2, 1_000).await;
    assert_eq!(
        events(&scene),
        [
            [1, 1, 1, 1, 0, 0],
            [2, 1, 1, 3, 2, 2],
            [3, 1, 2, 1, 0, 0],
            [4, 1, 1, 4, 1, 1],
            [5, 1, 2, 2, 1, 1],
            [6, 2, 3, 1, 0, 0],
        ]
    );
    // Its first end, whatever came of it later.
    assert_eq!(
        events_of_parts(&scene.raw()),
        [(1, Some(2)), (3, Some(5)), (6, None)]
    );
}

#[tokio::test]
async fn numbers_are_never_used_again_not_even_after_a_deletion() {
    let mut scene = Scene::new();
    for n in 1..=3 {
        let receipt = scene.sent(n, 1_000).await;
        scene.run(n, &failed(receipt.part)).await;
    }
    let raw = scene.raw();
    raw.execute_batch("delete from parts; delete from payments; delete from events")
        .unwrap();
    let receipt = scene.sent(4, 1_000).await;
    assert_eq!(
        (receipt.payment.0, receipt.part.0, receipt.event),
        (4, 4, 7)
    );
    raw.execute_batch("delete from events").unwrap();
    scene.reopen(Options::default()).await;
    let receipt = scene.sent(5, 1_000).await;
    assert_eq!(
        (receipt.payment.0, receipt.part.0, receipt.event),
        (5, 5, 8)
    );
}

#[tokio::test]
async fn another_daemon_on_the_same_file_gets_other_numbers() {
    let scene = Scene::new();
    let other = storage::SqliteStore::open(&scene.path(), Options::default()).unwrap();
    for n in 1..=6 {
        let store = if n % 2 == 0 { &other } else { &scene.store };
        let receipt = yes(store.commit(first(n)).await);
        assert_eq!(
            (receipt.payment.0, receipt.part.unwrap().0, receipt.event),
            (n, n, n)
        );
    }
    // Both saw that there was no such payment (rule A-10).
    yes(other.commit(first(9)).await);
    assert_eq!(scene.store.commit(first(9)).await, Committed::Conflict);
}

#[tokio::test]
async fn a_used_request_writes_nothing() {
    let scene = Scene::new();
    let keyed = |n| {
        let request = Request {
            id: RequestId::new("key").unwrap(),
            digest: [1; 32],
        };
        let mut part = part(n, 400, 1_000);
        part.request = Some(request);
        decided(None, &send(part)).unwrap()
    };
    let one = yes(scene.store.commit(keyed(1)).await);
    assert_eq!(scene.store.commit(keyed(2)).await, Committed::Conflict);
    assert!(scene.load(2).await.is_none());
    let (_, part) = scene
        .store
        .request(RequestId::new("key").unwrap())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(part, domain::Made::Part(one.part.unwrap()));
    assert_eq!(events(&scene).len(), 1);
}

#[tokio::test]
async fn what_does_not_fit_a_row_is_refused() {
    let scene = Scene::new();
    let mut huge = first(1);
    huge.at = domain::Timestamp(u64::MAX);
    let refused = scene.store.commit(huge).await;
    assert!(matches!(refused, Committed::Refused(_)), "{refused:?}");
    let far = scene
        .store
        .advance(NodeName::new("alice"), Cursor(u64::MAX))
        .await;
    assert!(far.is_err());
    assert!(scene.load(1).await.is_none());
    yes(scene.store.commit(first(1)).await);
}

/// With amounts and times as they are in life: small integers would be shorter.
async fn paid_in_two_parts(scene: Arc<Scene>, n: u64) {
    const NOW: Timestamp = Timestamp(1_795_000_000_123_456);
    let part = |amount| SendPart {
        at: NOW,
        ..part(n, amount, 100_000_000)
    };
    let one = scene.run(n, &send(part(40_000_000))).await.part;
    let two = scene.run(n, &send(part(60_000_000))).await.part;
    for part in [one, two] {
        let word = Outcome::Fulfilled(*preimage(n).1.expose());
        let outcome = Command::Resolve {
            part,
            word,
            at: NOW,
        };
        scene.run(n, &outcome).await;
    }
}

#[tokio::test]
async fn a_payment_of_two_parts_of_two_hops_fits_a_kilobyte() {
    const PAYMENTS: u16 = 2_000;
    let scene = Arc::new(Scene::new());
    let raw = scene.raw();
    let size = || number(&raw, "pragma page_count") * number(&raw, "pragma page_size");
    let empty = size();
    let payments = (0..PAYMENTS).map(|n| paid_in_two_parts(Arc::clone(&scene), n.into()));
    for payment in payments.map(tokio::spawn).collect::<Vec<_>>() {
        payment.await.unwrap();
    }
    let bytes = (size() - empty) / i64::from(PAYMENTS);
    println!("{bytes} bytes a payment");
    assert!(bytes <= 1_000, "{bytes} bytes a payment");
}
