//! The nodes and their channels, started together.

mod graph;
mod layout;
mod links;
mod opening;
#[cfg(test)]
mod tests;

use crate::chain::Chain;
use crate::funds::Purse;
use crate::incoming::Receiver;
use crate::invoices::Invoices;
use crate::listener::Listener;
use crate::node::{Birth, BootError, Node};
use crate::sender::Sender;
use crate::store::{Blocks, StoreError};
use devnet::OwnInvoices;
use domain::{
    GraphSource, HtlcListener, HtlcSender, IncomingNode, Mutex, NodeFunds, NodeId, ShortChannelId,
};
use graph::Graph;
use layout::WHOLE;
pub(crate) use layout::{CORE, Channel, Fees, Layout};
use links::Links;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::watch;

/// The chain's file, and the lock on the directory.
const CHAIN_FILE: &str = "chain.sqlite3";

/// A Lightning network in this process: eight nodes and eleven channels on a regtest chain of their
/// own. Alice is ours.
///
/// ```text
///            ┌──── grace ────┐
/// alice ─── bob ─── erin ─── frank ─── heidi
///   │        │        │       │
///   │        └─ dave ─┘       │
///   │            │            │
///   └────────── carol ────────┘
/// ```
///
/// Grace takes fifty times what the others take. Of her channel with frank, carol has a twentieth.
/// Heidi's channel is private: only her invoices name it.
///
/// A directory from the time when there were alice, bob, carol and dave alone keeps these four.
///
/// It needs a Tokio runtime with I/O and time, of either flavour. Dropping it without
/// [`Network::stop`] is like a crash: what is durable stays, nothing else is written.
pub struct Network {
    pub(crate) nodes: Vec<Arc<Node>>,
    /// Who is on it. The nodes are in the same order.
    pub(crate) layout: Layout,
    /// The numbers of the channels, in the layout's order.
    pub(crate) channels: Vec<ShortChannelId>,
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
        Network::start_as(options, WHOLE).await
    }

    /// The same, of that layout if there is no network yet.
    async fn start_as(options: Options, new: Layout) -> Result<Arc<Network>, StartError> {
        let dir = options.dir.as_deref();
        let (blocks, lock) = opening::open_chain(dir)?;
        let chain = Arc::new(Chain::replayed(blocks.clone()));
        let fresh = blocks.is_empty();
        let layout = match dir {
            Some(dir) if !fresh => Layout::found_in(dir),
            _ => new,
        };
        if fresh {
            opening::mine_coins(&chain, layout.channels.len());
        }
        let (beat, pulse) = watch::channel(0);
        let mut network = Network {
            nodes: Vec::new(),
            layout,
            channels: Vec::new(),
            pulse,
            links: Mutex::default(),
            lock: Mutex::new(lock),
        };
        network.start_nodes(dir, &chain, fresh, &Arc::new(beat))?;
        let links = Links::make(&network.nodes, layout.channels).await;
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

    fn start_nodes(
        &mut self,
        dir: Option<&Path>,
        chain: &Arc<Chain>,
        fresh: bool,
        beat: &Arc<watch::Sender<u64>>,
    ) -> Result<(), StartError> {
        for (member, number) in self.layout.members.iter().zip(1..) {
            let name = member.name;
            let birth = Birth {
                name,
                seed: [number; 32],
                fees: member.fees,
                chain: chain.clone(),
                file: dir.map(|dir| dir.join(file_name(name))),
                fresh,
                is_ours: number == 1,
                pulse: beat.clone(),
            };
            let node = Node::start(birth).map_err(|e| StartError::boot(name, dir, e))?;
            self.nodes.push(node);
        }
        Ok(())
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

    /// Alice, as what she can send over is asked for.
    pub fn funds(&self) -> Arc<dyn NodeFunds> {
        Arc::new(Purse(self.nodes[0].clone()))
    }

    /// The public channels of the network, with the policies that its nodes have: they never change.
    pub fn graph(&self) -> Box<dyn GraphSource> {
        Box::new(Graph::of(self))
    }

    /// Alice's invoices.
    pub fn invoices(&self) -> Arc<dyn OwnInvoices> {
        Arc::new(Invoices(self.nodes[0].clone()))
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
