//! The engine's limits, as the configuration writes them.

use domain::{AutocleanTimer, Policy};
use serde::Deserialize;
use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::time::Duration;

/// The table `[policy]`; what is left out keeps the engine's own default.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PolicySettings {
    /// Decisions under way at once; one more is answered "busy".
    pub decisions_max: Option<NonZeroU32>,
    /// Parts without an outcome; one more is answered "busy".
    pub live_parts_max: Option<NonZeroUsize>,
    /// Callers that wait; one more is answered "busy".
    pub waiters_max: Option<NonZeroUsize>,
    /// Calls to one node at once.
    pub node_calls_max: Option<NonZeroUsize>,
    /// How long after it was asked for a part may still leave for the first time, in seconds.
    pub offer_window_secs: Option<NonZeroU64>,
    /// The first pause before a node or the storage is asked again, in milliseconds.
    pub backoff_first_ms: Option<NonZeroU64>,
    /// The longest such pause, in milliseconds.
    pub backoff_longest_ms: Option<NonZeroU64>,
    /// How long after they failed payments are deleted by themselves, in seconds: never, unless said.
    pub autoclean_failed_age_secs: Option<NonZeroU64>,
    /// How long after they were paid payments are deleted by themselves, in seconds: never, unless
    /// said.
    pub autoclean_complete_age_secs: Option<NonZeroU64>,
}

impl From<PolicySettings> for Policy {
    fn from(set: PolicySettings) -> Policy {
        let default = Policy::default();
        let count = |set: Option<NonZeroUsize>, default| set.map_or(default, NonZeroUsize::get);
        let millis = |set: Option<NonZeroU64>, default| {
            set.map_or(default, |ms| Duration::from_millis(ms.get()))
        };
        let secs = |secs: NonZeroU64| Duration::from_secs(secs.get());
        let first = millis(set.backoff_first_ms, default.backoff.0);
        let longest = millis(set.backoff_longest_ms, default.backoff.1);
        Policy {
            decisions_max: set
                .decisions_max
                .map_or(default.decisions_max, NonZeroU32::get),
            live_parts_max: count(set.live_parts_max, default.live_parts_max),
            waiters_max: count(set.waiters_max, default.waiters_max),
            node_calls_max: count(set.node_calls_max, default.node_calls_max),
            offer_window: set.offer_window_secs.map_or(default.offer_window, secs),
            backoff: (first, longest.max(first)),
            autoclean: AutocleanTimer {
                failed_age: set.autoclean_failed_age_secs.map(secs),
                complete_age: set.autoclean_complete_age_secs.map(secs),
            },
        }
    }
}
