//! What time it is, and how long to wait: for a node's answer, and before something is tried again.

use crate::{Clock, NodeAway, Timestamp};
use futures::future::{Either, select};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

/// How long a node may take to answer what it is asked once, or to go on, before it counts as away.
const PATIENCE: Duration = Duration::from_secs(30);

/// The clock, with the engine's own pauses.
#[derive(Clone)]
pub(super) struct Timing {
    clock: Arc<dyn Clock>,
    /// The first and the longest pause before a node or the storage is asked again.
    backoff: (Duration, Duration),
}

/// Pauses from the policy's first to its longest, each twice the one before.
pub(super) struct Backoff {
    next: Duration,
}

impl Timing {
    pub(super) fn new(clock: Arc<dyn Clock>, backoff: (Duration, Duration)) -> Timing {
        Timing { clock, backoff }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) async fn sleep(&self, pause: Duration) {
        self.clock.sleep_until(self.clock.now().after(pause)).await;
    }

    pub(super) async fn sleep_until(&self, deadline: Timestamp) {
        self.clock.sleep_until(deadline).await;
    }

    pub(super) fn backoff(&self) -> Backoff {
        Backoff {
            next: self.backoff.0,
        }
    }

    pub(super) async fn pause(&self, backoff: &mut Backoff) {
        let pause = backoff.next;
        backoff.next = backoff.next.saturating_mul(2).min(self.backoff.1);
        self.sleep(pause).await;
    }

    /// What comes of it, unless the time is up before.
    pub(super) async fn within<T>(
        &self,
        limit: Duration,
        answer: impl Future<Output = T>,
    ) -> Option<T> {
        let time_out = self.clock.sleep_until(self.clock.now().after(limit));
        match select(pin!(answer), time_out).await {
            Either::Left((answer, _)) => Some(answer),
            Either::Right(_) => None,
        }
    }

    /// What a node answers, if it does so before it counts as away.
    pub(super) async fn patiently<T>(
        &self,
        answer: impl Future<Output = T>,
    ) -> Result<T, NodeAway> {
        let answer = self.within(PATIENCE, answer).await;
        answer.ok_or_else(|| NodeAway(format!("no answer within {} s", PATIENCE.as_secs())))
    }
}
