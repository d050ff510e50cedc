//! Decide → persist → act.

use crate::{Clock, HtlcListener, HtlcSender, NodeName, PaymentStore, Spawner};
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

/// Limits and times.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Decisions under way at once; one more is answered "busy".
    pub decisions_max: usize,
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
        }
    }
}

/// The engine: `impl PaymentApi`.
pub struct Engine {}

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
}

impl Engine {
    /// Looks up every live part, listens to every node, and is ready.
    pub async fn start(_ports: Ports, _policy: Policy) -> Result<Arc<Engine>, StartError> {
        unimplemented!("next commit")
    }

    /// Accepts nothing more, finishes the commits that have begun, and leaves the parts pending.
    pub async fn close(&self) {}
}
