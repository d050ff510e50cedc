//! The simulation itself: the same seed is the same run, and what was found once stays found.

use sim::simulation::{Plan, run, shortened};

/// How many moves before the faults stop.
const MOVES: u64 = 2_000;

/// Seeds that found something once, each with what it found.
const KEPT: [(u64, &str); 9] = [
    (0, "a ceiling that did not count the new part (planted)"),
    (
        2,
        "an offer without an answer that was called failed (planted)",
    ),
    (4, "a deletion that left no tombstone (planted)"),
    (5, "a waiter that registered after it had looked (planted)"),
    (6, "a success that was undone by a late failure (planted)"),
    (
        11,
        "a preimage that came after a failure and was ignored (planted)",
    ),
    (
        62,
        "a part that left although its payment was complete (planted)",
    ),
    (
        307,
        "a part that waited its turn at its node while its payment became complete",
    ),
    (
        152,
        "a cursor that passed an outcome that was not stored (planted)",
    ),
];

fn plan(seed: u64) -> Plan {
    Plan {
        seed,
        moves: MOVES,
        record: true,
    }
}

/// Plays it, and shows what happened if a rule was broken.
#[track_caller]
fn assert_holds(seed: u64, found_once: &str) {
    let played = run(&Plan {
        record: false,
        ..plan(seed)
    });
    if let Some(found) = played.found {
        let (shortest, history) = shortened(&plan(seed));
        let history = history.join("\n");
        panic!("seed {seed} ({found_once}): {found:?}, {shortest:?}\n{history}");
    }
}

#[test]
fn the_same_seed_is_the_same_run_byte_for_byte() {
    for seed in 0..20 {
        let (once, again) = (run(&plan(seed)), run(&plan(seed)));
        assert_eq!(once.history, again.history, "seed {seed}");
        assert_eq!(once.moves, again.moves);
        assert_eq!(once.states, again.states);
    }
}

#[test]
fn what_was_found_once_stays_found() {
    for (seed, found) in KEPT {
        assert_holds(seed, found);
    }
}

#[test]
fn a_hundred_seeds_break_no_rule() {
    for seed in 1_000..1_100 {
        assert_holds(seed, "new");
    }
}
