//! How often each rule was about to be broken since the start: never, or there is a bug.

use crate::invariant::Rule;
use std::sync::atomic::{AtomicU64, Ordering};

/// A counter a rule.
#[derive(Default)]
pub(super) struct Violations([AtomicU64; Rule::ALL.len()]);

impl Violations {
    pub(super) fn count(&self, broken: Rule) {
        for (rule, counter) in Rule::ALL.iter().zip(&self.0) {
            if *rule == broken {
                counter.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Those that are not zero.
    pub(super) fn counted(&self) -> Vec<(Rule, u64)> {
        let counters = self.0.iter().map(|counter| counter.load(Ordering::Relaxed));
        let counted = Rule::ALL.into_iter().zip(counters);
        counted.filter(|(_, count)| *count > 0).collect()
    }
}
