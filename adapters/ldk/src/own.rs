//! A node of the network that is ours, as the domain's ports see it.

use crate::funds::Purse;
use crate::incoming::Receiver;
use crate::invoices::Invoices;
use crate::listener::Listener;
use crate::node::Node;
use crate::sender::Sender;
use devnet::OwnInvoices;
use domain::{HtlcListener, HtlcSender, IncomingNode, NodeFunds};
use std::sync::Arc;

/// One of our own nodes.
pub struct OwnNode(pub(crate) Arc<Node>);

impl OwnNode {
    /// As parts go out.
    pub fn sender(&self) -> Arc<dyn HtlcSender> {
        Arc::new(Sender(self.0.clone()))
    }

    /// As outcomes come in.
    pub fn listener(&self) -> Box<dyn HtlcListener> {
        Box::new(Listener(self.0.clone()))
    }

    /// As money comes in.
    pub fn receiver(&self) -> Arc<dyn IncomingNode> {
        Arc::new(Receiver(self.0.clone()))
    }

    /// As what it can send over is asked for.
    pub fn funds(&self) -> Arc<dyn NodeFunds> {
        Arc::new(Purse(self.0.clone()))
    }

    /// Its invoices.
    pub fn invoices(&self) -> Arc<dyn OwnInvoices> {
        Arc::new(Invoices(self.0.clone()))
    }
}
