//! The nodes and their channels, started together.

mod graph;
mod layout;
mod links;
mod opening;
#[cfg(test)]
mod tests;

use crate::chain::Chain;
use crate::node::{Birth, BootError, Node};
use crate::own::OwnNode;
use crate::store::{Blocks, StoreError};
use domain::{GraphSource, Mutex, NodeId, ShortChannelId};
use graph::Graph;
use layout::WHOLE;
pub(crate) use layout::{CORE, Channel, Fees, Layout};
use links::Links;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::watch;

/// Always ours.
pub(crate) const ALICE: usize = 0;
/// The chain's file, and the lock on the directory.
const CHAIN_FILE: &str = "chain.sqlite3";

/// A Lightning network in this process: eight nodes and eleven channels on a regtest chain of their
/// own. Alice is ours, and grace for whoever asks for a second node.
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
/// Grace takes fifty times what the others take. She can send 11,000,000 sat, 9,000,000 of them to frank, whom
/// alice can pay not much more than that. Of her channel with frank, carol has a twentieth.
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
    /// The places of those that are ours; alice's first.
    pub(crate) own: Vec<usize>,
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
    /// Whether grace is ours as well as alice. What she has is the same, whoever asks for her.
    pub grace: bool,
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
    /// A second node was asked of a network from before there was one.
    #[error("this network has four nodes, and no grace: a new directory gets one of eight")]
    NoGrace,
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
            own: layout.own(options.grace).ok_or(StartError::NoGrace)?,
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
        for (place, (member, number)) in self.layout.members.iter().zip(1..).enumerate() {
            let name = member.name;
            let birth = Birth {
                name,
                seed: [number; 32],
                fees: member.fees,
                chain: chain.clone(),
                file: dir.map(|dir| dir.join(file_name(name))),
                fresh,
                is_ours: self.own.contains(&place),
                pulse: beat.clone(),
            };
            let node = Node::start(birth).map_err(|e| StartError::boot(name, dir, e))?;
            self.nodes.push(node);
        }
        Ok(())
    }

    /// Alice, who is always ours.
    pub fn alice(&self) -> OwnNode {
        OwnNode(self.nodes[ALICE].clone())
    }

    /// Grace, if she is ours, too.
    pub fn grace(&self) -> Option<OwnNode> {
        let second = self.own.iter().find(|place| **place != ALICE);
        second.map(|place| OwnNode(self.nodes[*place].clone()))
    }

    /// The public channels of the network, with the policies that its nodes have: they never change.
    pub fn graph(&self) -> Box<dyn GraphSource> {
        Box::new(Graph::of(self))
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
