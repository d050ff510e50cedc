//! What everybody in the simulation shares.

use super::chance::{Chance, Fault};
use super::executor::{Inbox, Owner};
use super::graph::Graph;
use super::history::Happening;
use super::judge::Judge;
use super::time::Time;
use super::truth::Truth;
use domain::{Mutex, PaymentHash};
use futures::future::BoxFuture;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, MutexGuard};
use std::time::Duration;

/// A short while: what anything may take.
const SHORT: Duration = Duration::from_millis(5);
/// A long while: what something slow takes.
const LONG: Duration = Duration::from_secs(40);

/// The world.
pub(super) struct World {
    pub(super) chance: Chance,
    pub(super) time: Time,
    pub(super) inbox: Inbox,
    /// Whether somebody deletes payments: in two of five seeds, and the others are as they would be
    /// without deletions.
    pub(super) deletes: bool,
    /// Whether parts are often called failed falsely and end long after, and their callers give up at once:
    /// so that payments are deleted which then turn out to be paid. In one of ten seeds, and the others are
    /// as they would be without.
    pub(super) ends_late: bool,
    /// Whether some callers use `pay`: in one of three seeds, and the others are as they would be without.
    pub(super) orders: bool,
    /// What the channels of a world with orders can carry.
    pub(super) graph: Option<Graph>,
    judge: Mutex<Judge>,
    truth: Mutex<Truth>,
    moves: AtomicU64,
    history: Option<Mutex<Vec<Happening>>>,
}

impl World {
    pub(super) fn new(seed: u64, record: bool) -> Arc<World> {
        let chance = Chance::new(seed);
        Arc::new(World {
            orders: chance.has_orders(),
            graph: chance.has_orders().then(|| Graph::new(&chance)),
            chance,
            time: Time::default(),
            inbox: Inbox::default(),
            deletes: seed % 5 > 2,
            ends_late: seed % 10 == 9,
            judge: Mutex::default(),
            truth: Mutex::default(),
            moves: AtomicU64::new(0),
            history: record.then(Mutex::default),
        })
    }

    /// Another move begins.
    pub(super) fn moved(&self) -> u64 {
        self.moves.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(super) fn moves(&self) -> u64 {
        self.moves.load(Ordering::Relaxed)
    }

    /// Some time passes: little, or much if that is what goes wrong.
    pub(super) async fn pause(&self, slow: Fault) {
        let longest = if self.chance.strikes(slow) {
            LONG
        } else {
            SHORT
        };
        self.time.sleep(self.chance.up_to(longest)).await;
    }

    pub(super) fn spawn(&self, owner: Owner, work: BoxFuture<'static, ()>) {
        self.inbox.spawn(owner, work);
    }

    /// Writes down what happened, if anybody will read it.
    pub(super) fn note(&self, payment: Option<PaymentHash>, what: impl FnOnce() -> String) {
        if let Some(history) = &self.history {
            let happening = Happening {
                moves: self.moves(),
                time: self.time.now(),
                payment,
                what: what(),
            };
            lock(history).push(happening);
        }
    }

    pub(super) fn history(&self) -> Vec<Happening> {
        let history = self.history.as_ref();
        history
            .map(|history| lock(history).clone())
            .unwrap_or_default()
    }

    pub(super) fn judge(&self) -> MutexGuard<'_, Judge> {
        lock(&self.judge)
    }

    pub(super) fn truth(&self) -> MutexGuard<'_, Truth> {
        lock(&self.truth)
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock()
}
