//! The contract suite of each port. An implementation shows a harness and gets every case as a test
//! of its own:
//!
//! ```text
//! domain::store_contract!(MyHarness::new().await);
//! domain::node_contract!(MyNodeHarness::new().await);
//! ```

#![allow(clippy::unwrap_used, reason = "these are tests")]

pub mod clock;
pub mod funds;
pub mod graph;
pub mod incoming;
pub mod incoming_node;
pub mod node;
pub mod samples;
pub mod spawner;
pub mod store;
pub mod unrecorded;
