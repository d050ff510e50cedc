//! Whether a file is whole, and what is told if it is not.

use crate::support::{Scene, failed, names, number};
use domain::Backups;
use rusqlite::Connection;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use storage::check::{Findings, Stop, check};
use storage::{Options, SqliteStore, migrate};

async fn scene() -> Scene {
    let scene = Scene::new();
    scene.complete(1).await;
    let receipt = scene.sent(2, 400).await;
    scene.run(2, &failed(receipt.part)).await;
    scene.sent(3, 500).await;
    scene
}

fn looked_at(path: &Path) -> Findings {
    check(path, &Stop::default())
}

/// The first problem contains that.
fn says(path: &Path, why: &str) {
    let findings = looked_at(path);
    let is_told = findings
        .problems
        .iter()
        .any(|problem| problem.contains(why));
    assert!(is_told, "{why}: {findings:?}");
}

#[tokio::test]
async fn a_whole_database_is_found_whole_live_closed_and_as_a_backup() {
    let mut scene = scene().await;
    let backup = scene.path().with_file_name("backup");
    scene.store.back_up(backup.clone()).await.unwrap();
    let folder = scene.path().parent().unwrap().to_owned();
    let live = looked_at(&scene.path());
    assert_eq!(live.problems, [""; 0]);
    assert_eq!((live.payments, live.parts, live.live_parts), (3, 4, 1));
    assert_eq!((live.incoming, live.tombstones, live.last_event), (0, 0, 7));
    assert_eq!(looked_at(&backup), live);
    scene.store.close().await;
    let before = names(&folder);
    assert_eq!(looked_at(&scene.path()), live);
    assert_eq!(looked_at(&backup), live);
    assert_eq!(names(&folder), before, "looking makes nothing");
    // Where nothing could be made, too.
    for mode in [0o500, 0o700] {
        std::fs::set_permissions(&folder, Permissions::from_mode(mode)).unwrap();
        assert_eq!(looked_at(&scene.path()), live);
    }
    scene.reopen(Options::default()).await;
}

/// As a killed daemon leaves it, or a careful copy: what is in the log counts, and stays there.
#[tokio::test]
async fn a_file_with_its_log_is_read_with_it_and_neither_changes() {
    let scene = scene().await;
    let folder = tempfile::tempdir().unwrap();
    let (copy, log) = (folder.path().join("db"), folder.path().join("db-wal"));
    std::fs::copy(scene.path(), &copy).unwrap();
    std::fs::copy(format!("{}-wal", scene.path().display()), &log).unwrap();
    let read = || (std::fs::read(&copy).unwrap(), std::fs::read(&log).unwrap());
    let before = read();
    let findings = looked_at(&copy);
    assert_eq!((findings.payments, &findings.problems[..]), (3, &[][..]));
    assert!(read() == before);
}

/// Each of them breaks one thing behind the store's back.
#[tokio::test]
async fn what_is_broken_is_named() {
    for (sql, why) in [
        ("drop trigger parts_are_kept", "the trigger parts_are_kept is missing"),
        ("drop index parts_by_payment", "the index parts_by_payment is missing"),
        ("create table other (a)", "the table other is none of ours"),
        (
            "pragma writable_schema = on; update sqlite_schema
             set sql = replace(sql, '\"A-6 proof\" check (', '\"A-6 proof\" check (1 or ') where name = 'payments'",
            "the table payments is another",
        ),
    ] {
        let scene = scene().await;
        scene.raw().execute_batch(sql).unwrap();
        says(&scene.path(), why);
    }
    for (sql, why) in [
        (
            "update parts set amount_msat = 399 where id = 1",
            "payment 1: ",
        ),
        (
            "update payments set version = 0 where id = 2",
            "SQLite: CHECK",
        ),
        (
            "update payments set payment_hash = x'00' where id = 3",
            "payment 3: ",
        ),
        ("delete from parts where id = 4", "payment 3: "),
        (
            "delete from payments where id = 3",
            "refers to a row of payments that is missing",
        ),
        ("update events set kind = 11 where seq = 1", "event 1: "),
        ("delete from installation", "installation has not one row"),
        ("delete from counters", "counters has not one row"),
    ] {
        let scene = scene().await;
        let changed = scene.vandal().execute(sql, []).unwrap();
        assert_eq!(changed, 1, "{sql}");
        says(&scene.path(), why);
    }
}

#[tokio::test]
async fn what_is_no_database_of_ours_is_told_as_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    says(&file("absent"), "No such file");
    says(folder.path(), "");
    std::fs::write(file("empty"), "").unwrap();
    says(&file("empty"), "is empty");
    std::fs::write(file("text"), "no database, but long enough. ".repeat(100)).unwrap();
    says(&file("text"), "not a database");
    let other = Connection::open(file("other")).unwrap();
    other.execute_batch("create table t (a)").unwrap();
    says(&file("other"), "not one of Ampere");

    migrate::up(&file("newer")).unwrap();
    let newer = Connection::open(file("newer")).unwrap();
    let future = "insert into __diesel_schema_migrations (version) values ('29991231000000')";
    newer.execute(future, []).unwrap();
    drop(newer);
    says(&file("newer"), "does not know migration 29991231000000");
    migrate::up(&file("older")).unwrap();
    migrate::down(&file("older")).unwrap();
    let older = looked_at(&file("older"));
    assert!(older.is_whole(), "{older:?}");
    assert_eq!(older.pending_migrations.len(), 1, "{older:?}");
}

/// A disk that lies, a copy that was cut off.
#[tokio::test]
async fn torn_files_are_found() {
    let scene = scene().await;
    scene.store.close().await;
    let whole = std::fs::read(scene.path()).unwrap();
    let torn = scene.path().with_file_name("torn");
    for end in [100, 4096, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&torn, &whole[..end]).unwrap();
        assert!(!looked_at(&torn).is_whole(), "cut at {end}");
    }
    let mut bytes = whole.clone();
    let page = bytes.len() / 4096 / 2 * 4096;
    bytes[page..page + 4096].fill(0xa5);
    std::fs::write(&torn, &bytes).unwrap();
    assert!(!looked_at(&torn).is_whole(), "a page of noise");
    std::fs::write(&torn, &whole).unwrap();
    assert!(looked_at(&torn).is_whole());
}

#[tokio::test]
async fn many_problems_are_counted() {
    let scene = Scene::new();
    for n in 0..30 {
        scene.sent(n, 400).await;
    }
    scene
        .vandal()
        .execute_batch("update parts set amount_msat = 399")
        .unwrap();
    let findings = looked_at(&scene.path());
    assert_eq!(findings.problems.len(), 20);
    assert!(findings.more_problems >= 10, "{findings:?}");
}

#[tokio::test]
async fn a_check_that_is_stopped_says_so() {
    let scene = scene().await;
    let stop = Stop::default();
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    assert!(!check(&scene.path(), &stop).is_whole());
}

/// A log belongs to one database: into another that was put in its place SQLite would write what it never held.
#[tokio::test]
async fn a_backup_beside_the_log_of_another_is_refused_and_left_alone() {
    let scene = scene().await;
    let folder = tempfile::tempdir().unwrap();
    let (copy, log) = (folder.path().join("db"), folder.path().join("db-wal"));
    scene.store.back_up(copy.clone()).await.unwrap();
    let foreign = format!("{}-wal", scene.path().display());
    std::fs::copy(foreign, &log).unwrap();
    let before = (std::fs::read(&copy).unwrap(), std::fs::read(&log).unwrap());
    says(&copy, "is not the log of");
    let refused = SqliteStore::open(&copy, Options::default()).err().unwrap();
    assert!(
        refused.to_string().contains("is not the log of"),
        "{refused}"
    );
    let after = (std::fs::read(&copy).unwrap(), std::fs::read(&log).unwrap());
    assert!(before == after);
    std::fs::remove_file(log).unwrap();
    let store = SqliteStore::open(&copy, Options::default()).unwrap();
    store.close().await;
    assert!(looked_at(&copy).is_whole());
}

/// SQLite takes an empty file for a new database, and throws away the log beside it.
#[tokio::test]
async fn an_empty_or_missing_file_beside_a_log_is_refused_and_the_log_is_kept() {
    for is_empty in [true, false] {
        let scene = scene().await;
        let folder = tempfile::tempdir().unwrap();
        let (lost, log) = (folder.path().join("db"), folder.path().join("db-wal"));
        std::fs::copy(format!("{}-wal", scene.path().display()), &log).unwrap();
        if is_empty {
            std::fs::write(&lost, "").unwrap();
        }
        let before = std::fs::read(&log).unwrap();
        let refused = SqliteStore::open(&lost, Options::default()).err().unwrap();
        assert!(
            refused.to_string().contains("is not the log of"),
            "{refused}"
        );
        assert!(migrate::up(&lost).is_err());
        assert!(std::fs::read(&log).unwrap() == before);
        assert_eq!(lost.exists(), is_empty);
    }
}

#[tokio::test]
async fn where_a_database_has_been_before_none_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let used = Options {
        may_be_new: false,
        ..Options::default()
    };
    let path = folder.path().join("db");
    let refused = |how: &str| {
        let refused = SqliteStore::open(&path, used.clone()).err().unwrap();
        assert!(refused.to_string().contains(how), "{refused}");
        assert!(
            refused.to_string().contains("has been used before"),
            "{refused}"
        );
    };
    refused("is missing");
    assert!(!path.exists());
    std::fs::write(&path, "").unwrap();
    refused("is empty");
    // A database, and nothing in it.
    let raw = Connection::open(&path).unwrap();
    raw.execute_batch("pragma user_version = 1").unwrap();
    drop(raw);
    refused("holds nothing");
    std::fs::remove_file(&path).unwrap();
    let store = SqliteStore::open(&path, Options::default()).unwrap();
    store.close().await;
    let store = SqliteStore::open(&path, used.clone()).unwrap();
    store.close().await;
}

#[tokio::test]
async fn another_programs_database_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let raw = Connection::open(&path).unwrap();
    raw.execute_batch("create table t (a)").unwrap();
    let refused = SqliteStore::open(&path, Options::default()).err().unwrap();
    assert!(refused.to_string().contains("another program"), "{refused}");
    let tables = number(&raw, "select count(*) from sqlite_schema");
    assert_eq!(tables, 1);
}
