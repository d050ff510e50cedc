//! What the node was paid, recorded in its order.
//!
//! Nothing here answers the node: whoever pays us does not wait for us (rule A-12).

use super::Node;
use crate::invariant::stored;
use crate::planted::planted;
use crate::{Cursor, IncomingNode, IncomingStore, NewIncoming, Received, Recorded};
use futures::stream::StreamExt;
use std::sync::Arc;
use tracing::{error, info, warn};

/// The node as one that can receive, and where that is kept.
#[derive(Clone)]
pub(in crate::engine) struct Receiver {
    pub(in crate::engine) node: Arc<dyn IncomingNode>,
    pub(in crate::engine) store: Arc<dyn IncomingStore>,
}

impl Node {
    /// Starts to record what the node was paid: it has shown to be the one that it should be.
    pub(super) fn start_recording(self: &Arc<Self>) {
        if let Some(receiver) = &self.receiver {
            let recording = self.clone().record_all(receiver.clone());
            self.tasks.spawn_until_closed(recording);
        }
    }

    /// Until the node is gone for good.
    async fn record_all(self: Arc<Self>, receiver: Receiver) {
        let from = self.heard(&*receiver.store).await;
        let mut paid = receiver.node.paid(from).await;
        while let Some(received) = paid.next().await {
            self.record(&*receiver.store, received).await;
        }
        warn!(node = %self.name, "the node tells of no more paid invoices");
    }

    async fn heard(&self, store: &dyn IncomingStore) -> Option<Cursor> {
        let mut backoff = self.timing.backoff();
        loop {
            match store.incoming_cursor(self.name.clone()).await {
                Ok(cursor) => return cursor,
                Err(reason) => {
                    warn!(node = %self.name, %reason, "incoming payments wait for storage");
                }
            }
            self.timing.pause(&mut backoff).await;
        }
    }

    /// Keeps one, for as long as storage takes to come back: the ones after it wait, and the node tells
    /// them again after a restart.
    async fn record(&self, store: &dyn IncomingStore, received: Received) {
        let Received { cursor, invoice } = received;
        let hash = invoice.payment_hash;
        let payment = NewIncoming {
            node: self.name.clone(),
            paid: invoice,
        };
        if let Err(violation) = stored::incoming(&payment.paid) {
            self.ledger.violated(hash, &violation);
            return;
        }
        let mut backoff = self.timing.backoff();
        loop {
            match store.record(payment.clone(), cursor).await {
                Recorded::Yes(..) => {
                    self.board.has_news(hash);
                    let (received_msat, parts) =
                        (payment.paid.received.get(), payment.paid.parts.len());
                    info!(payment.hash = %hash, node = %self.name, received_msat, parts, "invoice paid");
                    return;
                }
                // It may be the first time that we hear of it: what was in doubt is recorded again.
                Recorded::Before => return self.board.has_news(hash),
                Recorded::Refused(rule) => {
                    let what = format!("storage refused an incoming payment: {rule} (A-15)");
                    return self.ledger.alarm(hash, &what);
                }
                Recorded::Unavailable(reason) => {
                    planted!(ForgetsWhatCameIn, return);
                    error!(payment.hash = %hash, node = %self.name, reason, "an incoming payment waits for storage");
                }
            }
            self.timing.pause(&mut backoff).await;
        }
    }
}
