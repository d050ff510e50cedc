//! Time that passes when it is told to.

use async_trait::async_trait;
use domain::{Clock, Mutex, Timestamp};
use std::time::Duration;
use tokio::sync::watch;

/// A clock that stands still until [`SimClock::advance`], or that jumps to what is waited for.
pub struct SimClock {
    now: watch::Sender<Timestamp>,
    /// The longest sleep that is over at once.
    hasty: Option<Duration>,
    sleepers: Mutex<u64>,
}

impl SimClock {
    /// It stands still.
    pub fn new() -> SimClock {
        SimClock {
            now: watch::Sender::new(Timestamp(1_700_000_000_000_000)),
            hasty: None,
            sleepers: Mutex::new(0),
        }
    }

    /// Every sleep is over at once, and the time is then as late as the sleeper wanted: pauses
    /// before a retry take no time.
    pub fn hasty() -> SimClock {
        SimClock::hasty_within(Duration::MAX)
    }

    /// The same for sleeps up to that long: longer ones wait for the time to pass.
    pub fn hasty_within(longest: Duration) -> SimClock {
        SimClock {
            hasty: Some(longest),
            ..SimClock::new()
        }
    }

    /// Lets time pass.
    pub fn advance(&self, duration: Duration) {
        self.now.send_modify(|now| *now = now.after(duration));
    }

    /// How many sleeps have begun.
    pub fn sleeps(&self) -> u64 {
        *self.sleepers.lock()
    }
}

impl Default for SimClock {
    fn default() -> SimClock {
        SimClock::new()
    }
}

#[async_trait]
impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        *self.now.borrow()
    }

    async fn sleep_until(&self, deadline: Timestamp) {
        *self.sleepers.lock() += 1;
        let is_short = |longest: Duration| self.now().after(longest) >= deadline;
        if self.hasty.is_some_and(is_short) {
            tokio::task::yield_now().await;
            self.now.send_modify(|now| *now = (*now).max(deadline));
        }
        let mut now = self.now.subscribe();
        let reached = now.wait_for(|now| *now >= deadline).await;
        reached.expect("the clock outlives its sleepers");
    }
}
