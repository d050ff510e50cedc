//! The operating system's time.

use async_trait::async_trait;
use domain::{Clock, Timestamp};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Long sleeps are taken in naps, so that a clock that was set meanwhile is noticed.
const NAP: Duration = Duration::from_secs(30);

/// The time of day, and tokio's timers to wait for it.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        // A clock set before 1970 is taken for 1970: time is shown to people, and orders nothing.
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
        let micros = since_1970.unwrap_or_default().as_micros();
        Timestamp(u64::try_from(micros).unwrap_or(u64::MAX))
    }

    async fn sleep_until(&self, deadline: Timestamp) {
        loop {
            let left = deadline.0.saturating_sub(self.now().0);
            if left == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_micros(left).min(NAP)).await;
        }
    }
}
