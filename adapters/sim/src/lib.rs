//! A simulated world behind the domain's ports: for tests and benchmarks.
//!
//! - [`SimStore`]: payments in memory; it can be told to fail, also in mid-commit.
//! - [`SimNode`]: a node that does what it is told, late, twice or not at all, and keeps a ledger of
//!   what it really sent. [`NullNode`]: one that fulfils everything at once.
//!   [`SimReceiver`]: one that is paid as it is told.
//! - [`SimFinder`]: a finder that does what it is told, and [`SimFunds`] to go with it.
//! - [`SimClock`]: time that passes when it is told to. [`TestSpawner`]: work on tokio.
//!
//! The fakes pass the same contract suites as the real adapters.

mod clock;
mod finder;
mod node;
mod null;
mod outcomes;
mod receiver;
pub mod simulation;
mod spawner;
mod store;

pub use clock::SimClock;
pub use finder::{SimFinder, SimFunds, Trick};
pub use node::{Lapse, SimNode};
pub use null::NullNode;
pub use receiver::SimReceiver;
pub use spawner::TestSpawner;
pub use store::{Fault, SimStore};
