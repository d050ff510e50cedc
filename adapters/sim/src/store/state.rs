//! What is in the store, and what a commit does to it.

use super::Fault;
use domain::{
    Burial, Change, Committed, Cursor, Deleted, Deletion, Event, EventKind, Expected,
    IncomingPayment, NodeIdentity, NodeName, Order, OrderId, PartId, PartStatus, Payment,
    PaymentHash, PaymentId, Receipt, Request, RequestId, Tombstone, Transition, Unasked,
    UnrecordedPart,
};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

#[derive(Clone, Default)]
pub(super) struct State {
    pub(super) payments: BTreeMap<PaymentId, Payment>,
    pub(super) by_hash: HashMap<PaymentHash, PaymentId>,
    pub(super) by_part: BTreeMap<PartId, PaymentId>,
    pub(super) requests: HashMap<RequestId, (Request, RequestOf)>,
    pub(super) orders: HashMap<OrderId, Order>,
    pub(super) cursors: HashMap<NodeName, Cursor>,
    pub(super) identities: HashMap<NodeName, NodeIdentity>,
    pub(super) events: Vec<Event>,
    pub(super) incoming: BTreeMap<PaymentId, IncomingPayment>,
    pub(super) incoming_cursors: HashMap<NodeName, Cursor>,
    /// The last numbers that were given out, whatever was deleted since.
    pub(super) last: Last,
    pub(super) tombstones: HashMap<PaymentHash, Tombstone>,
    pub(super) unrecorded: BTreeMap<(PartId, PaymentHash, NodeName), UnrecordedPart>,
    pub(super) unasked: BTreeMap<NodeName, Unasked>,
    pub(super) faults: VecDeque<Fault>,
    pub(super) damaged: HashMap<PaymentHash, String>,
    pub(super) refused: HashMap<PaymentHash, String>,
    pub(super) unreadable: HashSet<PaymentHash>,
    pub(super) reads_fail: bool,
    pub(super) incoming_fails: bool,
}

/// What a request made.
#[derive(Clone, Copy)]
pub(super) enum RequestOf {
    Part(PartId),
    Order(PaymentHash, OrderId),
}

#[derive(Clone, Copy, Default)]
pub(super) struct Last {
    pub(super) payment: u64,
    pub(super) part: u64,
    pub(super) event: u64,
}

impl State {
    pub(super) fn fits(&self, transition: &Transition) -> bool {
        let stored = self.by_hash.get(&transition.payment_hash());
        let stored = stored.and_then(|id| self.payments.get(id));
        let expected = match transition.expected {
            Expected::Absent => {
                stored.is_none() && !self.tombstones.contains_key(&transition.payment_hash())
            }
            Expected::Stored { id, version } => stored.is_some_and(|payment| {
                let row = payment.summary();
                (row.id, row.version) == (id, version)
            }),
        };
        let unused = |request: &Request| !self.requests.contains_key(&request.id);
        expected && transition.request.as_ref().is_none_or(unused)
    }

    /// Whether a part would join whose payment has one out that is not stored.
    pub(super) fn is_kept_out(&self, transition: &Transition) -> bool {
        let hash = transition.payment_hash();
        let mut parts = self.unrecorded.values();
        matches!(transition.change, Change::Accepted(_) | Change::Opened(_))
            && parts.any(|part| part.payment_hash == hash && part.fate.is_open())
    }

    pub(super) fn write(&mut self, transition: Transition) -> Receipt {
        let hash = transition.payment_hash();
        let existing = self.by_hash.get(&hash).copied();
        let payment = existing.unwrap_or_else(|| PaymentId(next(&mut self.last.payment)));
        let part = match &transition.change {
            Change::Opened(_) | Change::OrderClosed => None,
            Change::Accepted(_) => Some(PartId(next(&mut self.last.part))),
            Change::Resolved { part, .. }
            | Change::EndedByOperator { part, .. }
            | Change::Quarantined { part }
            | Change::Unrecorded { part } => Some(*part),
        };
        let is_new = matches!(transition.change, Change::Accepted(_));
        let receipt = Receipt {
            payment,
            part,
            event: next(&mut self.last.event),
        };
        self.events.push(event(&transition, receipt));
        if let Some(request) = transition.request.clone() {
            let of = part.map_or(
                RequestOf::Order(hash, OrderId(receipt.event)),
                RequestOf::Part,
            );
            self.requests.insert(request.id.clone(), (request, of));
        }
        if let Some((node, cursor)) = transition.cursor.clone() {
            self.advance(node, cursor);
        }
        let before = self.payments.remove(&payment);
        let after = Payment::apply(before, transition, receipt);
        if let Some(order) = after.order() {
            self.orders.insert(order.id, order.clone());
        }
        self.by_hash.insert(hash, payment);
        if let (true, Some(part)) = (is_new, part) {
            self.by_part.insert(part, payment);
        }
        self.payments.insert(payment, after);
        receipt
    }

    /// Nothing but the payment that was looked at, and nothing that has a live part.
    pub(super) fn remove(&mut self, deletion: &Deletion) -> Committed<Deleted> {
        let stored = self.payments.get(&deletion.payment).map(Payment::summary);
        let expected = stored.filter(|row| {
            (row.payment_hash, row.version) == (deletion.payment_hash, deletion.version)
        });
        let Some(row) = expected else {
            return Committed::Conflict;
        };
        if row.tally.live > 0 {
            return Committed::Refused("A-5: it has live parts".into());
        }
        if row.order.is_some() {
            return Committed::Refused("B-6: its order is open".into());
        }
        let (hash, payment) = (deletion.payment_hash, deletion.payment);
        if deletion.tombstone {
            let tombstone = Tombstone {
                payment_hash: hash,
                payment: Some(payment),
                deleted_at: deletion.at,
            };
            self.tombstones.insert(hash, tombstone);
        }
        let before = (self.by_part.len(), self.events.len(), self.requests.len());
        self.payments.remove(&payment);
        self.by_hash.remove(&hash);
        self.events
            .retain(|event| event.payment_hash != hash || event.kind == EventKind::PaymentReceived);
        let by_part = &self.by_part;
        self.requests.retain(|_, (_, of)| match of {
            RequestOf::Part(part) => by_part.get(part) != Some(&payment),
            RequestOf::Order(of, _) => *of != hash,
        });
        self.by_part.retain(|_, of| *of != payment);
        Committed::Yes(Deleted {
            parts: count(before.0 - self.by_part.len()),
            events: count(before.1 - self.events.len()),
            requests: count(before.2 - self.requests.len()),
        })
    }

    /// Where there is no payment; a tombstone that is there stays.
    pub(super) fn bury(&mut self, burial: &Burial) -> Committed<()> {
        let hash = burial.payment_hash;
        if self.by_hash.contains_key(&hash) {
            return Committed::Conflict;
        }
        let tombstone = burial.tombstone();
        self.tombstones.entry(hash).or_insert(tombstone);
        Committed::Yes(())
    }

    /// How the next commit goes wrong: before anything is written, after it, or not at all.
    pub(super) fn strike<T>(&mut self, hash: PaymentHash) -> Result<Option<Fault>, Committed<T>> {
        if let Some(rule) = self.refused.get(&hash) {
            return Err(Committed::Refused(rule.clone()));
        }
        match self.faults.pop_front() {
            Some(Fault::Unavailable) => Err(Committed::Unavailable("simulated full disk".into())),
            Some(Fault::ErrorAndLost) => {
                let why = "simulated crash before the commit";
                Err(Committed::Unknown(why.into()))
            }
            Some(Fault::Conflict) => Err(Committed::Conflict),
            after @ (Some(Fault::ErrorButWritten) | None) => Ok(after),
        }
    }

    pub(super) fn advance(&mut self, node: NodeName, cursor: Cursor) {
        let stored = self.cursors.entry(node).or_insert(cursor);
        *stored = (*stored).max(cursor);
    }
}

pub(super) fn next(last: &mut u64) -> u64 {
    *last += 1;
    *last
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

/// What is said of a commit that went well but for that fault.
pub(super) fn told<T>(committed: Committed<T>, fault: Option<Fault>) -> Committed<T> {
    match (committed, fault) {
        (Committed::Yes(_), Some(Fault::ErrorButWritten)) => {
            Committed::Unknown("simulated error after the commit".into())
        }
        (committed, _) => committed,
    }
}

fn event(transition: &Transition, receipt: Receipt) -> Event {
    let status = match &transition.change {
        Change::Accepted(_) => Some(&PartStatus::Pending),
        Change::Resolved { status, .. } | Change::EndedByOperator { status, .. } => Some(status),
        Change::Opened(_)
        | Change::OrderClosed
        | Change::Quarantined { .. }
        | Change::Unrecorded { .. } => None,
    };
    let failure = match status {
        Some(PartStatus::Failed(failure)) => Some(failure.clone()),
        _ => None,
    };
    Event {
        seq: receipt.event,
        kind: transition.kind(),
        at: transition.at,
        payment_hash: transition.payment_hash(),
        payment_status: transition.after.status(),
        part: receipt.part,
        part_status: status.map(PartStatus::kind),
        failure,
        resolution: match &transition.change {
            Change::EndedByOperator { by, .. } => Some(by.clone()),
            _ => None,
        },
        order_closed: transition.closes.clone(),
    }
}
