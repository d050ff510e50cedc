//! Up, down, redo, status, and databases from elsewhere.

mod orders;

use crate::support::{Scene, events_of_parts, failed, fulfilled, number};
use domain::contract::samples::{hash, preimage};
use domain::{Burial, Committed, LoadError, PaymentStore, Timestamp};
use rusqlite::Connection;
use std::path::Path;
use storage::migrate::{self, MigrationStatus};
use storage::{MigrateError, OpenError, Options, SqliteStore};

fn applied(status: &[MigrationStatus]) -> Vec<bool> {
    status.iter().map(|migration| migration.applied).collect()
}

/// Everything that is in a schema, as text.
fn schema(path: &Path) -> String {
    let raw = Connection::open(path).unwrap();
    let sql = "select coalesce(group_concat(sql, ';'), '') from
               (select sql from sqlite_schema where name not like '\\_\\_%' escape '\\' order by name)";
    raw.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// Back to the schema before that migration.
fn undo(path: &Path, migration: &str) {
    let is_there = |status: &MigrationStatus| status.name == migration && status.applied;
    assert!(migrate::status(path).unwrap().iter().any(is_there));
    while migrate::down(path).unwrap().iter().any(is_there) {}
}

/// The one that tells parts of their events.
const PAGES: &str = "2026-11-28-130000_pages";

#[test]
fn each_step_can_be_undone_and_done_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let up = migrate::up(&path).unwrap();
    assert!(applied(&up).iter().all(|applied| *applied));
    assert_eq!(migrate::status(&path).unwrap(), up);
    let made = schema(&path);
    assert!(made.contains("A-1 ceiling"));

    assert_eq!(migrate::redo(&path).unwrap(), up);
    assert_eq!(schema(&path), made);

    for left in (0..up.len()).rev() {
        let down = migrate::down(&path).unwrap();
        assert_eq!(
            applied(&down).iter().filter(|applied| **applied).count(),
            left
        );
    }
    assert_eq!(schema(&path), "", "everything that was made is gone");
    let error = migrate::down(&path).unwrap_err();
    assert!(matches!(error, MigrateError::NothingApplied), "{error}");

    assert_eq!(migrate::up(&path).unwrap(), up);
    assert_eq!(schema(&path), made);
}

#[test]
fn the_schema_for_others_is_the_one_that_is_migrated_to() {
    let folder = tempfile::tempdir().unwrap();
    let (migrated, raw) = (folder.path().join("a"), folder.path().join("b"));
    migrate::up(&migrated).unwrap();
    let connection = Connection::open(&raw).unwrap();
    connection.execute_batch(migrate::SCHEMA).unwrap();
    assert_eq!(schema(&raw), schema(&migrated));
}

#[tokio::test]
async fn what_is_stored_survives_a_restart_and_the_last_redo_only() {
    let mut scene = Scene::new();
    scene.complete(1).await;
    scene.reopen(Options::default()).await;
    assert!(scene.load(1).await.is_some());
    scene.store.close().await;
    migrate::redo(&scene.path()).unwrap();
    scene.reopen(Options::default()).await;
    assert!(scene.load(1).await.is_some());
    scene.store.close().await;
    while migrate::down(&scene.path()).is_ok() {}
    migrate::up(&scene.path()).unwrap();
    scene.reopen(Options::default()).await;
    assert!(scene.load(1).await.is_none());
    scene.complete(1).await;
}

/// A database of before is told of its parts' events.
#[tokio::test]
async fn parts_learn_their_events_from_the_history() {
    let scene = Scene::new();
    scene.complete(1).await;
    let late = scene.sent(2, 400).await;
    let live = scene.sent(2, 500).await;
    scene.run(2, &failed(late.part)).await;
    scene.run(2, &fulfilled(2, late.part)).await;
    scene.store.close().await;
    let written = events_of_parts(&scene.raw());
    let (late_end, live_begin) = (written[2].1, written[3].0);
    assert_eq!(late_end, Some(live.event.cast_signed() + 1));
    assert_eq!(live_begin, live.event.cast_signed());
    undo(&scene.path(), PAGES);
    migrate::up(&scene.path()).unwrap();
    assert_eq!(events_of_parts(&scene.raw()), written);
}

/// What is damaged is found when it is read, as ever; it does not keep the daemon from starting.
#[tokio::test]
async fn a_damaged_history_is_no_reason_to_stay_behind() {
    let scene = Scene::new();
    scene.complete(1).await;
    scene.store.close().await;
    undo(&scene.path(), PAGES);
    scene
        .raw()
        .execute_batch("delete from events where seq in (1, 4)")
        .unwrap();
    migrate::up(&scene.path()).unwrap();
    let known = "select count(*) from parts where accepted_event is not null";
    assert_eq!(number(&scene.raw(), known), 0);
}

/// Nor does a damaged part.
#[tokio::test]
async fn a_part_that_breaks_a_rule_is_no_reason_to_stay_behind() {
    let mut scene = Scene::new();
    scene.complete(1).await;
    scene.store.close().await;
    undo(&scene.path(), PAGES);
    let damage = "drop trigger parts_have_one_outcome; pragma ignore_check_constraints = on;
                  update parts set status = 7 where id = 1;";
    scene.raw().execute_batch(damage).unwrap();
    scene.raw().execute_batch(TRIGGER).unwrap();
    scene.reopen(Options::default()).await;
    let found = scene.store.load(hash(1)).await;
    assert!(matches!(found, Err(LoadError::Damaged(_))), "{found:?}");
}

/// As the migrations before leave it.
const TRIGGER: &str = "create trigger parts_have_one_outcome before update of status on parts
    when not (old.status = 0 or (old.status = 2 and new.status = 1))
    begin select raise(fail, 'A-7: a part has one outcome'); end;";

/// Nor does a damaged payment.
#[tokio::test]
async fn a_payment_that_breaks_a_rule_is_no_reason_to_stay_behind() {
    let mut scene = Scene::new();
    scene.complete(1).await;
    scene.complete(2).await;
    scene.store.close().await;
    undo(&scene.path(), "2026-11-30-100000_invoice");
    let damage =
        "pragma ignore_check_constraints = on; update payments set status = 7 where id = 1;";
    scene.raw().execute_batch(damage).unwrap();
    scene.reopen(Options::default()).await;
    let found = scene.store.load(hash(1)).await;
    assert!(matches!(found, Err(LoadError::Damaged(_))), "{found:?}");
    assert!(scene.load(2).await.is_some());
}

/// a program that reads `counters` alone gives out none of the numbers that are there.
#[tokio::test]
async fn numbers_go_on_after_a_step_back() {
    let scene = Scene::new();
    scene.complete(1).await;
    scene.store.close().await;
    let raw = scene.raw();
    let last = || {
        ["last_payment", "last_part", "last_event"]
            .map(|last| number(&raw, &format!("select {last} from counters")))
    };
    assert_eq!(last(), [0, 0, 0]);
    while last() == [0, 0, 0] {
        migrate::down(&scene.path()).unwrap();
    }
    assert_eq!(last(), [1, 2, 4]);
}

/// Rule A-10: what was proven without a payment stays refused, whatever the schema can say of it.
#[tokio::test]
async fn a_step_back_forgets_no_tombstone() {
    let mut scene = Scene::new();
    let burial = Burial::proving(hash(1), *preimage(1).1.expose(), Timestamp(9)).unwrap();
    let buried = scene.store.bury(burial).await;
    assert_eq!(buried, Committed::Yes(()));
    scene.store.close().await;
    undo(&scene.path(), "2026-11-30-200000_unrecorded");
    let kept = "select count(*) from tombstones where payment_id = 0";
    assert_eq!(number(&scene.raw(), kept), 1);
    scene.reopen(Options::default()).await;
    let refused = scene.store.load(hash(1)).await;
    assert!(matches!(refused, Err(LoadError::Deleted(_))), "{refused:?}");
}

/// A database of before, in which payments were deleted and others came in, is told how many there are.
#[tokio::test]
async fn how_many_payments_there_are_is_counted_once() {
    let scene = Scene::new();
    for n in 1..=3 {
        scene.complete(n).await;
    }
    let failing = scene.sent(4, 400).await;
    scene.run(4, &failed(failing.part)).await;
    let payment = scene.load(4).await.expect("it is there");
    let deletion = payment
        .deletion(domain::Timestamp(9_000_000))
        .expect("it has ended");
    assert!(matches!(
        scene.store.delete(deletion).await,
        domain::Committed::Yes(_)
    ));
    scene.store.close().await;
    let counted = || {
        ["payments_gone", "payments_incoming"]
            .map(|count| number(&scene.raw(), &format!("select {count} from counters")))
    };
    assert_eq!(counted(), [1, 0]);
    undo(&scene.path(), "2026-11-30-150000_totals");
    let incoming = "insert into incoming_payments
        select 7, 1, payment_hash, payment_preimage, destination, null, 1, 1, 1, null, null, null
        from payments where id = 1";
    scene.raw().execute_batch(incoming).unwrap();
    migrate::up(&scene.path()).unwrap();
    assert_eq!(counted(), [3, 1], "4, 5 and 6 are nobody's");
}

#[tokio::test]
async fn a_newer_database_is_refused_and_left_alone() {
    let scene = Scene::new();
    scene.complete(1).await;
    scene.store.close().await;
    let raw = scene.raw();
    let future = "insert into __diesel_schema_migrations (version) values ('29991231000000')";
    raw.execute(future, []).unwrap();
    let refused = SqliteStore::open(&scene.path(), Options::default())
        .err()
        .unwrap();
    let OpenError::Migrate(MigrateError::Newer { version }) = &refused else {
        panic!("{refused}");
    };
    assert_eq!(version, "29991231000000");
    assert!(refused.to_string().contains("newer than this program"));
    for step in [migrate::up, migrate::down, migrate::redo, migrate::status] {
        let refused = step(&scene.path()).unwrap_err();
        assert!(matches!(refused, MigrateError::Newer { .. }), "{refused}");
    }
    assert_eq!(number(&raw, "select count(*) from payments"), 1);
}

/// What SQLite 3.40 knows (Debian 12) of what a schema may call. Whoever checks a backup has that, or later.
const KNOWN_TO_3_40: [&str; 9] = [
    "VARCHAR",
    "cast",
    "coalesce",
    "iif",
    "json_each",
    "length",
    "max",
    "randomblob",
    "raise",
];

#[test]
fn the_schema_calls_nothing_that_an_older_sqlite_does_not_know() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    migrate::up(&path).unwrap();
    let raw = Connection::open(&path).unwrap();
    let mut rows = raw
        .prepare("select sql from sqlite_schema where sql is not null")
        .unwrap();
    let rows = rows.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let mut calls = Vec::new();
    for sql in rows.map(Result::unwrap) {
        for (at, _) in sql.match_indices('(') {
            let before = sql[..at].chars().rev();
            let name: String = before
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            calls.push(name.chars().rev().collect::<String>());
        }
    }
    // A table's, an index's or a trigger's own words are followed by a blank.
    calls.retain(|name| !name.is_empty() && !KNOWN_TO_3_40.contains(&name.as_str()));
    assert_eq!(calls, [""; 0], "not known to be in SQLite 3.40");
}

/// The rule that they are in is kept as before.
#[tokio::test]
async fn a_request_id_has_at_most_128_bytes() {
    let scene = Scene::new();
    scene.complete(1).await;
    let raw = scene.raw();
    let insert = |id: &str| {
        let sql = "insert into requests values (?1, zeroblob(32), 1, 1)";
        raw.execute(sql, [id])
    };
    insert(&"\u{fc}".repeat(64)).unwrap();
    for wrong in [String::new(), "\u{fc}".repeat(64) + "x"] {
        let refused = insert(&wrong).unwrap_err().to_string();
        assert!(refused.contains("CHECK"), "{refused}");
    }
}

#[test]
fn what_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    std::fs::write(
        &path,
        "not a database, but long enough to be looked at. ".repeat(100),
    )
    .unwrap();
    let refused = SqliteStore::open(&path, Options::default()).err().unwrap();
    assert!(refused.to_string().contains("not a database"), "{refused}");
    let nowhere = folder.path().join("no/such/folder/db");
    let refused = SqliteStore::open(&nowhere, Options::default())
        .err()
        .unwrap();
    assert!(matches!(refused, OpenError::Unreadable { .. }), "{refused}");
    migrate::status(&folder.path().join("absent")).unwrap_err();
    assert!(
        !folder.path().join("absent").exists(),
        "asking makes nothing"
    );
}

#[cfg(unix)]
#[tokio::test]
async fn only_its_owner_can_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let scene = Scene::new();
    scene.complete(1).await;
    for suffix in ["", "-wal", "-shm"] {
        let path = format!("{}{suffix}", scene.path().display());
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{path}");
    }
}

#[tokio::test]
async fn any_path_is_a_path() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("50% off?mode=memory#\u{fc}.db");
    let store = SqliteStore::open(&path, Options::default()).unwrap();
    store.close().await;
    assert!(
        number(
            &Connection::open(&path).unwrap(),
            "select last_event from counters"
        ) == 0
    );
}
