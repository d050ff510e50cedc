//! The step to orders, and back while nothing of an order would be lost.

use super::{schema, undo};
use crate::support::{Scene, failed, fulfilled, number, send, yes};
use domain::contract::samples::{Command, decided, hash, order, ordered};
use domain::{LoadError, PartId, PaymentStore, StatusKind, Timestamp, Why};
use rusqlite::Connection;
use storage::{Options, migrate};

const ORDERS: &str = "2026-11-30-220000_orders";

/// Decides on what is stored, and commits.
async fn run(scene: &Scene, n: u64, command: &Command) -> Option<PartId> {
    let payment = scene.load(n).await;
    let transition = decided(payment.as_ref(), command).unwrap();
    yes(scene.store.commit(transition).await).part
}

async fn opened(scene: &Scene, n: u64) {
    let order = Command::Open(Box::new(order(n, 1_000, 5_000)));
    run(scene, n, &order).await;
}

async fn closed(scene: &Scene, n: u64) {
    let (why, at) = (Why::Abandoned, Timestamp(9));
    run(scene, n, &Command::Close { why, at }).await;
}

/// Payment `n` has had an order, whose only part failed.
async fn tried(scene: &Scene, n: u64) {
    opened(scene, n).await;
    let part = run(scene, n, &send(ordered(n, 400, 1_000))).await;
    run(scene, n, &failed(part.expect("it is about a part"))).await;
    closed(scene, n).await;
}

/// The rows of before, with the columns of before.
fn rows(raw: &Connection) -> Vec<String> {
    let columns = "select group_concat(name, ', ') from pragma_table_info('payments')
        where name not in ('order_deadline', 'deliver_msat', 'max_fee_msat')";
    let columns: String = raw.query_row(columns, [], |row| row.get(0)).unwrap();
    let tables = [
        "parts",
        "events",
        "requests",
        "tombstones",
        "counters",
        "nodes",
        "cursors",
    ];
    let all = tables.map(|table| format!("select * from {table}"));
    let all = std::iter::once(format!("select {columns} from payments")).chain(all);
    all.map(|sql| {
        let mut rows = raw.prepare(&sql).unwrap();
        let width = rows.column_count();
        let row = |row: &rusqlite::Row<'_>| {
            let value = |index| row.get::<_, rusqlite::types::Value>(index);
            let values: Result<Vec<_>, _> = (0..width).map(value).collect();
            Ok(format!("{:?}", values?))
        };
        let rows = rows.query_map([], row).unwrap();
        rows.collect::<Result<Vec<_>, _>>().unwrap().join("\n")
    })
    .collect()
}

/// A database that was written before there was `pay`: nothing of it changes, there and back.
#[tokio::test]
async fn rows_of_before_stay_as_they_are() {
    let mut scene = Scene::new();
    scene.complete(1).await;
    scene.sent(2, 400).await;
    let end = scene.sent(3, 400).await;
    scene.run(3, &failed(end.part)).await;
    let gone = scene.sent(4, 1_000).await;
    scene.run(4, &fulfilled(4, gone.part)).await;
    let paid = scene.load(4).await.expect("it is there");
    yes(scene
        .store
        .delete(paid.deletion(Timestamp(9)).unwrap())
        .await);
    let before = [
        scene.load(1).await,
        scene.load(2).await,
        scene.load(3).await,
    ];
    scene.store.close().await;
    let raw = scene.raw();
    let (written, made) = (rows(&raw), schema(&scene.path()));
    undo(&scene.path(), ORDERS);
    assert!(!schema(&scene.path()).contains("max_fee_msat"));
    assert_eq!(rows(&raw), written, "back");
    migrate::up(&scene.path()).unwrap();
    assert_eq!(
        (rows(&raw), schema(&scene.path())),
        (written, made),
        "and there"
    );
    assert_eq!(
        number(&raw, "select count(*) from pragma_foreign_key_check"),
        0
    );
    scene.reopen(Options::default()).await;
    let after = [
        scene.load(1).await,
        scene.load(2).await,
        scene.load(3).await,
    ];
    assert_eq!(after, before);
    let deleted = scene.store.load(hash(4)).await;
    assert!(matches!(deleted, Err(LoadError::Deleted(_))), "{deleted:?}");
    opened(&scene, 3).await;
}

/// What an order still has to do, or a payment that is nothing but its order, is not forgotten.
#[tokio::test]
async fn there_is_no_way_back_while_an_order_is_open_or_has_a_payment_to_itself() {
    for (case, close) in [("open", false), ("closed, without a part", true)] {
        let mut scene = Scene::new();
        scene.complete(1).await;
        opened(&scene, 2).await;
        if close {
            closed(&scene, 2).await;
        }
        let before = scene.load(2).await;
        scene.store.close().await;
        let (raw, made) = (scene.raw(), schema(&scene.path()));
        let written = rows(&raw);
        let refused = migrate::down(&scene.path()).unwrap_err().to_string();
        assert!(
            refused.contains("CHECK constraint failed: open = 0"),
            "{case}: {refused}"
        );
        assert_eq!(
            (rows(&raw), schema(&scene.path())),
            (written, made),
            "{case}"
        );
        scene.reopen(Options::default()).await;
        assert_eq!(scene.load(2).await, before, "{case}");
    }
    let mut scene = Scene::new();
    opened(&scene, 2).await;
    run(&scene, 2, &send(ordered(2, 400, 1_000))).await;
    scene.store.close().await;
    migrate::down(&scene.path()).unwrap_err();
    scene.reopen(Options::default()).await;
    assert!(scene.load(2).await.is_some());
}

/// What was paid or has failed stays, without why; it can go back and come again.
#[tokio::test]
async fn a_step_back_forgets_what_was_asked_for_and_no_money() {
    let mut scene = Scene::new();
    tried(&scene, 1).await;
    opened(&scene, 2).await;
    let part = run(&scene, 2, &send(ordered(2, 1_000, 1_000))).await;
    run(&scene, 2, &fulfilled(2, part.expect("it is about a part"))).await;
    let last = number(&scene.raw(), "select max(seq) from events");
    scene.store.close().await;
    undo(&scene.path(), ORDERS);
    let raw = scene.raw();
    let orders = "select count(*) from sqlite_schema where tbl_name = 'orders'";
    assert_eq!(number(&raw, orders), 0);
    assert_eq!(
        number(&raw, "select count(*) from events where kind > 8"),
        0
    );
    assert_eq!(
        number(&raw, "select count(*) from pragma_foreign_key_check"),
        0
    );
    let untouched: String = raw
        .query_row("pragma integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(untouched, "ok");
    scene.reopen(Options::default()).await;
    for (n, status) in [(1, StatusKind::Failed), (2, StatusKind::Complete)] {
        let payment = scene.load(n).await.expect("it is there");
        assert_eq!((payment.status(), payment.order()), (status, None));
    }
    // Rule A-4: no number of what went is given out again.
    opened(&scene, 1).await;
    let next = number(&scene.raw(), "select max(seq) from events");
    assert_eq!(next, last + 1);
}
