//! What is done by itself, hour by hour: what ended long ago is deleted, where that was asked for.

use super::clean::CleanApi;
use crate::engine::tasks::Tasks;
use crate::engine::timing::Timing;
use crate::{Autoclean, Ended};
use std::sync::Arc;
use std::time::Duration;
use tracing::warn;

const HOUR: Duration = Duration::from_secs(60 * 60);

/// Which payments are deleted by themselves: none, unless an age is given, which counts from their
/// end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct AutocleanTimer {
    /// The age of those that failed.
    pub failed_age: Option<Duration>,
    /// The age of those that were paid. Their hashes stay refused (rule A-10).
    pub complete_age: Option<Duration>,
}

impl AutocleanTimer {
    fn wanted(self) -> impl Iterator<Item = Autoclean> {
        let both = [
            (Ended::Failed, self.failed_age),
            (Ended::Complete, self.complete_age),
        ];
        both.into_iter().filter_map(|(ended, age)| {
            Some(Autoclean {
                ended,
                older_than: age?,
                limit: u64::MAX,
                dry_run: false,
            })
        })
    }

    /// Until the engine closes.
    pub(in crate::engine) fn start(self, api: Arc<CleanApi>, timing: Timing, tasks: &Tasks) {
        if self.wanted().next().is_some() {
            tasks.spawn_until_closed(self.clean_hourly(api, timing));
        }
    }

    async fn clean_hourly(self, api: Arc<CleanApi>, timing: Timing) {
        loop {
            for request in self.wanted() {
                clean_by_itself(&api, request).await;
            }
            timing.sleep(HOUR).await;
        }
    }
}

async fn clean_by_itself(api: &CleanApi, request: Autoclean) {
    let ended = request.ended;
    match api.clean(request).await {
        Ok(cleaned) => {
            if let Some(reason) = cleaned.stopped {
                warn!(
                    reason,
                    ?ended,
                    "autoclean stopped early: the next run is in an hour"
                );
            }
        }
        Err(error) => {
            warn!(reason = %error, ?ended, "autoclean failed: the next run is in an hour");
        }
    }
}
