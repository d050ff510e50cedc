//! The simulation itself: the same seed is the same run, and what was found once stays found.

use sim::simulation::{Plan, run, shortened};

/// How many moves before the faults stop.
const MOVES: u64 = 2_000;

fn plan(seed: u64) -> Plan {
    Plan {
        seed,
        moves: MOVES,
        record: true,
    }
}

#[test]
fn the_same_seed_is_the_same_run_byte_for_byte() {
    for seed in 0..20 {
        let (once, again) = (run(&plan(seed)), run(&plan(seed)));
        assert_eq!(once.history, again.history, "seed {seed}");
        assert_eq!(once.moves, again.moves);
    }
}

#[test]
fn some_hundred_seeds_break_no_rule() {
    for seed in 0..300 {
        let played = run(&Plan {
            record: false,
            ..plan(seed)
        });
        if let Some(found) = played.found {
            let (shortest, history) = shortened(&plan(seed));
            panic!(
                "seed {seed}: {found:?}, {shortest:?}\n{}",
                history.join("\n")
            );
        }
    }
}
