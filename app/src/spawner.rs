//! Where the engine's own work runs: tokio, with a panic treated as a crash.

use crate::crash::planted;
use domain::Spawner;
use futures::FutureExt;
use futures::future::BoxFuture;
use std::panic::AssertUnwindSafe;
use tokio::runtime::Handle;

/// Runs the engine's work as tokio tasks.
///
/// A panic in one of them ends the process at once. Half-done work in memory is worth nothing, and
/// what is durable is looked after by the start of the next daemon: the path that is tested most.
#[derive(Clone, Debug)]
pub struct TokioSpawner(Handle);

impl TokioSpawner {
    /// Spawns on the runtime that this is called in.
    pub fn current() -> TokioSpawner {
        TokioSpawner(Handle::current())
    }
}

impl Spawner for TokioSpawner {
    fn spawn(&self, work: BoxFuture<'static, ()>) {
        let work = async move {
            planted();
            work.await;
        };
        self.0.spawn(async move {
            // The process is gone before anyone could see what the panic left behind. Nothing is logged
            // first: the panic's own hook has said it (`crash`), and a log may be what panics.
            if AssertUnwindSafe(work).catch_unwind().await.is_err() {
                std::process::abort();
            }
        });
    }
}
