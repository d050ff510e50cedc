//! Time, which passes when there is nothing else to do.

use async_trait::async_trait;
use domain::{Clock, Mutex, Timestamp};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::{Arc, MutexGuard};
use std::task::{Poll, Waker};
use std::time::Duration;

const BEGINNING: u64 = 1_700_000_000_000_000;

/// The world's time, and the daemon's idea of it; clones are the same.
#[derive(Clone, Default)]
pub(super) struct Time(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// Microseconds since the beginning.
    now: u64,
    /// How far the daemon's clock has jumped ahead.
    ahead: u64,
    /// The latest that it has ever shown.
    latest: u64,
    next: u64,
    timers: BTreeMap<(u64, u64), Option<Waker>>,
}

impl Time {
    /// Microseconds since the beginning.
    pub(super) fn now(&self) -> u64 {
        self.state().now
    }

    /// The next one who waits for it to pass goes on; false if nobody does.
    pub(super) fn pass(&self) -> bool {
        let mut state = self.state();
        let Some(((at, _), waker)) = state.timers.pop_first() else {
            return false;
        };
        state.now = state.now.max(at);
        state.look();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
        true
    }

    /// The daemon's clock jumps: forwards, or back to where it should be.
    pub(super) fn jump(&self, ahead: Duration) {
        let mut state = self.state();
        state.ahead = micros(ahead);
        state.look();
    }

    /// The latest that the daemon's clock has ever shown.
    pub(super) fn latest(&self) -> Timestamp {
        Timestamp(BEGINNING + self.state().latest)
    }

    /// Returns when so much has passed.
    pub(super) async fn sleep(&self, duration: Duration) {
        let mut timer = {
            let mut state = self.state();
            let key = (state.now.saturating_add(micros(duration)), state.next);
            state.next += 1;
            state.timers.insert(key, None);
            Timer { time: self, key }
        };
        poll_fn(move |context| timer.poll(context.waker())).await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock()
    }
}

impl State {
    fn look(&mut self) {
        self.latest = self.latest.max(self.now + self.ahead);
    }
}

/// A place in the line; given up when it is dropped.
struct Timer<'a> {
    time: &'a Time,
    key: (u64, u64),
}

impl Timer<'_> {
    fn poll(&mut self, waker: &Waker) -> Poll<()> {
        match self.time.state().timers.get_mut(&self.key) {
            None => Poll::Ready(()),
            Some(place) => {
                *place = Some(waker.clone());
                Poll::Pending
            }
        }
    }
}

impl Drop for Timer<'_> {
    fn drop(&mut self) {
        self.time.state().timers.remove(&self.key);
    }
}

#[async_trait]
impl Clock for Time {
    fn now(&self) -> Timestamp {
        let state = self.state();
        Timestamp(BEGINNING + state.now + state.ahead)
    }

    async fn sleep_until(&self, deadline: Timestamp) {
        let now = Clock::now(self).0;
        let left = deadline.0.saturating_sub(now);
        self.sleep(Duration::from_micros(left)).await;
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
