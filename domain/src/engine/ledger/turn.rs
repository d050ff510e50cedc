//! A payment's turn: the sole right to read the stored payment and to commit a decision about it.

use super::cells::Held;
use super::{CommitError, Ledger};
use crate::engine::board::Board;
use crate::invariant::Violation;
use crate::invariant::step::{self, step};
use crate::planted::planted;
use crate::{
    Burial, Committed, Deleted, Deletion, LoadError, PartId, Payment, PaymentHash, PaymentStore,
    Transition,
};
use tracing::{debug, error};

/// How often a change is attempted at once because what is stored was not what was expected: a payment
/// that is taken to be new and is not, a `request_id` that is used for two payments at once.
pub(in crate::engine) const ATTEMPTS_MAX: u32 = 4;

/// A change of one payment.
pub(in crate::engine) trait Change {
    /// What comes of it.
    type Answer;

    /// Looks at what is stored, decides, and commits. Where the commit was a conflict it is called again, and
    /// the last one's answer is the answer.
    fn attempt(&self, turn: &mut Turn<'_>) -> impl Future<Output = Self::Answer> + Send;

    /// How often it is called at most.
    fn attempts_max(&self) -> u32 {
        ATTEMPTS_MAX
    }
}

/// The sole right to decide about a payment, until it is dropped.
pub(in crate::engine) struct Turn<'a> {
    ledger: &'a Ledger,
    hash: PaymentHash,
    held: Held<'a>,
    /// The attempts before this one.
    attempts: u32,
    /// What is stored was not what this attempt expected.
    is_conflict: bool,
}

impl<'a> Turn<'a> {
    pub(super) fn new(ledger: &'a Ledger, hash: PaymentHash, held: Held<'a>) -> Turn<'a> {
        Turn {
            ledger,
            hash,
            held,
            attempts: 0,
            is_conflict: false,
        }
    }

    /// Whether there is another attempt of so many: this one is over.
    pub(super) fn begins_again(&mut self, attempts_max: u32) -> bool {
        self.attempts += 1;
        std::mem::take(&mut self.is_conflict) && self.attempts < attempts_max
    }

    /// The payment, read from the store unless it is known.
    pub(in crate::engine) async fn payment(&mut self) -> Result<Option<&Payment>, LoadError> {
        if self.held.is_unread() {
            let payment = self.store().load(self.hash).await?;
            self.held.put(payment);
        }
        Ok(self.held.known())
    }

    /// Whether the payment may be taken to be new, without reading it: nearly every one is of which nothing
    /// is known, and storage takes the first part of a payment only if there is no such payment. Once that
    /// has turned out wrong, it is read.
    pub(in crate::engine) fn may_be_new(&self) -> bool {
        self.attempts == 0 && self.held.is_unread()
    }

    /// Commits what was decided, and acts on it: whoever waits is told only now (rule A-3). The payment as it
    /// is now, and the part that it was about, if it was.
    pub(in crate::engine) async fn commit(
        &mut self,
        transition: Transition,
    ) -> Result<(&Payment, Option<PartId>), CommitError> {
        let kind = transition.kind();
        self.guard(step(self.held.known(), &transition))?;
        planted!(TellsBeforeCommit, self.act_early(&transition));
        let committed = self.store().commit(transition.clone()).await;
        planted!(
            FailsOpen,
            if let Committed::Unavailable(_) = committed {
                self.act_early(&transition);
            }
        );
        let receipt = self.durable(committed)?;
        let payment = Payment::apply(self.held.take(), transition, receipt);
        match receipt.part {
            Some(part) => self.ledger.act(&payment, part, kind),
            None => self.ledger.act_on_order(&payment, kind),
        }
        self.board().has_news(self.hash);
        self.held.put(Some(payment));
        let payment = self.held.known().expect("it has just been put");
        Ok((payment, receipt.part))
    }

    /// Deletes the payment, as was decided.
    pub(in crate::engine) async fn delete(
        &mut self,
        deletion: Deletion,
    ) -> Result<Deleted, CommitError> {
        let (hash, tombstone) = (self.hash, deletion.tombstone);
        self.guard(step::deletion(self.held.known(), &deletion))?;
        // An outcome whose commit was in doubt may have been told to nobody yet, and later nothing of
        // it is left to tell (rule A-11).
        if let Some(payment) = self.held.known() {
            for part in payment.parts() {
                self.board().tell(payment, part);
            }
        }
        let committed = self.store().delete(deletion).await;
        let deleted = self.durable(committed)?;
        // What is left of one that was paid is storage's to tell.
        if tombstone {
            self.held.forget();
        } else {
            self.held.put(None);
        }
        self.ledger.damaged().remove(&hash);
        debug!(payment.hash = %hash, tombstone, "payment deleted");
        Ok(deleted)
    }

    /// Refuses the hash from now on, of which there is no payment.
    pub(in crate::engine) async fn bury(&mut self, burial: Burial) -> Result<(), CommitError> {
        planted!(IgnoresProofOfDeleted, return Ok(()));
        self.guard(step::burial(self.held.known(), &burial))?;
        let committed = self.store().bury(burial).await;
        self.durable(committed)?;
        // What is refused, and why, is storage's to tell.
        self.held.forget();
        Ok(())
    }

    /// What breaks a rule is not written (rule A-15).
    fn guard(&mut self, allowed: Result<(), Violation>) -> Result<(), CommitError> {
        #[cfg(feature = "planted")]
        let allowed = crate::engine::planted::guarded(allowed);
        allowed.map_err(|violation| {
            self.ledger.violated(self.hash, &violation);
            self.held.forget();
            CommitError::Refused(violation.to_string())
        })
    }

    /// What a commit came to. Unless it is durable, the next one reads the payment again.
    fn durable<T>(&mut self, committed: Committed<T>) -> Result<T, CommitError> {
        let hash = self.hash;
        let undone = match committed {
            Committed::Yes(done) => return Ok(done),
            Committed::Conflict => {
                self.is_conflict = true;
                CommitError::Conflict
            }
            Committed::Unavailable(reason) => {
                error!(payment.hash = %hash, reason, "storage is unavailable: nothing was written");
                CommitError::Unavailable(reason)
            }
            Committed::Refused(rule) => {
                let what = format!("storage refused what was decided: {rule} (A-15)");
                self.ledger.alarm(hash, &what);
                CommitError::Refused(rule)
            }
            Committed::Unknown(reason) => {
                error!(payment.hash = %hash, reason, "storage failed in mid-commit");
                CommitError::Unknown(reason)
            }
        };
        self.held.forget();
        Err(undone)
    }

    fn store(&self) -> &'a dyn PaymentStore {
        self.ledger.store()
    }

    fn board(&self) -> &'a Board {
        &self.ledger.board
    }

    #[cfg(feature = "planted")]
    fn act_early(&self, transition: &Transition) {
        self.ledger.act_early(self.held.known(), transition);
    }
}
