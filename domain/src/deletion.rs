//! Deleting payments: what is decided, what storage took away, and what is left of one that was paid.

use crate::{
    PaymentHash, PaymentId, PaymentStatus, Preimage, Refusal, StatusKind, Timestamp, WrongPreimage,
};
use std::fmt;
use std::time::Duration;

/// One decision to delete a payment, whole: its row, its parts, their events and its request keys.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Deletion {
    /// Its row.
    pub payment: PaymentId,
    /// Its name.
    pub payment_hash: PaymentHash,
    /// The version that was looked at: delete nothing if it is another.
    pub version: u64,
    /// Whether a [`Tombstone`] takes its place, in the same commit: it does if it was paid (rule A-10).
    pub tombstone: bool,
    /// When it was decided.
    pub at: Timestamp,
}

/// A proof of payment for a hash of which there is no payment: it had failed and was deleted, or the
/// database is older than the node that tells of it. From now on its hash is refused (rule A-10).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Burial {
    /// The hash.
    pub payment_hash: PaymentHash,
    /// What opens it.
    pub preimage: Preimage,
    /// When the proof came.
    pub at: Timestamp,
}

/// What is left of a payment that was paid and is not there: its hash is refused for ever (rule A-10).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tombstone {
    /// Its name.
    pub payment_hash: PaymentHash,
    /// The row that it had when it was deleted; none if its proof came when there was no such row.
    pub payment: Option<PaymentId>,
    /// When it was deleted, or proven.
    pub deleted_at: Timestamp,
}

/// What a deletion took away beside the payment's row, as storage counted it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Deleted {
    /// Its parts.
    pub parts: u64,
    /// Its events.
    pub events: u64,
    /// Its request keys (rule A-14: none lasts longer than its payment).
    pub requests: u64,
}

/// `delpayment`'s answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DeletedPayment {
    /// Which payment.
    pub payment_hash: PaymentHash,
    /// How it had ended.
    pub status: PaymentStatus,
    /// Whether its hash stays refused.
    pub tombstone: bool,
    /// What storage took away.
    pub deleted: Deleted,
}

/// `autoclean`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Autoclean {
    /// Which payments.
    pub ended: Ended,
    /// Only those that ended at least so long ago.
    pub older_than: Duration,
    /// At most so many.
    pub limit: u64,
    /// Whether to delete nothing, and say what would be deleted.
    pub dry_run: bool,
}

/// Payments by how they ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Ended {
    /// Those that failed.
    Failed,
    /// Those that were paid.
    Complete,
    /// All that have ended.
    Either,
}

/// `autoclean`'s answer: what was really deleted, or would be.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Cleaned {
    /// Of payments that had failed.
    pub failed: Swept,
    /// Of payments that had been paid.
    pub complete: Swept,
    /// How many were old enough and stay, because they are quarantined or damaged.
    pub kept: u64,
    /// Whether the limit was reached, and there are more.
    pub more: bool,
    /// What ended it before its end, if something did.
    pub stopped: Option<String>,
}

/// So many rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Swept {
    /// Payments.
    pub payments: u64,
    /// Their parts.
    pub parts: u64,
    /// Their events.
    pub events: u64,
}

impl Burial {
    /// Rule A-6: only a proof says that a hash was paid.
    pub fn proving(
        hash: PaymentHash,
        bytes: [u8; 32],
        at: Timestamp,
    ) -> Result<Burial, WrongPreimage> {
        Ok(Burial {
            payment_hash: hash,
            preimage: Preimage::proving(hash, bytes)?,
            at,
        })
    }

    /// What it leaves.
    pub fn tombstone(&self) -> Tombstone {
        Tombstone {
            payment_hash: self.payment_hash,
            payment: None,
            deleted_at: self.at,
        }
    }
}

impl Tombstone {
    /// What everybody is told who wants to send towards it.
    pub fn refusal(&self) -> Refusal {
        Refusal::PaidBefore(*self)
    }
}

impl fmt::Display for Tombstone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hash, at) = (self.payment_hash, self.deleted_at.seconds());
        match self.payment {
            Some(_) => write!(f, "payment {hash} was paid, and deleted since, at {at}"),
            None => write!(
                f,
                "payment {hash} was paid: its node told the preimage, at {at}, when the database had no \
                 such payment (it had failed and was deleted, or the database is older than the node)"
            ),
        }
    }
}

impl Ended {
    /// The status that all of them have, if they have one in common.
    pub fn status(self) -> Option<PaymentStatus> {
        match self {
            Ended::Failed => Some(StatusKind::Failed),
            Ended::Complete => Some(StatusKind::Complete),
            Ended::Either => None,
        }
    }

    /// Whether a payment of that status is one of them.
    pub fn includes(self, status: PaymentStatus) -> bool {
        status != StatusKind::Pending && self.status().is_none_or(|own| own == status)
    }
}

impl Cleaned {
    /// One more payment was deleted, or would be.
    pub(crate) fn count(&mut self, status: PaymentStatus, deleted: Deleted) {
        let swept = match status {
            StatusKind::Complete => &mut self.complete,
            StatusKind::Failed | StatusKind::Pending => &mut self.failed,
        };
        swept.payments += 1;
        swept.parts += deleted.parts;
        swept.events += deleted.events;
    }

    /// How many payments were deleted, or would be.
    pub fn payments(&self) -> u64 {
        self.sum().payments
    }

    /// Whatever their status.
    pub fn sum(&self) -> Swept {
        Swept {
            payments: self.failed.payments + self.complete.payments,
            parts: self.failed.parts + self.complete.parts,
            events: self.failed.events + self.complete.events,
        }
    }
}
