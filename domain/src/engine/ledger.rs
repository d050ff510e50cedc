//! The heart: commit what was decided, and only then act on it. Everything that changes a payment goes
//! through here, one payment's changes one after the other.

mod cells;
mod violations;

pub(super) use self::cells::Turn;

use self::cells::{CellRef, Cells};
use self::violations::Violations;
use super::board::Board;
use crate::invariant::step::{self, step};
use crate::invariant::{Rule, Violation};
use crate::planted::planted;
use crate::{
    ApiError, Burial, Committed, Deleted, Deletion, EventKind, LoadError, PartId, PartialPayment,
    Payment, PaymentHash, PaymentStore, Request, Transition,
};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tracing::{debug, error, info, warn};

/// How often a decision is made again at once because what is stored was not what was expected: a payment
/// that is taken to be new and is not, a `request_id` that is used for two payments at once.
pub(super) const CONFLICTS_MAX: u32 = 4;

/// A commit that did not happen, or of which that is not known.
pub(super) enum CommitError {
    /// What is stored is not what was expected: decide again.
    Conflict,
    /// Nothing was written.
    Unavailable(String),
    /// Nothing was written, and never will be: it breaks a rule, which is a bug.
    Refused(String),
    /// It may have been written.
    Unknown(String),
}

impl CommitError {
    /// What the caller is told. `refused` says what a rule forbids, `unknown` what may have been written.
    pub(super) fn answer(self, refused: &str, unknown: fn(String) -> ApiError) -> ApiError {
        match self {
            CommitError::Conflict => {
                ApiError::Busy("storage keeps changing under this payment".into())
            }
            CommitError::Unavailable(reason) => ApiError::StorageUnavailable(reason),
            CommitError::Refused(rule) => ApiError::Internal(format!("{refused}: {rule}")),
            CommitError::Unknown(reason) => unknown(reason),
        }
    }
}

/// Payments, and who may change them when.
pub(super) struct Ledger {
    store: Arc<dyn PaymentStore>,
    board: Arc<Board>,
    cells: Cells,
    damaged: Mutex<HashMap<PaymentHash, String>>,
    alarms: AtomicU64,
    violations: Violations,
}

impl Ledger {
    pub(super) fn new(store: Arc<dyn PaymentStore>, board: Arc<Board>) -> Ledger {
        Ledger {
            cells: Cells::new(store.clone()),
            store,
            board,
            damaged: Mutex::default(),
            alarms: AtomicU64::new(0),
            violations: Violations::default(),
        }
    }

    /// For what is read beside the turns: lists, pages, cursors. Payments are changed here alone.
    pub(super) fn store(&self) -> &dyn PaymentStore {
        &*self.store
    }

    /// The cell of a payment, in which to wait for its turn.
    pub(super) fn cell(&self, hash: PaymentHash) -> CellRef<'_> {
        self.cells.get(hash)
    }

    /// Commits what was decided about the payment whose turn it is, and acts on it: whoever waits
    /// is told only now (rule A-3).
    pub(super) async fn commit(
        &self,
        turn: &mut Turn<'_>,
        transition: Transition,
    ) -> Result<PartId, CommitError> {
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
        self.board.has_news(hash);
        turn.put(Some(payment));
        Ok(receipt.part)
    }

    /// Deletes the payment whose turn it is, as was decided.
    pub(super) async fn delete(
        &self,
        turn: &mut Turn<'_>,
        deletion: Deletion,
    ) -> Result<Deleted, CommitError> {
        let (hash, tombstone) = (deletion.payment_hash, deletion.tombstone);
        let allowed = step::deletion(turn.known(), &deletion);
        self.guard(turn, hash, allowed)?;
        // An outcome whose commit was in doubt may have been told to nobody yet, and later nothing of
        // it is left to tell (rule A-11).
        if let Some(payment) = turn.known() {
            payment
                .parts()
                .for_each(|part| self.board.tell(payment, part));
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
    pub(super) async fn bury(
        &self,
        turn: &mut Turn<'_>,
        burial: Burial,
    ) -> Result<(), CommitError> {
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
    ) -> Result<(), CommitError> {
        #[cfg(feature = "planted")]
        let allowed = super::planted::guarded(allowed);
        allowed.map_err(|violation| {
            self.violated(hash, &violation);
            turn.forget();
            CommitError::Refused(violation.to_string())
        })
    }

    /// What a commit came to. Unless it is durable, the next one reads the payment again.
    fn durable<T>(
        &self,
        turn: &mut Turn<'_>,
        hash: PaymentHash,
        committed: Committed<T>,
    ) -> Result<T, CommitError> {
        let undone = match committed {
            Committed::Yes(done) => return Ok(done),
            Committed::Conflict => CommitError::Conflict,
            Committed::Unavailable(reason) => {
                error!(payment.hash = %hash, reason, "storage is unavailable: nothing was written");
                CommitError::Unavailable(reason)
            }
            Committed::Refused(rule) => {
                let what = format!("storage refused what was decided: {rule} (A-15)");
                self.alarm(hash, &what);
                CommitError::Refused(rule)
            }
            Committed::Unknown(reason) => {
                error!(payment.hash = %hash, reason, "storage failed in mid-commit");
                CommitError::Unknown(reason)
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
        self.board.tell(payment, part);
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

    /// An alarm whose line is written elsewhere.
    pub(super) fn count_alarm(&self) {
        self.alarms.fetch_add(1, Ordering::Relaxed);
    }

    /// Something that must not happen has happened, to one payment.
    pub(super) fn alarm(&self, hash: PaymentHash, what: &str) {
        self.count_alarm();
        error!(payment.hash = %hash, alarm = true, "{what}");
    }

    /// A bug: what was decided breaks a rule. It is counted, and nothing is written.
    pub(super) fn violated(&self, hash: PaymentHash, violation: &Violation) {
        self.violations.count(violation.rule);
        self.alarm(hash, &format!("a decision breaks a rule: {violation}"));
    }

    /// How often each rule was about to be broken.
    pub(super) fn violations(&self) -> Vec<(Rule, u64)> {
        self.violations.counted()
    }

    /// A stored payment breaks a rule: it is left alone, everybody who asks is told so, and the alarm
    /// is raised once.
    pub(super) fn damage(&self, hash: PaymentHash, reason: String) -> ApiError {
        let known = self.damaged().insert(hash, reason.clone());
        if known.is_none() {
            self.alarm(
                hash,
                &format!("the stored payment is damaged: {reason} (A-15)"),
            );
        }
        ApiError::Quarantined { hash, reason }
    }

    /// Payments found damaged since the start, and what is wrong with them.
    pub(super) fn damaged(&self) -> MutexGuard<'_, HashMap<PaymentHash, String>> {
        self.damaged.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn alarms(&self) -> u64 {
        self.alarms.load(Ordering::Relaxed)
    }

    /// A request with a key may have been answered before, with a part that is out.
    pub(super) fn load_error(
        &self,
        hash: PaymentHash,
        request: Option<&Request>,
        error: LoadError,
    ) -> ApiError {
        match error {
            LoadError::Unavailable(unavailable) if request.is_some() => {
                ApiError::StorageUnknown(unavailable.0)
            }
            LoadError::Unavailable(unavailable) => unavailable.into(),
            LoadError::Damaged(reason) => self.damage(hash, reason),
            LoadError::Deleted(tombstone) => ApiError::PaymentDeleted(tombstone),
        }
    }
}

#[cfg(all(test, feature = "contract", feature = "mock"))]
mod tests {
    use super::*;
    use crate::MockPaymentStore;
    use crate::contract::samples;

    #[test]
    fn what_would_break_a_rule_is_counted_and_alarms() {
        let ledger = Ledger::new(Arc::new(MockPaymentStore::new()), Arc::default());
        assert_eq!((ledger.violations(), ledger.alarms()), (vec![], 0));
        for times in 1..=2 {
            let violation = Violation {
                rule: Rule::NeverTwice,
                what: "a test".to_owned(),
            };
            ledger.violated(samples::hash(1), &violation);
            assert_eq!(ledger.violations(), [(Rule::NeverTwice, times)]);
            assert_eq!(ledger.alarms(), times);
        }
    }
}
