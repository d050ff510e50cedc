//! Wrong decisions, made on purpose: see [`crate::planted`].

use super::{Decision, Payment, Unchanged, send};
use crate::planted::{Bug, is};
use crate::{
    Change, Method, Msat, Outcome, PartId, PartStatus, PartialPayment, Preimage, Refusal, SendPart,
    StatusKind, Tally, Timestamp,
};

type Decided = Result<Decision, Refusal>;

/// What the bug that is on decides about a new part, if it has a say in this.
pub(super) fn wrong_send(payment: &Payment, part: &SendPart) -> Option<Decided> {
    let (row, live) = (&payment.summary, payment.summary.tally.live > 0);
    let complete = payment.status() == StatusKind::Complete;
    if is(Bug::CeilingWithoutNewPart) && part.intended == row.terms.intended {
        let before = row.tally;
        let mut roomy = payment.clone();
        roomy.summary.tally.in_flight = Msat::ZERO;
        let mut decided = send::another(&roomy, part);
        if let Ok(Decision::Commit(transition)) = &mut decided {
            let after = &mut transition.after.tally;
            after.in_flight = after.in_flight.checked_add(before.in_flight)?;
        }
        return Some(decided);
    }
    let again = is(Bug::PaysAgain) && part.method == Method::SendPay && !live;
    if complete && (again || is(Bug::CeilingOfLiveSiblings) && live) {
        let mut forgetful = payment.clone();
        forgetful.summary.preimage = None;
        forgetful.summary.tally.delivered = Msat::ZERO;
        let mut decided = send::another(&forgetful, part);
        if let Ok(Decision::Commit(transition)) = &mut decided {
            transition.after.preimage.clone_from(&row.preimage);
            transition.after.tally.delivered = row.tally.delivered;
        }
        return Some(decided);
    }
    if is(Bug::DeadlineRestarts) && row.order.is_some() && part.method == Method::Pay {
        let late = payment.with_deadline(Timestamp(u64::MAX));
        let mut decided = send::another(&late, part);
        if let Ok(Decision::Commit(transition)) = &mut decided {
            transition.after.order = row.order;
        }
        return Some(decided);
    }
    if is(Bug::TakesLastTerms) && !complete {
        let mut agreeable = payment.clone();
        agreeable.summary.terms.intended = part.intended;
        agreeable.summary.terms.requested = part.requested;
        agreeable.summary.terms.destination = part.route.destination();
        return Some(send::another(&agreeable, part));
    }
    None
}

impl Payment {
    /// The same, but for the deadline of its open order.
    pub(crate) fn with_deadline(&self, deadline: Timestamp) -> Payment {
        let mut late = self.clone();
        if let Some(limits) = &mut late.summary.order {
            limits.deadline = deadline;
        }
        if let Some(order) = late.order.as_mut().filter(|order| order.is_open()) {
            order.terms.deadline = deadline;
        }
        late
    }
}

/// The counters, as far as the bug that is on counts for an order.
pub(crate) fn forgetful(mut tally: Tally) -> Tally {
    if is(Bug::CapOfEachPart) {
        tally.sent = tally.committed();
    }
    if is(Bug::ShareForgetsLiveParts) {
        tally.sent = tally.sent.saturating_sub(tally.in_flight);
        tally.in_flight = Msat::ZERO;
    }
    if is(Bug::CountsNoLivePart) {
        tally.live = 0;
    }
    tally
}

/// What the bug that is on decides about a node's word, if it has a say in this.
pub(super) fn wrong_outcome(
    payment: &Payment,
    id: PartId,
    word: &Outcome,
    at: Timestamp,
) -> Option<Decided> {
    let part = payment.part(id)?;
    let status = part.status();
    let unproven = |bytes: &[u8; 32]| {
        let hash = payment.summary.payment_hash;
        Preimage::proving(hash, *bytes).is_err()
    };
    match word {
        Outcome::Fulfilled(bytes) if is(Bug::BelievesAnyPreimage) && unproven(bytes) => {
            as_if(payment, part, Preimage::from_secret_bytes(*bytes).1)
        }
        Outcome::Fulfilled(_) if is(Bug::IgnoresLatePreimage) && status == StatusKind::Failed => {
            Some(Ok(Decision::Unchanged(Unchanged::AlreadyResolved)))
        }
        Outcome::Failed(failure) if is(Bug::ResolvesTwice) && status == StatusKind::Complete => {
            let Ok(Decision::Commit(mut transition)) =
                super::outcome::outcome(payment, id, word, at)
            else {
                return None;
            };
            transition.change = Change::Resolved {
                part: id,
                previous: StatusKind::Complete,
                status: PartStatus::Failed(failure.clone()),
            };
            Some(Ok(Decision::Commit(transition)))
        }
        Outcome::Fulfilled(_) | Outcome::Failed(_) => None,
    }
}

/// The decision on a preimage that opens nothing, as if it did.
fn as_if(payment: &Payment, part: &PartialPayment, preimage: Preimage) -> Option<Decided> {
    let status = part.status();
    if status != StatusKind::Pending {
        return None;
    }
    let mut after = payment.summary.row.clone();
    after.tally = after.tally.moved(part, status, StatusKind::Complete)?;
    after.preimage = Some(preimage.clone());
    after.version += 1;
    let at = part.created_at;
    after.completed_at = Some(at);
    Some(Ok(Decision::Commit(Box::new(crate::Transition {
        expected: payment.expected(),
        after,
        change: Change::Resolved {
            part: part.id,
            previous: status,
            status: PartStatus::Complete(preimage),
        },
        closes: None,
        at,
        request: None,
        cursor: None,
    }))))
}
