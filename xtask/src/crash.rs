//! `cargo xtask crash`: everything that can happen to the storage and to the process, and afterwards
//! a judge who believes callers and the nodes' own books, never the engine.
//!
//! The daemon that is killed is the dev build: overflow checks and every assertion, LDK's too, are on.

mod kill;
mod progress;
mod report;

use crate::CrashArgs;
use anyhow::{Result, bail};
use progress::Progress;
use report::{Report, Row};

/// Runs the stages, shows a table, and fails if anything was found.
pub(crate) fn run(args: &CrashArgs) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
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

/// One way of breaking things.
enum Stage {
    Kill(kill::Plan),
}

fn stages(args: &CrashArgs, seed: u64) -> Vec<Stage> {
    let is_wanted = |name: &str| args.only.as_deref().is_none_or(|text| name.contains(text));
    let mut stages = Vec::new();
    for plan in kill::Plan::all(seed, args.kills) {
        if is_wanted(plan.name()) {
            stages.push(Stage::Kill(plan));
        }
    }
    stages
}

impl Stage {
    fn run(&self, runtime: &tokio::runtime::Runtime, progress: &Progress) -> Row {
        match self {
            Stage::Kill(plan) => runtime.block_on(kill::run(*plan, progress)),
        }
    }
}
