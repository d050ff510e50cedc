//! Our own finder of ways for `pay`: a min-cost flow over the public graph, with all own nodes as sources.
//!
//! # Map, in reading order
//!
//! - [`Finder`]: the port. What is shared between requests, and what runs beside the async tasks.
//! - `search`: one way, or two, four, eight pieces; other tastes; the last resorts; why there is no plan.
//! - `single`: the cheapest single way. `split`: the cheapest flow of equal pieces.
//! - `way`, `candidate`: exact amounts, and what is to be thought of them. `plan`, `shadow`: the domain's
//!   words, and the delay on top.
//! - `net`: the graph as one request sees it. `price`: what using a channel costs.
//! - [`Graph`], [`Knowledge`]: what is kept.
//!
//! # Absent
//!
//! It asks nobody and sends nothing, and nothing of it is stored: a plan is a guess.

#![warn(clippy::print_stderr, clippy::print_stdout)]

mod candidate;
mod finder;
mod graph;
mod knowledge;
mod net;
mod plan;
mod price;
mod search;
mod shadow;
mod single;
mod split;
mod way;

pub use finder::Finder;
pub use graph::Graph;
pub use knowledge::Knowledge;
