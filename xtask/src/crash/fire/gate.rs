//! A daemon that ends at one of its steps, as with `kill -9`: before or after a write, before or after
//! an offer to its node. From then on none of its calls is answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::watch;

/// Counts the steps of one life.
pub(super) struct Gate {
    /// The step at which the life ends, from 1.
    last: u64,
    steps: AtomicU64,
    is_shut: watch::Sender<bool>,
}

impl Gate {
    /// A life that ends at that step.
    pub(super) fn at(last: u64) -> Arc<Gate> {
        Arc::new(Gate {
            last,
            steps: AtomicU64::new(0),
            is_shut: watch::Sender::new(false),
        })
    }

    /// A life that goes on.
    pub(super) fn open() -> Arc<Gate> {
        Gate::at(u64::MAX)
    }

    /// A step; it never returns once the life has ended.
    pub(super) async fn pass(&self) {
        let step = self.steps.fetch_add(1, Ordering::AcqRel) + 1;
        if step >= self.last {
            self.is_shut.send_replace(true);
            std::future::pending::<()>().await;
        }
    }

    /// Returns when the life has ended.
    pub(super) async fn is_shut(&self) {
        let mut is_shut = self.is_shut.subscribe();
        // The sender is here.
        let _ = is_shut.wait_for(|is_shut| *is_shut).await;
    }
}
