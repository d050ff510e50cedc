//! What the engine works on.

use super::board::Board;
use super::ledger::Ledger;
use super::node::{Job, Node, Worker};
use super::stock::Stock;
use super::{Incoming, Policy, Ports, StartError};
use crate::{Clock, NodeName, PartialPayment, PaymentStore, Spawner, UnrecordedStore};
use futures::future::{BoxFuture, FutureExt, select};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{Semaphore, watch};

/// Everything that the engine's work shares.
pub(super) struct Core {
    pub(super) store: Arc<dyn PaymentStore>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) spawner: Arc<dyn Spawner>,
    pub(super) policy: Policy,
    pub(super) nodes: Vec<Node>,
    pub(super) incoming: Option<Incoming>,
    pub(super) unrecorded: Arc<dyn UnrecordedStore>,
    pub(super) stock: Stock,
    pub(super) ledger: Ledger,
    pub(super) board: Arc<Board>,
    /// A permit a decision.
    pub(super) decisions: Arc<Semaphore>,
    /// Nothing more is accepted.
    pub(super) stopping: AtomicBool,
    /// The nodes' tasks end.
    pub(super) closing: watch::Sender<bool>,
}

impl Core {
    pub(super) fn new(ports: Ports, policy: Policy) -> Result<(Core, Vec<Worker>), StartError> {
        let mut nodes: Vec<Node> = Vec::new();
        let mut workers = Vec::new();
        for ports in ports.nodes {
            if nodes.iter().any(|node| node.name == ports.name) {
                return Err(StartError::SameName(ports.name));
            }
            let (node, worker) = Node::new(ports, policy.node_calls_max);
            nodes.push(node);
            workers.push(worker);
        }
        if nodes.is_empty() {
            return Err(StartError::NoNode);
        }
        let permits = usize::try_from(policy.decisions_max).unwrap_or(Semaphore::MAX_PERMITS);
        let board = Arc::new(Board::default());
        let core = Core {
            ledger: Ledger::new(ports.store.clone(), board.clone()),
            board,
            store: ports.store,
            clock: ports.clock,
            spawner: ports.spawner,
            nodes,
            incoming: ports.incoming,
            unrecorded: ports.unrecorded,
            stock: Stock::default(),
            decisions: Arc::new(Semaphore::new(permits)),
            stopping: AtomicBool::new(false),
            closing: watch::Sender::new(false),
            policy,
        };
        Ok((core, workers))
    }

    /// The node of that name, if one is configured.
    pub(super) fn node_named(&self, name: &NodeName) -> Option<&Node> {
        self.nodes.iter().find(|node| node.name == *name)
    }

    /// Hands a part to its node's worker.
    pub(super) fn enqueue(&self, node: &NodeName, job: Job) {
        match self.node_named(node) {
            Some(node) => node.enqueue(job),
            None => self.ledger.alarm(
                job.hash,
                &format!(
                    "part {} is pending at node {node}, which is not configured",
                    job.part
                ),
            ),
        }
    }

    /// What is in the way of knowing more of a live part.
    pub(super) fn doubted(&self, part: &PartialPayment) -> Option<String> {
        match self.node_named(&part.node) {
            Some(node) => node.in_charge.doubted(part.id),
            None => Some(format!("node {} is not configured", part.node)),
        }
    }

    /// Starts work that ends when the engine closes.
    pub(super) fn spawn_until_closed(&self, work: BoxFuture<'static, ()>) {
        let mut closing = self.closing.subscribe();
        let until_closed = async move {
            let closed = pin!(async {
                // An error means that the engine is gone.
                let _ = closing.wait_for(|closing| *closing).await;
            });
            select(work, closed).await;
        };
        self.spawner.spawn(until_closed.boxed());
    }

    pub(super) async fn close(&self) {
        self.stopping.store(true, Ordering::Release);
        // At once: however long the decisions under way take, those who wait need not. Whoever registers
        // later finds that it stops.
        self.board.dismiss();
        let all = self.policy.decisions_max;
        if let Ok(permits) = self.decisions.acquire_many(all).await {
            permits.forget();
        }
        self.decisions.close();
        self.closing.send_replace(true);
    }
}
