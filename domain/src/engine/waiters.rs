//! Callers that wait. A waiter is an entry in a map and a place in its caller's future: no task, no
//! polling, and nothing is left of it once its caller is gone.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

/// Those who wait for the end of a `K`, which is a `V`.
pub(super) struct Waiters<K, V> {
    ends: Mutex<HashMap<K, watch::Sender<Option<Arc<V>>>>>,
    count: AtomicUsize,
}

/// One who waits. Register first, look at the state second: then no end can fall in between.
pub(super) struct Waiter<'a, K: Eq + Hash + Copy, V> {
    waiters: &'a Waiters<K, V>,
    key: K,
    end: watch::Receiver<Option<Arc<V>>>,
}

impl<K: Eq + Hash + Copy, V> Waiters<K, V> {
    pub(super) fn new() -> Self {
        Waiters {
            ends: Mutex::default(),
            count: AtomicUsize::new(0),
        }
    }

    pub(super) fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    pub(super) fn register(&self, key: K) -> Waiter<'_, K, V> {
        let end = self
            .ends()
            .entry(key)
            .or_insert_with(|| watch::Sender::new(None))
            .subscribe();
        self.count.fetch_add(1, Ordering::Relaxed);
        Waiter {
            waiters: self,
            key,
            end,
        }
    }

    /// Tells everyone who waits for `key`. `end` is made only if somebody does.
    pub(super) fn wake(&self, key: K, end: impl FnOnce() -> V) {
        let sender = self.ends().remove(&key);
        if let Some(sender) = sender {
            sender.send_replace(Some(Arc::new(end())));
        }
    }

    /// Sends everyone away: the daemon stops.
    pub(super) fn dismiss(&self) {
        self.ends().clear();
    }

    fn ends(&self) -> std::sync::MutexGuard<'_, HashMap<K, watch::Sender<Option<Arc<V>>>>> {
        self.ends.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash + Copy, V> Waiter<'_, K, V> {
    /// The end, or `None` if the daemon stops first.
    pub(super) async fn end(&mut self) -> Option<Arc<V>> {
        let end = self.end.wait_for(Option::is_some).await;
        end.ok().and_then(|end| end.clone())
    }
}

impl<K: Eq + Hash + Copy, V> Drop for Waiter<'_, K, V> {
    fn drop(&mut self) {
        self.waiters.count.fetch_sub(1, Ordering::Relaxed);
        let mut ends = self.waiters.ends();
        // One receiver is this very waiter's.
        if ends.get(&self.key).is_some_and(|s| s.receiver_count() == 1) {
            ends.remove(&self.key);
        }
    }
}
