//! Ending in good order: SIGTERM, SIGINT and the `stop` method.

use crate::logging;
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// The wish to stop: made by anyone who holds a clone, heard by all who wait for it.
#[derive(Clone, Debug)]
pub struct Shutdown(Arc<watch::Sender<bool>>);

impl Default for Shutdown {
    fn default() -> Shutdown {
        Shutdown(Arc::new(watch::Sender::new(false)))
    }
}

impl Shutdown {
    /// Asks for the end; asking again changes nothing.
    pub fn request(&self) {
        self.0.send_replace(true);
    }

    /// Returns once the end has been asked for.
    pub async fn requested(self) {
        let mut wish = self.0.subscribe();
        // The sender lives in `self`, so waiting cannot fail.
        let _ = wish.wait_for(|stop| *stop).await;
    }

    /// The wish as a callback.
    pub fn callback(&self) -> Arc<dyn Fn() + Send + Sync> {
        let shutdown = self.clone();
        Arc::new(move || shutdown.request())
    }

    /// Lets SIGTERM and SIGINT ask for the end from now on.
    ///
    /// A second signal kills: whoever presses Ctrl-C twice means it, and being killed is safe.
    pub fn on_signals(&self) -> std::io::Result<()> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let shutdown = self.clone();
        tokio::spawn(async move {
            for round in 0.. {
                let name = tokio::select! {
                    _ = terminate.recv() => "SIGTERM",
                    _ = interrupt.recv() => "SIGINT",
                };
                if round > 0 {
                    tracing::warn!("{name} again: stopping at once; parts stay as they are stored");
                    logging::flush();
                    std::process::exit(1);
                }
                shutdown.request();
                tracing::info!("{name}: stopping");
            }
        });
        Ok(())
    }
}

/// Returns when somebody wants the process gone: Ctrl-C, SIGTERM, a terminal that was closed.
pub async fn interrupted() -> std::io::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hang_up.recv() => {}
    }
    Ok(())
}
