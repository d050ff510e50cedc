//! A payment and its parts: why it is impossible to pay twice.
//!
//! Read [`Payment::accept`] and [`Payment::resolve`]. They are pure: each looks at one payment and says
//! what would change. Nothing is sent before that change is durable, and storage takes it only if the
//! payment is still the one that was looked at. So all that can ever be out is what the checks
//! below have let through one after the other:
//!
//! - [`send`]: a paid hash answers with its proof and sends nothing; every part has
//!   the payment's own terms; with the new part, what is in flight and what is delivered
//!   stay within the intended amount.
//! - [`outcome`]: a part counts as in flight until its node's definite word, which is stored
//!   once, and success only with its proof.
//! - [`delete`]: only what has come to rest is deleted, and what was paid leaves a tombstone, which
//!   refuses its hash for ever.
//! - [`operator`]: what no node can tell any more is ended by hand, with who said so and why.
//! - [`order`]: what `pay` asked for is open until it is closed, for good; while it is open it alone adds
//!   parts, within its cap, its share, its deadline and its exclusions (B-1 to B-7, B-10).
//! - [`unrecorded`]: money that has moved for the payment and is not in its parts stops everything new.
//!
//! [`send`]: Payment::accept
//! [`outcome`]: Payment::resolve
//! [`delete`]: Payment::deletion
//! [`operator`]: Payment::by_operator
//! [`order`]: Payment::open
//! [`unrecorded`]: Payment::unrecorded

mod delete;
mod operator;
mod order;
mod outcome;
#[cfg(feature = "planted")]
mod planted;
mod restore;
mod send;
mod unrecorded;

#[cfg(feature = "planted")]
pub(crate) use self::planted::forgetful;

use crate::planted::planted;
use crate::{
    Change, Closed, Deletion, Expected, Failure, Network, NodeName, Notes, Offer, OpenOrder, Order,
    OrderId, Outcome, PartId, PartialPayment, PaymentSummary, Receipt, Refusal, ResolvePart,
    SendPart, StatusKind, Timestamp, Transition, Why,
};
use std::collections::BTreeMap;
use std::time::Duration;

/// The most parts that one payment can have, failed ones included.
pub const PARTS_MAX: u32 = 10_000;

/// A payment with all its parts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Payment {
    summary: PaymentSummary,
    parts: BTreeMap<PartId, PartialPayment>,
    /// Its last order, open or closed.
    order: Option<Order>,
}

/// What to do about what was asked, and not refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Decision {
    /// Commit this, and only then act.
    Commit(Box<Transition>),
    /// Nothing changes.
    Unchanged(Unchanged),
}

/// Why nothing changes although nothing is wrong.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Unchanged {
    /// The payment is complete: a success, and nothing is sent.
    AlreadyComplete,
    /// `sendpay` of a payment that is pending: a success, and nothing is sent.
    InProgress,
    /// `pay` of a payment whose order is open, with the same terms: whoever asks joins it.
    Joined,
    /// The order is closed, or there is none.
    AlreadyClosed,
    /// The outcome is known already.
    AlreadyResolved,
}

/// Whether a part that has not left yet still should.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OfferDecision {
    /// Offer it.
    Offer(Box<Offer>),
    /// It has its outcome.
    Resolved,
    /// It must not leave any more, for this reason.
    Drop(Box<Failure>),
}

impl Payment {
    /// What accepting a part changes, or why it may not be accepted. `existing` is the payment of the
    /// part's hash, if there is one.
    ///
    /// Pure: the same payment and part give the same answer, and nothing happens.
    pub fn accept(existing: Option<&Payment>, part: &SendPart) -> Result<Decision, Refusal> {
        #[cfg(feature = "planted")]
        if let Some(wrong) = existing.and_then(|payment| planted::wrong_send(payment, part)) {
            return wrong;
        }
        match existing {
            None => send::first(part),
            Some(payment) => send::another(payment, part),
        }
    }

    /// What opening an order changes, or why none may be opened. `existing` is the payment of the
    /// invoice's hash, if there is one.
    ///
    /// Pure, like [`Payment::accept`].
    pub fn open(existing: Option<&Payment>, order: &OpenOrder) -> Result<Decision, Refusal> {
        match existing {
            None => order::first(order),
            Some(payment) => order::another(payment, order),
        }
    }

    /// What closing its order changes. It is final (rule B-6).
    ///
    /// Pure, like [`Payment::accept`].
    pub fn close(&self, why: &Why, at: Timestamp) -> Decision {
        order::close(self, why, at)
    }

    /// What a node's word about one of its parts changes.
    ///
    /// Pure, like [`Payment::accept`].
    pub fn resolve(
        &self,
        part: PartId,
        word: &Outcome,
        at: Timestamp,
    ) -> Result<Decision, Refusal> {
        #[cfg(feature = "planted")]
        if let Some(wrong) = planted::wrong_outcome(self, part, word, at) {
            return wrong;
        }
        outcome::outcome(self, part, word, at)
    }

    /// What deleting it takes away, or why it may not be deleted.
    ///
    /// Pure, like [`Payment::accept`] and [`Payment::resolve`].
    pub fn deletion(&self, at: Timestamp) -> Result<Deletion, Refusal> {
        delete::delete(self, at)
    }

    /// What an operator's word changes that ends one of its parts, or why it may not.
    ///
    /// Pure, like [`Payment::accept`] and [`Payment::resolve`].
    pub fn by_operator(&self, request: &ResolvePart, at: Timestamp) -> Result<Transition, Refusal> {
        operator::resolve(self, request, at)
    }

    /// What becomes of it when a node proves that it fulfilled a part of it that is not stored: nothing, if
    /// nothing more is sent towards it anyway.
    ///
    /// Pure, like [`Payment::accept`] and [`Payment::resolve`].
    pub fn unrecorded(&self, node: &NodeName, part: PartId, at: Timestamp) -> Option<Transition> {
        unrecorded::fulfilled(self, node, part, at)
    }

    /// The payment after a transition that was committed.
    pub fn apply(existing: Option<Payment>, done: Transition, receipt: Receipt) -> Payment {
        let (mut parts, mut order) = existing.map(|p| (p.parts, p.order)).unwrap_or_default();
        match done.change {
            Change::Accepted(part) => {
                let id = receipt.part.expect("storage numbers every part");
                parts.insert(id, part.numbered(id));
            }
            Change::Opened(new) => order = Some(new.numbered(OrderId(receipt.event))),
            Change::Resolved { part, status, .. } => {
                let part = parts.get_mut(&part).expect("decided on this very part");
                part.end(status, None, done.at);
            }
            Change::EndedByOperator { part, status, by } => {
                let part = parts.get_mut(&part).expect("decided on this very part");
                part.end(status, Some(by), done.at);
            }
            Change::OrderClosed | Change::Quarantined { .. } | Change::Unrecorded { .. } => {}
        }
        if let (Some(order), Some(why)) = (&mut order, done.closes) {
            order.closed = Some(Closed { at: done.at, why });
        }
        let summary = PaymentSummary {
            id: receipt.payment,
            row: done.after,
        };
        Payment {
            summary,
            parts,
            order,
        }
    }

    /// Its row.
    pub fn summary(&self) -> &PaymentSummary {
        &self.summary
    }

    /// What must still be stored when something that was decided on it is committed.
    pub fn expected(&self) -> Expected {
        Expected::Stored {
            id: self.summary.id,
            version: self.summary.version,
        }
    }

    /// Its parts, by number.
    pub fn parts(&self) -> impl Iterator<Item = &PartialPayment> {
        self.parts.values()
    }

    /// One of its parts.
    pub fn part(&self, id: PartId) -> Option<&PartialPayment> {
        self.parts.get(&id)
    }

    /// Its parts without an outcome.
    pub fn live_parts(&self) -> impl Iterator<Item = &PartialPayment> {
        self.parts.values().filter(|part| part.is_live())
    }

    /// Its last order, open or closed.
    pub fn order(&self) -> Option<&Order> {
        self.order.as_ref()
    }

    /// The parts of its last order.
    pub fn ordered_parts(&self) -> impl Iterator<Item = &PartialPayment> {
        self.order()
            .into_iter()
            .flat_map(|order| self.parts_of(order))
    }

    fn parts_of<'a>(&'a self, order: &Order) -> impl Iterator<Item = &'a PartialPayment> + use<'a> {
        let before = usize::try_from(order.parts_before).unwrap_or(usize::MAX);
        let until = order.closed.as_ref().map(|closed| closed.at);
        let of_order = self.parts.values().skip(before);
        of_order.filter(move |part| until.is_none_or(|closed| part.created_at <= closed))
    }

    /// Rule A-8: its state, a function of its parts and of whether an order is open.
    pub fn status(&self) -> StatusKind {
        self.summary.status()
    }

    /// The part that failed last: it says why the payment failed.
    pub fn last_failed(&self) -> Option<&PartialPayment> {
        let failed = self.parts.values().filter(|p| p.failure().is_some());
        failed.max_by_key(|part| (part.completed_at, part.id))
    }

    /// The part of one of its orders that failed last.
    pub fn last_failed_of(&self, order: &Order) -> Option<&PartialPayment> {
        let failed = self.parts_of(order).filter(|p| p.failure().is_some());
        failed.max_by_key(|part| (part.completed_at, part.id))
    }

    /// Whether a part that has not left its node yet still should; `network` is the node's, where known.
    /// A caller who asked longer than `window` ago has long given up on it, and a complete payment needs
    /// no more (rule A-2). Nor does the payee take what leaves after the invoice has expired.
    pub fn wish(
        &self,
        part: PartId,
        now: Timestamp,
        window: Duration,
        network: Option<&Network>,
    ) -> OfferDecision {
        let Some(part) = self.part(part).filter(|part| part.is_live()) else {
            return OfferDecision::Resolved;
        };
        planted!(
            OffersAfterSuccess,
            return OfferDecision::Offer(Box::new(self.offer(part)))
        );
        let invoice = self.summary.terms.invoice.as_ref();
        let reason = if self.status() == StatusKind::Complete {
            "the payment was complete before the part left"
        } else if self.summary.quarantine.is_some() {
            "the payment was quarantined before the part left"
        } else if now > part.created_at.after(window) {
            "its route was too old by the time it could be offered"
        } else if invoice.is_some_and(|invoice| now > invoice.expires_at) {
            "its invoice had expired by the time it could be offered"
        } else if invoice.is_some_and(|i| network.is_some_and(|node| *node != i.network)) {
            "its invoice is for another network than its node's"
        } else {
            return OfferDecision::Offer(Box::new(self.offer(part)));
        };
        OfferDecision::Drop(Box::new(Failure::never_sent(reason)))
    }

    fn offer(&self, part: &PartialPayment) -> Offer {
        let terms = &self.summary.terms;
        Offer {
            part: part.id,
            payment_hash: self.summary.payment_hash,
            total: terms.intended,
            route: part.route.clone(),
            secret: terms.secret.clone(),
            metadata: terms.metadata.clone(),
            notes: Notes {
                bolt11: self.summary.bolt11.clone(),
                label: part.label.clone(),
                description: part.description.clone(),
            },
        }
    }
}
