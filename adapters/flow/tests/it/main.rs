//! The finder as `pay` uses it: a request in, a plan out.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod bugs;
mod capacity;
mod exclusions;
mod fees;
mod hints;
mod knowledge;
mod optimum;
mod port;
mod valid;
mod wild;
mod world;
