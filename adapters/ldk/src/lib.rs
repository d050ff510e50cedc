//! A Lightning node inside the process, and a whole regtest network of them.
//!
//! Not a mock: eight real LDK nodes talk BOLT 2 over BOLT 8 on loopback TCP, on a chain whose blocks
//! are fabricated. One of them, alice, is ours, and grace for whoever asks for a second node; the others exist
//! for the network's sake.
//!
//! # Map
//!
//! - `network`: the nodes and their channels, and the public graph of them.
//! - `dev`, `invoices`: what no port of the domain's asks for, but [`devnet`]'s do: invoices and routes for the
//!   asking, time, and the invoices of our own nodes.
//! - `own`: alice or grace as the domain's ports see her, which are `sender`, `listener`, `incoming` and
//!   `funds`; `failure`: why a part failed.
//! - `node`: one LDK node, driven by a thread of its own. Everything about it that must agree is
//!   decided on that thread and committed in one transaction a turn.
//! - `store`: that transaction, in a SQLite file a node; `chain`: the fabricated chain.
//!
//! # What LDK forgets, and we do not
//!
//! LDK forgets a failed part with its event and a fulfilled one some minutes later, and then would
//! send it again. The outcomes are therefore kept in the node's own file, written in the transaction
//! that forgets the event, and an offer is checked against them first (rule A-4). They are kept for ever, as is
//! every key: an old copy of our database may have to ask for what a newer one had stored.

#![warn(clippy::print_stderr, clippy::print_stdout)]

mod chain;
mod dev;
mod failure;
mod funds;
mod incoming;
mod invoices;
mod key;
mod listener;
mod network;
mod node;
mod own;
mod sender;
mod store;

pub use network::{Network, Options, StartError};
pub use own::OwnNode;
