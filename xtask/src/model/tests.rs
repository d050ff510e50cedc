//! The protocol holds, and each way to get it wrong is found, within small bounds.

use super::bounds::Bounds;
use super::mutation::Mutation;
use super::properties::{SETTLED, says};
use super::rule::Rule;
use stateright::HasDiscoveries;

const NOTHING_FAILS: Bounds = Bounds {
    crashes: 0,
    losses: 0,
    copies: 0,
    lapses: 0,
    faults: 1,
};
const A_CRASH: Bounds = Bounds {
    crashes: 1,
    ..NOTHING_FAILS
};
const A_LOSS: Bounds = Bounds {
    losses: 1,
    ..NOTHING_FAILS
};
const A_LAPSE: Bounds = Bounds {
    lapses: 1,
    ..NOTHING_FAILS
};
const A_COPY: Bounds = Bounds {
    copies: 1,
    ..NOTHING_FAILS
};

#[test]
fn the_protocol_holds() {
    for bounds in [A_CRASH, A_LOSS, A_LAPSE, A_COPY] {
        let report = super::check(bounds, 2, None, HasDiscoveries::AnyFailures).unwrap();
        assert!(report.is_sound(), "{}", report.table());
    }
}

/// The protocol with one thing done wrong breaks one of these rules, whichever is seen first.
#[track_caller]
fn breaks(mutation: Mutation, bounds: Bounds, rules: &[&str]) {
    let report = super::check(bounds, 2, Some(mutation), HasDiscoveries::AnyFailures).unwrap();
    let broken = report.broken();
    assert!(!report.is_sound());
    assert!(broken.iter().any(|rule| rules.contains(rule)), "{broken:?}");
}

#[test]
fn an_offer_before_the_commit_is_found() {
    let rules = [says(Rule::IntentBeforeAct)];
    breaks(Mutation::OfferBeforeCommit, NOTHING_FAILS, &rules);
}

#[test]
fn an_answer_before_the_commit_is_found() {
    let rules = [says(Rule::Acknowledged)];
    breaks(Mutation::AnswerBeforeCommit, NOTHING_FAILS, &rules);
}

#[test]
fn a_timeout_that_is_called_a_failure_is_found() {
    let rules = [says(Rule::UnknownIsNotFailed)];
    breaks(Mutation::TimeoutIsFailure, A_LOSS, &rules);
}

#[test]
fn never_seen_without_proof_is_found() {
    let rules = [says(Rule::UnknownIsNotFailed)];
    breaks(Mutation::NeverSeenWithoutProof, A_LOSS, &rules);
}

#[test]
fn never_seen_without_proof_pays_twice() {
    let rule = says(Rule::CeilingAtNode);
    let mutation = Some(Mutation::NeverSeenWithoutProof);
    let until = HasDiscoveries::AnyOf([rule].into());
    let report = super::check(A_LOSS, 2, mutation, until).unwrap();
    assert!(report.broken().contains(&rule), "{:?}", report.broken());
}

#[test]
fn an_offer_without_a_look_up_after_a_crash_is_found() {
    let rules = [says(Rule::UnknownIsNotFailed)];
    breaks(Mutation::RecoveryOffersUnasked, A_CRASH, &rules);
}

#[test]
fn parts_that_nobody_takes_charge_of_are_found() {
    breaks(Mutation::NoRecovery, A_CRASH, &[SETTLED]);
}

#[test]
fn a_commit_on_another_version_is_found() {
    let rules = [
        says(Rule::Ceiling),
        says(Rule::FunctionOfParts),
        says(Rule::ReadsWell),
    ];
    breaks(Mutation::CommitIgnoresVersion, NOTHING_FAILS, &rules);
}

#[test]
fn a_commit_in_doubt_that_is_forgotten_is_found() {
    let rules = [SETTLED, says(Rule::Acknowledged)];
    breaks(Mutation::DoubtIsForgotten, A_LAPSE, &rules);
}

#[test]
fn a_part_under_two_keys_is_found() {
    breaks(Mutation::AnotherKey, A_LOSS, &[says(Rule::OneKey)]);
}

#[test]
fn a_request_that_makes_two_parts_is_found() {
    let rules = [says(Rule::Acknowledged)];
    breaks(Mutation::RequestIsForgotten, A_LOSS, &rules);
}
