//! What a store finds when it is opened, to whom it belongs, and what it leaves when it is closed.

use crate::support::{BOMB, NO_BOMB, Scene, first, number, together, yes};
use domain::contract::samples::hash;
use domain::{Committed, LoadError, NodeIdentity, NodeName, PaymentStore, Unavailable};
use std::time::Duration;
use storage::{Options, SqliteStore};

#[tokio::test]
async fn what_an_open_store_finds_has_been_made_durable() {
    let mut scene = Scene::new();
    for opened in 1..4 {
        // A commit of its own, which waits for the whole log to reach the disk.
        let fences = number(&scene.raw(), "select fences from counters");
        assert_eq!(fences, opened);
        scene.reopen(Options::default()).await;
    }
    scene.store.close().await;
    let lock = scene.raw();
    lock.execute_batch("begin immediate").unwrap();
    let impatient = Options {
        busy_timeout: Duration::from_millis(20),
        ..Options::default()
    };
    let refused = SqliteStore::open(&scene.path(), impatient).err().unwrap();
    assert!(refused.to_string().contains("locked"), "{refused}");
}

#[tokio::test]
async fn a_node_that_cannot_be_bound_is_not() {
    let scene = Scene::with(Options {
        busy_timeout: Duration::from_millis(20),
        ..Options::default()
    });
    let bind = |identity| {
        let node = NodeName::new("alice");
        scene.store.bind(node, NodeIdentity::new(identity))
    };
    let lock = scene.raw();
    lock.execute_batch("begin immediate").unwrap();
    assert!(bind("one").await.is_err());
    lock.execute_batch("rollback").unwrap();
    // A failed COMMIT that gives out no number is not taken for durable.
    lock.execute_batch(&BOMB.replace("events when new.payment_id > 1", "nodes"))
        .unwrap();
    let bound = bind("one").await;
    assert!(matches!(&bound, Err(Unavailable(reason)) if reason.contains("FOREIGN KEY")));
    lock.execute_batch(NO_BOMB).unwrap();
    // A part may be older than its node's identity.
    scene.sent(1, 400).await;
    assert_eq!(bind("two").await, Ok(NodeIdentity::new("two")));
    assert_eq!(bind("one").await, Ok(NodeIdentity::new("two")));
}

#[tokio::test]
async fn what_is_queued_is_committed_before_it_closes() {
    let (mut scene, answers) = together(Scene::new(), (1..=50).map(first).collect()).await;
    assert_eq!(answers.into_iter().map(yes).count(), 50);
    let path = scene.path();
    scene.store.close().await;
    scene.store.close().await;
    let closed = Unavailable("the store is closed".to_owned());
    let answer = scene.store.commit(first(51)).await;
    assert_eq!(answer, Committed::Unavailable(closed.0.clone()));
    assert_eq!(
        scene.store.load(hash(1)).await,
        Err(LoadError::Unavailable(closed))
    );
    assert!(!path.with_extension("wal").exists(), "the log was emptied");
    scene.reopen(Options::default()).await;
    assert!(scene.load(50).await.is_some());
}

#[tokio::test]
async fn a_store_that_is_dropped_commits_what_is_queued() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let store = SqliteStore::open(&path, Options::default()).unwrap();
    let receipt = yes(store.commit(first(1)).await);
    drop(store);
    let store = SqliteStore::open(&path, Options::default()).unwrap();
    let payment = store.load(hash(1)).await.unwrap().unwrap();
    assert!(payment.part(receipt.part.unwrap()).is_some());
}

/// Whoever writes without a pause would otherwise never let it begin anew, and would pay for its growth.
#[tokio::test]
async fn the_log_is_written_over_while_one_caller_goes_on() {
    const PAYMENTS: u64 = 1_000;
    let scene = Scene::with(Options {
        checkpoint_every: 16,
        log_bytes: 0,
        ..Options::default()
    });
    for n in 0..PAYMENTS {
        scene.sent(n, 1_000).await;
    }
    let log = std::fs::metadata(format!("{}-wal", scene.path().display())).unwrap();
    // A page of 4 KiB each for the payment, the part, the event and three indices.
    let written = PAYMENTS * 6 * 4_096;
    assert!(log.len() < written / 4, "{} of {written}", log.len());
}

#[tokio::test]
async fn the_log_has_its_length_from_the_start_and_what_is_in_it_is_found_after_a_kill() {
    const BYTES: u64 = 1 << 20;
    let options = Options {
        log_bytes: BYTES,
        ..Options::default()
    };
    let scene = Scene::with(options.clone());
    scene.complete(1).await;
    let log = format!("{}-wal", scene.path().display());
    assert_eq!(std::fs::metadata(&log).unwrap().len(), BYTES);

    // As it is when a process is killed: nothing of the log has been moved.
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("db");
    std::fs::copy(scene.path(), &copy).unwrap();
    std::fs::copy(&log, folder.path().join("db-wal")).unwrap();
    let store = SqliteStore::open(&copy, options).unwrap();
    assert!(store.load(hash(1)).await.unwrap().is_some());
    store.close().await;
    let store = SqliteStore::open(&copy, Options::default()).unwrap();
    assert!(store.load(hash(1)).await.unwrap().is_some());
}

#[tokio::test]
async fn statistics_of_another_program_go_with_the_next_start() {
    let mut scene = Scene::new();
    scene.complete(1).await;
    scene.raw().execute_batch("analyze").unwrap();
    let statistics = "select count(*) from sqlite_schema where name = 'sqlite_stat1'";
    assert_eq!(number(&scene.raw(), statistics), 1);
    scene.reopen(Options::default()).await;
    assert_eq!(number(&scene.raw(), statistics), 0);
    assert!(scene.load(1).await.is_some());
}
