//! Taking charge of what is live in storage: after a restart, and when a commit was in doubt.

use super::StartError;
use super::core::Core;
use super::node::{Job, Step};
use crate::{LoadError, PaymentHash, Unavailable};
use futures::future::FutureExt;
use std::sync::Arc;
use tracing::{info, warn};

/// Payments read at once.
const PAGE: u32 = 500;

impl Core {
    /// Each name belongs to the node that was first called so, for ever.
    pub(super) async fn bind_nodes(&self) -> Result<(), StartError> {
        for node in &self.nodes {
            let (name, found) = (node.name.clone(), node.sender.identity());
            let bound = self.store.bind(name.clone(), found.clone()).await?;
            if bound != found {
                return Err(StartError::AnotherNode { name, bound, found });
            }
        }
        Ok(())
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
        let parts = self.live_parts();
        if parts > 0 {
            info!(parts, "took charge of the parts without an outcome");
        }
        Ok(())
    }

    /// Takes charge of one payment's live parts that nobody is taking care of.
    pub(super) async fn recover(&self, hash: PaymentHash) -> Result<(), Unavailable> {
        let cell = self.cells.get(hash);
        let mut turn = cell.turn().await;
        let payment = match turn.payment(&*self.store).await {
            Ok(Some(payment)) => payment,
            Ok(None) => return Ok(()),
            Err(LoadError::Unavailable(unavailable)) => return Err(unavailable),
            Err(LoadError::Damaged(reason)) => {
                self.damage(hash, reason);
                return Ok(());
            }
        };
        for part in payment.live_parts() {
            if self.is_part_live(part.id) {
                continue;
            }
            self.tell(payment, part);
            let job = Job {
                part: part.id,
                hash,
                step: Step::LookUp,
                answered: None,
            };
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
        };
        self.spawner.spawn(recovering.boxed());
    }
}
