//! Time, so that the engine has none of its own.

use crate::Timestamp;
use async_trait::async_trait;

/// The time of day, and waiting for it.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Clock: Send + Sync {
    /// Now. May jump; never used to order anything.
    fn now(&self) -> Timestamp;

    /// Returns at that time, or at once if it has passed. Dropping it costs nothing.
    async fn sleep_until(&self, deadline: Timestamp);
}
