//! Whether a node may be asked, and waiting for that to be settled.
//!
//! Those who wait go on in the order in which they came (a `watch` channel wakes them in a random
//! one), so that the same history is the same run.

use crate::Mutex;
use std::pin::pin;
use std::sync::MutexGuard;
use tokio::sync::Notify;

/// Whether a node may be asked anything.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Readiness {
    /// It is being asked what it is.
    Starting,
    /// It is the node that its parts were meant for, and it is listened to.
    Ready,
    /// It cannot be asked: its parts wait, and why.
    Away(String),
}

/// A node's standing.
pub(super) struct ReadinessSignal {
    readiness: Mutex<Readiness>,
    changed: Notify,
}

impl ReadinessSignal {
    pub(super) fn new() -> ReadinessSignal {
        ReadinessSignal {
            readiness: Mutex::new(Readiness::Starting),
            changed: Notify::new(),
        }
    }

    /// Whether that is new.
    pub(super) fn set(&self, readiness: Readiness) -> bool {
        let mut known = self.readiness();
        let is_new = *known != readiness;
        *known = readiness;
        drop(known);
        self.changed.notify_waiters();
        is_new
    }

    /// Returns once it may be asked, or with why it may not.
    pub(super) async fn settled(&self) -> Result<(), String> {
        loop {
            // Registered before the standing is read: a change in between is not missed.
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            match &*self.readiness() {
                Readiness::Ready => return Ok(()),
                Readiness::Away(reason) => return Err(reason.clone()),
                Readiness::Starting => {}
            }
            changed.await;
        }
    }

    /// What it is at this moment.
    pub(super) fn now(&self) -> Readiness {
        self.readiness().clone()
    }

    fn readiness(&self) -> MutexGuard<'_, Readiness> {
        self.readiness.lock()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::executor::block_on;
    use futures::{FutureExt, join};

    #[test]
    fn a_standing_is_new_once_and_those_who_wait_are_told() {
        let gate = ReadinessSignal::new();
        assert!(!gate.set(Readiness::Starting));
        assert_eq!(gate.settled().now_or_never(), None);
        let away = || Readiness::Away("gone".to_owned());
        let (settled, is_new) =
            block_on(async { join!(gate.settled(), async { gate.set(away()) }) });
        assert_eq!((settled, is_new), (Err("gone".to_owned()), true));
        assert!(!gate.set(away()));
        assert!(gate.set(Readiness::Ready));
        assert_eq!(block_on(gate.settled()), Ok(()));
    }
}
