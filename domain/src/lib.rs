//! The hexagon: what a payment is, what may happen to it, and the engine that makes it happen.
//!
//! # Map, in reading order
//!
//! - [`payment`]: the aggregate and its pure decisions. Why it is impossible to pay twice.
//! - [`SendPart`], [`Refusal`]: what can be asked, and every no. [`Transition`], [`Deletion`]: what is committed.
//! - [`invariant`]: the rules about money, as predicates.
//! - [`NextStep`]: what follows from a node's answer.
//! - [`ports`]: the edges. [`Engine`]: decide → persist → act.
//!
//! # Absent
//!
//! No I/O, no clock, no runtime, no serialization: of tokio only `sync`.

#![warn(clippy::print_stderr, clippy::print_stdout)]

mod amount;
mod backoff;
mod channel;
mod command;
#[cfg(feature = "contract")]
pub mod contract;
mod deletion;
mod engine;
mod event;
mod failure;
mod hash;
mod history;
mod incoming;
pub mod invariant;
mod invoice;
mod mutex;
mod name;
mod network;
mod next_step;
mod operator;
mod order;
mod part;
pub mod payment;
pub mod planted;
pub mod ports;
mod retry;
mod route;
mod summary;
mod transition;
mod unrecorded;

pub use amount::*;
pub use backoff::*;
pub use channel::*;
pub use command::*;
pub use deletion::*;
pub use engine::*;
pub use event::*;
pub use failure::*;
pub use hash::*;
pub use history::*;
pub use incoming::*;
pub use invoice::*;
pub use mutex::*;
pub use name::*;
pub use network::*;
pub use next_step::*;
pub use operator::*;
pub use order::*;
pub use part::*;
pub use payment::{Decision, OfferDecision, Payment, Unchanged};
pub use ports::*;
pub use retry::*;
pub use route::*;
pub use summary::*;
pub use transition::*;
pub use unrecorded::*;
