//! A fake Core Lightning daemon for tests: `lightningd` 26.06's JSON-RPC over a Unix socket, with
//! a small regtest world behind it.
//!
//! The node is l1. Its world is l1–l2–l4 and l1–l3–l4; l4 is the payee. What lightningd keeps in
//! its database (payment rows, HTLCs, counters, datastore, channels) survives [`Lightningd::kill`];
//! connections, waiters and HTLCs that no commitment holds do not.
//!
//! Everything runs under one lock, request by request: what happens is the same in every run.
#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    clippy::unused_self,
    reason = "each test crate includes the whole module and uses its own part of it"
)]

mod arrival;
mod chain;
mod channels;
mod command;
mod control;
mod datastore;
mod db;
mod dispatch;
mod error;
mod failure;
mod faults;
mod forward;
mod gossip;
mod gossip_store;
mod htlc;
mod invoice;
mod lightningd;
mod listhtlcs;
mod node;
mod onion;
mod others;
mod own_invoice;
mod params;
mod payee;
mod payload;
mod payment;
mod plugin;
mod plugin_io;
mod progress;
mod send;
mod sendonion;
mod sendpay;
mod sendpays;
mod settle;
mod socket;
mod state;
mod topology;
mod wait;
mod waitsendpay;

pub use arrival::{PAYMENT_SECRET, SHARED_SECRET};
pub use control::Snapshot;
pub use faults::Stall;
pub use gossip::{PublicChannel, PublicPolicy};
pub use gossip_store::{GossipStore, Message};
pub use invoice::Invoice;
pub use lightningd::Lightningd;
pub use own_invoice::OwnInvoice;
pub use plugin::Plugin;
pub use state::Sent;
pub use topology::Hop;
