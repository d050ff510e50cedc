//! Longer and longer pauses.

use super::core::Core;
use std::time::Duration;

/// Pauses from the policy's first to its longest, each twice the one before.
pub(super) struct Backoff {
    next: Duration,
}

impl Core {
    pub(super) fn backoff(&self) -> Backoff {
        Backoff {
            next: self.policy.backoff.0,
        }
    }

    pub(super) async fn pause(&self, backoff: &mut Backoff) {
        let deadline = self.clock.now().after(backoff.next);
        backoff.next = backoff.next.saturating_mul(2).min(self.policy.backoff.1);
        self.clock.sleep_until(deadline).await;
    }
}
