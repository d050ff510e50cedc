//! What one ended part shows about channels of others, whoever asked for it (BOLT 4).

use super::learn::TEMPORARY_CHANNEL_FAILURE;
use crate::{Bound, DirectedChannel, Held, Hop, Msat, PartialPayment, StatusKind};

/// What one ended part shows about channels of others. Our own channels each node tells itself.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Lesson {
    /// What channels could carry, and what one could not: the part failed.
    pub bounds: Vec<Bound>,
    /// What went over them for good: the part is complete.
    pub moved: Vec<Held>,
}

impl Lesson {
    /// What the end of that part shows; nothing while it has none.
    pub fn of(part: &PartialPayment) -> Lesson {
        let bounds = bounds(part).unwrap_or_default();
        let moved = match part.status() {
            StatusKind::Complete => part.route.beyond_first().map(Held::on).collect(),
            StatusKind::Pending | StatusKind::Failed => Vec::new(),
        };
        Lesson { bounds, moved }
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.bounds.is_empty() && self.moved.is_empty()
    }
}

/// The hops before the one that failed carried the part; the one that failed for want of liquidity could not.
/// None if who failed it is not known, or it did not leave.
fn bounds(part: &PartialPayment) -> Option<Vec<Bound>> {
    let failure = part.failure().filter(|failure| !failure.is_never_sent())?;
    let before = usize::try_from(failure.erring_index?)
        .ok()?
        .checked_sub(1)?;
    let code = failure.failcode?;
    if before >= part.route.hops().len() {
        return None;
    }
    let mut hops = part.route.beyond_first();
    let mut bounds: Vec<Bound> = hops.by_ref().take(before).map(Bound::could).collect();
    if code == TEMPORARY_CHANNEL_FAILURE {
        bounds.extend(hops.next().map(Bound::could_not));
    }
    Some(bounds)
}

impl Bound {
    fn could((channel, hop): (DirectedChannel, &Hop)) -> Bound {
        Bound {
            channel,
            at_least: hop.amount,
            below: None,
        }
    }

    fn could_not((channel, hop): (DirectedChannel, &Hop)) -> Bound {
        Bound {
            channel,
            at_least: Msat::ZERO,
            below: Some(hop.amount),
        }
    }
}
