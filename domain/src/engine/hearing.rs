//! One node's outcomes: stored in its order for each payment, with how far it has been heard.

use super::core::Core;
use super::gate::Standing;
use super::outcome::{Kept, Said};
use crate::planted::planted;
use crate::{Cursor, HtlcListener, NodeName};
use futures::future::{FutureExt, join_all};
use futures::stream::StreamExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tracing::warn;

/// How many outcomes are stored side by side.
const OUTCOMES_AT_ONCE: usize = 256;
/// How often an outcome is tried before it waits for storage by itself, so that one payment in
/// trouble holds up no other.
const TRIES_IN_LINE: u32 = 4;

/// Outcomes that were heard and are not in storage. As long as there are any, how far the node was
/// heard stays where it was: the node must not forget them, and after a restart it tells them again.
#[derive(Default)]
struct Unstored {
    /// They wait for storage.
    waiting: AtomicUsize,
    /// Some cannot be stored in this run.
    lost: AtomicBool,
}

/// Until the node is gone for good.
pub(super) async fn listen(
    core: Arc<Core>,
    listener: Box<dyn HtlcListener>,
    name: NodeName,
    from: Option<Cursor>,
) {
    let node = core.node(&name);
    core.meet(node).await;
    let words = listener.listen(from).await;
    node.standing.set(Standing::Ready);
    let mut words = words.ready_chunks(OUTCOMES_AT_ONCE);
    let unstored = Arc::new(Unstored::default());
    let mut watermark = from;
    while let Some(batch) = words.next().await {
        let Some(last) = batch.last().map(|heard| heard.cursor) else {
            continue;
        };
        // Of one outcome its own cursor goes with it; of several, which are stored side by side,
        // the last one's of the batch before.
        let alone = batch.len() == 1 && !unstored.any();
        let cursor = if alone { Some(last) } else { watermark };
        let cursor = cursor.map(|cursor| (name.clone(), cursor));
        let kept = batch.into_iter().map(|heard| {
            let said = Said {
                hash: heard.payment_hash,
                part: heard.part,
                word: heard.outcome,
                cursor: cursor.clone(),
            };
            core.keep(said, &unstored)
        });
        let kept = join_all(kept).await;
        planted!(CursorPassesUnstored, unstored.forget());
        if unstored.any() {
            continue;
        }
        watermark = Some(last);
        if !(alone && kept == [Kept::WithCursor])
            && let Err(unavailable) = core.store.advance(name.clone(), last).await
        {
            warn!(node = %name, reason = %unavailable, "outcomes may be heard twice");
        }
    }
    warn!(node = %name, "the node tells no more outcomes");
}

impl Core {
    /// Stores an outcome, or leaves it to wait for storage by itself.
    async fn keep(self: &Arc<Self>, said: Said, unstored: &Arc<Unstored>) -> Kept {
        let kept = self.resolve_within(said.clone(), TRIES_IN_LINE).await;
        match kept {
            Kept::WithCursor | Kept::Before => {}
            Kept::No => unstored.lost.store(true, Ordering::Release),
            Kept::NotYet => {
                unstored.waiting.fetch_add(1, Ordering::AcqRel);
                let (core, unstored) = (self.clone(), unstored.clone());
                // Its cursor is that of the outcomes before it, whenever it is stored.
                let waiting = async move {
                    if core.resolve(said).await == Kept::No {
                        unstored.lost.store(true, Ordering::Release);
                    }
                    unstored.waiting.fetch_sub(1, Ordering::AcqRel);
                };
                self.spawn_until_closed(waiting.boxed());
            }
        }
        kept
    }
}

impl Unstored {
    /// A planted bug.
    #[cfg(feature = "planted")]
    fn forget(&self) {
        self.lost.store(false, Ordering::Release);
        self.waiting.store(0, Ordering::Release);
    }

    fn any(&self) -> bool {
        self.lost.load(Ordering::Acquire) || self.waiting.load(Ordering::Acquire) > 0
    }
}
