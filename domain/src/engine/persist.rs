//! The heart: commit what was decided, and only then act on it.

use super::cells::Turn;
use super::core::Core;
use crate::invariant::Violation;
use crate::invariant::step::{self, step};
use crate::planted::planted;
use crate::{
    Burial, Committed, Deleted, Deletion, EventKind, PartId, PartialPayment, Payment, PaymentHash,
    PaymentSummary, StatusKind, Transition,
};
use tracing::{debug, error, info, warn};

/// A commit that did not happen, or of which that is not known.
pub(super) enum Undone {
    /// What is stored is not what was expected: decide again.
    Conflict,
    /// Nothing was written.
    Unavailable(String),
    /// Nothing was written, and never will be: it breaks a rule, which is a bug.
    Refused(String),
    /// It may have been written.
    Unknown(String),
}

/// How a payment ended: complete, or failed with the part that failed last.
#[derive(Clone, Debug)]
pub(super) struct PaymentEnd {
    pub(super) summary: PaymentSummary,
    pub(super) last_failed: Option<PartialPayment>,
}

impl Core {
    /// Commits what was decided about the payment whose turn it is, and acts on it: whoever waits
    /// is told only now (rule A-3).
    pub(super) async fn commit(
        &self,
        turn: &mut Turn<'_>,
        transition: Transition,
    ) -> Result<PartId, Undone> {
        let hash = transition.payment_hash();
        let kind = transition.kind();
        let allowed = step(turn.known(), &transition);
        self.guard(turn, hash, allowed)?;
        planted!(TellsBeforeCommit, self.act_early(turn.known(), &transition));
        let committed = self.store.commit(transition.clone()).await;
        planted!(
            FailsOpen,
            if let Committed::Unavailable(_) = committed {
                self.act_early(turn.known(), &transition);
            }
        );
        let receipt = self.durable(turn, hash, committed)?;
        let payment = Payment::apply(turn.take(), transition, receipt);
        self.act(&payment, receipt.part, kind);
        self.has_news(hash);
        turn.put(Some(payment));
        Ok(receipt.part)
    }

    /// Deletes the payment whose turn it is, as was decided.
    pub(super) async fn delete(
        &self,
        turn: &mut Turn<'_>,
        deletion: Deletion,
    ) -> Result<Deleted, Undone> {
        let (hash, tombstone) = (deletion.payment_hash, deletion.tombstone);
        let allowed = step::deletion(turn.known(), &deletion);
        self.guard(turn, hash, allowed)?;
        // An outcome whose commit was in doubt may have been told to nobody yet, and later nothing of
        // it is left to tell (rule A-11).
        if let Some(payment) = turn.known() {
            payment.parts().for_each(|part| self.tell(payment, part));
        }
        let committed = self.store.delete(deletion).await;
        let deleted = self.durable(turn, hash, committed)?;
        // What is left of one that was paid is storage's to tell.
        if tombstone {
            turn.forget();
        } else {
            turn.put(None);
        }
        self.damaged().remove(&hash);
        debug!(payment.hash = %hash, tombstone, "payment deleted");
        Ok(deleted)
    }

    /// Refuses the hash whose turn it is from now on, of which there is no payment.
    pub(super) async fn bury(&self, turn: &mut Turn<'_>, burial: Burial) -> Result<(), Undone> {
        planted!(IgnoresProofOfDeleted, return Ok(()));
        let hash = burial.payment_hash;
        let allowed = step::burial(turn.known(), &burial);
        self.guard(turn, hash, allowed)?;
        let committed = self.store.bury(burial).await;
        self.durable(turn, hash, committed)?;
        // What is refused, and why, is storage's to tell.
        turn.forget();
        Ok(())
    }

    /// What breaks a rule is not written (rule A-15).
    fn guard(
        &self,
        turn: &mut Turn<'_>,
        hash: PaymentHash,
        allowed: Result<(), Violation>,
    ) -> Result<(), Undone> {
        #[cfg(feature = "planted")]
        let allowed = super::planted::guarded(allowed);
        allowed.map_err(|violation| {
            self.violated(hash, &violation);
            turn.forget();
            Undone::Refused(violation.to_string())
        })
    }

    /// What a commit came to. Unless it is durable, the next one reads the payment again.
    fn durable<T>(
        &self,
        turn: &mut Turn<'_>,
        hash: PaymentHash,
        committed: Committed<T>,
    ) -> Result<T, Undone> {
        let undone = match committed {
            Committed::Yes(done) => return Ok(done),
            Committed::Conflict => Undone::Conflict,
            Committed::Unavailable(reason) => {
                error!(payment.hash = %hash, reason, "storage is unavailable: nothing was written");
                Undone::Unavailable(reason)
            }
            Committed::Refused(rule) => {
                let what = format!("storage refused what was decided: {rule} (A-15)");
                self.alarm(hash, &what);
                Undone::Refused(rule)
            }
            Committed::Unknown(reason) => {
                error!(payment.hash = %hash, reason, "storage failed in mid-commit");
                Undone::Unknown(reason)
            }
        };
        turn.forget();
        Err(undone)
    }

    /// What everybody is told of a committed transition.
    pub(super) fn act(&self, payment: &Payment, part: PartId, kind: EventKind) {
        let Some(part) = payment.part(part) else {
            return;
        };
        self.log(payment, part, kind);
        self.tell(payment, part);
    }

    /// Tells those who wait for the part, and for its payment, if there is an end to tell of.
    pub(super) fn tell(&self, payment: &Payment, part: &PartialPayment) {
        self.remember(payment, part);
        let hash = payment.summary().payment_hash;
        if !part.is_live() {
            self.part_waiters.wake(part.id, || part.clone());
        }
        planted!(FailsWithSiblingsLive, self.fail_early(payment, part));
        if payment.status() != StatusKind::Pending {
            self.payment_waiters.wake(hash, || PaymentEnd::of(payment));
        }
        if payment.summary().tally.live == 0 {
            self.settled_waiters
                .wake(hash, || payment.summary().clone());
        }
    }

    fn log(&self, payment: &Payment, part: &PartialPayment, kind: EventKind) {
        let (hash, id) = (payment.summary().payment_hash, part.id);
        let (amount_msat, status) = (part.amount().get(), payment.status().as_str());
        match kind {
            EventKind::PartAccepted => {
                info!(payment.hash = %hash, part.id = %id, amount_msat, "part accepted");
            }
            EventKind::PartFulfilled => {
                info!(payment.hash = %hash, part.id = %id, amount_msat, status, "part fulfilled");
            }
            EventKind::PartFailed => {
                let reason = part.failure().map_or("", |f| f.message.as_str());
                info!(payment.hash = %hash, part.id = %id, status, reason, "part failed");
            }
            EventKind::PartResolved => {
                let by = part.resolution.as_ref();
                let (who, reason) = by.map_or(("", ""), |by| (&*by.who, &*by.why));
                warn!(payment.hash = %hash, part.id = %id, status, who, reason,
                    "part ended by an operator");
            }
            // What is not stored has no part to be told of: the alarm was raised where it was heard.
            EventKind::PaymentReceived | EventKind::PartUnrecorded => {}
            EventKind::PartFulfilledAfterFailure => self.alarm(
                hash,
                &format!("part {id} was fulfilled after it had been called failed (A-7)"),
            ),
            EventKind::Contradiction => self.alarm(
                hash,
                &format!("part {id} was called failed after it had been fulfilled (A-7)"),
            ),
        }
    }
}

impl PaymentEnd {
    pub(super) fn of(payment: &Payment) -> PaymentEnd {
        PaymentEnd {
            summary: payment.summary().clone(),
            last_failed: payment.last_failed().cloned(),
        }
    }
}
