//! Hashes that are refused without a payment.

use super::Judge;
use crate::simulation::truth::Truth;
use domain::PaymentHash;
use domain::StatusKind;
use domain::invariant::{Rule, Violation, seen};

impl Judge {
    /// A hash is refused from now on of which there is no payment.
    pub(in crate::simulation) fn buried(&mut self, truth: &Truth, hash: PaymentHash, moves: u64) {
        let is_stored = self.durable(hash).is_some();
        let what = format!("a tombstone for what is stored ({is_stored}), or was never paid");
        let holds = (!is_stored && truth.is_paid(hash)).then_some(());
        let holds = holds.ok_or_else(|| Rule::NeverTwice.broken(what));
        self.buried.insert(hash);
        self.rule(Some(hash), moves, holds);
    }

    /// Rule A-10: nothing more is sent towards what was paid.
    pub(super) fn is_refused(&self, hash: PaymentHash) -> Result<(), Violation> {
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
}
