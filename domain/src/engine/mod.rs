//! Decide → persist → act.
//!
//! - `ledger`: the payments; commits a transition, then acts on it. `board`: those who wait, told what is durable.
//! - `core`: what everything here works on.
//! - `api`: what callers ask. `node`: parts out to a node; `in_charge`: one task a part. `hearing`: outcomes in. `outcome`: storing one; `unrecorded`: one of a part that is not stored.
//! - `incoming`: what comes in.
//! - `stock`: after an old copy of the database was put back. `recovery`: after a restart, or when storage left us in doubt.
//! - `readiness`: whether a node may be asked. `violations`: rules that were about to be broken.
//! - `autoclean_timer`: what is deleted by itself.
//! - `cells`: one decision at a time for each payment hash. `waiters`: those who wait.

mod api;
mod autoclean_timer;
mod backoff;
mod board;
mod cells;
mod core;
mod digest;
mod hearing;
mod in_charge;
mod incoming;
mod ledger;
mod node;
mod outcome;
#[cfg(feature = "planted")]
mod planted;
mod readiness;
mod recovery;
mod stock;
#[cfg(all(test, feature = "contract", feature = "mock"))]
mod test_support;
mod unrecorded;
mod violations;
mod waiters;

pub use self::autoclean_timer::AutocleanTimer;
pub use self::incoming::Incoming;

use self::core::Core;
use crate::{
    Clock, HtlcListener, HtlcSender, NodeIdentity, NodeName, PaymentStore, Spawner, UnrecordedStore,
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
    core: Arc<Core>,
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
        let (core, workers) = Core::new(ports, policy)?;
        let core = Arc::new(core);
        core.meet_nodes().await?;
        core.take_stock().await?;
        let names: Vec<_> = workers.iter().map(|worker| worker.name.clone()).collect();
        let mut cursors = Vec::new();
        for name in names {
            cursors.push(core.store.cursor(name).await?);
        }
        core.recover_all().await?;
        for (worker, from) in workers.into_iter().zip(cursors) {
            worker.start(&core, from);
        }
        autoclean_timer::start(&core);
        Ok(Arc::new(Engine { core }))
    }

    /// Accepts nothing more, sends the waiters away, finishes the decisions that have begun and
    /// leaves the parts pending.
    pub async fn close(&self) {
        self.core.close().await;
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.core.closing.send_replace(true);
    }
}
