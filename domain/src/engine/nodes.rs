//! The configured nodes: met and asked at the start, each handed the parts that are its own.

mod stock;

use super::board::Board;
use super::ledger::Ledger;
use super::node::{Job, LIVE_PAGE, Node, Receiver, Stranger, Worker};
use super::shared::Shared;
use super::tasks::Tasks;
use super::timing::Timing;
use super::unrecorded::Unrecorded;
use super::{Incoming, NodePorts, Policy, StartError};
use crate::planted::planted;
use crate::{LoadError, NodeName, PartialPayment, Payment, PaymentHash, Unavailable};
use std::sync::Arc;
use tracing::{info, warn};

/// All of them; the first is the default.
pub(super) struct Nodes {
    all: Vec<Arc<Node>>,
    ledger: Arc<Ledger>,
    board: Arc<Board>,
    unrecorded: Arc<Unrecorded>,
    timing: Timing,
    tasks: Arc<Tasks>,
}

impl Nodes {
    pub(super) fn new(
        ports: Vec<NodePorts>,
        incoming: Option<&Incoming>,
        policy: &Policy,
        shared: &Shared,
    ) -> Result<(Nodes, Vec<Worker>), StartError> {
        let mut workers: Vec<Worker> = Vec::new();
        for ports in ports {
            if workers.iter().any(|other| other.node.name == ports.name) {
                return Err(StartError::SameName(ports.name));
            }
            let receiver = incoming.and_then(|incoming| receiver(incoming, &ports.name));
            workers.push(Worker::new(ports, receiver, policy, shared));
        }
        if workers.is_empty() {
            return Err(StartError::NoNode);
        }
        let nodes = Nodes {
            all: workers.iter().map(|worker| worker.node.clone()).collect(),
            ledger: shared.ledger.clone(),
            board: shared.board.clone(),
            unrecorded: shared.unrecorded.clone(),
            timing: shared.timing.clone(),
            tasks: shared.tasks.clone(),
        };
        Ok((nodes, workers))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Node> {
        self.all.iter().map(|node| &**node)
    }

    /// The default.
    pub(super) fn first(&self) -> &Node {
        self.all.first().expect("checked at start")
    }

    /// The node of that name, if one is configured.
    pub(super) fn named(&self, name: &NodeName) -> Option<&Node> {
        self.iter().find(|node| node.name == *name)
    }

    /// Hands a part to its node.
    pub(super) fn enqueue(&self, part: &PartialPayment, job: Job) {
        match self.named(&part.node) {
            Some(node) => node.enqueue(job),
            None => self.ledger.alarm(
                part.payment_hash,
                &format!(
                    "part {} is pending at node {}, which is not configured",
                    part.id, part.node
                ),
            ),
        }
    }

    /// What is in the way of knowing more of a live part.
    pub(super) fn doubted(&self, part: &PartialPayment) -> Option<String> {
        match self.named(&part.node) {
            Some(node) => node.doubted(part.id),
            None => Some(format!("node {} is not configured", part.node)),
        }
    }

    /// Whether each is the node that its parts were meant for. A node that cannot be asked now delays its own
    /// parts only: it is asked again until it answers.
    pub(super) async fn meet(&self) -> Result<(), StartError> {
        for node in self.iter() {
            match node.is_the_bound_one().await {
                Ok(()) | Err(Stranger::Away(_)) => {}
                Err(Stranger::Storage(unavailable)) => return Err(unavailable.into()),
                Err(Stranger::Another(error)) => return Err(error),
            }
        }
        Ok(())
    }

    /// Every live part of every payment is looked up at its node.
    pub(super) async fn recover_all(&self) -> Result<(), Unavailable> {
        let mut after = None;
        loop {
            let page = self.ledger.store().live(after, LIVE_PAGE).await?;
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

    /// Takes charge of one payment's live parts that nobody is taking care of.
    async fn recover(&self, hash: PaymentHash) -> Result<(), Unavailable> {
        let look = self.ledger.look(hash, |payment| {
            if let Some(payment) = payment {
                self.take_charge(payment);
            }
        });
        match look.await {
            Ok(()) | Err(LoadError::Deleted(_)) => Ok(()),
            Err(LoadError::Unavailable(unavailable)) => Err(unavailable),
            Err(LoadError::Damaged(reason)) => {
                self.ledger.damage(hash, reason);
                Ok(())
            }
        }
    }

    fn take_charge(&self, payment: &Payment) {
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
            self.enqueue(part, Job::look_up(part));
        }
    }

    /// The same after a commit in doubt, for as long as storage takes to come back.
    pub(super) fn recover_later(self: &Arc<Self>, hash: PaymentHash) {
        let nodes = self.clone();
        self.tasks.spawn(async move {
            let mut backoff = nodes.timing.backoff();
            while let Err(unavailable) = nodes.recover(hash).await {
                warn!(payment.hash = %hash, reason = %unavailable, "a commit is still in doubt");
                nodes.timing.pause(&mut backoff).await;
                if nodes.tasks.is_closing() {
                    return;
                }
            }
            nodes.board.has_news(hash);
        });
    }
}

/// Where it is recorded what that node was paid.
fn receiver(incoming: &Incoming, name: &NodeName) -> Option<Receiver> {
    let (_, node) = incoming.nodes.iter().find(|(node, _)| node == name)?;
    Some(Receiver {
        node: node.clone(),
        store: incoming.store.clone(),
    })
}
