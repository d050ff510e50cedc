//! Stands outside: it knows what callers and nodes saw and what is durable, and never asks the
//! engine whether it was right.

mod deletions;
mod failed;
mod orders;
mod plans;
mod told;

pub(super) use orders::Asked;

use self::orders::Orders;
use super::truth::{Key, Truth};
use domain::invariant::{Rule, Violation, seen, stored};
use domain::{
    Event, Offer, PartId, PartialPayment, Payment, PaymentHash, PaymentSummary, RequestId,
    StatusKind,
};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

/// What it has seen.
#[derive(Default)]
pub(super) struct Judge {
    /// Everything that was ever durable of each payment, and since which move; none since it was
    /// deleted.
    durable: BTreeMap<PaymentHash, Vec<(u64, Option<Payment>)>>,
    /// Payments that were complete when they were deleted, or were proven when they were not there.
    buried: BTreeSet<PaymentHash>,
    /// Parts of payments that were deleted.
    gone: BTreeSet<PartId>,
    /// Payments that a node has told something wrong about.
    lied: BTreeSet<PaymentHash>,
    /// Which part each request was answered with.
    answered: BTreeMap<(RequestId, String), PartId>,
    /// Requests of which nothing was to come.
    nothing: BTreeSet<String>,
    /// The numbers of the events that those who follow the history, or one payment's, were told.
    told_events: BTreeMap<Option<PaymentHash>, Vec<u64>>,
    orders: Orders,
    states: HashSet<u64>,
    found: Option<Found>,
}

/// A rule was broken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// The rule, and what is wrong.
    pub violation: Violation,
    /// Of which payment.
    pub payment: Option<PaymentHash>,
    /// In which move.
    pub moves: u64,
}

impl Judge {
    /// The first rule that was broken, if one was.
    pub(super) fn found(&self) -> Option<Found> {
        self.found.clone()
    }

    /// Every state of a payment, its parts and their HTLCs that was seen.
    pub(super) fn states(&self) -> &HashSet<u64> {
        &self.states
    }

    /// A rule about that payment holds or not.
    pub(super) fn rule(
        &mut self,
        payment: Option<PaymentHash>,
        moves: u64,
        holds: Result<(), Violation>,
    ) {
        if let Err(violation) = holds
            && self.found.is_none()
        {
            self.found = Some(Found {
                violation,
                payment,
                moves,
            });
        }
    }

    /// A node has told something wrong about that payment: what it caused is not the engine's.
    pub(super) fn lied(&mut self, hash: PaymentHash) {
        self.lied.insert(hash);
    }

    pub(super) fn has_anyone_lied(&self) -> bool {
        !self.lied.is_empty()
    }

    /// The engine hands a part to a node.
    pub(super) fn offered(&mut self, offer: &Offer, moves: u64) {
        let hash = offer.payment_hash;
        let buried = seen::never_again(self.buried.contains(&hash));
        let offered = buried.and_then(|()| seen::offered(self.durable(hash), offer));
        self.rule(Some(hash), moves, offered);
    }

    /// A node has taken charge of a part.
    pub(super) fn made(&mut self, truth: &Truth, offer: &Offer, moves: u64) {
        let hash = offer.payment_hash;
        let Some(payment) = self.durable(hash) else {
            let alone = Rule::IntentBeforeAct.broken("an HTLC of a payment that is not stored");
            return self.rule(Some(hash), moves, Err(alone));
        };
        let mut holds = Ok(());
        if !self.lied.contains(&hash) {
            let intended = payment.summary().terms.intended;
            holds = seen::within(intended, truth.committed(hash));
            holds = holds.and_then(|()| self.cost(truth, hash));
            if let Some(part) = payment.part(offer.part) {
                let believed = seen::believed(part, truth.of((offer.part, hash)));
                holds = holds.and(believed);
            }
        }
        self.visited(truth, hash);
        self.rule(Some(hash), moves, holds);
    }

    /// This is durable now.
    pub(super) fn committed(&mut self, truth: &Truth, after: Payment, moves: u64) {
        let hash = after.summary().payment_hash;
        let parts: Vec<_> = after.parts().cloned().collect();
        let mut holds = seen::never_again(self.buried.contains(&hash))
            .and_then(|()| stored::whole(after.summary(), &parts))
            .and_then(|()| same_status(&after))
            .and_then(|()| self.has_numbers_of_its_own(&after))
            .and_then(|()| {
                self.durable(hash)
                    .map_or(Ok(()), |was| follows(was, &after))
            });
        if !self.lied.contains(&hash) {
            let mut believed = parts
                .iter()
                .map(|part| seen::believed(part, truth.of((part.id, hash))));
            holds = holds.and_then(|()| believed.find(Result::is_err).unwrap_or(Ok(())));
        }
        self.durable
            .entry(hash)
            .or_default()
            .push((moves, Some(after)));
        self.visited(truth, hash);
        self.rule(Some(hash), moves, holds);
    }

    /// A caller is told that its request made this part.
    pub(super) fn acknowledged(
        &mut self,
        told: &PartialPayment,
        request: Option<&RequestId>,
        moves: u64,
    ) {
        let hash = told.payment_hash;
        let mut holds = seen::acknowledged(told, self.last_with(hash, told.id));
        // A key goes with its payment.
        if let Some(request) = request.filter(|_| !self.is_gone(told.id)) {
            let label = told.label.clone().unwrap_or_default();
            let key = (request.clone(), label);
            let first = *self.answered.entry(key).or_insert(told.id);
            holds = holds.and_then(|()| seen::same_request(first, told.id));
        }
        self.rule(Some(hash), moves, holds);
    }

    /// A caller is told of a part, in a call that it made in the move `since`.
    pub(super) fn told_part(&mut self, told: &PartialPayment, since: u64, moves: u64) {
        let hash = told.payment_hash;
        let holds = seen::told_part(told, &self.during(hash, since));
        self.rule(Some(hash), moves, holds);
    }

    /// A caller is told of a payment.
    pub(super) fn told_payment(&mut self, told: &PaymentSummary, since: u64, moves: u64) {
        let hash = told.payment_hash;
        let holds = seen::told_payment(told, &self.during(hash, since));
        self.rule(Some(hash), moves, holds);
    }

    /// A caller is told that its request, known by that label, changed nothing.
    pub(super) fn told_nothing(&mut self, label: &str) {
        self.nothing.insert(label.to_owned());
    }

    /// It tries again, so that a part may come of it yet.
    pub(super) fn told_perhaps(&mut self, label: &str) {
        self.nothing.remove(label);
    }

    /// Somebody follows the history, or one payment's.
    pub(super) fn follows(&mut self, followed: Option<PaymentHash>) {
        self.told_events.insert(followed, Vec::new());
    }

    /// It is told that event.
    pub(super) fn told_event(&mut self, followed: Option<PaymentHash>, number: u64) {
        self.told_events.entry(followed).or_default().push(number);
    }

    /// Everything has come to rest: whoever follows the history knows each of its events, once and in
    /// order. It may know more: events of payments that were deleted since.
    pub(super) fn followed(&mut self, history: &[Event], moves: u64) {
        for (followed, told) in std::mem::take(&mut self.told_events) {
            let own = |event: &&Event| followed.is_none_or(|hash| event.payment_hash == hash);
            let events: Vec<u64> = history.iter().filter(own).map(|event| event.seq).collect();
            let what = format!("of the events {events:?} a follower was told {told:?}");
            let in_order = told.windows(2).all(|pair| pair[0] < pair[1]);
            let all = events.iter().all(|event| told.binary_search(event).is_ok());
            let holds = (in_order && all).then_some(());
            let holds = holds.ok_or_else(|| Rule::WaitsTellTheTruth.broken(what));
            self.rule(followed, moves, holds);
        }
    }

    /// Everything has come to rest: every part has its true end, and no request made two of them.
    pub(super) fn rest(&mut self, truth: &Truth, moves: u64) {
        self.orders_rest(moves);
        for hash in truth.paid() {
            let holds = self.is_refused(hash);
            self.rule(Some(hash), moves, holds);
        }
        let mut labels = BTreeSet::new();
        let payments: Vec<Payment> = self
            .durable
            .values()
            .filter_map(|versions| versions.last()?.1.clone())
            .collect();
        for payment in &payments {
            let hash = payment.summary().payment_hash;
            for part in payment.parts() {
                let ended = self.ended(part, truth.of((part.id, hash)));
                // Those of an order have none.
                let label = part.label.clone();
                let wanted =
                    label.map_or(Ok(()), |label| asked_for(&self.nothing, &mut labels, label));
                self.rule(Some(hash), moves, ended.and(wanted));
            }
        }
    }

    /// Rule A-10: nothing more is sent towards what was paid.
    fn is_refused(&self, hash: PaymentHash) -> Result<(), Violation> {
        let payment = self.durable(hash);
        let is_refused = payment.map_or(self.buried.contains(&hash), |payment| {
            let is_complete = seen::status_of(payment) == StatusKind::Complete;
            is_complete || payment.summary().quarantine.is_some()
        });
        let what = "a hash that was paid may be paid again";
        is_refused
            .then_some(())
            .ok_or_else(|| Rule::NeverTwice.broken(what))
    }

    fn ended(&self, part: &PartialPayment, truth: Option<seen::Htlc>) -> Result<(), Violation> {
        let lied = self.lied.contains(&part.payment_hash);
        let taken = truth == Some(seen::Htlc::Taken);
        if lied && part.status() == StatusKind::Failed && !taken {
            return Ok(());
        }
        seen::ended(part, truth)
    }

    fn durable(&self, hash: PaymentHash) -> Option<&Payment> {
        let versions = self.durable.get(&hash)?;
        versions.last()?.1.as_ref()
    }

    /// The last that was durable of a payment as long as it had that part.
    fn last_with(&self, hash: PaymentHash, part: PartId) -> Option<&Payment> {
        let versions = self.durable.get(&hash)?.iter().rev();
        let mut stored = versions.filter_map(|(_, payment)| payment.as_ref());
        stored.find(|payment| payment.part(part).is_some())
    }

    /// Rule A-4: no number comes back with another payment.
    fn has_numbers_of_its_own(&self, payment: &Payment) -> Result<(), Violation> {
        let mut again = payment.parts().filter(|part| self.is_gone(part.id));
        match again.next() {
            Some(part) => Err(Rule::AtMostOnce.broken(format!("part {} comes back", part.id))),
            None => Ok(()),
        }
    }

    /// What was durable of a payment at any time since that move began.
    fn during(&self, hash: PaymentHash, since: u64) -> Vec<Payment> {
        let versions = self.durable.get(&hash).map_or(&[][..], Vec::as_slice);
        let before = versions.partition_point(|(moves, _)| *moves < since);
        let during = versions.get(before.saturating_sub(1)..).unwrap_or_default();
        during
            .iter()
            .filter_map(|(_, payment)| payment.clone())
            .collect()
    }

    fn visited(&mut self, truth: &Truth, hash: PaymentHash) {
        let Some(payment) = self.durable(hash) else {
            return;
        };
        let mut state = DefaultHasher::new();
        payment.summary().quarantine.is_some().hash(&mut state);
        if let Some(order) = payment.order() {
            (order.is_open(), order.parts_before).hash(&mut state);
        }
        for part in payment.parts() {
            let key: Key = (part.id, hash);
            (part.status(), part.amount(), truth.of(key)).hash(&mut state);
        }
        self.states.insert(state.finish());
    }
}

/// The row's status is that of its parts.
fn same_status(payment: &Payment) -> Result<(), Violation> {
    let (row, parts) = (payment.status(), seen::status_of(payment));
    if row == parts {
        return Ok(());
    }
    let what = format!("the payment is {row:?}, and its parts say {parts:?}");
    Err(Rule::FunctionOfParts.broken(what))
}

/// What may become of a stored payment.
fn follows(was: &Payment, is: &Payment) -> Result<(), Violation> {
    for part in was.parts() {
        let Some(now) = is.part(part.id) else {
            let what = format!("part {} is gone", part.id);
            return Err(Rule::AcknowledgedIsDurable.broken(what));
        };
        let (old, new) = (part.status(), now.status());
        let changed = old != new && old != StatusKind::Pending;
        let proven = (old, new) == (StatusKind::Failed, StatusKind::Complete);
        if changed && !proven {
            let what = format!("part {} goes from {old:?} to {new:?}", part.id);
            return Err(Rule::OneOutcome.broken(what));
        }
    }
    let grown = is.parts().count() > was.parts().count();
    if grown && seen::status_of(was) == StatusKind::Complete {
        return Err(Rule::NothingAfterSuccess.broken("a part joins a complete payment"));
    }
    if grown && was.summary().quarantine.is_some() {
        return Err(Rule::FailClosed.broken("a part joins a quarantined payment"));
    }
    let (old, new) = (&was.summary().terms, &is.summary().terms);
    let fixed = (old.intended, old.destination) == (new.intended, new.destination);
    let what = "the payment's terms change";
    fixed
        .then_some(())
        .ok_or_else(|| Rule::OneSetOfTerms.broken(what))
}

/// One request makes one part, and none if it was told so.
fn asked_for(
    nothing: &BTreeSet<String>,
    labels: &mut BTreeSet<String>,
    label: String,
) -> Result<(), Violation> {
    let what = if nothing.contains(&label) {
        format!("request {label} was told that nothing changed, and made a part")
    } else if labels.contains(&label) {
        format!("request {label} made two parts")
    } else {
        labels.insert(label);
        return Ok(());
    };
    Err(Rule::AcknowledgedIsDurable.broken(what))
}
