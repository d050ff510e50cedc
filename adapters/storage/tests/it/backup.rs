//! Copies of a store that goes on: whole, or not there.

use crate::support::{Scene, first, names, number, yes};
use domain::contract::samples::hash;
use domain::{BackupError, Backups, PaymentStore};
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use storage::check::{Stop, check};
use storage::{Options, SqliteStore};

#[tokio::test]
async fn a_backup_holds_all_that_was_committed_and_a_copy_of_the_file_does_not() {
    let scene = Scene::new();
    scene.complete(1).await;
    scene.sent(2, 400).await;
    let folder = tempfile::tempdir().unwrap();
    let copied = folder.path().join("copied");
    std::fs::copy(scene.path(), &copied).unwrap();
    let payments = "select count(*) from payments";
    assert_eq!(
        number(&Connection::open(&copied).unwrap(), payments),
        0,
        "all of it is in the log"
    );

    let backup = folder.path().join("backup");
    let made = scene.store.back_up(backup.clone()).await.unwrap();
    assert_eq!((made.payments, made.parts, made.live_parts), (2, 3, 1));
    assert_eq!(made.last_event, 5);
    let file = std::fs::metadata(&backup).unwrap();
    assert_eq!(
        (file.len(), file.permissions().mode() & 0o777),
        (made.bytes, 0o600)
    );
    assert_eq!(
        names(folder.path()),
        [backup.clone(), copied].into(),
        "nothing is beside it"
    );

    let store = SqliteStore::open(&backup, Options::default()).unwrap();
    for n in [1, 2] {
        let (ours, copys) = (scene.load(n).await, store.load(hash(n)).await.unwrap());
        assert!(ours.is_some() && ours == copys);
    }
    assert_eq!(store.installation(), scene.store.installation());
}

#[tokio::test(flavor = "multi_thread")]
async fn payments_go_on_while_a_backup_is_made() {
    const BEFORE: u64 = 200;
    let scene = Scene::new();
    for n in 0..BEFORE {
        yes(scene.store.commit(first(n)).await);
    }
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("backup");
    let making = scene.store.back_up(backup.clone());
    let paying = async {
        for n in BEFORE..2 * BEFORE {
            yes(scene.store.commit(first(n)).await);
        }
    };
    let (made, ()) = tokio::join!(making, paying);
    let made = made.unwrap();
    assert!((BEFORE..=2 * BEFORE).contains(&made.payments), "{made:?}");
    assert_eq!(made.last_event, made.payments, "it is one moment");
    assert!(check(&backup, &Stop::default()).is_whole());
}

#[tokio::test]
async fn a_backup_replaces_nothing_and_is_nowhere_where_it_does_harm() {
    let scene = Scene::new();
    scene.complete(1).await;
    let folder = tempfile::tempdir().unwrap();
    let there = folder.path().join("there");
    std::fs::write(&there, "precious").unwrap();
    let link = folder.path().join("link");
    std::os::unix::fs::symlink("nowhere", &link).unwrap();
    let beside = |name: &str| scene.path().with_file_name(name);
    let before = names(folder.path());
    for (target, why) in [
        (there.clone(), "is there already"),
        (link, "is there already"),
        (folder.path().to_owned(), "is there already"),
        (scene.path(), "is there already"),
        (beside("db-journal"), "SQLite takes for its own"),
        (folder.path().join("copy-wal"), "SQLite takes for its own"),
        (folder.path().join("no/folder/copy"), "there is no folder"),
        (there.join("copy"), "there is no folder"),
        (PathBuf::from("copy"), "no absolute path"),
        (PathBuf::from("/"), "names no file"),
    ] {
        let refused = scene.store.back_up(target.clone()).await.unwrap_err();
        let shown = target.display();
        assert!(
            matches!(refused, BackupError::Target(_)),
            "{shown}: {refused:?}"
        );
        let why = why.replace("no absolute", "not an absolute");
        assert!(refused.to_string().contains(&why), "{shown}: {refused}");
    }
    assert_eq!(names(folder.path()), before);
    assert_eq!(std::fs::read_to_string(there).unwrap(), "precious");
    assert!(scene.load(1).await.is_some());
}

#[tokio::test]
async fn one_backup_is_made_at_a_time() {
    let scene = Scene::new();
    scene.complete(1).await;
    let folder = tempfile::tempdir().unwrap();
    let [one, two] = ["one", "two"].map(|name| folder.path().join(name));
    let (made, refused) = tokio::join!(
        scene.store.back_up(one.clone()),
        scene.store.back_up(two.clone())
    );
    made.unwrap();
    assert_eq!(refused.unwrap_err(), BackupError::Busy);
    scene.store.back_up(two.clone()).await.unwrap();
    assert_eq!(names(folder.path()), [one, two].into());
}

#[tokio::test]
async fn what_is_damaged_makes_no_backup() {
    let scene = Scene::new();
    scene.complete(1).await;
    let vandal = scene.vandal();
    vandal
        .execute_batch("update parts set amount_msat = 399 where id = 1")
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let refused = scene.store.back_up(folder.path().join("copy")).await;
    let refused = refused.unwrap_err();
    assert!(matches!(refused, BackupError::Damaged(_)), "{refused:?}");
    assert_eq!(names(folder.path()), BTreeSet::new());
}

/// Stopped at whatever moment: the file is whole, or not there.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_is_stopped_half_way_is_not_there() {
    for round in 0..5 {
        let scene = Scene::new();
        for n in 0..100 * (round + 1) {
            yes(scene.store.commit(first(n)).await);
        }
        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join("copy");
        let making = scene.store.back_up(copy.clone());
        let stopping = async {
            while names(folder.path()).is_empty() {
                tokio::task::yield_now().await;
            }
            scene.store.stop_backups();
        };
        let (made, ()) = tokio::join!(making, stopping);
        match made {
            Ok(_) => assert!(check(&copy, &Stop::default()).is_whole()),
            Err(error) => assert_eq!(error, BackupError::Stopped),
        }
        scene.store.close().await;
        assert!(names(folder.path()).is_empty() || copy.exists());
        assert!(names(folder.path()).len() < 2);
    }
}

#[tokio::test]
async fn a_store_that_closes_leaves_no_half_of_a_backup() {
    let scene = Scene::new();
    scene.complete(1).await;
    let folder = tempfile::tempdir().unwrap();
    scene.store.stop_backups();
    let stopped = scene.store.back_up(folder.path().join("copy")).await;
    assert_eq!(stopped.unwrap_err(), BackupError::Stopped);
    assert_eq!(names(folder.path()), BTreeSet::new());
    scene.store.close().await;
}
