//! Decide → persist → act.
//!
//! From the bottom up; nothing calls what stands below it in this list:
//!
//! - `board`: those who wait, told what is durable.
//! - `ledger`: the payments. One change of a payment at a time; each is committed, and only then acted on.
//! - `unrecorded`: parts that only nodes know.
//! - `lessons`: what ended parts show about channels, told to the route finder.
//! - `node`: one node. Its parts out, its outcomes in, what it was paid.
//! - `nodes`: all of them, at the start and after a commit in doubt.
//! - `orders`: what `pay` was asked for: ways are found, and become parts, until the order is closed.
//! - `api`: what callers ask, one struct a concern.
//!
//! `timing`, `tasks`: the clock, and where the engine's own work runs.

mod api;
mod board;
mod ledger;
mod lessons;
mod node;
mod nodes;
mod orders;
#[cfg(feature = "planted")]
mod planted;
mod shared;
mod tasks;
#[cfg(all(test, feature = "contract", feature = "mock"))]
mod test_support;
mod timing;
mod unrecorded;

pub use self::api::AutocleanTimer;

use self::api::Api;
use self::board::Board;
use self::ledger::Ledger;
use self::lessons::Lessons;
use self::node::Worker;
use self::nodes::Nodes;
use self::orders::Orders;
use self::shared::Shared;
use self::tasks::Tasks;
use self::timing::Timing;
use self::unrecorded::Unrecorded;
use crate::{
    Clock, HtlcListener, HtlcSender, IncomingNode, IncomingStore, NodeFunds, NodeIdentity,
    NodeName, PaymentStore, RouteFinder, Spawner, UnrecordedStore,
};
use std::sync::Arc;
use std::time::Duration;

/// What the engine drives, and where its own work runs.
pub struct Ports {
    /// Where payments are kept.
    pub store: Arc<dyn PaymentStore>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Where the engine's own work runs.
    pub spawner: Arc<dyn Spawner>,
    /// The nodes; the first is the default.
    pub nodes: Vec<NodePorts>,
    /// Where it is kept what the nodes know and the payments' store does not.
    pub unrecorded: Arc<dyn UnrecordedStore>,
    /// What comes in, if that is to be listed too.
    pub incoming: Option<Incoming>,
    /// What `pay` finds its ways with, if it is to.
    pub ways: Option<Ways>,
}

/// One configured node.
pub struct NodePorts {
    /// Its name in the configuration.
    pub name: NodeName,
    /// Parts out.
    pub sender: Arc<dyn HtlcSender>,
    /// Outcomes in.
    pub listener: Box<dyn HtlcListener>,
}

/// What `pay` finds its ways with.
pub struct Ways {
    /// Finds them.
    pub finder: Arc<dyn RouteFinder>,
    /// The configured nodes that can tell what they can send over.
    pub nodes: Vec<(NodeName, Arc<dyn NodeFunds>)>,
}

/// What comes in, and where it is kept.
pub struct Incoming {
    /// Where it is kept.
    pub store: Arc<dyn IncomingStore>,
    /// The configured nodes that can receive.
    pub nodes: Vec<(NodeName, Arc<dyn IncomingNode>)>,
}

/// Limits and times.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Decisions under way at once; one more is answered "busy".
    pub decisions_max: u32,
    /// Parts without an outcome; one more is answered "busy".
    pub live_parts_max: usize,
    /// Callers that wait; one more is answered "busy".
    pub waiters_max: usize,
    /// Calls to one node at once.
    pub node_calls_max: usize,
    /// How long after it was asked for a part may still leave for the first time.
    pub offer_window: Duration,
    /// The first and the longest pause before a node or the storage is asked again.
    pub backoff: (Duration, Duration),
    /// What is deleted by itself.
    pub autoclean: AutocleanTimer,
}

impl Default for Policy {
    fn default() -> Policy {
        Policy {
            decisions_max: 16_384,
            live_parts_max: 100_000,
            waiters_max: 200_000,
            node_calls_max: 256,
            offer_window: Duration::from_secs(600),
            backoff: (Duration::from_millis(50), Duration::from_secs(30)),
            autoclean: AutocleanTimer::default(),
        }
    }
}

/// The engine: everything callers ask of it is in [`PaymentApi`](crate::PaymentApi).
pub struct Engine {
    api: Api,
    orders: Arc<Orders>,
    nodes: Arc<Nodes>,
    shared: Shared,
}

/// Why the engine could not start.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum StartError {
    /// Storage cannot tell what is live.
    #[error(transparent)]
    Storage(#[from] crate::Unavailable),
    /// Nothing to send with.
    #[error("no node is configured")]
    NoNode,
    /// Two nodes of one name.
    #[error("two nodes are called {0}")]
    SameName(NodeName),
    /// The stored parts were meant for another node: this one's "never seen" would prove nothing.
    #[error(
        "node {name} is {found}, but the parts in storage were sent by a node {name} that is \
         {bound}: give this one another name, or bring that one's state back"
    )]
    AnotherNode {
        /// The name that both have.
        name: NodeName,
        /// The one that the name belongs to.
        bound: NodeIdentity,
        /// The one that is there.
        found: NodeIdentity,
    },
}

impl Engine {
    /// Asks the nodes for parts that storage does not know, takes charge of every live part (each is looked up
    /// at its node), listens to every node, and is ready. Nothing is sent before its part has been looked up.
    pub async fn start(ports: Ports, policy: Policy) -> Result<Arc<Engine>, StartError> {
        // An engine that is dropped ends whatever it runs: a start that fails leaves nothing behind.
        let (engine, workers) = Engine::new(ports, &policy)?;
        engine.nodes.meet().await?;
        engine.nodes.take_stock().await?;
        let mut cursors = Vec::new();
        for node in engine.nodes.iter() {
            let store = engine.shared.ledger.store();
            cursors.push(store.cursor(node.name.clone()).await?);
        }
        engine.nodes.recover_all().await?;
        let open = engine.orders.open().await?;
        let Shared {
            ledger,
            lessons,
            timing,
            tasks,
            ..
        } = &engine.shared;
        lessons.recall(ledger, timing, tasks).await?;
        for (worker, from) in workers.into_iter().zip(cursors) {
            worker.start(from);
        }
        engine.orders.resume(&open);
        let autoclean = policy.autoclean;
        autoclean.start(engine.api.clean.clone(), timing.clone(), tasks);
        Ok(Arc::new(engine))
    }

    /// The engine and its nodes' work, of which nothing runs yet.
    fn new(ports: Ports, policy: &Policy) -> Result<(Engine, Vec<Worker>), StartError> {
        let board = Arc::new(Board::default());
        let ledger = Arc::new(Ledger::new(ports.store, board.clone()));
        let unrecorded = Unrecorded::new(ports.unrecorded, ledger.clone());
        let finder = ports.ways.as_ref().map(|ways| ways.finder.clone());
        let shared = Shared {
            ledger,
            board,
            unrecorded: Arc::new(unrecorded),
            lessons: Arc::new(Lessons::new(finder)),
            timing: Timing::new(ports.clock, policy.backoff),
            tasks: Arc::new(Tasks::new(ports.spawner)),
        };
        let incoming = ports.incoming;
        let (nodes, workers) = Nodes::new(ports.nodes, incoming.as_ref(), policy, &shared)?;
        let nodes = Arc::new(nodes);
        let orders = Orders::new(ports.ways, nodes.clone(), policy, &shared);
        let orders = Arc::new(orders);
        let engine = Engine {
            api: Api::new(&nodes, &orders, incoming, policy, &shared),
            orders,
            nodes,
            shared,
        };
        Ok((engine, workers))
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.shared.tasks.close();
    }
}
