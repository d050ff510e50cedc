//! Where the engine's own work runs.

use crate::Spawner;
use futures::future::{FutureExt, select};
use std::pin::pin;
use std::sync::Arc;
use tokio::sync::watch;

/// Starts work, and ends it when the engine closes.
pub(super) struct Tasks {
    spawner: Arc<dyn Spawner>,
    closing: watch::Sender<bool>,
}

impl Tasks {
    pub(super) fn new(spawner: Arc<dyn Spawner>) -> Tasks {
        Tasks {
            spawner,
            closing: watch::Sender::new(false),
        }
    }

    /// Starts work that goes on to its end.
    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.spawner.spawn(work.boxed());
    }

    /// Starts work that ends when the engine closes.
    pub(super) fn spawn_until_closed(&self, work: impl Future<Output = ()> + Send + 'static) {
        let mut closing = self.closing.subscribe();
        let work = work.boxed();
        self.spawn(async move {
            let closed = pin!(async {
                // An error means that the engine is gone.
                let _ = closing.wait_for(|closing| *closing).await;
            });
            select(work, closed).await;
        });
    }

    pub(super) fn is_closing(&self) -> bool {
        *self.closing.borrow()
    }

    pub(super) fn close(&self) {
        self.closing.send_replace(true);
    }
}
