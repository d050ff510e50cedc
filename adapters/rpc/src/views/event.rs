//! An event of the history.

use super::part::{FailureView, ResolutionView};
use super::{DamageView, Viewed};
use domain::{Event, Listed, StatusKind, Why};
use serde::Serialize;

/// An event, or all that can be said of one that breaks a rule.
#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub(crate) enum EventRow<'a> {
    Sound(Box<EventView<'a>>),
    Damaged(DamagedEventView<'a>),
}

/// What happened, and how things stood after it.
#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
pub(crate) struct EventView<'a> {
    /// Its place in the history of all payments.
    seq: u64,
    /// `part_accepted`, `part_fulfilled`, `part_failed`, `part_fulfilled_after_failure`, `contradiction`, `part_resolved`, `part_unrecorded`, `order_opened`, `order_closed` or `payment_received`.
    event: &'static str,
    /// When it was decided, in Unix seconds.
    at: u64,
    /// The payment's name: SHA256 of its preimage, 32 bytes of hex.
    payment_hash: String,
    /// Where the payment stood afterwards.
    payment_status: &'static str,
    /// The part; absent where it is about an order, or about a payment that came in.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
    /// Where the part stood afterwards; absent if nothing became of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    part_status: Option<&'static str>,
    /// Why the part failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<FailureView<'a>>,
    /// Who ended the part by hand, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    resolution: Option<ResolutionView<'a>>,
    /// Why the order of `pay` was closed with it, if one was.
    #[serde(skip_serializing_if = "Option::is_none")]
    order_closed: Option<&'static str>,
}

/// Its number keeps its name: an event's `id` is its part's.
#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
pub(crate) struct DamagedEventView<'a> {
    /// Its place in the history of all payments.
    seq: u64,
    #[serde(flatten)]
    damage: DamageView<'a>,
}

impl Viewed for Listed<Event> {
    type View<'a> = EventRow<'a>;

    fn view(&self) -> EventRow<'_> {
        match self {
            Listed::Sound(event) => EventRow::Sound(Box::new(EventView::from(event))),
            Listed::Damaged(row) => EventRow::Damaged(DamagedEventView {
                seq: row.id,
                damage: row.into(),
            }),
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
            id: event.part.map(|part| part.0),
            part_status: event.part_status.map(StatusKind::as_str),
            failure: event.failure.as_deref().map(FailureView::from),
            resolution: event.resolution.as_ref().map(ResolutionView::from),
            order_closed: event.order_closed.as_ref().map(Why::as_str),
        }
    }
}
