//! The heart: commit what was decided, and only then act on it. Everything that changes a payment goes
//! through [`Ledger::change`], one payment's changes one after the other.

mod cells;
mod turn;
mod violations;

pub(super) use self::turn::{ATTEMPTS_MAX, Change, Turn};

use self::cells::Cells;
use self::violations::Violations;
use super::board::Board;
use crate::invariant::{Rule, Violation};
use crate::{
    ApiError, EventKind, LoadError, Mutex, PartId, PartialPayment, Payment, PaymentHash,
    PaymentStore, Request,
};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, MutexGuard};
use tracing::{error, info, warn};

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
            store,
            board,
            cells: Cells::default(),
            damaged: Mutex::default(),
            alarms: AtomicU64::new(0),
            violations: Violations::default(),
        }
    }

    /// For what is read beside the turns: lists, pages, cursors. Payments are changed here alone.
    pub(super) fn store(&self) -> &dyn PaymentStore {
        &*self.store
    }

    /// Changes a payment in its turn: one change of a payment at a time, first come, first served. If storage
    /// held something else than the attempt expected, there is another, a few at most.
    pub(super) async fn change<C: Change>(&self, hash: PaymentHash, change: C) -> C::Answer {
        let cell = self.cells.get(hash);
        let mut turn = Turn::new(self, hash, cell.hold().await);
        loop {
            let answer = change.attempt(&mut turn).await;
            if !turn.begins_again(change.attempts_max()) {
                return answer;
            }
        }
    }

    /// Looks at a payment in its turn, for those who care for its live parts only: one that was deleted has
    /// none.
    pub(super) async fn look<T>(
        &self,
        hash: PaymentHash,
        look: impl FnOnce(Option<&Payment>) -> T,
    ) -> Result<T, LoadError> {
        let cell = self.cells.get(hash);
        let mut turn = Turn::new(self, hash, cell.hold().await);
        match turn.payment().await {
            Ok(payment) => Ok(look(payment)),
            Err(LoadError::Deleted(_)) => Ok(look(None)),
            Err(error) => Err(error),
        }
    }

    /// What everybody is told of a committed transition.
    pub(super) fn act(&self, payment: &Payment, part: PartId, kind: EventKind) {
        let Some(part) = payment.part(part) else {
            return;
        };
        self.log(payment, part, kind);
        self.board.tell(payment, part);
    }

    /// The same of an order that was opened, or closed by itself.
    pub(super) fn act_on_order(&self, payment: &Payment, kind: EventKind) {
        let row = payment.summary();
        let (hash, status) = (row.payment_hash, row.status().as_str());
        match payment.order().and_then(|order| order.closed.as_ref()) {
            None => info!(payment.hash = %hash, event = kind.as_str(), "order opened"),
            Some(closed) => {
                info!(payment.hash = %hash, status, why = %closed.why, "order closed");
            }
        }
        self.board.tell_of_payment(payment);
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
            EventKind::PaymentReceived
            | EventKind::PartUnrecorded
            | EventKind::OrderOpened
            | EventKind::OrderClosed => {}
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

    /// A stored payment breaks a rule: nothing is sent for it, every caller gets an error, and the alarm is
    /// raised once.
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
        self.damaged.lock()
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
