//! Core Lightning: drives a real lightningd over its own socket, from beside it or as its plugin.
//!
//! # Map, in reading order
//!
//! - [`Options`]: which lightningd, and how parts are offered.
//! - `sender`: parts out. `answers`: what each reply to an offer means. `look_up`: what became of them.
//!   `known`: which parts it knows of. `proof`: what proves that a part never left. `onion`: what each hop is told.
//! - `listener`: outcomes in, by lightningd's own numbers. `ends`, `failure`: why a part failed.
//! - `incoming`: what comes in. `incoming::waiting`: the HTLCs that are there now. `incoming::paid`: the
//!   invoices that were paid. `incoming::arrivals`: what the plugin's hook has seen.
//! - `funds`: what its channels can send. `graph`: the public graph, from its `gossip_store` or `listchannels`.
//! - `tip`: whether lightningd has reached the tip of the chain, before which nothing is offered.
//! - `life`: which lightningd this is, and which of its lives. `link`, `session`, `connection`: staying
//!   connected. `history`: what lightningd has made since before a part could be offered.
//!
//! # Absent
//!
//! No rule about money: what a reply means is decided here, what follows from it in the domain. Nothing
//! of anyone else's payments is ever touched.

#![warn(clippy::print_stderr, clippy::print_stdout)]

mod answers;
mod calls;
mod connection;
mod ends;
mod failure;
mod funds;
#[cfg(feature = "fuzz")]
pub mod fuzz;
mod graph;
mod history;
mod incoming;
mod known;
mod life;
mod link;
mod listener;
mod look_up;
mod onion;
mod options;
mod proof;
mod sender;
mod session;
mod tip;

pub use incoming::Arrivals;
pub use options::{OfferBy, Options};

use domain::{GraphSource, HtlcListener, HtlcSender, IncomingNode, NodeFunds};
use std::sync::Arc;

/// One lightningd. It need not be up: as long as it is not, its own parts wait.
pub struct Lightningd {
    link: Arc<link::Link>,
    receiver: Arc<incoming::Receiver>,
}

impl Lightningd {
    /// Nothing is connected before it is asked. Must be used on a tokio runtime with I/O and time.
    pub fn new(options: Options) -> Lightningd {
        Lightningd::hearing(options, Arrivals::default())
    }

    /// The same, by a plugin of it that notes what its `htlc_accepted` hook is told.
    pub fn hearing(options: Options, arrivals: Arrivals) -> Lightningd {
        let link = Arc::new(link::Link::new(options));
        let receiver = Arc::new(incoming::Receiver::new(link.clone(), arrivals));
        Lightningd { link, receiver }
    }

    /// Parts out.
    pub fn sender(&self) -> Arc<dyn HtlcSender> {
        Arc::new(sender::Sender {
            link: self.link.clone(),
        })
    }

    /// Outcomes in.
    pub fn listener(&self) -> Box<dyn HtlcListener> {
        Box::new(listener::Listener {
            link: self.link.clone(),
        })
    }

    /// What its channels can send.
    pub fn funds(&self) -> Arc<dyn NodeFunds> {
        Arc::new(funds::Purse {
            link: self.link.clone(),
        })
    }

    /// The public graph as it knows it.
    pub fn graph(&self) -> Box<dyn GraphSource> {
        Box::new(graph::Graph {
            socket: self.link.options.socket.clone(),
        })
    }

    /// What comes in.
    pub fn receiver(&self) -> Arc<dyn IncomingNode> {
        self.receiver.clone()
    }
}
