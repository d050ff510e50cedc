//! The channels of the invoice.

use crate::world::{PAYEE, World, hint, msat, over, policy};
use domain::{ChannelPolicy, NoPlan};

/// We can reach 3; the payee is behind it, and not in the graph.
fn world() -> World {
    let mut world = World::new(1_000_000);
    world.own(1, 10, 2, 100_000_000);
    world.channel(20, [2, 3], 1_000_000_000, policy(0, 0));
    world
}

#[test]
fn a_hint_leads_to_a_payee_that_the_graph_does_not_know() {
    let mut world = world();
    assert_eq!(world.find(), Err(NoPlan::Unreachable));
    world.hint(&[hint(3, 500)]);
    assert_eq!(world.ways(), [[2, 3, PAYEE]]);
}

#[test]
fn a_hint_of_two_hops_is_followed() {
    let mut world = world();
    world.hint(&[hint(3, 500), hint(4, 501)]);
    assert_eq!(world.ways(), [[2, 3, 4, PAYEE]]);
}

/// Core Lightning #9174: a hint in a circle.
#[test]
fn a_hint_in_a_circle_is_left_out() {
    let circles = [
        vec![hint(3, 500), hint(4, 501), hint(3, 502)],
        vec![hint(3, 500), hint(PAYEE, 501)],
        vec![hint(PAYEE, 500)],
    ];
    for circle in circles {
        let mut world = world();
        world.hint(&circle);
        assert_eq!(world.find(), Err(NoPlan::Unreachable));
        world.hint(&[hint(3, 503)]);
        assert_eq!(world.ways(), [[2, 3, PAYEE]]);
    }
}

#[test]
fn a_hint_through_ourselves_begins_behind_us() {
    let mut world = world();
    world.hint(&[hint(1, 500)]);
    assert_eq!(world.find(), Err(NoPlan::Unreachable));
    world.hint(&[hint(9, 501), hint(1, 502), hint(3, 503)]);
    assert_eq!(world.ways(), [[2, 3, PAYEE]]);
}

/// Core Lightning #8685: two hints, or a hint and the graph, with the same number.
#[test]
fn hints_with_the_same_number_are_channels_of_their_own() {
    let mut world = world();
    world.channel(21, [2, 4], 1_000_000_000, policy(0, 0));
    world.hint(&[hint(9, 500)]);
    world.hint(&[hint(4, 500)]);
    assert_eq!(world.ways(), [[2, 4, PAYEE]]);
}

#[test]
fn a_channel_that_the_graph_knows_is_as_the_graph_says() {
    let mut world = world();
    world.channel(22, [3, PAYEE], 2_000_000, policy(70, 0));
    world.hint(&[hint(3, 22)]);
    let plan = world.find().unwrap();
    assert_eq!(plan.parts[0].1.amount_sent(), msat(1_000_070));
}

#[test]
fn exclusions_and_policies_count_for_hints() {
    let mut world = world();
    world.hint(&[hint(3, 500)]);
    let dear = ChannelPolicy {
        fee_base: msat(90),
        ..policy(0, 0)
    };
    world.request.policies = vec![(over(500, 3, PAYEE), dear)];
    let plan = world.find().unwrap();
    assert_eq!(plan.parts[0].1.amount_sent(), msat(1_000_090));
    world.request.avoid.channels.insert(over(500, 3, PAYEE));
    assert_eq!(world.find(), Err(NoPlan::Unreachable));
}
