//! Deletions: what plain SQL cannot do, what shares their batch, and commits that fail under them.

use crate::constraints::check;
use crate::support::{BOMB, NO_BOMB, Scene, failed, first, number, yes};
use domain::contract::samples::hash;
use domain::{Committed, Deleted, Deletion, LoadError, PaymentStore, Timestamp};
use rusqlite::Connection;
use std::sync::Arc;
use storage::Options;

const AT: Timestamp = Timestamp(9_000_000);

async fn deletion(scene: &Scene, n: u64) -> Deletion {
    let payment = scene.load(n).await.expect("it is there");
    payment.deletion(AT).expect("it has ended")
}

async fn failed_payment(scene: &Scene, n: u64) {
    let receipt = scene.sent(n, 400).await;
    scene.run(n, &failed(receipt.part)).await;
}

fn rows(raw: &Connection) -> Vec<i64> {
    ["payments", "parts", "events", "requests", "tombstones"]
        .map(|table| number(raw, &format!("select count(*) from {table}")))
        .to_vec()
}

/// Payment 1 is complete, 2 complete with a part that is out, 3 pending, 4 failed; 5 was paid and is
/// deleted.
async fn scene() -> (Scene, Connection) {
    let scene = Scene::new();
    scene.complete(1).await;
    scene.sent(2, 400).await;
    let paid = scene.sent(2, 600).await;
    let fulfilled = crate::support::fulfilled(2, paid.part);
    scene.run(2, &fulfilled).await;
    scene.sent(3, 400).await;
    failed_payment(&scene, 4).await;
    scene.complete(5).await;
    yes(scene.store.delete(deletion(&scene, 5).await).await);
    let raw = scene.raw();
    (scene, raw)
}

#[tokio::test]
async fn plain_sql_deletes_nothing_that_is_live_or_was_paid() {
    let (_scene, raw) = scene().await;
    check(
        &raw,
        &[
            ("delete from payments where id = 1", "A-10"),
            ("delete from payments where id = 2", "A-10"),
            ("delete from payments where id = 3", "A-10"),
            ("delete from parts where payment_id = 1", "A-5"),
            ("delete from parts where payment_id = 2", "A-5"),
            ("delete from parts where payment_id = 3", "A-5"),
            ("delete from payments where id = 4", "A-5"),
        ],
    );
    // A tombstone lets go of what was paid, and of nothing that is out.
    raw.execute_batch(
        "insert into tombstones select payment_hash, id, 1 from payments where id <= 3",
    )
    .unwrap();
    check(
        &raw,
        &[
            ("delete from payments where id = 2", "A-10"),
            ("delete from payments where id = 3", "A-10"),
            (
                "delete from parts where payment_id = 2 and status = 0",
                "A-5",
            ),
            ("delete from parts where payment_id = 3", "A-5"),
        ],
    );
    raw.execute_batch("delete from parts where payment_id = 1; delete from payments where id = 1;")
        .unwrap();
}

#[tokio::test]
async fn a_tombstone_stays_and_keeps_its_hash_out() {
    let (_scene, raw) = scene().await;
    let comes_back = "insert into payments (id, payment_hash, direction, status, intended_msat, \
         requested_msat, destination, parts, live_parts, in_flight_msat, delivered_msat, sent_msat, \
         created_at, version) select 50, payment_hash, 0, 0, 1000, 1000, zeroblob(33), 1, 1, 1, 0, 1, 0, 1 \
         from tombstones";
    check(
        &raw,
        &[
            ("delete from tombstones", "A-10"),
            ("update tombstones set payment_hash = zeroblob(32)", "A-10"),
            ("update tombstones set deleted_at = 0", "A-10"),
            (comes_back, "A-10"),
            (
                "insert into tombstones values (zeroblob(31), 1, 0)",
                "CHECK",
            ),
            (
                "insert into tombstones values (zeroblob(32), 1, -1)",
                "CHECK",
            ),
        ],
    );
    // One without a payment comes where there is none.
    let buries = "insert into tombstones select payment_hash, null, 1 from payments where id = 1";
    check(&raw, &[(buries, "A-10")]);
    raw.execute_batch("insert into tombstones values (zeroblob(32), null, 0)")
        .unwrap();
    // Another payment's tombstone lets nothing go.
    raw.execute_batch(
        "insert into tombstones select payment_hash, 99, 1 from payments where id = 1",
    )
    .unwrap();
    check(&raw, &[("delete from payments where id = 1", "A-10")]);
}

/// All of them while the database is locked, so that they land together.
async fn together(scene: Scene, deletions: Vec<Deletion>) -> (Scene, Vec<Committed<Deleted>>) {
    let lock = scene.raw();
    lock.execute_batch("begin immediate").unwrap();
    let scene = Arc::new(scene);
    let delete = |deletion| {
        let scene = Arc::clone(&scene);
        tokio::spawn(async move { scene.store.delete(deletion).await })
    };
    let deleting: Vec<_> = deletions.into_iter().map(delete).collect();
    tokio::task::yield_now().await;
    lock.execute_batch("rollback").unwrap();
    let mut answers = Vec::new();
    for deleting in deleting {
        answers.push(deleting.await.unwrap());
    }
    (Arc::into_inner(scene).unwrap(), answers)
}

#[tokio::test]
async fn what_is_refused_or_out_of_date_in_a_batch_fails_alone() {
    let scene = Scene::new();
    for n in 1..=6 {
        failed_payment(&scene, n).await;
    }
    scene.complete(7).await;
    scene.sent(8, 400).await;
    let mut deletions = Vec::new();
    for n in 1..=7 {
        deletions.push(deletion(&scene, n).await);
    }
    let (out_of_date, paid, live) = (1, 6, 7);
    deletions[out_of_date].version += 1;
    deletions[paid].tombstone = false;
    let pending = scene.load(8).await.unwrap();
    deletions.push(Deletion {
        payment: pending.summary().id,
        payment_hash: hash(8),
        version: pending.summary().version,
        tombstone: true,
        at: AT,
    });
    let (scene, answers) = together(scene, deletions).await;
    for (index, answer) in answers.into_iter().enumerate() {
        let n = u64::try_from(index).unwrap() + 1;
        let is_there = scene.load(n).await.is_some();
        match answer {
            Committed::Yes(deleted) => {
                assert_eq!((deleted.parts, deleted.events), (1, 2), "payment {n}");
                assert!(!is_there, "payment {n}");
            }
            Committed::Conflict => assert!(is_there && index == out_of_date, "payment {n}"),
            Committed::Refused(why) => {
                assert!(
                    is_there && (index == paid || index == live),
                    "payment {n}: {why}"
                );
                assert!(why.contains("A-5"), "{why}");
            }
            other => panic!("payment {n}: {other:?}"),
        }
    }
    assert_eq!(number(&scene.raw(), "select count(*) from tombstones"), 0);
    assert_eq!(rows(&scene.raw())[0], 3);
}

#[tokio::test]
async fn a_hash_that_was_paid_and_deleted_is_a_conflict_in_a_batch_and_spoils_no_other() {
    let scene = Scene::new();
    scene.complete(5).await;
    yes(scene.store.delete(deletion(&scene, 5).await).await);
    let (scene, answers) = crate::support::together(scene, (1..=9).map(first).collect()).await;
    for (n, answer) in (1..).zip(answers) {
        if n == 5 {
            assert_eq!(answer, Committed::Conflict);
        } else {
            let is_dense = yes(answer).payment.0 == if n < 5 { n + 1 } else { n };
            assert!(is_dense && scene.load(n).await.is_some(), "payment {n}");
        }
    }
    assert_eq!(rows(&scene.raw())[0], 8);
}

/// Rule A-4, where the last numbers are those of what is deleted.
#[tokio::test]
async fn no_number_of_a_deleted_payment_is_used_again() {
    let mut scene = Scene::new();
    failed_payment(&scene, 1).await;
    scene.complete(2).await;
    for n in [2, 1] {
        yes(scene.store.delete(deletion(&scene, n).await).await);
    }
    assert_eq!(rows(&scene.raw()), [0, 0, 0, 0, 1]);
    let receipt = yes(scene.store.commit(first(3)).await);
    let numbers = (receipt.payment.0, receipt.part.unwrap().0, receipt.event);
    assert_eq!(numbers, (3, 4, 7));
    scene.run(3, &failed(receipt.part.unwrap())).await;
    yes(scene.store.delete(deletion(&scene, 3).await).await);
    scene.reopen(Options::default()).await;
    let receipt = yes(scene.store.commit(first(1)).await);
    let numbers = (receipt.payment.0, receipt.part.unwrap().0, receipt.event);
    assert_eq!(numbers, (4, 5, 9));
    let refused = scene.store.load(hash(2)).await;
    assert!(matches!(refused, Err(LoadError::Deleted(_))), "{refused:?}");
}

/// A COMMIT that fails on a deletion: see [`BOMB`].
fn bomb(raw: &Connection) {
    let bomb = BOMB.replace(
        "after insert on events when new.payment_id > 1",
        "after delete on payments",
    );
    raw.execute_batch(&bomb).unwrap();
}

#[tokio::test]
async fn after_a_failed_commit_the_fence_tells() {
    let scene = Scene::new();
    scene.complete(1).await;
    let raw = scene.raw();
    bomb(&raw);
    let (before, fences) = (rows(&raw), number(&raw, "select fences from counters"));
    let answer = scene.store.delete(deletion(&scene, 1).await).await;
    let says = matches!(&answer, Committed::Unavailable(why) if why.contains("FOREIGN KEY"));
    assert!(says, "{answer:?}");
    assert_eq!(rows(&raw), before, "nothing is deleted");
    assert!(number(&raw, "select fences from counters") > fences);
    raw.execute_batch(NO_BOMB).unwrap();
    yes(scene.store.delete(deletion(&scene, 1).await).await);
    assert_eq!(rows(&raw), [0, 0, 0, 0, 1]);
}

#[tokio::test]
async fn a_deletion_of_which_nothing_can_be_told_is_unknown_until_it_can() {
    let scene = Scene::new();
    failed_payment(&scene, 1).await;
    let raw = scene.raw();
    bomb(&raw);
    let sound = deletion(&scene, 1).await;
    let away = scene.path().with_extension("away");
    std::fs::rename(scene.path(), &away).unwrap();
    let answer = scene.store.delete(sound.clone()).await;
    assert!(matches!(&answer, Committed::Unknown(_)), "{answer:?}");
    let loaded = scene.store.load(hash(1)).await;
    let nobody_is_told = matches!(&loaded, Err(LoadError::Unavailable(_)));
    assert!(nobody_is_told, "{loaded:?}");
    std::fs::rename(&away, scene.path()).unwrap();
    assert!(scene.load(1).await.is_some(), "it was not durable");
    scene.raw().execute_batch(NO_BOMB).unwrap();
    yes(scene.store.delete(sound).await);
}
