//! Where the engine's own work runs.

use futures::future::BoxFuture;

/// Runs a future to its end, whoever hangs up meanwhile.
///
/// The engine has no runtime: a decision that has begun must be committed and acted upon even when
/// its caller is gone, and a simulator must be able to choose what runs next.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait Spawner: Send + Sync {
    /// Starts `work`.
    fn spawn(&self, work: BoxFuture<'static, ()>);
}
