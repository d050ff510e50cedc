//! The embedded network, as the daemon's nodes and as what the socket's methods for it call.

use super::nodes::Driven;
use crate::config::Address;
use crate::data_dir;
use crate::trouble::trouble;
use devnet::{DevNetwork, OwnInvoices};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The embedded network.
pub(super) struct Dev(Arc<ldk::Network>);

impl Dev {
    /// Whether one keeps its state in that folder.
    pub(super) fn is_kept_in(dir: &Path) -> bool {
        ldk::Network::is_kept_in(dir)
    }

    /// Brings it up; in memory, if there is no folder. Alice is ours, and `grace` if that is said.
    pub(super) async fn start(dir: Option<PathBuf>, grace: bool) -> anyhow::Result<Dev> {
        if let Some(dir) = &dir {
            data_dir::create(dir)?;
        }
        let started = ldk::Network::start(ldk::Options { dir, grace }).await;
        started.map(Dev).map_err(|why| {
            let help = "see the log above; parts stay as they are stored";
            trouble("cannot start the embedded Lightning network", why, help)
        })
    }

    /// The node at that address, as the engine drives it, if it is ours.
    pub(super) fn driven(&self, address: &Address) -> Option<Driven> {
        let node = match address {
            Address::Embedded => self.0.alice(),
            Address::EmbeddedGrace => self.0.grace()?,
            Address::Cln(_) => return None,
        };
        Some(Driven {
            sender: node.sender(),
            listener: node.listener(),
            receiver: node.receiver(),
            funds: node.funds(),
            graph: self.0.graph(),
        })
    }

    /// What the `dev-…` methods call.
    pub(super) fn network(&self) -> Arc<dyn DevNetwork> {
        self.0.clone()
    }

    /// What the methods of alice's invoices call.
    pub(super) fn invoices(&self) -> Arc<dyn OwnInvoices> {
        self.0.alice().invoices()
    }

    /// Lets every node make durable what it has. Parts stay pending.
    pub(super) async fn stop(&self) {
        self.0.stop().await;
    }
}
