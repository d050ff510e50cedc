//! Work on tokio.

use domain::Spawner;
use futures::future::BoxFuture;

/// Runs the engine's work on the runtime of the test.
pub struct TestSpawner;

impl Spawner for TestSpawner {
    fn spawn(&self, work: BoxFuture<'static, ()>) {
        tokio::spawn(work);
    }
}
