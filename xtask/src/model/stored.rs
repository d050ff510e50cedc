//! What is durable: the real payment, and the requests that were answered.
//!
//! It is decided on and changed by the product's own `Payment::accept`, `resolve` and `apply` only.
//! After each change it is looked at once, and what was found goes with it.

use super::bounds::ASKS_MAX;
use super::rule::{Broken, Rule};
use super::script::{INTENDED, Script};
use domain::contract::samples::Command;
use domain::invariant::step::step;
use domain::{
    Decision, Expected, PartId, PartialPayment, Payment, PaymentId, Receipt, Refusal, StatusKind,
    Transition, Unchanged,
};
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// A store with one payment in it. Cheap to copy.
#[derive(Clone)]
pub(super) struct Stored(Arc<Row>);

struct Row {
    payment: Option<Payment>,
    /// The part that each request made.
    requests: [Option<u8>; ASKS_MAX],
    broken: Broken,
    /// A digest of all that can matter later: the texts of failures cannot.
    digest: u64,
}

impl Stored {
    /// Nothing is stored.
    pub(super) fn nothing() -> Stored {
        Stored(Arc::new(Row {
            payment: None,
            requests: [None; ASKS_MAX],
            broken: Broken::default(),
            digest: 0,
        }))
    }

    pub(super) fn payment(&self) -> Option<&Payment> {
        self.0.payment.as_ref()
    }

    pub(super) fn parts(&self) -> impl Iterator<Item = &PartialPayment> {
        self.payment().into_iter().flat_map(Payment::parts)
    }

    pub(super) fn part(&self, id: u8) -> Option<&PartialPayment> {
        self.payment()?.part(PartId(id.into()))
    }

    pub(super) fn is_live(&self, part: u8) -> bool {
        self.part(part).is_some_and(PartialPayment::is_live)
    }

    pub(super) fn status(&self) -> Option<StatusKind> {
        self.payment().map(Payment::status)
    }

    /// The part that this request made.
    pub(super) fn request(&self, ask: usize) -> Option<u8> {
        self.0.requests[ask]
    }

    pub(super) fn breaks(&self, rule: Rule) -> bool {
        self.0.broken.has(rule)
    }

    /// Tells it from every other that matters.
    pub(super) fn identity(&self) -> u64 {
        self.0.digest
    }

    /// The number that the next part gets.
    pub(super) fn next_part(&self) -> u8 {
        self.parts().map(number).max().unwrap_or(0) + 1
    }

    /// The product's own decision on what is stored here.
    pub(super) fn decide(&self, command: &Command) -> Result<Decision, Refusal> {
        command.decide(self.payment())
    }

    /// Whether this is what the transition expects.
    pub(super) fn is_expected(&self, transition: &Transition) -> bool {
        let version = self.payment().map(|payment| payment.summary().version);
        match transition.expected {
            Expected::Absent => version.is_none(),
            Expected::Stored {
                version: expected, ..
            } => version == Some(expected),
        }
    }

    /// The store after a transition, and the part that it was about.
    pub(super) fn after(
        &self,
        transition: Transition,
        request: Option<usize>,
        script: &Script,
    ) -> (Stored, u8) {
        let part = match &transition.change {
            domain::Change::Opened(_) | domain::Change::OrderClosed => {
                unreachable!("the model has no orders")
            }
            domain::Change::Accepted(_) => PartId(self.next_part().into()),
            domain::Change::Resolved { part, .. }
            | domain::Change::EndedByOperator { part, .. }
            | domain::Change::Quarantined { part }
            | domain::Change::Unrecorded { part } => *part,
        };
        let receipt = Receipt {
            payment: PaymentId(1),
            part: Some(part),
            event: transition.after.version,
        };
        let mut broken = self.0.broken;
        if self.is_expected(&transition) {
            let asked = step(self.payment(), &transition);
            broken.require(asked.is_ok(), Rule::ReadsWell);
        }
        let payment = Payment::apply(self.0.payment.clone(), transition, receipt);
        let mut requests = self.0.requests;
        let part = u8::try_from(part.0).unwrap_or(u8::MAX);
        if let Some(ask) = request {
            requests[ask] = Some(part);
        }
        look_back(self.payment(), &payment, &mut broken);
        look_at(&payment, script, &mut broken);
        let digest = digest(&payment, requests, broken);
        let row = Row {
            payment: Some(payment),
            requests,
            broken,
            digest,
        };
        (Stored(Arc::new(row)), part)
    }
}

/// A part's number, which is small here.
pub(super) fn number(part: &PartialPayment) -> u8 {
    u8::try_from(part.id.0).unwrap_or(u8::MAX)
}

/// The rules that one change can break.
fn look_back(before: Option<&Payment>, after: &Payment, broken: &mut Broken) {
    let Some(before) = before else { return };
    for part in before.parts() {
        let now = after.part(part.id);
        broken.require(now.is_some(), Rule::Acknowledged);
        let same = now.is_some_and(|now| now.status == part.status);
        broken.require(part.is_live() || same, Rule::OneOutcome);
    }
    let more = after.parts().count() > before.parts().count();
    let was_complete = before.status() == StatusKind::Complete;
    broken.require(!(more && was_complete), Rule::NoPartAfterSuccess);
    let stays = !was_complete || after.status() == StatusKind::Complete;
    broken.require(stays, Rule::OneOutcome);
    let terms = before.summary().terms == after.summary().terms;
    broken.require(terms, Rule::OneSetOfTerms);
}

/// The rules that can be seen in a payment as it is. They are said here once more, apart from the
/// product's own words for them.
fn look_at(payment: &Payment, script: &Script, broken: &mut Broken) {
    let row = payment.summary();
    let sum = |kind| -> u64 {
        let of_kind = payment.parts().filter(|part| part.status() == kind);
        of_kind.map(|part| part.amount().get()).sum()
    };
    let count = |kind| payment.parts().filter(|p| p.status() == kind).count();
    let out = sum(StatusKind::Pending) + sum(StatusKind::Complete);
    broken.require(out <= INTENDED, Rule::Ceiling);
    let status = match (count(StatusKind::Complete), count(StatusKind::Pending)) {
        (0, 0) => StatusKind::Failed,
        (0, _) => StatusKind::Pending,
        _ => StatusKind::Complete,
    };
    broken.require(payment.status() == status, Rule::FunctionOfParts);
    let tally = &row.tally;
    let counted = tally.in_flight.get() == sum(StatusKind::Pending)
        && tally.delivered.get() == sum(StatusKind::Complete)
        && usize::try_from(tally.live).ok() == Some(count(StatusKind::Pending));
    broken.require(counted, Rule::FunctionOfParts);
    let proven = row.preimage.as_ref();
    let proven = proven.is_some_and(|proof| proof.opens(row.payment_hash));
    let complete = status == StatusKind::Complete;
    broken.require(proven == complete, Rule::Proof);
    for part in payment.parts() {
        let wrong = script.wrong_word(number(part)).decide(Some(payment));
        let refused = matches!(wrong, Err(Refusal::WrongPreimage { .. }));
        broken.require(refused, Rule::Proof);
        let twin = |other: &PartialPayment| other.id != part.id && other.label == part.label;
        broken.require(!payment.parts().any(twin), Rule::Acknowledged);
        broken.require(part.intended == row.terms.intended, Rule::OneSetOfTerms);
    }
    let other = script.other_terms.decide(Some(payment));
    let refused = matches!(other, Err(Refusal::TermsDiffer { .. }));
    broken.require(refused, Rule::OneSetOfTerms);
    for ask in 0..script.len() {
        let again = script.ask(ask, false).decide(Some(payment));
        let nothing = matches!(
            again,
            Ok(Decision::Unchanged(Unchanged::AlreadyComplete)) | Err(_)
        );
        broken.require(!complete || nothing, Rule::NeverTwice);
    }
    let read = Payment::restore(row.clone(), payment.parts().cloned().collect());
    broken.require(read.as_ref() == Ok(payment), Rule::ReadsWell);
    broken.require(row.quarantine.is_none(), Rule::OneOutcome);
}

fn digest(payment: &Payment, requests: [Option<u8>; ASKS_MAX], broken: Broken) -> u64 {
    let mut hasher = DefaultHasher::new();
    let row = payment.summary();
    (row.version, row.quarantine.is_some()).hash(&mut hasher);
    (row.preimage.is_some(), row.completed_at).hash(&mut hasher);
    let tally = &row.tally;
    (tally.parts, tally.live, tally.sent).hash(&mut hasher);
    (tally.in_flight, tally.delivered).hash(&mut hasher);
    for part in payment.parts() {
        (part.id, part.amount(), part.status()).hash(&mut hasher);
        part.label.hash(&mut hasher);
    }
    (requests, broken).hash(&mut hasher);
    hasher.finish()
}

impl PartialEq for Stored {
    fn eq(&self, other: &Stored) -> bool {
        self.0.digest == other.0.digest
    }
}

impl Eq for Stored {}

impl Hash for Stored {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.digest.hash(state);
    }
}

/// As people read it.
impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(status) = self.status() else {
            return f.write_str("nothing is stored");
        };
        write!(f, "{}:", status.as_str())?;
        for part in self.parts() {
            let (amount, status) = (part.amount(), part.status().as_str());
            write!(f, " part {} of {amount} {status};", part.id)?;
        }
        Ok(())
    }
}
