//! Decisions under way: so many at once, each to its end, and none any more when the daemon stops.

use crate::ApiError;
use crate::engine::tasks::Tasks;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{Semaphore, TryAcquireError, oneshot};

/// What callers have set going.
pub(super) struct Decisions {
    /// How many may be under way at once.
    max: u32,
    /// A permit a decision.
    permits: Arc<Semaphore>,
    /// Nothing more is accepted.
    stopping: AtomicBool,
    tasks: Arc<Tasks>,
}

impl Decisions {
    pub(super) fn new(max: u32, tasks: Arc<Tasks>) -> Decisions {
        let permits = usize::try_from(max).unwrap_or(Semaphore::MAX_PERMITS);
        Decisions {
            max,
            permits: Arc::new(Semaphore::new(permits)),
            stopping: AtomicBool::new(false),
            tasks,
        }
    }

    /// Runs a decision to its end even if the caller hangs up: what is committed is acted upon.
    pub(super) async fn finish<T: Send + 'static>(
        &self,
        decision: impl Future<Output = Result<T, ApiError>> + Send + 'static,
    ) -> Result<T, ApiError> {
        self.assert_open()?;
        let permit = self.permits.clone().try_acquire_owned();
        let permit = permit.map_err(|error| match error {
            TryAcquireError::Closed => ApiError::ShuttingDown,
            // Closing takes all of them.
            TryAcquireError::NoPermits if self.are_stopping() => ApiError::ShuttingDown,
            TryAcquireError::NoPermits => ApiError::Busy("too many decisions under way".into()),
        })?;
        let (sender, answer) = oneshot::channel();
        self.tasks.spawn(async move {
            let _ = sender.send(decision.await);
            drop(permit);
        });
        let died = |_| ApiError::Internal("the decision's task died".into());
        answer.await.map_err(died)?
    }

    /// An error once the daemon stops.
    pub(super) fn assert_open(&self) -> Result<(), ApiError> {
        if self.are_stopping() {
            Err(ApiError::ShuttingDown)
        } else {
            Ok(())
        }
    }

    /// Accepts nothing more.
    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
    }

    /// Returns once those that had begun are done.
    pub(super) async fn done(&self) {
        if let Ok(permits) = self.permits.acquire_many(self.max).await {
            permits.forget();
        }
        self.permits.close();
    }

    fn are_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }
}
