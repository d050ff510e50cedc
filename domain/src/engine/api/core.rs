//! What the callers' side works on.

use super::decisions::Decisions;
use crate::engine::board::Board;
use crate::engine::ledger::Ledger;
use crate::engine::node::Worker;
use crate::engine::nodes::Nodes;
use crate::engine::orders::Orders;
use crate::engine::shared::Shared;
use crate::engine::tasks::Tasks;
use crate::engine::timing::Timing;
use crate::engine::unrecorded::Unrecorded;
use crate::engine::{Incoming, Policy, Ports, StartError};
use std::sync::Arc;

/// Everything that callers may ask of. Its methods are in this folder, one file a method of the API.
pub(in crate::engine) struct Core {
    pub(in crate::engine) ledger: Arc<Ledger>,
    pub(in crate::engine) board: Arc<Board>,
    pub(super) unrecorded: Arc<Unrecorded>,
    pub(in crate::engine) nodes: Arc<Nodes>,
    pub(in crate::engine) orders: Arc<Orders>,
    pub(super) incoming: Option<Incoming>,
    pub(super) timing: Timing,
    pub(super) decisions: Decisions,
    pub(in crate::engine) policy: Policy,
    pub(in crate::engine) tasks: Arc<Tasks>,
}

impl Core {
    pub(in crate::engine) fn new(
        ports: Ports,
        policy: Policy,
    ) -> Result<(Core, Vec<Worker>), StartError> {
        let board = Arc::new(Board::default());
        let ledger = Arc::new(Ledger::new(ports.store, board.clone()));
        let unrecorded = Unrecorded::new(ports.unrecorded, ledger.clone());
        let shared = Shared {
            ledger,
            board,
            unrecorded: Arc::new(unrecorded),
            timing: Timing::new(ports.clock, policy.backoff),
            tasks: Arc::new(Tasks::new(ports.spawner)),
        };
        let incoming = ports.incoming;
        let (nodes, workers) = Nodes::new(ports.nodes, incoming.as_ref(), &policy, &shared)?;
        let nodes = Arc::new(nodes);
        let orders = Orders::new(ports.ways, nodes.clone(), &policy, &shared);
        let core = Core {
            ledger: shared.ledger,
            board: shared.board,
            unrecorded: shared.unrecorded,
            nodes,
            orders: Arc::new(orders),
            incoming,
            timing: shared.timing,
            decisions: Decisions::new(policy.decisions_max, shared.tasks.clone()),
            tasks: shared.tasks,
            policy,
        };
        Ok((core, workers))
    }

    /// Accepts nothing more, sends the waiters away, and returns once the decisions that had begun are done.
    pub(in crate::engine) async fn close(&self) {
        self.decisions.stop();
        // At once: however long the decisions under way take, those who wait need not. Whoever registers
        // later finds that it stops.
        self.board.dismiss();
        self.decisions.done().await;
        self.tasks.close();
    }
}
