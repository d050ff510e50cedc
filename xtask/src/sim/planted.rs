//! Testing the test: bugs that are planted one by one, each of which must be found.

use crate::SimArgs;
use anyhow::{Result, ensure};
use comfy_table::{Table, presets};
use domain::invariant::Rule;
use domain::planted::{Bug, plant};
use sim::simulation::{Found, Plan, run};

/// So many seeds may pass before a bug is found.
const SEEDS_MAX: u64 = 1_000;

/// Plants each bug, and shows which seed found it.
pub(crate) fn run_all(args: &SimArgs) -> Result<()> {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_BORDERS_ONLY);
    table.set_header(["bug", "rule", "seed", "seen as", "guarded"]);
    let mut missed = Vec::new();
    for bug in Bug::ALL {
        let found = hunt(bug, false, args);
        let guarded = hunt(bug, true, args);
        let (seed, broken) = shown(found.as_ref());
        table.add_row([
            format!("{bug:?}"),
            bug.rule().to_string(),
            seed,
            broken,
            shown(guarded.as_ref()).0,
        ]);
        if found.is_none() {
            missed.push(format!("{bug:?}"));
        }
    }
    println!("{table}");
    println!(
        "seed: the first of at most {SEEDS_MAX} that finds the bug when no transition is asked for the rules \
         before it is committed; guarded: when each is, as in the product"
    );
    ensure!(missed.is_empty(), "not found: {}", missed.join(", "));
    println!(
        "{} of {} planted bugs found",
        Bug::ALL.len(),
        Bug::ALL.len()
    );
    Ok(())
}

/// The first seed that finds it.
fn hunt(bug: Bug, guarded: bool, args: &SimArgs) -> Option<(u64, Found)> {
    plant(Some(bug), guarded);
    let seeds = (0..SEEDS_MAX).map(|index| args.seed.wrapping_add(index));
    let mut hunted = seeds.filter_map(|seed| {
        let plan = Plan {
            seed,
            moves: args.steps,
            // Elsewhere nobody pays us.
            followed: bug.rule() == Rule::TrueIncomingList,
            record: false,
        };
        Some((seed, run(&plan).found?))
    });
    let found = hunted.next();
    plant(None, true);
    found
}

fn shown(found: Option<&(u64, Found)>) -> (String, String) {
    match found {
        Some((seed, found)) => (seed.to_string(), found.violation.to_string()),
        None => ("–".into(), "not found".into()),
    }
}
