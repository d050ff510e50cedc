//! Full disks, locks, failed commits, and our own mistakes.

use crate::support::{BOMB, NO_BOMB, Scene, first, fulfilled, number, send, together, yes};
use domain::contract::samples::{decided, hash, msat, part};
use domain::{
    Change, Committed, Cursor, LoadError, NodeName, PaymentFilter, PaymentStore, StatusKind,
    Transition,
};
use std::time::Duration;
use storage::Options;

/// A transition that no `decide` would make: more in flight than intended.
fn breaking_a_1(n: u64) -> Transition {
    let mut broken = first(n);
    broken.after.tally.in_flight = msat(1_001);
    broken.after.tally.sent = msat(5_000);
    broken
}

fn is_unavailable(committed: &Committed, says: &str) -> bool {
    matches!(committed, Committed::Unavailable(reason) if reason.contains(says))
}

#[tokio::test]
async fn conflicts_in_a_batch_fail_alone() {
    let scene = Scene::new();
    yes(scene.store.commit(first(0)).await);
    let transitions = (0..60).map(|n| first(if n % 6 == 3 { 0 } else { n + 1 }));
    let (scene, answers) = together(scene, transitions.collect()).await;
    let mut last = 1;
    for (n, answer) in answers.into_iter().enumerate() {
        if n % 6 == 3 {
            assert_eq!(answer, Committed::Conflict);
        } else {
            last += 1;
            let receipt = yes(answer);
            let numbers = (receipt.payment.0, receipt.part.unwrap().0, receipt.event);
            assert_eq!(
                numbers,
                (last, last, last),
                "dense, in the order of commits"
            );
        }
    }
    assert_eq!(number(&scene.raw(), "select count(*) from events"), 51);
}

#[tokio::test]
async fn a_broken_rule_in_a_batch_fails_alone() {
    let transitions = (1..=40).map(|n| {
        if n % 10 == 5 {
            breaking_a_1(n)
        } else {
            first(n)
        }
    });
    let (scene, answers) = together(Scene::new(), transitions.collect()).await;
    let mut last = 0;
    for (n, answer) in (1..).zip(answers) {
        if n % 10 == 5 {
            let refused =
                matches!(&answer, Committed::Refused(reason) if reason.contains("A-1 ceiling"));
            assert!(refused, "{answer:?}");
            assert!(scene.load(n).await.is_none());
        } else {
            last += 1;
            assert_eq!(yes(answer).event, last);
            assert!(scene.load(n).await.is_some());
        }
    }
    assert_eq!(number(&scene.raw(), "select max(id) from parts"), 36);
}

#[tokio::test]
async fn a_part_that_is_not_as_expected_is_a_conflict_and_undone() {
    let scene = Scene::new();
    let sent = scene.sent(1, 400).await;
    let payment = scene.load(1).await;
    let mut outcome = decided(payment.as_ref(), &fulfilled(1, sent.part)).unwrap();
    if let Change::Resolved { previous, .. } = &mut outcome.change {
        *previous = StatusKind::Failed;
    }
    let batch = vec![first(2), outcome, first(3)];
    let (scene, answers) = together(scene, batch).await;
    assert_eq!(answers[1], Committed::Conflict);
    assert_eq!(
        (yes(answers[0].clone()).event, yes(answers[2].clone()).event),
        (2, 3)
    );
    assert_eq!(
        scene.load(1).await,
        payment,
        "its payment's row was undone as well"
    );
}

#[tokio::test]
async fn no_part_of_another_payment_is_resolved() {
    let scene = Scene::new();
    scene.sent(1, 400).await;
    let other = scene.sent(2, 400).await;
    let payment = scene.load(1).await;
    let mine = scene.load(1).await.unwrap().parts().next().unwrap().id;
    let mut outcome = decided(payment.as_ref(), &fulfilled(1, mine)).unwrap();
    if let Change::Resolved { part, .. } = &mut outcome.change {
        *part = other.part;
    }
    assert_eq!(scene.store.commit(outcome).await, Committed::Conflict);
    assert_eq!(scene.load(1).await, payment);
}

#[tokio::test]
async fn a_full_disk_loses_nothing_that_was_acknowledged() {
    let mut scene = Scene::new();
    scene.store.close().await;
    let pages = number(&scene.raw(), "pragma page_count");
    let full = Options {
        max_page_count: Some(u32::try_from(pages).unwrap() + 8),
        ..Options::default()
    };
    scene.reopen(full).await;
    let (mut scene, answers) = together(scene, (1..=400).map(first).collect()).await;
    let lost = answers
        .iter()
        .filter(|answer| is_unavailable(answer, "full"))
        .count();
    assert!(lost > 0, "{answers:?}");
    // One by one some still fit; what is answered is what is there.
    let mut stored = 0;
    for (n, answer) in (1..).zip(answers) {
        let again = matches!(answer, Committed::Unavailable(_));
        assert_eq!(
            scene.load(n).await.is_none(),
            again,
            "payment {n}: {answer:?}"
        );
        let answer = if again {
            scene.store.commit(first(n)).await
        } else {
            answer
        };
        match answer {
            Committed::Yes(_) => stored += 1,
            answer => assert!(is_unavailable(&answer, "full"), "{answer:?}"),
        }
    }
    assert!(stored > 0);
    let raw = scene.raw();
    for table in ["payments", "parts", "events"] {
        assert_eq!(
            number(&raw, &format!("select count(*) from {table}")),
            stored,
            "{table}"
        );
    }
    // With room again it goes on where it was.
    scene.reopen(Options::default()).await;
    let next = u64::try_from(stored).unwrap() + 1;
    let receipt = yes(scene.store.commit(first(1_000)).await);
    assert_eq!(
        (receipt.payment.0, receipt.part.unwrap().0, receipt.event),
        (next, next, next)
    );
    assert_eq!(
        raw.query_row("pragma integrity_check", [], |row| row.get(0)),
        Ok("ok".to_owned())
    );
}

#[tokio::test]
async fn a_locked_database_is_unavailable_for_as_long_as_it_is() {
    let scene = Scene::with(Options {
        busy_timeout: Duration::from_millis(20),
        ..Options::default()
    });
    scene.complete(1).await;
    let lock = scene.raw();
    lock.execute_batch("begin exclusive").unwrap();
    let answer = scene.store.commit(first(2)).await;
    assert!(is_unavailable(&answer, "locked"), "{answer:?}");
    let node = NodeName::new("alice");
    assert!(scene.store.advance(node.clone(), Cursor(1)).await.is_err());
    // Reading goes on.
    assert!(scene.load(1).await.is_some() && scene.load(2).await.is_none());
    lock.execute_batch("rollback").unwrap();
    assert_eq!(yes(scene.store.commit(first(2)).await).payment.0, 2);
    scene.store.advance(node, Cursor(1)).await.unwrap();
}

#[tokio::test]
async fn after_a_failed_commit_the_counters_tell() {
    let scene = Scene::new();
    scene.sent(1, 400).await;
    let raw = scene.raw();
    let fences = || number(&raw, "select fences from counters");
    let before = fences();
    raw.execute_batch(BOMB).unwrap();
    let (scene, answers) = together(scene, (2..=20).map(first).collect()).await;
    for answer in &answers {
        assert!(is_unavailable(answer, "FOREIGN KEY"), "{answer:?}");
    }
    assert!(fences() > before);
    assert!(scene.load(2).await.is_none());
    raw.execute_batch(NO_BOMB).unwrap();
    let receipt = yes(scene.store.commit(first(2)).await);
    assert_eq!(
        (receipt.payment.0, receipt.part.unwrap().0, receipt.event),
        (2, 2, 2)
    );
}

#[tokio::test]
async fn what_cannot_be_told_is_unknown_until_it_can() {
    let scene = Scene::new();
    scene.sent(1, 400).await;
    let raw = scene.raw();
    raw.execute_batch(BOMB).unwrap();
    let away = scene.path().with_extension("away");
    std::fs::rename(scene.path(), &away).unwrap();
    let answer = scene.store.commit(first(2)).await;
    assert!(matches!(&answer, Committed::Unknown(_)), "{answer:?}");
    // Nobody is told anything meanwhile, and nothing is written.
    let loaded = scene.store.load(hash(1)).await;
    assert!(
        matches!(&loaded, Err(LoadError::Unavailable(_))),
        "{loaded:?}"
    );
    let answer = scene.store.commit(first(3)).await;
    assert!(matches!(&answer, Committed::Unavailable(_)), "{answer:?}");
    assert!(!scene.path().exists(), "no empty database takes its place");

    std::fs::rename(&away, scene.path()).unwrap();
    assert!(scene.load(1).await.is_some());
    assert!(scene.load(2).await.is_none(), "it was not durable");
    let raw = scene.raw();
    assert_eq!(number(&raw, "select fences from counters"), 2);
    raw.execute_batch(NO_BOMB).unwrap();
    assert_eq!(yes(scene.store.commit(first(2)).await).event, 2);
}

#[tokio::test]
async fn readers_that_cannot_open_are_unavailable_and_try_again() {
    let scene = Scene::new();
    let away = scene.path().with_extension("away");
    std::fs::rename(scene.path(), &away).unwrap();
    let list = || {
        scene.store.payments(PaymentFilter {
            limit: 1,
            ..PaymentFilter::default()
        })
    };
    assert!(list().await.is_err());
    assert!(matches!(
        scene.store.load(hash(1)).await,
        Err(LoadError::Unavailable(_))
    ));
    std::fs::rename(&away, scene.path()).unwrap();
    assert_eq!(list().await, Ok(vec![]));
}

#[tokio::test]
async fn small_batches_and_a_short_queue_are_only_slower() {
    let scene = Scene::with(Options {
        batch_max: 2,
        queue_max: 1,
        readers: 1,
        reads_max: 1,
        checkpoint_every: 3,
        ..Options::default()
    });
    let (scene, answers) = together(scene, (1..=30).map(first).collect()).await;
    assert_eq!(answers.into_iter().map(yes).count(), 30);
    scene.run(1, &send(part(1, 600, 1_000))).await;
    assert_eq!(scene.load(1).await.unwrap().parts().count(), 2);
}

#[tokio::test]
async fn closing_waits_for_no_stranger_who_reads() {
    let mut scene = Scene::with(Options {
        busy_timeout: Duration::from_secs(3_600),
        ..Options::default()
    });
    scene.sent(1, 400).await;
    let stranger = scene.raw();
    stranger
        .execute_batch("begin; select count(*) from parts;")
        .unwrap();
    scene.sent(2, 400).await;
    let closed = tokio::time::timeout(Duration::from_secs(20), scene.store.close());
    closed.await.expect("it closes, whoever reads");
    stranger.execute_batch("rollback").unwrap();
    scene.reopen(Options::default()).await;
    assert!(scene.load(2).await.is_some());
}
