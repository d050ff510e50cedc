//! `cargo xtask crash`: everything that can happen to the storage and to the process, and afterwards
//! a judge who believes callers and the nodes' own books, never the engine.
//!
//! The daemon that is killed is the dev build: overflow checks and every assertion, LDK's too, are on.

mod copied;
mod fire;
mod kill;
mod progress;
mod report;

use crate::{CrashArgs, workspace};
use anyhow::{Result, bail};
use progress::Progress;
use report::{Report, Row};
use std::path::{Path, PathBuf};

/// Runs the stages, shows a table, and fails if anything was found.
pub(crate) fn run(args: &CrashArgs) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    if let Some(life) = &args.life {
        return runtime.block_on(fire::live(life));
    }
    let mut report = Report::default();
    let mut seed = args.seed;
    loop {
        let progress = Progress::new(args.soak);
        for stage in stages(args, seed) {
            report.add(stage.run(&runtime, &progress));
            if progress.is_over() {
                break;
            }
        }
        if !args.soak || progress.is_over() || report.violations() > 0 {
            break;
        }
        seed += 1;
    }
    println!("{}", report.table());
    if args.json {
        println!("{}", report.json(args.seed));
    }
    for violation in report.all_violations() {
        eprintln!("violation: {violation}\n");
    }
    match report.violations() {
        0 => Ok(()),
        violations => bail!("{violations} violations, from seed {}", args.seed),
    }
}

/// A folder for files of which it does not matter that they reach a disk: a process that dies, and a
/// system call that is broken, leave the same behind in memory, and no busy disk holds them up.
fn in_memory() -> PathBuf {
    let memory = Path::new("/dev/shm");
    match tempfile::tempfile_in(memory) {
        Ok(_) => memory.to_owned(),
        Err(_) => on_disk(),
    }
}

/// A folder on the disk that the workspace is on.
fn on_disk() -> PathBuf {
    workspace::root().join("target")
}

/// One way of breaking things.
enum Stage {
    /// Storage fails below these scenarios.
    Fire(fire::Stage, Vec<fire::Scenario>),
    /// The process dies.
    Kill(kill::Plan),
}

fn stages(args: &CrashArgs, seed: u64) -> Vec<Stage> {
    let only = args.only.as_deref();
    let mut stages = Vec::new();
    for stage in fire::Stage::ALL {
        let scenarios = stage.scenarios(only);
        if !scenarios.is_empty() {
            stages.push(Stage::Fire(stage, scenarios));
        }
    }
    let is_wanted = |plan: &kill::Plan| only.is_none_or(|text| plan.name().contains(text));
    let kills = kill::Plan::all(seed, args.kills).into_iter();
    stages.extend(kills.filter(is_wanted).map(Stage::Kill));
    stages
}

impl Stage {
    fn run(&self, runtime: &tokio::runtime::Runtime, progress: &Progress) -> Row {
        match self {
            Stage::Fire(stage, scenarios) => runtime.block_on(stage.run(scenarios, progress)),
            Stage::Kill(plan) => runtime.block_on(kill::run(*plan, progress)),
        }
    }
}
