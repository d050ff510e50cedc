//! What ended parts show about channels, told to the route finder: each as it ends, and once more after a
//! restart those that ended in the last hour.

use super::ledger::Ledger;
use super::tasks::Tasks;
use super::timing::Timing;
use crate::{
    EventFilter, EventKind, Lesson, Listed, PartId, PartialPayment, RouteFinder, Timestamp,
    Unavailable,
};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tracing::{info, warn};

/// How long ago a part may have ended that is told after a restart: no finder believes it for longer.
const RECALLED: Duration = Duration::from_secs(3_600);

/// How many of the last events are looked through for them.
const EVENTS_MAX: u64 = 5_000;

/// Whom lessons are told, if `pay` has a route finder.
#[derive(Default)]
pub(super) struct Lessons(Option<Arc<dyn RouteFinder>>);

impl Lessons {
    pub(super) fn new(finder: Option<Arc<dyn RouteFinder>>) -> Lessons {
        Lessons(finder)
    }

    /// A part has ended, by that transition.
    pub(super) fn ended(&self, part: &PartialPayment, kind: EventKind) {
        if let Some(finder) = &self.0
            && is_end(kind)
        {
            tell(&**finder, part);
        }
    }

    /// Tells of the parts that ended in the last hour, and by the last event that there is now. Whatever ends
    /// from now on tells of itself.
    pub(super) async fn recall(
        &self,
        ledger: &Arc<Ledger>,
        timing: &Timing,
        tasks: &Tasks,
    ) -> Result<(), Unavailable> {
        let Some(finder) = self.0.clone() else {
            return Ok(());
        };
        let last = ledger.store().last_event().await?;
        let since = timing.now().before(RECALLED);
        let ledger = ledger.clone();
        tasks.spawn_until_closed(async move {
            match recall(&*finder, &ledger, last, since).await {
                Ok(0) => {}
                Ok(parts) => info!(parts, "the route finder knows what ended in the last hour"),
                Err(unavailable) => {
                    warn!(reason = %unavailable, "the route finder does not know all that ended in the last hour");
                }
            }
        });
        Ok(())
    }
}

/// How many parts were told of.
async fn recall(
    finder: &dyn RouteFinder,
    ledger: &Ledger,
    last: u64,
    since: Timestamp,
) -> Result<usize, Unavailable> {
    let filter = EventFilter {
        hash: None,
        start: last.saturating_sub(EVENTS_MAX - 1).max(1),
        limit: u32::try_from(EVENTS_MAX).unwrap_or(u32::MAX),
    };
    let events = ledger.store().events(filter).await?;
    let ended: BTreeSet<PartId> = events
        .into_iter()
        .filter_map(|event| match event {
            Listed::Sound(event) => Some(event),
            Listed::Damaged(_) => None,
        })
        .filter(|event| event.seq <= last && event.at >= since && is_end(event.kind))
        .filter_map(|event| event.part)
        .collect();
    for id in &ended {
        if let Some(Listed::Sound(part)) = ledger.store().part(*id).await? {
            tell(finder, &part);
        }
    }
    Ok(ended.len())
}

fn tell(finder: &dyn RouteFinder, part: &PartialPayment) {
    let lesson = Lesson::of(part);
    if let Some(at) = part.completed_at
        && !lesson.is_empty()
    {
        finder.learn(&lesson, at);
    }
}

/// Whether a part has its end by it: once, or once more, with a late proof.
fn is_end(kind: EventKind) -> bool {
    match kind {
        EventKind::PartFulfilled | EventKind::PartFailed | EventKind::PartFulfilledAfterFailure => {
            true
        }
        // An operator knows the end, and not where it came from.
        EventKind::PartResolved
        | EventKind::Contradiction
        | EventKind::PartAccepted
        | EventKind::PartUnrecorded
        | EventKind::PaymentReceived
        | EventKind::OrderOpened
        | EventKind::OrderClosed => false,
    }
}
