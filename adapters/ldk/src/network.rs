//! Four nodes, four channels, two disjoint ways from alice to dave.

mod links;
mod opening;
#[cfg(test)]
mod tests;

use crate::chain::Chain;
use crate::incoming::Receiver;
use crate::invoices::Invoices;
use crate::listener::Listener;
use crate::node::{Birth, BootError, Node};
use crate::sender::Sender;
use crate::store::{Blocks, StoreError};
use domain::{HtlcListener, HtlcSender, IncomingNode, Mutex, NodeId, ShortChannelId};
use links::Links;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::watch;

/// The nodes' names. The first is ours.
pub(crate) const NAMES: [&str; 4] = ["alice", "bob", "carol", "dave"];

/// The chain's file, and the lock on the directory.
const CHAIN_FILE: &str = "chain.sqlite3";

/// A channel of the network.
pub(crate) struct Channel {
    /// Who opened it.
    pub(crate) from: usize,
    /// Who accepted it.
    pub(crate) to: usize,
    /// What it can carry in all, in sat. A quarter of it starts on the other side.
    pub(crate) capacity: u64,
}

/// The four channels.
pub(crate) const CHANNELS: [Channel; 4] = [
    Channel {
        from: 0,
        to: 1,
        capacity: 16_000_000,
    },
    Channel {
        from: 0,
        to: 2,
        capacity: 16_000_000,
    },
    Channel {
        from: 1,
        to: 3,
        capacity: 12_000_000,
    },
    Channel {
        from: 2,
        to: 3,
        capacity: 12_000_000,
    },
];

/// A Lightning network in this process: alice, bob, carol and dave on a regtest chain of their own,
/// with the channels alice–bob–dave and alice–carol–dave. Alice is ours.
///
/// It needs a Tokio runtime with I/O and time, of either flavour. Dropping it without
/// [`Network::stop`] is like a crash: what is durable stays, nothing else is written.
pub struct Network {
    pub(crate) nodes: Vec<Arc<Node>>,
    pub(crate) channels: [ShortChannelId; CHANNELS.len()],
    pub(crate) pulse: watch::Receiver<u64>,
    links: Mutex<Option<Links>>,
    lock: Mutex<Option<Blocks>>,
}

/// Where a network is kept.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The directory of its SQLite files, made if it is not there. Without one, the network is
    /// forgotten with the process.
    pub dir: Option<PathBuf>,
}

/// Why a network could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// Another process has the directory.
    #[error("another process uses {}: stop it, or choose another directory", .0.display())]
    InUse(PathBuf),
    /// A file could not be read or written.
    #[error("the state of {name} failed: {reason}")]
    Storage {
        /// Which node's, or the chain's.
        name: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// The system gave us no directory, socket or thread.
    #[error("{0}: {1}")]
    System(&'static str, std::io::Error),
    /// The channels did not come up in time.
    #[error("the network did not come up: waited in vain for {0}")]
    NotReady(&'static str),
}

impl StartError {
    fn boot(name: &'static str, dir: Option<&Path>, error: BootError) -> StartError {
        match error {
            BootError::Store(error) => StartError::storage(name, dir, &error),
            BootError::Thread(error) => StartError::System("no thread for a node", error),
        }
    }

    fn storage(name: &'static str, dir: Option<&Path>, error: &StoreError) -> StartError {
        match (error, dir) {
            (StoreError::InUse, Some(dir)) => StartError::InUse(dir.to_owned()),
            _ => StartError::Storage {
                name,
                reason: error.to_string(),
            },
        }
    }
}

impl Network {
    /// Whether a network keeps its state in that folder.
    pub fn is_kept_in(dir: &Path) -> bool {
        dir.join(CHAIN_FILE).exists()
    }

    /// Starts the network, making what `options.dir` does not hold yet. All channels are usable when
    /// this returns.
    pub async fn start(options: Options) -> Result<Arc<Network>, StartError> {
        let dir = options.dir.as_deref();
        let (blocks, lock) = opening::open_chain(dir)?;
        let chain = Arc::new(Chain::replayed(blocks.clone()));
        let fresh = blocks.is_empty();
        if fresh {
            opening::mine_coins(&chain);
        }
        let (beat, pulse) = watch::channel(0);
        let beat = Arc::new(beat);
        let mut network = Network {
            nodes: Vec::new(),
            channels: [ShortChannelId(0); CHANNELS.len()],
            pulse,
            links: Mutex::default(),
            lock: Mutex::new(lock),
        };
        for (name, number) in NAMES.into_iter().zip(1..) {
            let file = dir.map(|dir| dir.join(file_name(name)));
            let (chain, pulse) = (chain.clone(), beat.clone());
            let birth = Birth {
                name,
                seed: [number; 32],
                chain,
                file,
                fresh,
                is_ours: number == 1,
                pulse,
            };
            let node = Node::start(birth).map_err(|e| StartError::boot(name, dir, e))?;
            network.nodes.push(node);
        }
        let links = Links::make(&network.nodes).await;
        let links = links.map_err(|error| StartError::System("no loopback socket", error))?;
        *network.links.lock() = Some(links);
        if fresh {
            network.open_channels(&chain).await?;
        }
        network.become_usable().await?;
        if fresh {
            network.keep(&chain, dir).await?;
        }
        Ok(Arc::new(network))
    }

    /// Alice, as parts go out.
    pub fn sender(&self) -> Arc<dyn HtlcSender> {
        Arc::new(Sender(self.nodes[0].clone()))
    }

    /// Alice, as outcomes come in.
    pub fn listener(&self) -> Box<dyn HtlcListener> {
        Box::new(Listener(self.nodes[0].clone()))
    }

    /// Alice, as money comes in.
    pub fn receiver(&self) -> Arc<dyn IncomingNode> {
        Arc::new(Receiver(self.nodes[0].clone()))
    }

    /// Alice's invoices.
    pub fn invoices(&self) -> Invoices {
        Invoices(self.nodes[0].clone())
    }

    /// The node of that name.
    pub fn node_id(&self, name: &str) -> Option<NodeId> {
        self.nodes
            .iter()
            .find(|node| node.name == name)
            .map(|node| node.id())
    }

    /// What each node could send over all its channels. With nothing on its way, the difference between
    /// two moments is what it has paid or been paid: for whoever checks the books.
    pub fn money(&self) -> Vec<(&'static str, u64)> {
        let of = |node: &Arc<Node>| {
            let channels = node.manager.list_channels();
            channels.iter().map(|c| c.outbound_capacity_msat).sum()
        };
        let nodes = self.nodes.iter();
        nodes.map(|node| (node.name, of(node))).collect()
    }

    /// Lets every node make durable what it has, hangs up, and closes the files. Parts stay pending.
    pub async fn stop(&self) {
        // Hanging up first would fail the parts that are just being offered, as if their peer had gone.
        for node in &self.nodes {
            node.clone().stop().await;
        }
        self.hang_up();
        self.unlock();
    }

    fn hang_up(&self) {
        self.links.lock().take();
        for node in &self.nodes {
            node.peers.disconnect_all_peers();
        }
    }

    fn unlock(&self) {
        self.lock.lock().take();
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for node in &self.nodes {
            node.crash();
        }
        self.hang_up();
        self.unlock();
    }
}

fn file_name(node: &str) -> String {
    format!("{node}.sqlite3")
}
