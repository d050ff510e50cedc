//! Callers that wait. A waiter is an entry in a map and a place in its caller's future: no task, no
//! polling, and nothing is left of it once its caller is gone.

use crate::Mutex;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, MutexGuard};
use tokio::sync::oneshot;

/// Those who wait for the end of a `K`, which is a `V`.
pub(super) struct Waiters<K, V> {
    rooms: Mutex<Rooms<K, V>>,
    count: AtomicUsize,
}

struct Rooms<K, V> {
    open: HashMap<K, Room<V>>,
    next: u64,
}

/// All callers that wait for one end, in the order in which they came. The end closes the room: later callers
/// for the same key get another room.
struct Room<V> {
    number: u64,
    waiting: Vec<oneshot::Sender<Arc<V>>>,
    /// How many of them have left.
    left: usize,
}

/// One who waits. Register first, look at the state second: then no end can fall in between.
pub(in crate::engine) struct Waiter<'a, K: Eq + Hash + Copy, V> {
    waiters: &'a Waiters<K, V>,
    key: K,
    room: u64,
    end: oneshot::Receiver<Arc<V>>,
}

impl<K, V> Default for Waiters<K, V> {
    fn default() -> Self {
        let rooms = Rooms {
            open: HashMap::new(),
            next: 0,
        };
        Waiters {
            rooms: Mutex::new(rooms),
            count: AtomicUsize::new(0),
        }
    }
}

impl<K: Eq + Hash + Copy, V> Waiters<K, V> {
    pub(super) fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    pub(super) fn register(&self, key: K) -> Waiter<'_, K, V> {
        self.count.fetch_add(1, Ordering::Relaxed);
        let (sender, end) = oneshot::channel();
        let mut rooms = self.rooms();
        let number = rooms.next;
        rooms.next = number.wrapping_add(1);
        let room = rooms.open.entry(key).or_insert_with(|| Room {
            number,
            waiting: Vec::with_capacity(1),
            left: 0,
        });
        room.waiting.push(sender);
        Waiter {
            waiters: self,
            key,
            room: room.number,
            end,
        }
    }

    /// Tells everyone who waits for `key`. `end` is made only if somebody does.
    pub(super) fn wake(&self, key: K, end: impl FnOnce() -> V) {
        let room = self.rooms().open.remove(&key);
        if let Some(room) = room {
            let end = Arc::new(end());
            for waiter in room.waiting {
                // Some have left.
                let _ = waiter.send(end.clone());
            }
        }
    }

    /// Sends everyone away: the daemon stops.
    pub(super) fn dismiss(&self) {
        self.rooms().open.clear();
    }

    fn rooms(&self) -> MutexGuard<'_, Rooms<K, V>> {
        self.rooms.lock()
    }
}

impl<K: Eq + Hash + Copy, V> Waiter<'_, K, V> {
    /// The end, or `None` if the daemon stops first. To be asked once.
    pub(in crate::engine) async fn end(&mut self) -> Option<Arc<V>> {
        (&mut self.end).await.ok()
    }
}

impl<K: Eq + Hash + Copy, V> Drop for Waiter<'_, K, V> {
    fn drop(&mut self) {
        self.waiters.count.fetch_sub(1, Ordering::Relaxed);
        self.end.close();
        let mut rooms = self.waiters.rooms();
        if let Some(room) = rooms.open.get_mut(&self.key)
            && room.number == self.room
        {
            room.left += 1;
            // Those who have left go once they are half: a call for each that stays, at most.
            if 2 * room.left >= room.waiting.len() {
                room.waiting.retain(|waiter| !waiter.is_closed());
                room.left = 0;
            }
            if room.waiting.is_empty() {
                rooms.open.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::executor::block_on;

    #[test]
    fn a_room_goes_with_its_last_waiter() {
        let waiters: Waiters<u8, u8> = Waiters::default();
        let (one, mut other) = (waiters.register(1), waiters.register(1));
        assert_eq!(waiters.count(), 2);
        drop(one);
        assert_eq!((waiters.count(), waiters.rooms().open.len()), (1, 1));
        waiters.wake(1, || 7);
        assert_eq!(block_on(other.end()).as_deref(), Some(&7));
        drop(other);
        assert_eq!((waiters.count(), waiters.rooms().open.len()), (0, 0));
        drop(waiters.register(2));
        assert_eq!(waiters.rooms().open.len(), 0);
    }

    #[test]
    fn who_has_left_takes_no_room() {
        let waiters: Waiters<u8, u8> = Waiters::default();
        let mut stay: Vec<_> = (0..3).map(|_| waiters.register(1)).collect();
        for _ in 0..1_000 {
            drop(waiters.register(1));
            assert!(waiters.rooms().open[&1].waiting.len() <= 6);
        }
        waiters.wake(1, || 7);
        for waiter in &mut stay {
            assert_eq!(block_on(waiter.end()).as_deref(), Some(&7));
        }
    }

    #[test]
    fn a_waiter_of_the_last_end_is_none_of_the_next() {
        let waiters: Waiters<u8, u8> = Waiters::default();
        let old = waiters.register(1);
        waiters.wake(1, || 1);
        let mut new = waiters.register(1);
        drop(old);
        waiters.wake(1, || 2);
        assert_eq!(block_on(new.end()).as_deref(), Some(&2));
        let mut left = waiters.register(3);
        waiters.dismiss();
        assert_eq!(block_on(left.end()), None);
    }
}
