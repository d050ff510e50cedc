//! The simulation itself: the same seed is the same run, and what was found once stays found.

use sim::simulation::{Plan, run, shortened};

/// How many moves before the faults stop.
const MOVES: u64 = 2_000;

/// Seeds that found something once, each with whether somebody followed the history, and what it found.
const KEPT: [(u64, bool, &str); 13] = [
    (
        0,
        false,
        "a ceiling that did not count the new part (planted)",
    ),
    (
        2,
        false,
        "an offer without an answer that was called failed (planted)",
    ),
    (4, false, "a deletion that left no tombstone (planted)"),
    (
        5,
        false,
        "a waiter that registered after it had looked (planted)",
    ),
    (
        6,
        false,
        "a success that was undone by a late failure (planted)",
    ),
    (
        11,
        false,
        "a preimage that came after a failure and was ignored (planted)",
    ),
    (
        62,
        false,
        "a part that left although its payment was complete (planted)",
    ),
    (
        307,
        false,
        "a part that waited its turn at its node while its payment became complete",
    ),
    (
        152,
        false,
        "a cursor that passed an outcome that was not stored (planted)",
    ),
    (
        2_556,
        true,
        "a node that was met twice, and so stayed away for its parts",
    ),
    (
        93,
        true,
        "a start that failed when its nodes were at work already, and left them at it",
    ),
    (
        10,
        true,
        "a caller of pay that was told of somebody else's order",
    ),
    (
        494,
        true,
        "an order that was closed for what was found out for the one before",
    ),
];

fn plan(seed: u64, followed: bool) -> Plan {
    Plan {
        seed,
        moves: MOVES,
        followed,
        record: true,
    }
}

/// Plays it, and shows what happened if a rule was broken.
#[track_caller]
fn assert_holds(seed: u64, followed: bool, found_once: &str) {
    let plan = plan(seed, followed);
    let played = run(&Plan {
        record: false,
        ..plan
    });
    if let Some(found) = played.found {
        let (shortest, history) = shortened(&plan);
        let history = history.join("\n");
        panic!("seed {seed} ({found_once}): {found:?}, {shortest:?}\n{history}");
    }
}

#[test]
fn the_same_seed_is_the_same_run_byte_for_byte() {
    for seed in 0..20 {
        let plan = plan(seed, seed.is_multiple_of(2));
        let (once, again) = (run(&plan), run(&plan));
        assert_eq!(once.history, again.history, "seed {seed}");
        assert_eq!(once.moves, again.moves);
        assert_eq!(once.states, again.states);
    }
}

#[test]
fn what_was_found_once_stays_found() {
    for (seed, followed, found) in KEPT {
        assert_holds(seed, followed, found);
    }
}

#[test]
fn a_hundred_seeds_break_no_rule() {
    for seed in 1_000..1_100 {
        assert_holds(seed, true, "new");
    }
}
