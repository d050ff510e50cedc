//! `cargo xtask bench`: how fast the product is, as a share of what this machine can do at all.
//!
//! Every round measures everything once, so that whatever else the machine does hits all of it; a
//! ratio is the median of the rounds' own ratios. An operation is to accept a part or to resolve
//! one, durable before it is answered.

mod disk;
mod engine;
mod fill;
mod finding;
mod front;
mod lines;
mod lists;
mod lone;
mod memory;
mod orders;
mod payments;
mod pipelined;
mod plan;
mod planner;
mod plot;
mod pressure;
mod probe;
mod raw;
mod report;
mod restart;
mod sample;
mod size;
mod socket;
mod stall;
mod storage;
mod waiters;

use crate::again;
use crate::workspace;
use anyhow::{Context, Result};
use plan::Plan;
use probe::Probe;
use report::Report;
use std::path::Path;

/// Rows are made by their callers and freed by the writer. The C library's allocator makes all of
/// them wait for each other there: it costs storage a third of its speed.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures, shows a table, and ends with a line of JSON if that is wanted.
pub(crate) fn run(
    full: bool,
    json: bool,
    only: Option<&str>,
    snapshot: Option<&Path>,
) -> Result<()> {
    if cfg!(debug_assertions) {
        return again::run(again::Build::Release, "bench");
    }
    let plan = if full { Plan::FULL } else { Plan::QUICK };
    // Beside what is built: a temporary folder may be in memory, where nothing costs an fsync.
    let target = workspace::root().join("target");
    std::fs::create_dir_all(&target).context("make the target folder")?;
    let folder = tempfile::Builder::new()
        .prefix("bench-")
        .tempdir_in(target)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let mut report = Report::new(load_average());
    for round in 1..=plan.rounds {
        for measurement in plan.measurements(only) {
            eprint!(
                "\r\x1b[Kround {round} of {}: {}",
                plan.rounds,
                measurement.name()
            );
            let place = tempfile::tempdir_in(folder.path())?;
            let sample = measurement.take(&runtime, place.path());
            report.add(sample.with_context(|| measurement.name())?);
        }
        for probe in Probe::of_round(round, only) {
            eprint!("\r\x1b[Kround {round} of {}: {}", plan.rounds, probe.name());
            let place = tempfile::tempdir_in(folder.path())?;
            let found = probe.take(&runtime, place.path(), full, snapshot);
            let (found, curves) = found.with_context(|| probe.name())?;
            report.find(found, curves);
        }
    }
    eprint!("\r\x1b[K");
    println!("{}", report.table());
    let plots = workspace::root().join("target/bench");
    std::fs::create_dir_all(&plots).context("make the folder for the plots")?;
    for plot in report.draw(&plots)? {
        println!("{}", plot.display());
    }
    if json {
        println!("{}", report.json());
    }
    Ok(())
}

/// How many programs wanted to run before this one did; on a busy machine a lone part waits for
/// its turn more than for the disk.
fn load_average() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/loadavg").ok()?;
    text.split(' ').next()?.parse().ok()
}
