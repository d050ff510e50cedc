//! What was deleted, and what was left of it.

use super::Judge;
use crate::simulation::truth::Truth;
use domain::invariant::{Rule, seen};
use domain::{DeletedPayment, Deletion, PartId, PaymentHash, StatusKind};

impl Judge {
    /// A payment is deleted now.
    pub(in crate::simulation) fn deleted(
        &mut self,
        truth: &Truth,
        deletion: &Deletion,
        moves: u64,
    ) {
        let hash = deletion.payment_hash;
        let was = self.durable(hash).cloned();
        let mut holds = seen::deleted(was.as_ref());
        if let Some(payment) = was {
            if !self.lied.contains(&hash) {
                let mut ends = payment
                    .parts()
                    .map(|part| seen::ended(part, truth.of((part.id, hash))));
                holds = holds.and_then(|()| ends.find(Result::is_err).unwrap_or(Ok(())));
            }
            if seen::status_of(&payment) == StatusKind::Complete {
                self.buried.insert(hash);
            }
            self.gone.extend(payment.parts().map(|part| part.id));
            self.orders.forget(hash);
            self.answered
                .retain(|_, part| payment.part(*part).is_none());
        }
        self.durable.entry(hash).or_default().push((moves, None));
        self.rule(Some(hash), moves, holds);
    }

    /// A hash is refused from now on of which there is no payment.
    pub(in crate::simulation) fn buried(&mut self, truth: &Truth, hash: PaymentHash, moves: u64) {
        let is_stored = self.durable(hash).is_some();
        let what = format!("a tombstone for what is stored ({is_stored}), or was never paid");
        let holds = (!is_stored && truth.is_paid(hash)).then_some(());
        let holds = holds.ok_or_else(|| Rule::NeverTwice.broken(what));
        self.buried.insert(hash);
        self.rule(Some(hash), moves, holds);
    }

    /// A caller is told what was deleted, in a call that it made in the move `since`.
    pub(in crate::simulation) fn told_deleted(
        &mut self,
        told: &DeletedPayment,
        since: u64,
        moves: u64,
    ) {
        let hash = told.payment_hash;
        let versions = self.durable.get(&hash).map_or(&[][..], Vec::as_slice);
        let mut deletions = versions.windows(2).filter_map(|pair| match pair {
            [(_, Some(was)), (at, None)] if *at >= since => Some(was),
            _ => None,
        });
        let is_true = deletions.any(|was| {
            let parts = u64::try_from(was.parts().count()).unwrap_or(u64::MAX);
            let status = seen::status_of(was);
            (told.status, told.tombstone) == (status, status == StatusKind::Complete)
                && (told.deleted.parts, told.deleted.events) == (parts, was.summary().version)
        });
        let (status, tombstone) = (told.status, told.tombstone);
        let untrue = || {
            let what =
                format!("a deletion was told ({status:?}, tombstone: {tombstone}) that never was");
            Rule::AcknowledgedIsDurable.broken(what)
        };
        let holds = is_true.then_some(()).ok_or_else(untrue);
        self.rule(Some(hash), moves, holds);
    }

    /// How many payments were deleted since that move.
    pub(in crate::simulation) fn deletions(&self, since: u64) -> u64 {
        let all = self.durable.values().flatten();
        let deletions = all.filter(|(moves, payment)| *moves >= since && payment.is_none());
        u64::try_from(deletions.count()).unwrap_or(u64::MAX)
    }

    /// Whether that part's payment was deleted.
    pub(in crate::simulation) fn is_gone(&self, part: PartId) -> bool {
        self.gone.contains(&part)
    }
}
