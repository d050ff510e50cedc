//! What callers and nodes saw, beside what is stored: for those who look at the engine from
//! outside, and do not ask it.

use super::{Rule, Violation};
use crate::{Msat, Offer, OrderId, PartId, PartialPayment, Payment, PaymentSummary, StatusKind};

/// What really became of a part at its node, by the node's own ledger.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Htlc {
    /// It is out, or about to leave.
    Out,
    /// The payee took it.
    Taken,
    /// Its money is back.
    Back,
}

/// A part is handed to its node while this is stored.
pub fn offered(stored: Option<&Payment>, offer: &Offer) -> Result<(), Violation> {
    let id = offer.part;
    let payment = stored.ok_or_else(|| {
        Rule::IntentBeforeAct.broken(format!("part {id} is offered and not stored"))
    })?;
    let part = payment.part(id).ok_or_else(|| {
        Rule::AtMostOnce.broken(format!("{id} is offered, which is no part's number"))
    })?;
    let (row, terms) = (payment.summary(), &payment.summary().terms);
    Rule::NothingAfterSuccess.requires(
        row.preimage.is_none(),
        format_args!("part {id} is offered although the payment is complete"),
    )?;
    Rule::FailClosed.requires(
        row.quarantine.is_none(),
        format_args!("part {id} is offered although the payment is quarantined"),
    )?;
    Rule::UnknownIsNotFailed.requires(
        part.is_live(),
        format_args!("part {id} is offered although it has its outcome"),
    )?;
    Rule::OneSetOfTerms.requires(
        offer.payment_hash == row.payment_hash
            && offer.total == terms.intended
            && offer.secret == terms.secret
            && offer.route == part.route,
        format_args!("part {id} is offered with other terms than are stored"),
    )
}

/// How many HTLCs one part has become.
pub fn at_most_once(part: PartId, htlcs: u32) -> Result<(), Violation> {
    Rule::AtMostOnce.requires(htlcs <= 1, format_args!("part {part} left {htlcs} times"))
}

/// What the HTLCs of one payment deliver that are out or taken, beside what it shall deliver.
pub fn within(intended: Msat, out: impl IntoIterator<Item = Msat>) -> Result<(), Violation> {
    let sum = out.into_iter().try_fold(Msat::ZERO, Msat::checked_add);
    Rule::Ceiling.requires(
        sum.is_some_and(|sum| sum <= intended),
        format_args!("{sum:?} are out or taken of a payment of {intended}"),
    )
}

/// A stored part beside what really became of it. `None`: it never left.
pub fn believed(part: &PartialPayment, truth: Option<Htlc>) -> Result<(), Violation> {
    let id = part.id;
    match part.status() {
        StatusKind::Pending => Ok(()),
        StatusKind::Complete => Rule::Proof.requires(
            truth == Some(Htlc::Taken),
            format_args!("part {id} is complete, and {truth:?} in truth"),
        ),
        StatusKind::Failed => Rule::UnknownIsNotFailed.requires(
            matches!(truth, None | Some(Htlc::Back)),
            format_args!("part {id} is failed, and {truth:?} in truth"),
        ),
    }
}

/// The end of a part when everything has come to rest.
pub fn ended(part: &PartialPayment, truth: Option<Htlc>) -> Result<(), Violation> {
    Rule::WaitsTellTheTruth.requires(
        !part.is_live(),
        format_args!("part {} has no end, and {truth:?} in truth", part.id),
    )?;
    believed(part, truth)
}

/// A payment is deleted that was stored like this: it had come to rest.
pub fn deleted(stored: Option<&Payment>) -> Result<(), Violation> {
    let payment = stored
        .ok_or_else(|| Rule::AcknowledgedIsDurable.broken("what is deleted is not stored"))?;
    let live = payment.parts().find(|part| part.is_live());
    Rule::UnknownIsNotFailed.requires(
        live.is_none(),
        format_args!(
            "a payment is deleted with parts pending: {:?}",
            live.map(|part| part.id)
        ),
    )?;
    Rule::ClosedStays.requires(
        payment.summary().order.is_none(),
        "a payment is deleted while its order is open",
    )?;
    Rule::FailClosed.requires(
        payment.summary().quarantine.is_none(),
        "a quarantined payment is deleted",
    )
}

/// A payment of a hash is stored, or an HTLC of it leaves; `was_paid`: a payment of that hash was
/// complete and is deleted.
pub fn never_again(was_paid: bool) -> Result<(), Violation> {
    Rule::NeverTwice.requires(!was_paid, "what was paid and deleted comes back")
}

/// A caller was told that this part is accepted, and this is stored.
pub fn acknowledged(told: &PartialPayment, stored: Option<&Payment>) -> Result<(), Violation> {
    let id = told.id;
    let part = stored.and_then(|payment| payment.part(id)).ok_or_else(|| {
        Rule::AcknowledgedIsDurable.broken(format!("part {id} was acknowledged and is not stored"))
    })?;
    Rule::AcknowledgedIsDurable.requires(
        told.as_accepted() == part.as_accepted(),
        format_args!("part {id} was acknowledged and another is stored"),
    )
}

/// A caller was told of a part. What was stored while the call lasted is `during`.
pub fn told_part(told: &PartialPayment, during: &[Payment]) -> Result<(), Violation> {
    let (id, status) = (told.id, &told.status);
    let mut stored = during.iter().filter_map(|payment| payment.part(id));
    Rule::WaitsTellTheTruth.requires(
        stored.any(|part| part.status == *status && part.completed_at == told.completed_at),
        format_args!("part {id} was told as {:?} and never was", told.status()),
    )
}

/// A caller was told of a payment. What was stored while the call lasted is `during`.
pub fn told_payment(told: &PaymentSummary, during: &[Payment]) -> Result<(), Violation> {
    let is_open = |payment: &Payment| payment.summary().order.is_some();
    Rule::HonestStatus.requires(
        told.status() != StatusKind::Failed || during.is_empty() || !during.iter().all(is_open),
        "the payment was told as failed while its order was open",
    )?;
    let mut stored = during.iter();
    Rule::WaitsTellTheTruth.requires(
        stored.any(|payment| {
            let row = payment.summary();
            (status_of(payment), &row.preimage, row.completed_at)
                == (told.status(), &told.preimage, told.completed_at)
        }),
        format_args!("the payment was told as {:?} and never was", told.status()),
    )
}

/// A payment's status, from its parts, and from whether its last order is open.
pub fn status_of(payment: &Payment) -> StatusKind {
    let is = |status| payment.parts().any(|part| part.status() == status);
    if is(StatusKind::Complete) {
        StatusKind::Complete
    } else if is(StatusKind::Pending) || payment.order().is_some_and(|o| o.closed.is_none()) {
        StatusKind::Pending
    } else {
        StatusKind::Failed
    }
}

/// The same request was answered with these orders.
pub fn same_order(first: OrderId, again: OrderId) -> Result<(), Violation> {
    Rule::SameOrder.requires(
        first == again,
        format_args!("one request opened orders {first} and {again}"),
    )
}

/// The same request was answered with these parts.
pub fn same_request(first: PartId, again: PartId) -> Result<(), Violation> {
    Rule::AcknowledgedIsDurable.requires(
        first == again,
        format_args!("one request made parts {first} and {again}"),
    )
}
