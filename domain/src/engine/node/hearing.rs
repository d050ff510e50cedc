//! One node's outcomes: stored in its order for each payment, with how far it has been heard.

use super::Node;
use super::outcome::{ReportedOutcome, StoreProgress};
use super::readiness::Readiness;
use crate::planted::planted;
use crate::{Cursor, Heard, HtlcListener};
use futures::channel::mpsc::{UnboundedSender, unbounded};
use futures::future::{Either, join_all, select};
use futures::stream::StreamExt;
use std::sync::Arc;
use tracing::warn;

/// How many outcomes are stored side by side.
const OUTCOMES_AT_ONCE: usize = 1_024;
/// How often an outcome is tried before it waits for storage by itself, so that one payment in
/// trouble holds up no other.
const TRIES_IN_LINE: u32 = 4;

/// How far one node has been heard.
struct Hearing {
    node: Arc<Node>,
    /// The last outcome that was heard.
    last: Option<Cursor>,
    /// The last one of which storage knows that it need not be told again.
    watermark: Option<Cursor>,
    unstored: Unstored,
    /// Told by each outcome that waited for storage, when its wait is over.
    over: UnboundedSender<StoreProgress>,
}

/// Outcomes that were heard and are not in storage. As long as there are any, how far the node was
/// heard stays where it was: the node must not forget them, and after a restart it tells them again.
#[derive(Default)]
struct Unstored {
    /// They wait for storage.
    waiting: usize,
    /// Some cannot be stored in this run.
    lost: bool,
}

impl Node {
    /// Until the node is gone for good.
    pub(super) async fn listen(
        self: Arc<Self>,
        listener: Box<dyn HtlcListener>,
        from: Option<Cursor>,
    ) {
        self.meet().await;
        self.ask_later().await;
        self.start_recording();
        let told = listener.listen(from).await;
        self.readiness.set(Readiness::Ready);
        let mut told = told.ready_chunks(OUTCOMES_AT_ONCE);
        let (over, mut waits) = unbounded();
        let mut hearing = Hearing {
            node: self.clone(),
            last: from,
            watermark: from,
            unstored: Unstored::default(),
            over,
        };
        loop {
            // Waits that are over come first: each batch can begin only so many.
            match select(waits.next(), told.next()).await {
                Either::Left((kept, _)) => hearing.waited(kept).await,
                Either::Right((Some(batch), _)) => hearing.hear(batch).await,
                Either::Right((None, _)) => break,
            }
        }
        warn!(node = %self.name, "the node tells no more outcomes");
    }

    /// Stores an outcome, or leaves it to wait for storage by itself, until that is `over`.
    async fn keep(
        self: &Arc<Self>,
        said: ReportedOutcome,
        over: &UnboundedSender<StoreProgress>,
    ) -> StoreProgress {
        let kept = self.resolve_within(said.clone(), TRIES_IN_LINE).await;
        if kept == StoreProgress::NotYet {
            let (node, over) = (self.clone(), over.clone());
            // Its cursor is that of the outcomes before it, whenever it is stored.
            self.tasks.spawn_until_closed(async move {
                // Nobody listens only when the node is gone for good.
                let _ = over.unbounded_send(node.resolve(said).await);
            });
        }
        kept
    }
}

impl Hearing {
    /// Stores a batch of outcomes, and the cursor up to which all outcomes are stored.
    async fn hear(&mut self, batch: Vec<Heard>) {
        let alone = batch.len() == 1 && !self.unstored.any();
        self.last = batch.last().map(|heard| heard.cursor);
        // Of one outcome its own cursor goes with it; of several, which are stored side by side,
        // the last one's of the batch before.
        let cursor = if alone { self.last } else { self.watermark };
        let kept = batch.into_iter().map(|heard| {
            let said = ReportedOutcome {
                hash: heard.payment_hash,
                part: heard.part,
                outcome: heard.outcome,
                cursor,
            };
            self.node.keep(said, &self.over)
        });
        let kept = join_all(kept).await;
        for kept in &kept {
            self.unstored.count(*kept);
        }
        planted!(CursorPassesUnstored, self.unstored = Unstored::default());
        if alone && kept == [StoreProgress::WithCursor] {
            self.watermark = self.last;
        }
        self.advance().await;
    }

    /// The wait of one outcome for storage is over.
    async fn waited(&mut self, kept: Option<StoreProgress>) {
        self.unstored.waiting = self.unstored.waiting.saturating_sub(1);
        self.unstored.lost |= kept == Some(StoreProgress::No);
        self.advance().await;
    }

    /// Lets the node forget what it has told, if all of that is in storage.
    async fn advance(&mut self) {
        let Some(last) = self.last.filter(|_| self.watermark != self.last) else {
            return;
        };
        if self.unstored.any() {
            return;
        }
        self.watermark = self.last;
        let (node, store) = (&self.node.name, self.node.ledger.store());
        if let Err(unavailable) = store.advance(node.clone(), last).await {
            warn!(%node, reason = %unavailable, "how far the node was heard was not stored: after a restart it tells these outcomes again");
        }
    }
}

impl Unstored {
    const fn count(&mut self, kept: StoreProgress) {
        match kept {
            StoreProgress::WithCursor | StoreProgress::Before => {}
            StoreProgress::No => self.lost = true,
            StoreProgress::NotYet => self.waiting += 1,
        }
    }

    const fn any(&self) -> bool {
        self.lost || self.waiting > 0
    }
}
