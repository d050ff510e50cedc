//! The contract suite of each port. An implementation shows a harness and gets every case:
//!
//! ```ignore
//! domain::store_contract!(MyHarness::new().await);
//! domain::node_contract!(MyNodeHarness::new().await);
//! ```

pub mod node;
pub mod store;
