//! A real regtest quartet of Core Lightning nodes, for integration tests.
//!
//! Public channels l1–l2–l4 and l1–l3–l4, each funded by the node named first, so that l1 and l2
//! can pay l4: l1 by two ways, l2 by its own channel. The programs are those the environment
//! variables `LIGHTNINGD` and `BITCOIND` name, with `lightning-cli` and `bitcoin-cli` next to them.
//!
//! Whatever is waited for has an upper bound, after which the wait panics with what it was for.
//! Dropping a [`Quartet`] ends its processes and removes its directory.
#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "a test crate includes this module by path and uses a part of it"
)]

mod bitcoin;
mod daemon;
mod node;
mod payer;
mod process;
mod programs;
mod socket;
mod topology;
mod until;
mod way;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use tempfile::TempDir;

use bitcoin::Bitcoin;
pub use node::Node;
use programs::Programs;
use topology::Topology;
pub use until::until;
pub use way::{Hop, route};

/// An invoice of a node's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invoice {
    /// The invoice as a payer is given it.
    pub bolt11: String,
    /// In hex.
    pub payment_hash: String,
    /// In hex.
    pub payment_secret: String,
    /// What all parts of a payment come to.
    pub amount_msat: u64,
}

/// Four nodes, their channels and their chain.
///
/// The fields are dropped in this order: the nodes, then bitcoind, then the directory.
#[derive(Debug)]
pub struct Quartet {
    nodes: [Node; 4],
    topology: Topology,
    bitcoin: Bitcoin,
    invoices: AtomicU64,
    dir: TempDir,
}

impl Quartet {
    /// Starts bitcoind and the nodes and opens the channels; returns once every channel is usable
    /// and every node knows all four of them in both directions.
    pub async fn start() -> Self {
        let began = Instant::now();
        let programs = Programs::from_env();
        // Short: a socket's path has 107 bytes at most.
        let dir = tempfile::Builder::new()
            .prefix("q4-")
            .tempdir()
            .expect("a temporary directory");
        let bitcoin = Bitcoin::start(&programs, &dir.path().join("btc")).await;
        let nodes = ["l1", "l2", "l3", "l4"]
            .map(|name| Node::new(&programs, &bitcoin, name, &dir.path().join(name)));
        let [l1, l2, l3, l4] = &nodes;
        tokio::join!(l1.start(), l2.start(), l3.start(), l4.start());
        let topology = Topology::open(&nodes, &bitcoin).await;
        println!(
            "the quartet took {:.1} s to start",
            began.elapsed().as_secs_f64()
        );
        Self {
            nodes,
            topology,
            bitcoin,
            invoices: AtomicU64::new(0),
            dir,
        }
    }

    /// The node `l{index}`, from 1 to 4.
    pub fn node(&self, index: usize) -> &Node {
        assert!(
            (1..=4).contains(&index),
            "there is no l{index} in a quartet"
        );
        &self.nodes[index - 1]
    }

    /// A new invoice of l4's; a number makes its label unique.
    pub async fn invoice(&self, amount_msat: u64, label: &str) -> Invoice {
        self.invoice_of(4, amount_msat, label).await
    }

    /// The hops by which `amount_msat` comes to l4, with exactly the fees and delays asked for:
    /// from l1 (`from` is 1) by l2 or l3 (`via` is 2 or 3), or from l2 (`from` is 2) by its own
    /// channel, whatever `via` is.
    pub fn way(&self, from: usize, via: usize, amount_msat: u64) -> Vec<Hop> {
        self.topology.way(from, via, amount_msat)
    }

    /// The short channel id of the channel between two nodes, by their numbers in either order.
    pub fn channel(&self, one: usize, other: usize) -> &str {
        self.topology.channel(one, other)
    }

    /// Mines `count` blocks; returns once every node that runs and is not frozen has seen them.
    pub async fn mine(&self, count: u32) {
        topology::mine(&self.bitcoin, &self.nodes, count).await;
    }

    /// Halts a node with all its subdaemons and plugins, which holds every HTLC it has or is sent.
    /// Its peers stay connected, and calls to it wait until [`Quartet::thaw`].
    pub async fn freeze(&self, index: usize) {
        self.node(index).freeze().await;
    }

    /// Lets a frozen node go on.
    pub fn thaw(&self, index: usize) {
        self.node(index).thaw();
    }

    fn next_number(&self) -> u64 {
        self.invoices.fetch_add(1, Ordering::Relaxed)
    }

    /// The `lightning-cli` that belongs to the nodes.
    pub fn lightning_cli() -> PathBuf {
        Programs::from_env().lightning_cli
    }
}

/// The text in `name` of an answer.
fn field(answer: &serde_json::Value, name: &str) -> String {
    let text = answer[name].as_str();
    text.unwrap_or_else(|| panic!("no {name} in {answer}"))
        .to_owned()
}
