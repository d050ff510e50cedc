//! An event of the history.

use super::part::FailureView;
use domain::{Damaged, Event, Listed, StatusKind};
use serde::Serialize;

/// An event, or all that can be said of one that breaks a rule.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum EventRow<'a> {
    Sound(EventView<'a>),
    Damaged(DamagedEventView<'a>),
}

/// What happened, and how things stood after it.
#[derive(Serialize)]
pub(crate) struct EventView<'a> {
    seq: u64,
    event: &'static str,
    at: u64,
    payment_hash: String,
    payment_status: &'static str,
    id: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    part_status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<FailureView<'a>>,
}

/// Its number keeps its name: an event's `id` is its part's.
#[derive(Serialize)]
pub(crate) struct DamagedEventView<'a> {
    seq: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_hash: Option<String>,
    warning_quarantined: &'a str,
}

impl<'a> From<&'a Listed<Event>> for EventRow<'a> {
    fn from(row: &'a Listed<Event>) -> EventRow<'a> {
        match row {
            Listed::Sound(event) => EventRow::Sound(EventView::from(event)),
            Listed::Damaged(row) => EventRow::Damaged(DamagedEventView::from(row)),
        }
    }
}

impl<'a> From<&'a Damaged> for DamagedEventView<'a> {
    fn from(row: &'a Damaged) -> DamagedEventView<'a> {
        DamagedEventView {
            seq: row.id,
            payment_hash: row.payment_hash.map(|hash| hash.to_string()),
            warning_quarantined: &row.reason,
        }
    }
}

impl<'a> From<&'a Event> for EventView<'a> {
    fn from(event: &'a Event) -> EventView<'a> {
        EventView {
            seq: event.seq,
            event: event.kind.as_str(),
            at: event.at.seconds(),
            payment_hash: event.payment_hash.to_string(),
            payment_status: event.payment_status.as_str(),
            id: event.part.0,
            part_status: event.part_status.map(StatusKind::as_str),
            failure: event.failure.as_deref().map(FailureView::from),
        }
    }
}
