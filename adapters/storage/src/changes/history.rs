//! What a transition writes of its place in the history.

use super::{Unstorable, fit, time};
use crate::codes;
use crate::statements::{NewEvent, NewResolution};
use domain::{Change, StatusKind, Transition};

impl NewEvent {
    pub(super) fn of(transition: &Transition) -> Result<NewEvent, Unstorable> {
        let part_status = match &transition.change {
            Change::Accepted(_) => Some(StatusKind::Pending),
            Change::Resolved { status, .. } | Change::EndedByOperator { status, .. } => {
                Some(status.kind())
            }
            Change::Opened(_)
            | Change::OrderClosed
            | Change::Quarantined { .. }
            | Change::Unrecorded { .. } => None,
        };
        Ok(NewEvent {
            seq: 0,
            payment_id: 0,
            part_id: None,
            kind: codes::of_event(transition.kind()),
            payment_status: codes::of_status(transition.after.status()),
            part_status: part_status.map(codes::of_status),
            at: time(transition.at)?,
        })
    }
}

/// Who ended a part by hand, if somebody did.
pub(super) fn resolution(change: &Change) -> Result<Option<NewResolution>, Unstorable> {
    let Change::EndedByOperator { part, status, by } = change else {
        return Ok(None);
    };
    Ok(Some(NewResolution {
        seq: 0,
        part_id: fit(part.0, "part id")?,
        status: codes::of_status(status.kind()),
        who: by.who.clone(),
        why: by.why.clone(),
    }))
}
