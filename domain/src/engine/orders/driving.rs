//! The task of one open order: it does the order's next step until the order is closed.

use super::peers::PeersAbsence;
use super::{Orders, Planned, Step};
use crate::{Backoff, LoadError, Need, Next, PaymentHash, Timestamp, Why};
use futures::future::select;
use std::pin::pin;
use std::sync::Arc;
use tracing::{debug, info, warn};

/// Drives the order of a payment.
pub(super) struct Driver<'a> {
    orders: &'a Orders,
    hash: PaymentHash,
    backoff: Backoff,
    peers: PeersAbsence,
    /// The version for which no way was found.
    without_a_way: Option<u64>,
}

impl<'a> Driver<'a> {
    pub(super) fn new(orders: &'a Orders, hash: PaymentHash) -> Driver<'a> {
        Driver {
            orders,
            hash,
            backoff: orders.timing.backoff(),
            peers: PeersAbsence::default(),
            without_a_way: None,
        }
    }

    /// Until the payment has no open order.
    pub(super) async fn follow(mut self) {
        let (orders, hash) = (self.orders, self.hash);
        loop {
            // Registered before the payment is looked at: what happens in between wakes it.
            let mut news = orders.board.follow(Some(hash));
            let step = orders.ledger.look(hash, |payment| orders.step(payment));
            let step = match step.await {
                Ok(Some(step)) => step,
                Ok(None) | Err(LoadError::Deleted(_)) => return,
                Err(LoadError::Damaged(reason)) => {
                    orders.ledger.damage(hash, reason);
                    return;
                }
                Err(LoadError::Unavailable(unavailable)) => {
                    warn!(payment.hash = %hash, reason = %unavailable, "an open order waits for storage");
                    orders.timing.pause(&mut self.backoff).await;
                    continue;
                }
            };
            let deadline = step.order.terms.deadline;
            match &step.next {
                Next::Rest => return,
                Next::Close(why) => self.close(why, step.version).await,
                Next::Wait {
                    until,
                    height: None,
                } => either(news.end(), orders.timing.sleep_until(*until)).await,
                Next::Wait {
                    height: Some(height),
                    ..
                } => {
                    debug!(payment.hash = %hash, height, "the payee is ahead: the order waits for that block");
                    self.pause(deadline, news.end()).await;
                }
                Next::Plan(need) => self.plan(&step, need, news.end()).await,
            }
        }
    }

    /// Has ways found, and does what follows from that.
    async fn plan(
        &mut self,
        step: &Step,
        need: &Need,
        news: impl Future<Output = Option<Arc<()>>>,
    ) {
        let (orders, hash, deadline) = (self.orders, self.hash, step.order.terms.deadline);
        let relaxed = self.without_a_way == Some(need.version);
        match orders.plan(hash, step, need, relaxed).await {
            Planned::Sent => {
                self.peers = PeersAbsence::default();
                self.backoff = orders.timing.backoff();
            }
            Planned::Wait => either(news, orders.timing.sleep_until(deadline)).await,
            Planned::PeersAway(why) if self.peers.may_end(step.order.id, orders.timing.now()) => {
                info!(payment.hash = %hash, reason = %why, "the order waits for peers of ours");
                self.pause(deadline, news).await;
            }
            // Once more without what other orders have learnt: a channel may have its balance again.
            Planned::NoWay(_) | Planned::PeersAway(_) if !relaxed => {
                self.without_a_way = Some(need.version);
            }
            Planned::NoWay(why) | Planned::PeersAway(why) => {
                self.close(&Why::NoRoute(why), need.version).await;
            }
            Planned::Absent(absent, reason) => {
                info!(payment.hash = %hash, reason, "the order waits");
                let over = orders.absences.over(&absent);
                either(news, either(over, orders.timing.sleep_until(deadline))).await;
            }
            Planned::Later(reason) => {
                info!(payment.hash = %hash, reason, "the order waits");
                self.pause(deadline, news).await;
            }
        }
    }

    /// Closes the order, unless the payment is not of that version any more: then that is not why.
    async fn close(&mut self, why: &Why, version: u64) {
        let (orders, hash) = (self.orders, self.hash);
        if let Err(reason) = orders.close(hash, why, Some(version)).await {
            warn!(payment.hash = %hash, %reason, "an order cannot be closed now");
            orders.timing.pause(&mut self.backoff).await;
        }
    }

    /// A longer pause each time; it ends early if the payment changes, or with the deadline.
    async fn pause(&mut self, deadline: Timestamp, news: impl Future<Output = Option<Arc<()>>>) {
        let timing = &self.orders.timing;
        let or_deadline = either(
            timing.pause(&mut self.backoff),
            timing.sleep_until(deadline),
        );
        either(news, or_deadline).await;
    }
}

/// Returns when the first of both does.
async fn either(one: impl Future, other: impl Future) {
    select(pin!(one), pin!(other)).await;
}
