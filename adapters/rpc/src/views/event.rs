//! An event of the history.

use super::part::FailureView;
use domain::{Event, StatusKind};
use serde::Serialize;

/// What happened, and how things stood after it.
#[derive(Serialize)]
pub(crate) struct EventView<'a> {
    seq: u64,
    event: &'static str,
    at: u64,
    payment_hash: String,
    payment_status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    part_status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<FailureView<'a>>,
}

impl<'a> From<&'a Event> for EventView<'a> {
    fn from(event: &'a Event) -> EventView<'a> {
        EventView {
            seq: event.seq,
            event: event.kind.as_str(),
            at: event.at.seconds(),
            payment_hash: event.payment_hash.to_string(),
            payment_status: event.payment_status.as_str(),
            id: event.part.map(|part| part.0),
            part_status: event.part_status.map(StatusKind::as_str),
            failure: event.failure.as_deref().map(FailureView::from),
        }
    }
}
