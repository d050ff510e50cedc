//! `cargo xtask model`: every state that two callers, the daemon, its storage and a node can get
//! into, with everything that can go wrong between them, up to a bound.
//!
//! What is decided is decided by the product's own `Payment::accept`, `resolve`, `apply` and `wish`. What the
//! engine does around them is said here once more, step by step, and stateright tries every order.

mod bounds;
mod callers;
mod care;
mod enabled;
mod memo;
mod mutation;
mod node;
mod properties;
mod protocol;
mod report;
mod rule;
mod script;
mod step;
mod stored;
#[cfg(test)]
mod tests;
mod world;

pub(crate) use bounds::Bounds;
pub(crate) use mutation::Mutation;

use anyhow::{Result, ensure};
use memo::Memo;
use protocol::Protocol;
use report::Report;
use stateright::{Checker, HasDiscoveries, Model};
use std::num::NonZeroUsize;
use std::time::Instant;

/// Tries everything, shows what was found, and fails unless it is what there should be.
pub(crate) fn run(
    bounds: Bounds,
    parts: usize,
    mutation: Option<Mutation>,
    json: bool,
) -> Result<()> {
    let report = check(bounds, parts, mutation, HasDiscoveries::AnyFailures)?;
    println!("{}", report.table());
    report.paths().iter().for_each(|path| println!("{path}"));
    if json {
        println!("{}", report.json());
    }
    ensure!(report.is_sound(), "the model does not hold");
    Ok(())
}

/// Every state within the bounds, or those before what was looked for is found.
fn check(
    bounds: Bounds,
    parts: usize,
    mutation: Option<Mutation>,
    until: HasDiscoveries,
) -> Result<Report> {
    let protocol = Protocol {
        script: script::Script::new(parts)?,
        bounds,
        mutation,
        memo: Memo::default(),
    };
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let begin = Instant::now();
    let checker = protocol.checker().threads(threads);
    let checker = checker.finish_when(until);
    let checker = checker.spawn_bfs().join();
    Ok(Report::new(&checker, begin.elapsed()))
}
