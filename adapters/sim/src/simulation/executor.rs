//! Who goes on next: one task at a time, chosen by chance among those who can.

use super::chance::Chance;
use domain::{Mutex, Spawner};
use futures::future::BoxFuture;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, MutexGuard};
use std::task::{Context, Wake, Waker};

/// Whose task it is: a daemon's end with that daemon.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Owner {
    /// The world outside.
    World,
    /// Someone who wants to pay: everything has come to rest only when none is left.
    Caller,
    /// The daemon in that life of it.
    Daemon(u32),
}

struct Task {
    owner: Owner,
    work: BoxFuture<'static, ()>,
}

/// Every task there is.
pub(super) struct Executor {
    tasks: BTreeMap<u64, Task>,
    next: u64,
    ready: Ready,
    inbox: Inbox,
}

type Ready = Arc<Mutex<BTreeSet<u64>>>;

/// Where new tasks come in.
#[derive(Clone, Default)]
pub(super) struct Inbox(Arc<Mutex<Vec<Task>>>);

impl Executor {
    pub(super) fn new(inbox: Inbox) -> Executor {
        Executor {
            tasks: BTreeMap::new(),
            next: 0,
            ready: Ready::default(),
            inbox,
        }
    }

    /// Lets one task go on, if there is one that can.
    pub(super) fn turn(&mut self, chance: &Chance) -> bool {
        self.take_in();
        let Some(id) = self.choose(chance) else {
            return false;
        };
        if let Some(mut task) = self.tasks.remove(&id) {
            let waker = Waker::from(Arc::new(Alarm {
                id,
                ready: self.ready.clone(),
            }));
            let done = task.work.as_mut().poll(&mut Context::from_waker(&waker));
            if done.is_pending() {
                self.tasks.insert(id, task);
            }
        }
        true
    }

    /// The end of every task of that owner's, in the middle of whatever it does.
    pub(super) fn kill(&mut self, owner: Owner) {
        self.take_in();
        self.tasks.retain(|_, task| task.owner != owner);
    }

    /// How many tasks of that owner's there are.
    pub(super) fn count(&mut self, owner: Owner) -> usize {
        self.take_in();
        let tasks = self.tasks.values();
        tasks.filter(|task| task.owner == owner).count()
    }

    fn choose(&self, chance: &Chance) -> Option<u64> {
        let mut ready = lock(&self.ready);
        if ready.is_empty() {
            return None;
        }
        let count = u64::try_from(ready.len()).unwrap_or(u64::MAX);
        let index = usize::try_from(chance.below(count)).unwrap_or(0);
        let id = ready.iter().nth(index).copied()?;
        ready.remove(&id);
        Some(id)
    }

    fn take_in(&mut self) {
        for task in std::mem::take(&mut *lock(&self.inbox.0)) {
            self.tasks.insert(self.next, task);
            lock(&self.ready).insert(self.next);
            self.next += 1;
        }
    }
}

impl Inbox {
    pub(super) fn spawn(&self, owner: Owner, work: BoxFuture<'static, ()>) {
        lock(&self.0).push(Task { owner, work });
    }
}

/// The engine's own work, in one life of its daemon.
pub(super) struct DaemonSpawner {
    pub(super) inbox: Inbox,
    pub(super) life: u32,
}

impl Spawner for DaemonSpawner {
    fn spawn(&self, work: BoxFuture<'static, ()>) {
        self.inbox.spawn(Owner::Daemon(self.life), work);
    }
}

struct Alarm {
    id: u64,
    ready: Ready,
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        lock(&self.ready).insert(self.id);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock()
}
