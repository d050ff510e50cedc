//! Waiting for a node that is away, or for a finder that knows no graph yet. Of all orders that wait for
//! it one asks again, after longer and longer pauses; when anybody is answered, all of them go on.

use crate::engine::timing::Timing;
use crate::{Backoff, Mutex, NodeName};
use futures::future::{FutureExt, select, select_all};
use std::collections::HashMap;
use std::pin::pin;
use std::sync::Arc;
use tokio::sync::Notify;

/// Who is away.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Absent {
    /// A node that cannot be asked for its channels.
    Node(NodeName),
    /// The route finder.
    Finder,
}

/// Who is away now, as far as orders wait for it.
pub(super) struct Absences {
    timing: Timing,
    known: Mutex<HashMap<Absent, Arc<Absence>>>,
}

/// One of them.
struct Absence {
    /// The pause before the next question: held by the order that asks it.
    turn: tokio::sync::Mutex<Backoff>,
    is_over: Notify,
}

impl Absences {
    pub(super) fn new(timing: Timing) -> Absences {
        Absences {
            timing,
            known: Mutex::default(),
        }
    }

    /// It has answered: whoever waits for it goes on.
    pub(super) fn answered(&self, who: &Absent) {
        let absence = self.known.lock().remove(who);
        if let Some(absence) = absence {
            absence.is_over.notify_waiters();
        }
    }

    /// Returns when one of these has answered somebody, or is to be asked again by this order.
    pub(super) async fn over(&self, absent: &[Absent]) {
        let each = absent.iter().map(|who| self.of(who));
        let each: Vec<_> = each
            .map(|absence| self.over_or_asked(absence).boxed())
            .collect();
        if each.is_empty() {
            // Nobody will answer: not at once again.
            self.timing.pause(&mut self.timing.backoff()).await;
            return;
        }
        select_all(each).await;
    }

    fn of(&self, who: &Absent) -> Arc<Absence> {
        let new = || {
            Arc::new(Absence {
                turn: tokio::sync::Mutex::new(self.timing.backoff()),
                is_over: Notify::new(),
            })
        };
        let mut known = self.known.lock();
        known.entry(who.clone()).or_insert_with(new).clone()
    }

    async fn over_or_asked(&self, absence: Arc<Absence>) {
        let turn = async {
            let mut backoff = absence.turn.lock().await;
            self.timing.pause(&mut backoff).await;
        };
        select(pin!(absence.is_over.notified()), pin!(turn)).await;
    }
}
