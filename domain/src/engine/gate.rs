//! Whether a node may be asked, and waiting for that to be settled.
//!
//! Those who wait go on in the order in which they came (a `watch` channel wakes them in a random
//! one), so that the same history is the same run.

use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Whether a node may be asked anything.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Standing {
    /// It is being asked what it is.
    Starting,
    /// It is the node that its parts were meant for, and it is listened to.
    Ready,
    /// It cannot be asked: its parts wait, and why.
    Away(String),
}

/// A node's standing.
pub(super) struct Gate {
    standing: Mutex<Standing>,
    changed: Notify,
}

impl Gate {
    pub(super) fn new() -> Gate {
        Gate {
            standing: Mutex::new(Standing::Starting),
            changed: Notify::new(),
        }
    }

    /// Whether that is new.
    pub(super) fn set(&self, standing: Standing) -> bool {
        let mut known = self.standing();
        let is_new = *known != standing;
        *known = standing;
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
            match &*self.standing() {
                Standing::Ready => return Ok(()),
                Standing::Away(reason) => return Err(reason.clone()),
                Standing::Starting => {}
            }
            changed.await;
        }
    }

    /// What it is at this moment.
    pub(super) fn now(&self) -> Standing {
        self.standing().clone()
    }

    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::executor::block_on;
    use futures::{FutureExt, join};

    #[test]
    fn a_standing_is_new_once_and_those_who_wait_are_told() {
        let gate = Gate::new();
        assert!(!gate.set(Standing::Starting));
        assert_eq!(gate.settled().now_or_never(), None);
        let away = || Standing::Away("gone".to_owned());
        let (settled, is_new) =
            block_on(async { join!(gate.settled(), async { gate.set(away()) }) });
        assert_eq!((settled, is_new), (Err("gone".to_owned()), true));
        assert!(!gate.set(away()));
        assert!(gate.set(Standing::Ready));
        assert_eq!(block_on(gate.settled()), Ok(()));
    }
}
