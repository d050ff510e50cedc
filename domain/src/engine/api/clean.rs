//! `autoclean`: what ended long ago is deleted, a few payments at a time, so that no payment waits for
//! it. Each goes by the same decision as any other deletion.

use super::delete::DeleteApi;
use super::stored;
use crate::{
    ApiError, Autoclean, Cleaned, Deleted, DeletedPayment, Ended, Listed, PaymentFilter,
    PaymentHash, PaymentId, PaymentStatus, PaymentSummary, Refusal, Timestamp,
};
use futures::future::join_all;
use std::sync::Arc;
use tracing::info;

/// Payments read at once.
const PAGE: u32 = 256;
/// Payments deleted at once: so many share one commit, with whatever else has queued up.
const BATCH: u64 = 32;

/// Which payments are meant.
#[derive(Clone, Copy)]
struct Meant {
    ended: Ended,
    /// At the latest.
    by: Timestamp,
}

/// A page of payments: those that are meant, and where the next page starts.
struct Page {
    old: Vec<PaymentHash>,
    next: Option<PaymentId>,
}

/// What became of one payment; none if it is not meant any more.
type Fate = Result<Option<(PaymentStatus, Deleted)>, ApiError>;

impl Meant {
    fn includes(&self, payment: &PaymentSummary) -> bool {
        let is_old = payment.completed_at.is_some_and(|at| at <= self.by);
        is_old && self.ended.includes(payment.status())
    }
}

/// Old payments, to be deleted.
pub(in crate::engine) struct CleanApi {
    pub(super) delete: Arc<DeleteApi>,
}

impl CleanApi {
    pub(super) async fn clean(&self, request: Autoclean) -> Result<Cleaned, ApiError> {
        let meant = Meant {
            ended: request.ended,
            by: self.delete.timing.now().before(request.older_than),
        };
        let mut cleaned = Cleaned::default();
        let walked = self.walk(request, meant, &mut cleaned).await;
        if cleaned.payments() > 0 && !request.dry_run {
            let (payments, kept) = (cleaned.payments(), cleaned.kept);
            info!(payments, kept, ended = ?request.ended, "old payments deleted");
        }
        match walked {
            Err(error) if cleaned.payments() == 0 => return Err(error),
            Err(error) => cleaned.stopped = Some(error.to_string()),
            Ok(()) => {}
        }
        Ok(cleaned)
    }

    async fn walk(
        &self,
        request: Autoclean,
        meant: Meant,
        cleaned: &mut Cleaned,
    ) -> Result<(), ApiError> {
        let mut start = None;
        loop {
            let page = self.old_payments(meant, start).await?;
            let mut old = page.old.into_iter().peekable();
            while old.peek().is_some() {
                let left = request.limit.saturating_sub(cleaned.payments());
                if left == 0 {
                    cleaned.more = true;
                    return Ok(());
                }
                let most = usize::try_from(left.min(BATCH)).unwrap_or(usize::MAX);
                let batch: Vec<_> = old.by_ref().take(most).collect();
                let fates = if request.dry_run {
                    self.would_delete(batch, meant).await?
                } else {
                    self.delete_some(batch, meant).await?
                };
                note(fates, cleaned)?;
            }
            match page.next {
                Some(next) => start = Some(next),
                None => return Ok(()),
            }
        }
    }

    /// Payments are numbered as they are created: the first page on which none is old enough is the
    /// last. (A page, not a payment: the clock may have jumped.)
    async fn old_payments(&self, meant: Meant, start: Option<PaymentId>) -> Result<Page, ApiError> {
        let filter = PaymentFilter {
            status: meant.ended.status(),
            start,
            limit: PAGE,
            ..PaymentFilter::default()
        };
        let rows = self.delete.ledger.store().payments(filter).await?;
        let is_full = rows.len() >= usize::try_from(PAGE).unwrap_or(usize::MAX);
        let last = rows.last().map(|row| row.number(|payment| payment.id.0));
        let sound = rows.into_iter().filter_map(|row| match row {
            Listed::Sound(payment) => Some(payment),
            Listed::Damaged(_) => None,
        });
        let (mut old, mut goes_on) = (Vec::new(), false);
        for payment in sound {
            goes_on |= payment.created_at <= meant.by;
            if meant.includes(&payment) {
                old.push(payment.payment_hash);
            }
        }
        let next = last.filter(|_| is_full && goes_on);
        Ok(Page {
            old,
            next: next.map(|last| PaymentId(last.saturating_add(1))),
        })
    }

    /// Whoever asked may hang up: what has begun is done to its end.
    async fn delete_some(
        &self,
        batch: Vec<PaymentHash>,
        meant: Meant,
    ) -> Result<Vec<Fate>, ApiError> {
        let delete = self.delete.clone();
        let deleting = async move {
            let fates = batch.iter().map(|hash| async {
                let fate = delete.delete_if(*hash, |row| meant.includes(row)).await;
                fate.map(|done: Option<DeletedPayment>| done.map(|it| (it.status, it.deleted)))
            });
            Ok(join_all(fates).await)
        };
        self.delete.decisions.finish(deleting).await
    }

    /// What the same would do.
    async fn would_delete(
        &self,
        batch: Vec<PaymentHash>,
        meant: Meant,
    ) -> Result<Vec<Fate>, ApiError> {
        self.delete.decisions.assert_open()?;
        let fates = batch.iter().map(|hash| self.would_be_deleted(*hash, meant));
        Ok(join_all(fates).await)
    }

    async fn would_be_deleted(&self, hash: PaymentHash, meant: Meant) -> Fate {
        let payment = stored::payment(&self.delete.ledger, hash).await?;
        let row = payment.summary();
        if !meant.includes(row) {
            return Ok(None);
        }
        payment.deletion(self.delete.timing.now())?;
        let deleted = Deleted {
            parts: row.tally.parts.into(),
            // One a transition, which the version counts.
            events: row.version,
            requests: 0,
        };
        Ok(Some((row.status(), deleted)))
    }
}

/// The first error ends it, once all the others of the batch are counted.
fn note(fates: Vec<Fate>, cleaned: &mut Cleaned) -> Result<(), ApiError> {
    let mut end = Ok(());
    for fate in fates {
        match fate {
            Ok(Some((status, deleted))) => cleaned.count(status, deleted),
            // Somebody has tried it again, or deleted it, since it was listed.
            Ok(None)
            | Err(
                ApiError::NoSuchPayment(_)
                | ApiError::PaymentDeleted(_)
                | ApiError::Refused(Refusal::Live { .. }),
            ) => {}
            Err(ApiError::Quarantined { .. } | ApiError::Refused(Refusal::Quarantined { .. })) => {
                cleaned.kept += 1;
            }
            Err(error) => end = end.and(Err(error)),
        }
    }
    end
}
