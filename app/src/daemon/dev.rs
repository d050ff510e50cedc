//! The embedded network, as the daemon's node and as what the socket's methods for it call.

use super::ways::View;
use crate::data_dir;
use crate::trouble::trouble;
use devnet::{DevNetwork, OwnInvoices};
use domain::{IncomingNode, NodeName, NodePorts};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The embedded network.
pub(super) struct Dev(Arc<ldk::Network>);

impl Dev {
    /// Whether one keeps its state in that folder.
    pub(super) fn is_kept_in(dir: &Path) -> bool {
        ldk::Network::is_kept_in(dir)
    }

    /// Brings it up; in memory, if there is no folder.
    pub(super) async fn start(dir: Option<PathBuf>) -> anyhow::Result<Dev> {
        if let Some(dir) = &dir {
            data_dir::create(dir)?;
        }
        let started = ldk::Network::start(ldk::Options { dir }).await;
        started.map(Dev).map_err(|why| {
            let help = "see the log above; parts stay as they are stored";
            trouble("cannot start the embedded Lightning network", why, help)
        })
    }

    /// Alice, as the engine drives her.
    pub(super) fn ports(&self, name: NodeName) -> NodePorts {
        NodePorts {
            name,
            sender: self.0.sender(),
            listener: self.0.listener(),
        }
    }

    /// Alice, as money comes in.
    pub(super) fn receiver(&self) -> Arc<dyn IncomingNode> {
        self.0.receiver()
    }

    /// What alice knows of the network.
    pub(super) fn view(&self, name: NodeName) -> View {
        View {
            name,
            funds: self.0.funds(),
            graph: self.0.graph(),
        }
    }

    /// What the `dev-…` methods call.
    pub(super) fn network(&self) -> Arc<dyn DevNetwork> {
        self.0.clone()
    }

    /// What the methods of alice's invoices call.
    pub(super) fn invoices(&self) -> Arc<dyn OwnInvoices> {
        self.0.invoices()
    }

    /// Lets every node make durable what it has. Parts stay pending.
    pub(super) async fn stop(&self) {
        self.0.stop().await;
    }
}
