//! A node's outcomes: a log that is kept, and heard from any place in it.

use async_trait::async_trait;
use domain::{Cursor, Heard, HtlcListener, Mutex, Outcome, PartId, PaymentHash};
use futures::stream::{BoxStream, StreamExt, unfold};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, MutexGuard};
use tokio::sync::watch;

/// The log; clones are the same log. What a listener has acknowledged is forgotten, as a real node
/// does: only that it was there is still known.
#[derive(Clone)]
pub(crate) struct Outcomes {
    log: Arc<Mutex<Vec<Heard>>>,
    forgotten: Arc<AtomicUsize>,
    length: Arc<watch::Sender<usize>>,
}

impl Outcomes {
    pub(crate) fn new() -> Outcomes {
        Outcomes {
            log: Arc::default(),
            forgotten: Arc::default(),
            length: Arc::new(watch::Sender::new(0)),
        }
    }

    pub(crate) fn push(&self, part: PartId, payment_hash: PaymentHash, outcome: Outcome) {
        let mut log = self.log();
        let cursor = cursor_at(log.len());
        log.push(Heard {
            cursor,
            part,
            payment_hash,
            outcome,
        });
        self.length.send_replace(log.len());
    }

    /// The last word on a part, as far as it is remembered.
    pub(crate) fn of(&self, part: PartId, hash: PaymentHash) -> Option<Outcome> {
        let log = self.log();
        let remembered = log.get(self.forgotten.load(Ordering::Acquire)..)?;
        let mut words = remembered
            .iter()
            .filter(|h| (h.part, h.payment_hash) == (part, hash));
        words.next_back().map(|heard| heard.outcome.clone())
    }

    pub(crate) fn is_forgotten(&self, part: PartId, hash: PaymentHash) -> bool {
        let log = self.log();
        let mut words = log.iter().take(self.forgotten.load(Ordering::Acquire));
        words.any(|h| (h.part, h.payment_hash) == (part, hash))
    }

    fn log(&self) -> MutexGuard<'_, Vec<Heard>> {
        self.log.lock()
    }
}

/// The cursor of the entry at `index`.
fn cursor_at(index: usize) -> Cursor {
    Cursor(u64::try_from(index).unwrap_or(u64::MAX) + 1)
}

#[async_trait]
impl HtlcListener for Outcomes {
    async fn listen(self: Box<Self>, from: Option<Cursor>) -> BoxStream<'static, Heard> {
        let heard = from.map_or(0, |cursor| usize::try_from(cursor.0).unwrap_or(usize::MAX));
        self.forgotten.fetch_max(heard, Ordering::AcqRel);
        let length = self.length.subscribe();
        let batches = unfold(
            (*self, length, heard),
            |(outcomes, mut length, heard)| async move {
                length.wait_for(|length| *length > heard).await.ok()?;
                let batch = outcomes.log().get(heard..).unwrap_or_default().to_vec();
                let next = heard + batch.len();
                Some((futures::stream::iter(batch), (outcomes, length, next)))
            },
        );
        batches.flatten().boxed()
    }
}
