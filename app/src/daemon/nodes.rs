//! The nodes of a daemon: each configured one, as the engine drives it.

use super::dev::Dev;
use super::ways::View;
use crate::config::{Address, NodeConfig, NotNode};
use cln::{Arrivals, Lightningd};
use domain::{
    GraphSource, HtlcListener, HtlcSender, IncomingNode, Network, NodeFunds, NodeName, NodePorts,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// All of a daemon's nodes.
pub(super) struct Nodes {
    /// The embedded network, if one of them is on it.
    pub(super) dev: Option<Dev>,
    senders: Vec<Arc<dyn HtlcSender>>,
    /// Those that can be paid, as money comes in.
    pub(super) receivers: Vec<(NodeName, Arc<dyn IncomingNode>)>,
}

/// One node, as the engine drives it, is paid, and knows the network.
pub(super) struct Driven {
    pub(super) sender: Arc<dyn HtlcSender>,
    pub(super) listener: Box<dyn HtlcListener>,
    pub(super) receiver: Arc<dyn IncomingNode>,
    pub(super) funds: Arc<dyn NodeFunds>,
    pub(super) graph: Box<dyn GraphSource>,
}

impl Nodes {
    /// Brings them up as far as that is ours to do; a lightningd need not be up. `state` is where the
    /// embedded network keeps its own, `group` the key of our parts at nodes that others use as well,
    /// `arrivals` what the plugin's hook has seen.
    pub(super) async fn start(
        nodes: &[NodeConfig],
        state: Option<&Path>,
        group: u64,
        arrivals: &Arrivals,
    ) -> anyhow::Result<(Nodes, Vec<NodePorts>, Vec<View>)> {
        let dev = start_embedded(nodes, state).await?;
        let (mut ports, mut views) = (Vec::new(), Vec::new());
        let (mut senders, mut receivers) = (Vec::new(), Vec::new());
        for node in nodes {
            let driven = match &node.address {
                Address::Cln(socket) => {
                    let options = cln::Options {
                        socket: socket.clone(),
                        group,
                        offer_by: node.offer_by,
                    };
                    lightningd(&Lightningd::hearing(options, arrivals.clone()))
                }
                embedded @ (Address::Embedded | Address::EmbeddedGrace) => {
                    let found = dev.as_ref().and_then(|dev| dev.driven(embedded));
                    found.ok_or(NotNode::GraceAlone)?
                }
            };
            let name = NodeName::new(node.name.as_str());
            senders.push(driven.sender.clone());
            receivers.push((name.clone(), driven.receiver));
            ports.push(NodePorts {
                name: name.clone(),
                sender: driven.sender,
                listener: driven.listener,
            });
            views.push(View {
                name,
                funds: driven.funds,
                graph: driven.graph,
            });
        }
        let nodes = Nodes {
            dev,
            senders,
            receivers,
        };
        Ok((nodes, ports, views))
    }

    /// The networks that they are on, as far as they have said so; each once, the default node's first.
    pub(super) fn networks(&self) -> Arc<dyn Fn() -> Vec<Network> + Send + Sync> {
        let senders = self.senders.clone();
        Arc::new(move || {
            let mut networks: Vec<Network> = Vec::new();
            for network in senders.iter().filter_map(|sender| sender.network()) {
                if !networks.contains(&network) {
                    networks.push(network);
                }
            }
            networks
        })
    }

    pub(super) async fn stop(&self) {
        if let Some(dev) = &self.dev {
            dev.stop().await;
        }
    }
}

/// The embedded network, if one of them is on it. It is kept under the name of alice's, who is always there.
async fn start_embedded(nodes: &[NodeConfig], state: Option<&Path>) -> anyhow::Result<Option<Dev>> {
    let Some(alice) = at(nodes, &Address::Embedded) else {
        return Ok(None);
    };
    let grace = at(nodes, &Address::EmbeddedGrace).is_some();
    let dir = state.map(|state| state.join(&alice.name));
    Dev::start(dir, grace).await.map(Some)
}

fn lightningd(node: &Lightningd) -> Driven {
    Driven {
        sender: node.sender(),
        listener: node.listener(),
        receiver: node.receiver(),
        funds: node.funds(),
        graph: node.graph(),
    }
}

/// Where the embedded network keeps its state, if it does already.
pub(super) fn kept_state(nodes: &[NodeConfig], state: Option<&Path>) -> Option<PathBuf> {
    let alice = at(nodes, &Address::Embedded)?;
    let dir = state?.join(&alice.name);
    Dev::is_kept_in(&dir).then_some(dir)
}

fn at<'a>(nodes: &'a [NodeConfig], address: &Address) -> Option<&'a NodeConfig> {
    nodes.iter().find(|node| node.address == *address)
}

/// The `groupid` of a database's parts at lightningd: its own random number, small enough for readers
/// whose JSON numbers are doubles, and none that a person would choose.
pub(super) fn group(installation: &[u8; 16]) -> u64 {
    let number = installation
        .iter()
        .take(8)
        .fold(0, |number: u64, byte| number << 8 | u64::from(*byte));
    number >> 12 | 1 << 51
}
