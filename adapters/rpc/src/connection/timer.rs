//! How long a client may keep a connection without using it.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep_until};

/// A deadline that moves with every sign of life, at the cost of a clock reading.
#[derive(Default)]
pub(super) struct Timer {
    patience: Patience,
    deadline: Option<Instant>,
    sleep: Option<Pin<Box<Sleep>>>,
}

/// What is waited for, and for how many seconds; 0 is for ever.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Patience {
    /// It is the daemon's turn.
    #[default]
    Endless,
    /// The first request, or the rest of one.
    ForRequest(u64),
    /// Whatever else the client may want.
    ForNextRequest(u64),
    /// The client to read its replies.
    ForReader(u64),
}

impl Patience {
    fn duration(self) -> Option<Duration> {
        let seconds = match self {
            Patience::Endless => 0,
            Patience::ForRequest(seconds)
            | Patience::ForNextRequest(seconds)
            | Patience::ForReader(seconds) => seconds,
        };
        (seconds > 0).then(|| Duration::from_secs(seconds))
    }
}

impl Timer {
    /// Waits for something else from now on, or goes on as before.
    pub(super) fn set(&mut self, patience: Patience) {
        if patience != self.patience {
            self.patience = patience;
            self.note_activity();
        }
    }

    /// The client is there.
    pub(super) fn note_activity(&mut self) {
        let patience = self.patience.duration();
        self.deadline = patience.and_then(|patience| Instant::now().checked_add(patience));
    }

    /// What is waited for.
    pub(super) const fn patience(&self) -> Patience {
        self.patience
    }

    /// Ready when it is too late.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(deadline) = self.deadline else {
            return Poll::Pending;
        };
        let new = || Box::pin(sleep_until(deadline));
        let sleep = self.sleep.get_or_insert_with(new);
        if sleep.deadline() > deadline {
            sleep.as_mut().reset(deadline);
        }
        // A sleep that ends too early is set anew only then: cheaper than with every request.
        while sleep.as_mut().poll(cx).is_ready() {
            if sleep.deadline() >= deadline {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(deadline);
        }
        Poll::Pending
    }
}
