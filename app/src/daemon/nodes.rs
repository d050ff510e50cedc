//! The nodes of a daemon: each configured one, as the engine drives it.

use super::dev::Dev;
use super::ways::View;
use crate::config::{Address, NodeConfig};
use cln::{Arrivals, Lightningd};
use domain::{HtlcSender, IncomingNode, Network, NodeName, NodePorts};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// All of a daemon's nodes.
pub(super) struct Nodes {
    /// The embedded network, if it is one of them.
    pub(super) dev: Option<Dev>,
    senders: Vec<Arc<dyn HtlcSender>>,
    /// Those that can be paid, as money comes in.
    pub(super) receivers: Vec<(NodeName, Arc<dyn IncomingNode>)>,
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
        let (mut dev, mut ports) = (None, Vec::new());
        let (mut receivers, mut views) = (Vec::new(), Vec::new());
        for node in nodes {
            let name = NodeName::new(node.name.as_str());
            ports.push(match &node.address {
                Address::Embedded => {
                    let dir = state.map(|state| state.join(&node.name));
                    let network = dev.insert(Dev::start(dir).await?);
                    receivers.push((name.clone(), network.receiver()));
                    views.push(network.view(name.clone()));
                    network.ports(name)
                }
                Address::Cln(socket) => {
                    let options = cln::Options {
                        socket: socket.clone(),
                        group,
                        offer_by: node.offer_by,
                    };
                    let lightningd = Lightningd::hearing(options, arrivals.clone());
                    receivers.push((name.clone(), lightningd.receiver()));
                    views.push(View {
                        name: name.clone(),
                        funds: lightningd.funds(),
                        graph: lightningd.graph(),
                    });
                    NodePorts {
                        name,
                        sender: lightningd.sender(),
                        listener: lightningd.listener(),
                    }
                }
            });
        }
        let senders = ports.iter().map(|ports: &NodePorts| ports.sender.clone());
        let nodes = Nodes {
            dev,
            senders: senders.collect(),
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

/// Where one of them keeps a state of its own, if it does already.
pub(super) fn kept_state(nodes: &[NodeConfig], state: Option<&Path>) -> Option<PathBuf> {
    let embedded = nodes
        .iter()
        .filter(|node| node.address == Address::Embedded);
    let mut dirs = embedded.filter_map(|node| Some(state?.join(&node.name)));
    dirs.find(|dir| Dev::is_kept_in(dir))
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
