//! `check_progress()`: what earlier parts of a hash say about a new one.

use super::db::Db;
use super::error::{RpcError, code};
use super::payment::{Payment, Status};

/// The part that someone wants to send.
pub(crate) struct OfferDecision<'a> {
    pub(crate) payment_hash: &'a str,
    pub(crate) partid: u64,
    pub(crate) groupid: u64,
    pub(crate) amount_msat: u64,
    pub(crate) total_msat: u64,
    pub(crate) destination: Option<&'a str>,
}

/// What to do about it, if nothing forbids it.
pub(crate) enum Progress {
    Send,
    /// The part is under way.
    Pending(Payment),
    /// The part has arrived.
    Complete(Payment),
}

/// Compares a part with all rows of its hash.
pub(crate) fn check_progress(db: &Db, wish: &OfferDecision<'_>) -> Result<Progress, RpcError> {
    let mut have_complete = false;
    let mut already_pending: u64 = 0;
    for row in db.rows(wish.payment_hash) {
        match row.status {
            Status::Complete if row.partid == wish.partid => {
                wish.matches(row, "succeeded")?;
                return Ok(Progress::Complete(row.clone()));
            }
            Status::Complete => {
                // Not even the test for the same key follows: it could only be the same partid.
                have_complete = true;
                continue;
            }
            Status::Pending => {
                if let Some(progress) = wish.beside(row)? {
                    return Ok(progress);
                }
                already_pending = already_pending
                    .checked_add(row.amount_msat)
                    .ok_or_else(|| overflow(already_pending, row.amount_msat))?;
            }
            Status::Failed => {}
        }
        if (row.partid, row.groupid) == (wish.partid, wish.groupid) {
            return Err(wish.key_is_taken());
        }
    }
    if have_complete {
        return Err(used("Already succeeded other parts"));
    }
    let total_msat = wish.total_msat;
    if total_msat != 0 && already_pending >= total_msat {
        return Err(RpcError::new(
            code::IN_PROGRESS,
            format!("Already have {already_pending}msat of {total_msat}msat payments in progress"),
        ));
    }
    Ok(Progress::Send)
}

impl OfferDecision<'_> {
    /// A repeated call has to be the same call.
    fn matches(&self, row: &Payment, how: &str) -> Result<(), RpcError> {
        if row.amount_msat != self.amount_msat {
            return Err(used(format!(
                "Already {how} with amount {}msat (not {}msat)",
                row.amount_msat, self.amount_msat
            )));
        }
        match (row.destination.as_deref(), self.destination) {
            (Some(known), Some(other)) if known != other => {
                Err(used(format!("Already {how} to {known}")))
            }
            _ => Ok(()),
        }
    }

    /// What a pending row says; a value ends the search.
    fn beside(&self, row: &Payment) -> Result<Option<Progress>, RpcError> {
        if row.groupid != self.groupid {
            return Err(RpcError::new(
                code::IN_PROGRESS,
                format!(
                    "Payment with groupid={} still in progress, cannot retry before that \
                     completes.",
                    row.groupid
                ),
            ));
        }
        if (row.partid == 0) != (self.partid == 0) {
            let kind = if row.partid == 0 {
                "non-parallel"
            } else {
                "parallel"
            };
            return Err(RpcError::new(
                code::IN_PROGRESS,
                format!("Already have {kind} payment in progress"),
            ));
        }
        if row.partid == self.partid {
            self.matches(row, "pending")?;
            return Ok(Some(Progress::Pending(row.clone())));
        }
        if row.total_msat != self.total_msat {
            return Err(RpcError::params(format!(
                "msatoshi was previously {}msat, now {}msat",
                row.total_msat, self.total_msat
            )));
        }
        Ok(None)
    }

    fn key_is_taken(&self) -> RpcError {
        used(format!(
            "There already is a payment with payment_hash={}, groupid={}, partid={}. Either \
             change the partid, or wait for the payment to complete and start a new group.",
            self.payment_hash, self.groupid, self.partid
        ))
    }
}

fn used(message: impl Into<String>) -> RpcError {
    RpcError::new(code::RHASH_ALREADY_USED, message)
}

fn overflow(sum: u64, amount: u64) -> RpcError {
    RpcError::new(
        code::LIGHTNINGD,
        format!("Internal amount overflow! {sum}msat + {amount}msat"),
    )
}
