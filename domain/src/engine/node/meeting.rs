//! Whether the node is the one that its parts were meant for; and its live parts, once more.

use super::readiness::Readiness;
use super::{Job, Node};
use crate::engine::StartError;
use crate::{LoadError, NodeAway, Payment, Unavailable};
use std::sync::atomic::Ordering;
use tracing::{error, warn};

/// Payments read at once: their numbers and hashes. Storage may walk over all that is live for each page.
pub(in crate::engine) const LIVE_PAGE: u32 = 10_000;

/// Why a node is not asked.
#[derive(Debug, thiserror::Error)]
pub(in crate::engine) enum Stranger {
    #[error(transparent)]
    Away(#[from] NodeAway),
    #[error(transparent)]
    Storage(#[from] Unavailable),
    #[error(transparent)]
    Another(StartError),
}

impl Node {
    /// Returns once the node is known to be the one that its parts were meant for; never, if it is
    /// another.
    pub(super) async fn meet(&self) {
        let mut backoff = self.timing.backoff();
        loop {
            let stranger = match self.is_the_bound_one().await {
                Ok(()) => return,
                Err(stranger) => stranger,
            };
            let reason = stranger.to_string();
            // Said once, and again when the reason is another.
            if self.readiness.set(Readiness::Away(reason.clone())) {
                match stranger {
                    Stranger::Another(_) => error!(node = %self.name, alarm = true, "{reason}"),
                    Stranger::Away(_) | Stranger::Storage(_) => {
                        warn!(node = %self.name, reason, "the node is away: its parts wait");
                    }
                }
            }
            self.timing.pause(&mut backoff).await;
        }
    }

    /// Each name belongs to the node that was first called so, for ever.
    pub(in crate::engine) async fn is_the_bound_one(&self) -> Result<(), Stranger> {
        if self.is_met() {
            return Ok(());
        }
        let found = self.sender.identity().await?;
        let name = self.name.clone();
        let bound = self
            .ledger
            .store()
            .bind(name.clone(), found.clone())
            .await?;
        if bound == found {
            self.is_met.store(true, Ordering::Release);
            return Ok(());
        }
        Err(Stranger::Another(StartError::AnotherNode {
            name,
            bound,
            found,
        }))
    }

    pub(super) fn is_met(&self) -> bool {
        self.is_met.load(Ordering::Acquire)
    }

    /// Every live part of this node's that nobody is taking care of is looked up.
    pub(super) async fn look_up_again(&self) -> Result<(), Unavailable> {
        let mut after = None;
        loop {
            let page = self.ledger.store().live(after, LIVE_PAGE).await?;
            for (_, hash) in &page {
                let look = self.ledger.look(*hash, |payment| {
                    let parts = payment.into_iter().flat_map(Payment::live_parts);
                    for part in parts.filter(|part| part.node == self.name) {
                        self.enqueue(Job::look_up(part));
                    }
                });
                match look.await {
                    Err(LoadError::Unavailable(unavailable)) => return Err(unavailable),
                    // Damage was said, and an alarm raised, when it was found.
                    Ok(()) | Err(LoadError::Damaged(_) | LoadError::Deleted(_)) => {}
                }
            }
            match page.last() {
                Some((id, _)) => after = Some(*id),
                None => return Ok(()),
            }
        }
    }
}
