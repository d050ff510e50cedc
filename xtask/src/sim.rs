//! `cargo xtask sim`: the real engine over a simulated world, seed after seed.

mod crowd;
#[cfg(feature = "planted")]
mod planted;

use crate::SimArgs;
use anyhow::{Result, bail};
use crowd::{Crowd, Sum};
use sim::simulation::{Plan, shortened};

/// The last lines of a history are those that matter.
const LINES_MAX: usize = 400;

/// Plays the seeds, and says what came of it.
pub(crate) fn run(args: &SimArgs) -> Result<()> {
    #[cfg(feature = "planted")]
    if args.planted {
        return planted::run_all(args);
    }
    let seeds = if args.soak { None } else { Some(args.seeds) };
    let crowd = Crowd {
        first: args.seed,
        seeds,
        moves: args.steps,
    };
    let sum = crowd.play();
    report(&sum, args.json);
    match sum.failed {
        Some(plan) => explain(&plan),
        None => Ok(()),
    }
}

fn report(sum: &Sum, json: bool) {
    let violations = u8::from(sum.failed.is_some());
    println!(
        "{} seeds, {violations} violations; {:.0} seeds/s; {} states visited; {} moves in {:.1} s",
        sum.seeds,
        sum.rate(),
        sum.states,
        sum.moves,
        sum.time.as_secs_f64(),
    );
    if json {
        let line = serde_json::json!({
            "seeds": sum.seeds,
            "violations": violations,
            "seeds_per_second": sum.rate(),
            "states": sum.states,
            "moves": sum.moves,
            "seconds": sum.time.as_secs_f64(),
        });
        println!("{line}");
    }
}

/// What went wrong in the failed seed: with as few moves as still fail, and of one payment only.
fn explain(plan: &Plan) -> Result<()> {
    let (shortest, history) = shortened(plan);
    let skipped = history.len().saturating_sub(LINES_MAX);
    if skipped > 0 {
        println!("… {skipped} lines before these");
    }
    for line in history.iter().skip(skipped) {
        println!("{line}");
    }
    let found = sim::simulation::run(&shortest).found;
    let what = found.map_or("not found again".into(), |found| {
        format!("{} (move {})", found.violation, found.moves)
    });
    bail!(
        "seed {} breaks a rule: {what}\nsee it again: cargo xtask sim --seed {} --seeds 1 --steps {}\n\
         keep it: add the seed to adapters/sim/tests/simulation.rs",
        plan.seed,
        plan.seed,
        plan.moves,
    )
}
