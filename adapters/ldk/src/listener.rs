//! Our node as the domain hears of outcomes.

use crate::node::{Ask, Node};
use async_trait::async_trait;
use domain::{Cursor, Heard, HtlcListener};
use futures::stream::{self, BoxStream, StreamExt};
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::watch;

/// Outcomes fetched at a time.
const PAGE: u32 = 256;

/// Streams the table of outcomes, and then what is added to it.
pub(crate) struct Listener(pub(crate) Arc<Node>);

/// How far the stream has come.
struct Progress {
    node: Arc<Node>,
    /// The place of the last outcome fetched.
    at: u64,
    fetched: VecDeque<Heard>,
    /// Changes after a commit that added outcomes; closes with the node.
    added: watch::Receiver<u64>,
}

#[async_trait]
impl HtlcListener for Listener {
    async fn listen(self: Box<Self>, from: Option<Cursor>) -> BoxStream<'static, Heard> {
        let (node, mut at) = (self.0, 0);
        if let Some(Cursor(stored)) = from {
            // Without an answer the node has stopped.
            if node.ask(|reply| Ask::GoOn(stored, reply)).await != Some(true) {
                return stream::empty().boxed();
            }
            at = stored;
        }
        let added = node.last_outcome();
        let progress = Progress {
            node,
            at,
            fetched: VecDeque::new(),
            added,
        };
        stream::unfold(progress, Progress::next).boxed()
    }
}

impl Progress {
    /// The next outcome, however long it takes; `None` once the node is gone.
    async fn next(mut self) -> Option<(Heard, Progress)> {
        loop {
            if let Some(heard) = self.fetched.pop_front() {
                self.at = heard.cursor.0;
                return Some((heard, self));
            }
            // Marked as seen before looking, so that what comes in between is not missed.
            self.added.borrow_and_update();
            let after = self.at;
            let page = self
                .node
                .ask(|reply| Ask::Outcomes(after, PAGE, reply))
                .await?;
            self.fetched = page.into();
            if self.fetched.is_empty() {
                self.added.changed().await.ok()?;
            }
        }
    }
}
