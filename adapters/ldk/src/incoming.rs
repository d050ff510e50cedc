//! Our node as the domain hears of what comes in.

use crate::node::{Ask, Node};
use async_trait::async_trait;
use domain::{Cursor, IncomingNode, IncomingPart, NodeAway, PaymentHash, Received};
use futures::stream::{self, BoxStream, StreamExt};
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::watch;

/// Paid invoices fetched at a time.
const PAGE: u32 = 256;

/// Answers when the node's driver has: nothing that LDK had to say before is missing from it.
pub(crate) struct Receiver(pub(crate) Arc<Node>);

#[async_trait]
impl IncomingNode for Receiver {
    async fn pending(&self, hash: Option<PaymentHash>) -> Result<Vec<IncomingPart>, NodeAway> {
        let parts = self.0.ask(|reply| Ask::Arrived(hash, reply)).await;
        parts.ok_or_else(|| NodeAway(self.0.stopped()))
    }

    async fn paid(&self, from: Option<Cursor>) -> BoxStream<'static, Received> {
        let progress = Progress {
            node: self.0.clone(),
            at: from.map_or(0, |cursor| cursor.0),
            fetched: VecDeque::new(),
            added: self.0.last_received(),
        };
        stream::unfold(progress, Progress::next).boxed()
    }
}

/// How far the stream has come.
struct Progress {
    node: Arc<Node>,
    /// The place of the last one fetched.
    at: u64,
    fetched: VecDeque<Received>,
    /// Changes after a commit that added some; closes with the node.
    added: watch::Receiver<u64>,
}

impl Progress {
    /// The next one, however long it takes; `None` once the node is gone.
    async fn next(mut self) -> Option<(Received, Progress)> {
        loop {
            if let Some(received) = self.fetched.pop_front() {
                self.at = received.cursor.0;
                return Some((received, self));
            }
            // Marked as seen before looking, so that what comes in between is not missed. A place that
            // this node never gave is of another life of it: then all is told, and recorded once.
            if *self.added.borrow_and_update() < self.at {
                self.at = 0;
            }
            let after = self.at;
            let page = self
                .node
                .ask(|reply| Ask::Received(after, PAGE, reply))
                .await?;
            self.fetched = page.into();
            if self.fetched.is_empty() {
                self.added.changed().await.ok()?;
            }
        }
    }
}
