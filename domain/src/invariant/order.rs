//! What a transition may do about a payment's order: the rules B, in plain arithmetic that shares
//! nothing with the decisions.

use super::{Rule, Violation};
use crate::{
    Avoid, Change, DirectedChannel, NewOrder, NewPart, Order, PartStatus, PartialPayment, Payment,
    Route, StatusKind, Transition, Why,
};

/// The first rule about orders that committing `transition` would break.
pub(super) fn step(before: Option<&Payment>, transition: &Transition) -> Result<(), Violation> {
    let after = &transition.after;
    let was_open = before.and_then(|payment| payment.summary().order);
    let open = before.and_then(Payment::order);
    let open = open.filter(|order| order.closed.is_none());
    match &transition.change {
        Change::Opened(order) => return opened(before, order, transition),
        Change::Accepted(part) => {
            if let (Some(payment), Some(order)) = (before, open) {
                joined(payment, order, part)?;
            }
        }
        Change::OrderClosed
        | Change::Resolved { .. }
        | Change::EndedByOperator { .. }
        | Change::Quarantined { .. }
        | Change::Unrecorded { .. } => {}
    }
    let closes = transition.closes.is_some();
    Rule::ClosedStays.requires(
        was_open.is_some() || !closes,
        "an order is closed that is not open",
    )?;
    let expected = was_open.filter(|_| !closes);
    Rule::OneOrder.requires(
        after.order == expected,
        "an order opens, closes, or has other limits, and the change does not say so",
    )?;
    reason(transition)
}

/// Rules B-5 and B-6: on a payment without live parts, and as its row says.
fn opened(
    before: Option<&Payment>,
    order: &NewOrder,
    transition: &Transition,
) -> Result<(), Violation> {
    let row = before.map(Payment::summary);
    let idle = row.is_none_or(|row| row.order.is_none() && row.preimage.is_none());
    let live = before.into_iter().flat_map(Payment::parts);
    let live = live
        .filter(|part| part.status() == StatusKind::Pending)
        .count();
    Rule::OneOrder.requires(
        idle && live == 0,
        "an order opens on live parts, on another order, or on what is paid",
    )?;
    let parts = row.map_or(0, |row| row.tally.parts);
    let limits = transition.after.order;
    let as_said = limits.is_some_and(|limits| {
        (limits.deliver, limits.max_fee, limits.deadline)
            == (
                order.terms.deliver,
                order.terms.max_fee,
                order.terms.deadline,
            )
    });
    Rule::OneOrder.requires(
        as_said && order.parts_before == parts && transition.closes.is_none(),
        "the payment's row has other limits than its new order",
    )
}

/// Rules B-1 to B-4 and B-10, of one more part.
fn joined(payment: &Payment, order: &Order, part: &NewPart) -> Result<(), Violation> {
    let (terms, row) = (&order.terms, payment.summary());
    Rule::OrderDeadline.requires(
        part.created_at < terms.deadline,
        "a part at or after its order's deadline",
    )?;
    let count = |at_all: usize| u32::try_from(at_all).unwrap_or(u32::MAX);
    let of_order = || payment.parts().skip(usize_of(order.parts_before));
    let live = of_order().filter(|part| part.status() == StatusKind::Pending);
    Rule::OrderAttempts.requires(
        count(live.count()) < u32::from(terms.max_parts)
            && count(of_order().count()) < terms.max_attempts,
        "more parts than the order may have",
    )?;
    Rule::OneOrder.requires(
        terms.nodes.contains(&part.node),
        "a part from a node that is not the order's",
    )?;
    Rule::WholePlan.requires(
        part.route.first().delay <= terms.max_delay,
        "a part that takes longer than its order allows",
    )?;
    let cost = |sent: u64, amount: u64| sent.checked_sub(amount);
    let out = of_order().filter(|part| part.status() != StatusKind::Failed);
    let mut costs = out.map(|part| cost(part.amount_sent().get(), part.amount().get()));
    let own = cost(part.amount_sent().get(), part.amount().get());
    let sum = costs
        .try_fold(own, |sum, cost| Some(sum?.checked_add(cost?)))
        .flatten();
    Rule::OrderCap.requires(
        sum.is_some_and(|sum| sum <= terms.max_fee.get()),
        "the order's parts would cost more than its cap",
    )?;
    let deliver = row.tally.committed().checked_add(part.amount());
    Rule::OrderShare.requires(
        deliver.is_some_and(|deliver| deliver <= terms.deliver),
        "the order's parts would deliver more than its share",
    )?;
    Rule::NoRepeat.requires(
        !is_excluded(&part.route, &terms.avoid),
        "a part goes over what its caller excluded",
    )?;
    let mut failed = of_order().filter(|part| part.status() == StatusKind::Failed);
    Rule::NoRepeat.requires(
        !failed.any(|failed| repeats(&part.route, failed)),
        "a part goes where one of its order could not, with as much",
    )
}

/// Whether a way goes over something of it. Which end of its first channel is ours is not known here, so
/// that one is excluded in both directions.
fn is_excluded(route: &Route, avoid: &Avoid) -> bool {
    let first = route.hops().first().map(|hop| hop.channel);
    let both_ways =
        [0, 1].map(|direction| first.map(|channel| DirectedChannel { channel, direction }));
    let has = |channel: &DirectedChannel| avoid.channels.contains(channel);
    both_ways
        .iter()
        .flatten()
        .filter(|channel| has(channel))
        .count()
        == 2
        || directed(route).any(|(channel, _)| has(&channel))
        || route
            .hops()
            .iter()
            .any(|hop| avoid.nodes.contains(&hop.node))
}

/// Whether a way goes over the channel that had not enough for that part, with as much.
fn repeats(route: &Route, failed: &PartialPayment) -> bool {
    const TEMPORARY_CHANNEL_FAILURE: u16 = 0x1007;
    let Some(failure) = failed.failure() else {
        return false;
    };
    if failure.failcode != Some(TEMPORARY_CHANNEL_FAILURE) {
        return false;
    }
    let at = failure.erring_index.map(usize_of).filter(|at| *at > 0);
    let Some((channel, amount)) = at.and_then(|at| directed(&failed.route).nth(at - 1)) else {
        return false;
    };
    directed(route).any(|(other, as_much)| other == channel && as_much >= amount)
}

/// Its channels beyond the first, with what each carries.
fn directed(route: &Route) -> impl Iterator<Item = (DirectedChannel, u64)> {
    let pairs = route.hops().windows(2);
    pairs.filter_map(|pair| {
        let [from, to] = pair else { return None };
        let channel = DirectedChannel {
            channel: to.channel,
            direction: u8::from(from.node > to.node),
        };
        Some((channel, to.amount.get()))
    })
}

/// Rule B-7: the reason fits its cause.
fn reason(transition: &Transition) -> Result<(), Violation> {
    let Some(why) = &transition.closes else {
        let by_itself = matches!(transition.change, Change::OrderClosed);
        return Rule::ReasonWithCause.requires(!by_itself, "an order is closed without a reason");
    };
    let fits = match (&transition.change, why) {
        (Change::Resolved { status, .. } | Change::EndedByOperator { status, .. }, why) => {
            match status {
                PartStatus::Complete(_) => *why == Why::Paid,
                PartStatus::Failed(_) => *why == Why::Refused,
                PartStatus::Pending => false,
            }
        }
        (Change::Quarantined { .. } | Change::Unrecorded { .. }, why) => *why == Why::Quarantined,
        (Change::OrderClosed, why) => !matches!(why, Why::Paid | Why::Refused),
        (Change::Opened(_) | Change::Accepted(_), _) => false,
    };
    Rule::ReasonWithCause.requires(
        fits,
        format_args!("\"{why}\" is not why the order is closed"),
    )
}

fn usize_of(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
