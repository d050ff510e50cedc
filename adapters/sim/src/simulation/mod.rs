//! The real engine over a world that is out to get it, from one number.
//!
//! A seed decides everything: which faults there are and how often, what callers want, how long
//! everything takes, and which of those who can go on goes on next. The same seed is the same run,
//! byte for byte. After so many moves the faults stop, and everything must come to its true end.
//!
//! - [`run`] plays one seed. `world`: what everybody shares. `executor`, `time`, `chance`: what runs
//!   next, when, and how it goes.
//! - `truth`: what really became of the money. `node`: a node that tells of it, well or badly.
//!   `disk`: storage. `daemon`: the engine's lives. `caller`: those who want to pay.
//!   `follower`: those who read the history.
//! - In one of three seeds some callers use `pay`. `finder`: finds its ways, well or badly. `graph`: what
//!   ways there are, and what they can really carry.
//! - `judge`: stands outside. It knows what callers and nodes saw and what is durable, and never asks
//!   the engine whether it was right. `history`: what happened, for people.

mod caller;
mod chance;
mod daemon;
mod disk;
mod executor;
mod finder;
mod follower;
mod graph;
mod history;
mod judge;
mod node;
mod play;
mod till;
mod time;
mod truth;
mod world;

pub use judge::Found;
pub use play::{Plan, Played, run, shortened};
