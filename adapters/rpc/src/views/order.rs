//! An order: what `pay` was asked for.

use super::Viewed;
use super::part::FailedView;
use super::payment::PaymentView;
use domain::{FailedOrder, NoPlan, Order, Why};
use serde::Serialize;

/// An order.
#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
pub(crate) struct OrderView<'a> {
    /// Its number.
    order: u64,
    /// Whether it may still get parts.
    open: bool,
    /// What its parts deliver, in all.
    deliver_msat: u64,
    /// The most that its parts may cost, in all.
    max_fee_msat: u64,
    /// No part is sent from then on, in Unix seconds.
    deadline: u64,
    /// The most blocks that a part may last.
    maxdelay: u32,
    /// The most parts that may be pending at once.
    maxparts: u16,
    /// The configured nodes that may send its parts.
    nodes: Vec<&'a str>,
    /// Channels and nodes that no part goes over.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    exclude: Vec<String>,
    /// When it was opened, in Unix seconds.
    opened_at: u64,
    /// When it was closed, in Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    closed_at: Option<u64>,
    /// Why it was closed: `paid`, `refused`, `unreachable`, `destination_capacity`, `too_expensive`, `too_slow`, `no_funds`, `deadline`, `attempts`, `expired`, `abandoned` or `quarantined`.
    #[serde(skip_serializing_if = "Option::is_none")]
    closed_because: Option<&'static str>,
}

/// The `data` of an error of `pay`, or of whoever waits for what it pays: the payment, its order, and why
/// the part that failed last failed.
#[derive(Serialize)]
pub(crate) struct FailedPay<'a> {
    #[serde(flatten)]
    payment: PaymentView<'a>,
    order: OrderView<'a>,
    /// Why the order was closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// What the ways would have cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    fee_needed_msat: Option<u64>,
    /// What the channels of our nodes can carry.
    #[serde(skip_serializing_if = "Option::is_none")]
    spendable_msat: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_failure: Option<FailedView<LastPart>>,
}

/// The part that failed last.
#[derive(Serialize)]
pub(crate) struct LastPart {
    /// Its number.
    id: u64,
    /// Its error number.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<u16>,
    /// What happened, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

impl<'a> FailedPay<'a> {
    pub(crate) fn new(failed: &'a FailedOrder) -> FailedPay<'a> {
        let why = failed.order.closed.as_ref().map(|closed| &closed.why);
        let (needs, spendable) = match why {
            Some(Why::NoRoute(NoPlan::TooExpensive { needs })) => (Some(needs.get()), None),
            Some(Why::NoRoute(NoPlan::NoFunds { spendable })) => (None, Some(spendable.get())),
            _ => (None, None),
        };
        FailedPay {
            payment: failed.payment.view(),
            order: failed.order.view(),
            reason: why.map(Why::as_str),
            fee_needed_msat: needs,
            spendable_msat: spendable,
            last_failure: failed.last_failed.as_ref().map(|part| {
                let last = LastPart {
                    id: part.id.0,
                    code: part.failure().map(|failure| failure.code.number()),
                    message: part.failure().map(|failure| failure.message.clone()),
                };
                FailedView::new(last, part)
            }),
        }
    }
}

impl Viewed for Order {
    type View<'a> = OrderView<'a>;

    fn view(&self) -> OrderView<'_> {
        let terms = &self.terms;
        let channels = terms.avoid.channels.iter().map(ToString::to_string);
        let nodes = terms.avoid.nodes.iter().map(ToString::to_string);
        OrderView {
            order: self.id.0,
            open: self.is_open(),
            deliver_msat: terms.deliver.get(),
            max_fee_msat: terms.max_fee.get(),
            deadline: terms.deadline.seconds(),
            maxdelay: terms.max_delay,
            maxparts: terms.max_parts,
            nodes: terms.nodes.iter().map(domain::NodeName::as_str).collect(),
            exclude: channels.chain(nodes).collect(),
            opened_at: self.opened_at.seconds(),
            closed_at: self.closed.as_ref().map(|closed| closed.at.seconds()),
            closed_because: self.closed.as_ref().map(|closed| closed.why.as_str()),
        }
    }
}
