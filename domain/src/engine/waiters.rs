//! Callers that wait. A waiter is an entry in a map and a place in its caller's future: no task, no
//! polling, and nothing is left of it once its caller is gone.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// Those who wait for the end of a `K`, which is a `V`.
pub(super) struct Waiters<K, V> {
    rooms: Mutex<Rooms<K, V>>,
    count: AtomicUsize,
}

struct Rooms<K, V> {
    open: HashMap<K, Room<V>>,
    next: u64,
}

/// Everyone who waits for one end. Once that has come the room is closed, and who comes later for
/// the same key waits for another end, in another room.
struct Room<V> {
    number: u64,
    waiters: usize,
    end: watch::Sender<Option<Arc<V>>>,
}

/// One who waits. Register first, look at the state second: then no end can fall in between.
pub(super) struct Waiter<'a, K: Eq + Hash + Copy, V> {
    waiters: &'a Waiters<K, V>,
    key: K,
    room: u64,
    end: watch::Receiver<Option<Arc<V>>>,
}

impl<K: Eq + Hash + Copy, V> Waiters<K, V> {
    pub(super) fn new() -> Self {
        let rooms = Rooms {
            open: HashMap::new(),
            next: 0,
        };
        Waiters {
            rooms: Mutex::new(rooms),
            count: AtomicUsize::new(0),
        }
    }

    pub(super) fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    pub(super) fn register(&self, key: K) -> Waiter<'_, K, V> {
        self.count.fetch_add(1, Ordering::Relaxed);
        let mut rooms = self.rooms();
        let number = rooms.next;
        rooms.next = number.wrapping_add(1);
        let room = rooms.open.entry(key).or_insert_with(|| Room {
            number,
            waiters: 0,
            end: watch::Sender::new(None),
        });
        room.waiters += 1;
        Waiter {
            waiters: self,
            key,
            room: room.number,
            end: room.end.subscribe(),
        }
    }

    /// Tells everyone who waits for `key`. `end` is made only if somebody does.
    pub(super) fn wake(&self, key: K, end: impl FnOnce() -> V) {
        let room = self.rooms().open.remove(&key);
        if let Some(room) = room {
            room.end.send_replace(Some(Arc::new(end())));
        }
    }

    /// Sends everyone away: the daemon stops.
    pub(super) fn dismiss(&self) {
        self.rooms().open.clear();
    }

    fn rooms(&self) -> MutexGuard<'_, Rooms<K, V>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
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
        let mut rooms = self.waiters.rooms();
        if let Some(room) = rooms.open.get_mut(&self.key)
            && room.number == self.room
        {
            room.waiters -= 1;
            if room.waiters == 0 {
                rooms.open.remove(&self.key);
            }
        }
    }
}
