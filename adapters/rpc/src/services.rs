//! What the methods call.

use crate::Limits;
use crate::caller::Caller;
use crate::error::RpcError;
use crate::methods;
use crate::page_writer::PageWriter;
use crate::pass_on::PassOn;
use devnet::{DevNetwork, OwnInvoices};
use domain::{Backups, Invoice, Network, PaymentApi};
use std::io;
use std::sync::Arc;

/// What the methods call.
#[derive(Clone)]
pub struct Services {
    /// The engine.
    pub payments: Arc<dyn PaymentApi>,
    /// The embedded network: the `dev-…` methods exist only with it.
    pub dev: Option<Arc<dyn DevNetwork>>,
    /// The invoices of the embedded network's own node.
    pub invoices: Option<Arc<dyn OwnInvoices>>,
    /// Copies of the database, if there is one.
    pub backups: Option<Arc<dyn Backups>>,
    /// The default node's lightningd, to which what is not ours is passed on, if it is one.
    pub pass_on: Option<Arc<PassOn>>,
    /// What `getinfo` says of this daemon.
    pub about: About,
    /// The networks that the nodes are on, the default node's first; none as long as no node has said
    /// so.
    pub networks: Arc<dyn Fn() -> Vec<Network> + Send + Sync>,
    /// What became of the daemon's log lines.
    pub log: Arc<dyn Fn() -> LogReport + Send + Sync>,
    /// What `stop` calls: it asks for the shutdown that [`Server::run`] waits for, and returns.
    ///
    /// [`Server::run`]: crate::Server::run
    pub stop: Arc<dyn Fn() + Send + Sync>,
}

/// What `getinfo` says of this daemon.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct About {
    /// The program's name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The folder that holds the database.
    pub data_dir: String,
}

/// What became of the daemon's log lines.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LogReport {
    /// How often lines began to be lost: alarms.
    pub alarms: u64,
    /// Since when, why and how many; nothing as long as none was lost.
    pub trouble: Option<String>,
}

/// What every method is given.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) services: Services,
    pub(crate) limits: Limits,
    pub(crate) page_writer: Arc<PageWriter>,
    pub(crate) caller: Caller,
}

impl Context {
    /// Until a connection says otherwise, it is lightningd that asks.
    pub(crate) fn new(services: Services, limits: Limits) -> io::Result<Context> {
        let page_writer = Arc::new(PageWriter::start()?);
        Ok(Context {
            services,
            limits,
            page_writer,
            caller: Caller::Plugin,
        })
    }

    /// Where a method that is not ours is passed on to, if it is.
    pub(crate) fn passes_on(&self, method: &str) -> Option<&Arc<PassOn>> {
        let is_ours = methods::named(method).is_some_and(|method| method.exists_in(self));
        let pass_on = self.services.pass_on.as_ref();
        pass_on.filter(|pass_on| !is_ours && pass_on.has(method))
    }

    /// An invoice of a chain that no node is on concerns nobody here.
    pub(crate) fn is_of_our_network(&self, invoice: &Invoice) -> Result<(), RpcError> {
        let (network, ours) = (&invoice.terms.network, (self.services.networks)());
        if ours.is_empty() || ours.contains(network) {
            return Ok(());
        }
        let ours: Vec<&str> = ours.iter().map(Network::as_str).collect();
        Err(RpcError::params(format!(
            "bolt11: the invoice is for {network}, this node is on {}",
            ours.join(" and ")
        )))
    }
}
