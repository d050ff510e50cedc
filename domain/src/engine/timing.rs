//! What time it is, and how long to wait: for a node's answer, and before something is tried again.

use crate::{Backoff, Clock, NodeAway, Timestamp};
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
    /// Before a node or the storage is asked again.
    backoff: Backoff,
}

impl Timing {
    /// With the first and the longest pause before a node or the storage is asked again.
    pub(super) fn new(clock: Arc<dyn Clock>, (first, longest): (Duration, Duration)) -> Timing {
        let backoff = Backoff::new(first, longest);
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
        self.backoff
    }

    pub(super) async fn pause(&self, backoff: &mut Backoff) {
        self.sleep(backoff.next_pause()).await;
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
