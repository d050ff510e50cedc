//! The edges of the hexagon. What drives us calls [`PaymentApi`]; what we drive stands behind the
//! other traits. Each has one contract suite ([`crate::contract`]), run against every implementation.

mod api;
mod backup;
mod clock;
mod finder;
mod incoming;
mod listener;
mod pay;
mod sender;
mod spawner;
mod store;
mod unrecorded;

pub use api::*;
pub use backup::*;
pub use clock::*;
pub use finder::*;
pub use incoming::*;
pub use listener::*;
pub use pay::*;
pub use sender::*;
pub use spawner::*;
pub use store::*;
pub use unrecorded::*;
