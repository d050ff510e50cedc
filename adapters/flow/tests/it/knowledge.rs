//! What attempts have shown.

use crate::world::{PAYEE, Still, World, msat, over, policy};
use domain::{Bound, Clock, DirectedChannel, Held, Lesson, NoPlan, RouteFinder, Timestamp};
use flow::Finder;
use std::time::Duration;

/// Two ways of the same size; the one over channel 20 is cheaper.
fn world() -> World {
    let mut world = World::new(1_000_000);
    world.own(1, 10, 2, 100_000_000);
    world.channel(20, [2, PAYEE], 10_000_000, policy(10, 0));
    world.channel(21, [2, PAYEE], 10_000_000, policy(20, 0));
    world.request.max_parts = 1;
    world
}

fn first(world: &World) -> u64 {
    world.find().unwrap().parts[0].1.last().channel.0
}

fn bound(channel: DirectedChannel, at_least: u64, below: Option<u64>) -> Bound {
    Bound {
        channel,
        at_least: msat(at_least),
        below: below.map(msat),
    }
}

fn learn(finder: &Finder, bounds: &[Bound], at: Timestamp) {
    let lesson = Lesson {
        bounds: bounds.to_vec(),
        ..Lesson::default()
    };
    finder.learn(&lesson, at);
}

#[test]
fn what_could_not_go_is_not_tried_again() {
    let mut world = world();
    assert_eq!(first(&world), 20);
    world.request.knowledge = vec![bound(over(20, 2, PAYEE), 0, Some(1_000_000))];
    assert_eq!(first(&world), 21);
}

#[test]
fn what_could_go_is_preferred() {
    let mut world = world();
    world.request.knowledge = vec![bound(over(21, 2, PAYEE), 1_000_000, None)];
    assert_eq!(first(&world), 21);
    assert_eq!(world.find().unwrap().probability_ppm, 1_000_000);
}

#[test]
fn a_relaxed_request_forgets_what_other_orders_learnt_and_not_what_its_own_did() {
    let mut world = world();
    let finder = world.finder();
    let shut = [20, 21].map(|id| bound(over(id, 2, PAYEE), 0, Some(1)));
    learn(&finder, &shut, Still.now());
    assert_eq!(world.find_with(&finder), Err(NoPlan::DestinationCapacity));
    world.request.relaxed = true;
    let way = |world: &World| {
        let plan = world.find_with(&finder)?;
        Ok(plan.parts[0].1.last().channel.0)
    };
    assert_eq!(way(&world), Ok(20));
    world.request.knowledge = vec![shut[0]];
    assert_eq!(way(&world), Ok(21));
    world.request.knowledge = shut.to_vec();
    assert_eq!(way(&world), Err(NoPlan::DestinationCapacity));
}

#[test]
fn what_a_channel_lacks_on_one_side_it_has_on_the_other() {
    let mut world = world();
    let back = over(20, PAYEE, 2);
    world.request.knowledge = vec![bound(back, 9_500_000, None)];
    assert_eq!(first(&world), 21);
    world.request.knowledge = vec![bound(over(21, PAYEE, 2), 0, Some(1_000_000))];
    assert_eq!(first(&world), 21);
}

#[test]
fn knowledge_is_shared_between_requests_for_an_hour() {
    let world = world();
    let finder = world.finder();
    let learnt = bound(over(20, 2, PAYEE), 0, Some(1_000_000));
    let way = || {
        world.find_with(&finder).unwrap().parts[0]
            .1
            .last()
            .channel
            .0
    };
    learn(
        &finder,
        &[learnt],
        Still.now().before(Duration::from_secs(3_601)),
    );
    assert_eq!(way(), 20);
    learn(
        &finder,
        &[learnt],
        Still.now().before(Duration::from_secs(3_599)),
    );
    assert_eq!(way(), 21);
}

#[test]
fn a_requests_own_knowledge_beats_what_is_shared() {
    let mut world = world();
    let finder = world.finder();
    let too_much = bound(over(20, 2, PAYEE), 0, Some(500_000));
    learn(&finder, &[too_much], Still.now());
    world.request.knowledge = vec![bound(over(20, 2, PAYEE), 1_000_000, None)];
    let plan = world.find_with(&finder).unwrap();
    assert_eq!(plan.parts[0].1.last().channel.0, 20);
}

#[test]
fn what_has_moved_is_no_longer_there() {
    let world = world();
    let finder = world.finder();
    let enough = bound(over(21, 2, PAYEE), 1_500_000, None);
    learn(&finder, &[enough], Still.now());
    let way = || {
        world.find_with(&finder).unwrap().parts[0]
            .1
            .last()
            .channel
            .0
    };
    assert_eq!(way(), 21);
    let paid = Lesson {
        moved: vec![Held {
            channel: over(21, 2, PAYEE),
            amount: msat(1_500_000),
        }],
        ..Lesson::default()
    };
    finder.learn(&paid, Still.now());
    assert_eq!(way(), 20);
}
