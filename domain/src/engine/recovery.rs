//! Taking charge of what is live in storage: after a restart, and when a commit was in doubt.

use super::StartError;
use super::core::Core;
use super::node::{Job, Node};
use super::readiness::Readiness;
use crate::planted::planted;
use crate::{LoadError, NodeAway, Payment, PaymentHash, Unavailable};
use futures::future::FutureExt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tracing::{error, info, warn};

/// Payments read at once: their numbers and hashes. Storage may walk over all that is live for each page.
const PAGE: u32 = 10_000;

/// Why a node is not asked.
#[derive(Debug, thiserror::Error)]
enum Stranger {
    #[error(transparent)]
    Away(#[from] NodeAway),
    #[error(transparent)]
    Storage(#[from] Unavailable),
    #[error(transparent)]
    Another(StartError),
}

impl Core {
    /// Each name belongs to the node that was first called so, for ever. A node that cannot be asked
    /// now delays its own parts only: it is asked again until it answers ([`Core::meet`]).
    pub(super) async fn meet_nodes(&self) -> Result<(), StartError> {
        for node in &self.nodes {
            match self.is_the_bound_one(node).await {
                Ok(()) | Err(Stranger::Away(_)) => {}
                Err(Stranger::Storage(unavailable)) => return Err(unavailable.into()),
                Err(Stranger::Another(error)) => return Err(error),
            }
        }
        Ok(())
    }

    /// Returns once the node is known to be the one that its parts were meant for; never, if it is
    /// another.
    pub(super) async fn meet(&self, node: &Node) {
        let mut backoff = self.backoff();
        loop {
            let stranger = match self.is_the_bound_one(node).await {
                Ok(()) => return,
                Err(stranger) => stranger,
            };
            let reason = stranger.to_string();
            // Said once, and again when the reason is another.
            if node.readiness.set(Readiness::Away(reason.clone())) {
                match stranger {
                    Stranger::Another(_) => error!(node = %node.name, alarm = true, "{reason}"),
                    Stranger::Away(_) | Stranger::Storage(_) => {
                        warn!(node = %node.name, reason, "the node is away: its parts wait");
                    }
                }
            }
            self.pause(&mut backoff).await;
        }
    }

    async fn is_the_bound_one(&self, node: &Node) -> Result<(), Stranger> {
        if node.is_met.load(Ordering::Acquire) {
            return Ok(());
        }
        let found = node.sender.identity().await?;
        let name = node.name.clone();
        let bound = self.store.bind(name.clone(), found.clone()).await?;
        if bound == found {
            node.is_met.store(true, Ordering::Release);
            return Ok(());
        }
        Err(Stranger::Another(StartError::AnotherNode {
            name,
            bound,
            found,
        }))
    }

    /// Every live part of every payment is looked up at its node.
    pub(super) async fn recover_all(&self) -> Result<(), Unavailable> {
        let mut after = None;
        loop {
            let page = self.store.live(after, PAGE).await?;
            for (_, hash) in &page {
                self.recover(*hash).await?;
            }
            match page.last() {
                Some((id, _)) => after = Some(*id),
                None => break,
            }
        }
        let parts = self.board.live_parts();
        info!(parts, "took charge of the parts without an outcome");
        Ok(())
    }

    /// Every live part of that node's that nobody is taking care of is looked up.
    pub(super) async fn look_up_again(&self, node: &Node) -> Result<(), Unavailable> {
        let mut after = None;
        loop {
            let page = self.store.live(after, PAGE).await?;
            for (_, hash) in &page {
                let cell = self.ledger.cell(*hash);
                let mut turn = cell.turn().await;
                let parts = match turn.payment(&*self.store).await {
                    Ok(payment) => payment.into_iter().flat_map(Payment::live_parts),
                    Err(LoadError::Unavailable(unavailable)) => return Err(unavailable),
                    // It was said, and an alarm raised, when it was found.
                    Err(LoadError::Damaged(_) | LoadError::Deleted(_)) => continue,
                };
                for part in parts.filter(|part| part.node == node.name) {
                    node.enqueue(Job::look_up(part));
                }
            }
            match page.last() {
                Some((id, _)) => after = Some(*id),
                None => return Ok(()),
            }
        }
    }

    /// Takes charge of one payment's live parts that nobody is taking care of.
    pub(super) async fn recover(&self, hash: PaymentHash) -> Result<(), Unavailable> {
        let cell = self.ledger.cell(hash);
        let mut turn = cell.turn().await;
        let payment = match turn.payment(&*self.store).await {
            Ok(Some(payment)) => payment,
            Ok(None) | Err(LoadError::Deleted(_)) => return Ok(()),
            Err(LoadError::Unavailable(unavailable)) => return Err(unavailable),
            Err(LoadError::Damaged(reason)) => {
                self.ledger.damage(hash, reason);
                return Ok(());
            }
        };
        for part in payment.live_parts() {
            if self.board.is_part_live(part.id) {
                continue;
            }
            planted!(
                RecoversFirstPartOnly,
                if payment.live_parts().next() != Some(part) {
                    continue;
                }
            );
            self.board.tell(payment, part);
            let job = Job::look_up(part);
            self.enqueue(&part.node, job);
        }
        Ok(())
    }

    /// The same, for as long as storage takes to come back.
    pub(super) fn recover_later(self: &Arc<Self>, hash: PaymentHash) {
        let core = self.clone();
        let recovering = async move {
            let mut backoff = core.backoff();
            while let Err(unavailable) = core.recover(hash).await {
                warn!(payment.hash = %hash, reason = %unavailable, "a commit is still in doubt");
                core.pause(&mut backoff).await;
                if *core.closing.borrow() {
                    return;
                }
            }
            core.board.has_news(hash);
        };
        self.spawner.spawn(recovering.boxed());
    }
}
