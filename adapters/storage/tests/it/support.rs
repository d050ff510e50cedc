//! A store on a real file, and ways to reach behind its back.

use domain::contract::samples::Command;
use domain::contract::samples::{self, decided, failure, hash, preimage};
use domain::contract::store::Numbers;
use domain::{Committed, Outcome, PartId, Payment, PaymentStore, SendPart, Timestamp, Transition};
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use storage::{Options, SqliteStore};
use tempfile::TempDir;

/// A store on a real file in a folder that goes with it.
pub(crate) struct Scene {
    folder: TempDir,
    pub(crate) store: SqliteStore,
}

impl Scene {
    pub(crate) fn new() -> Scene {
        Scene::with(Options::default())
    }

    pub(crate) fn with(options: Options) -> Scene {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("db"), options).unwrap();
        Scene { folder, store }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("db")
    }

    /// Restarts the store.
    pub(crate) async fn reopen(&mut self, options: Options) {
        self.store.close().await;
        self.store = SqliteStore::open(&self.path(), options).unwrap();
    }

    /// Another program that has the database open.
    pub(crate) fn raw(&self) -> Connection {
        let raw = Connection::open(self.path()).unwrap();
        raw.execute_batch("pragma foreign_keys = on; pragma busy_timeout = 10000")
            .unwrap();
        raw
    }

    /// Another program that keeps no rule.
    pub(crate) fn vandal(&self) -> Connection {
        let raw = self.raw();
        let mut triggers = raw
            .prepare("select name from sqlite_schema where type = 'trigger'")
            .unwrap();
        let names = triggers.query_map([], |row| row.get(0)).unwrap();
        let names: Vec<String> = names.collect::<Result<_, _>>().unwrap();
        for name in names {
            raw.execute_batch(&format!("drop trigger {name}")).unwrap();
        }
        raw.execute_batch("pragma foreign_keys = off; pragma ignore_check_constraints = on")
            .unwrap();
        drop(triggers);
        raw
    }

    pub(crate) async fn load(&self, n: u64) -> Option<Payment> {
        self.store.load(hash(n)).await.unwrap()
    }

    /// Decides on what is stored, and commits.
    pub(crate) async fn run(&self, n: u64, command: &Command) -> Numbers {
        let payment = self.load(n).await;
        let transition = decided(payment.as_ref(), command).unwrap();
        yes(self.store.commit(transition).await).into()
    }

    /// A part of `amount` of payment `n` of 1,000.
    pub(crate) async fn sent(&self, n: u64, amount: u64) -> Numbers {
        self.run(n, &send(samples::part(n, amount, 1_000))).await
    }

    /// A payment that is complete, of two parts.
    pub(crate) async fn complete(&self, n: u64) {
        let one = self.sent(n, 400).await;
        let two = self.sent(n, 600).await;
        self.run(n, &fulfilled(n, one.part)).await;
        self.run(n, &fulfilled(n, two.part)).await;
    }
}

pub(crate) fn yes<T: std::fmt::Debug>(committed: Committed<T>) -> T {
    match committed {
        Committed::Yes(done) => done,
        other => panic!("not committed: {other:?}"),
    }
}

pub(crate) fn send(part: SendPart) -> Command {
    Command::Send(Box::new(part))
}

/// The first part of payment `n`, for nobody that is stored yet.
pub(crate) fn first(n: u64) -> Transition {
    decided(None, &send(samples::part(n, 400, 1_000))).unwrap()
}

pub(crate) fn fulfilled(n: u64, part: PartId) -> Command {
    Command::Resolve {
        part,
        word: Outcome::Fulfilled(*preimage(n).1.expose()),
        at: Timestamp(2_000_000),
    }
}

pub(crate) fn failed(part: PartId) -> Command {
    Command::Resolve {
        part,
        word: Outcome::Failed(Box::new(failure())),
        at: Timestamp(3_000_000),
    }
}

/// Commits all of them while the database is locked, so that they queue up and land together.
pub(crate) async fn together(
    scene: Scene,
    transitions: Vec<Transition>,
) -> (Scene, Vec<Committed>) {
    let lock = scene.raw();
    lock.execute_batch("begin immediate").unwrap();
    let scene = Arc::new(scene);
    let commit = |transition| {
        let scene = Arc::clone(&scene);
        tokio::spawn(async move { scene.store.commit(transition).await })
    };
    let commits: Vec<_> = transitions.into_iter().map(commit).collect();
    // One thread: after this each of them has been polled, and so has queued up.
    tokio::task::yield_now().await;
    lock.execute_batch("rollback").unwrap();
    let mut answers = Vec::new();
    for commit in commits {
        answers.push(commit.await.unwrap());
    }
    (Arc::into_inner(scene).unwrap(), answers)
}

/// From now on a COMMIT of payment 2 or later fails: a foreign key that is only checked then.
pub(crate) const BOMB: &str =
    "create table bombs (node integer references nodes (id) deferrable initially deferred);
    create trigger bomb after insert on events when new.payment_id > 1
    begin insert into bombs values (-1); end;";
pub(crate) const NO_BOMB: &str = "drop trigger bomb; drop table bombs;";

/// The events that began and ended each part.
pub(crate) fn events_of_parts(raw: &Connection) -> Vec<(i64, Option<i64>)> {
    let sql = "select accepted_event, ended_event from parts order by id";
    let mut rows = raw.prepare(sql).unwrap();
    let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

/// One number that another program reads.
pub(crate) fn number(raw: &Connection, sql: &str) -> i64 {
    raw.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// Everything that is in a folder.
pub(crate) fn names(folder: &Path) -> BTreeSet<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}
