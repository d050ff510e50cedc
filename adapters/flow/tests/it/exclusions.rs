//! What must not be gone over: exclusions, delays, disabled policies that a failure told of.

use crate::world::{PAYEE, World, msat, node, over, policy};
use domain::{ChannelPolicy, NoPlan};

/// Two ways: over 3 it is cheaper than over 4.
fn two_ways(amount: u64) -> World {
    let mut world = World::new(amount);
    world.own(1, 10, 2, 100_000_000);
    for (peer, base) in [(3, 10), (4, 20)] {
        world.channel(
            u64::from(peer) + 20,
            [2, peer],
            1_000_000_000,
            policy(base, 0),
        );
        world.channel(
            u64::from(peer) + 30,
            [peer, PAYEE],
            1_000_000_000,
            policy(base, 0),
        );
    }
    world
}

/// Core Lightning #8565: `exclude`, on every way of every plan.
#[test]
fn an_excluded_node_is_on_no_way() {
    for amount in [1, 1_000_000, 90_000_000] {
        let mut world = two_ways(amount);
        world.request.avoid.nodes.insert(node(3));
        assert_eq!(world.ways()[0], [2, 4, PAYEE]);
        world.request.avoid.nodes.insert(node(4));
        assert_eq!(world.find(), Err(NoPlan::Unreachable));
    }
}

#[test]
fn an_excluded_channel_is_on_no_way() {
    for excluded in [over(23, 2, 3), over(33, 3, PAYEE)] {
        let mut world = two_ways(1_000_000);
        world.request.avoid.channels.insert(excluded);
        assert_eq!(world.ways(), [[2, 4, PAYEE]]);
    }
    let mut world = two_ways(1_000_000);
    world.request.avoid.channels.insert(over(23, 3, 2));
    assert_eq!(world.ways(), [[2, 3, PAYEE]], "the other direction");
}

#[test]
fn an_excluded_own_channel_peer_or_payee_is_not_used() {
    let mut world = two_ways(1_000);
    world.request.avoid.nodes.insert(node(PAYEE));
    assert_eq!(world.find(), Err(NoPlan::Unreachable));
    let mut world = two_ways(1_000);
    world.request.avoid.channels.insert(over(10, 1, 2));
    assert!(matches!(world.find(), Err(NoPlan::NoFunds { .. })));
}

#[test]
fn a_policy_that_a_failure_told_of_counts() {
    let mut world = two_ways(1_000_000);
    world.request.policies = vec![(over(23, 2, 3), policy(1_000, 0))];
    assert_eq!(world.ways(), [[2, 4, PAYEE]]);
    let disabled = ChannelPolicy {
        enabled: false,
        ..policy(0, 0)
    };
    world.request.policies.push((over(34, 4, PAYEE), disabled));
    assert_eq!(world.ways(), [[2, 3, PAYEE]]);
}

/// Core Lightning #9282: what is excluded in the middle of a split is not gone round.
#[test]
fn delays_are_kept_on_every_part() {
    let slow = ChannelPolicy {
        delay: 1_000,
        ..policy(0, 0)
    };
    let mut world = two_ways(1_000_000);
    world.channel(50, [2, PAYEE], 1_000_000_000, slow);
    assert_eq!(world.ways(), [[2, PAYEE]]);
    world.request.max_delay = 18 + 999;
    assert_eq!(world.ways(), [[2, 3, PAYEE]]);
    world.request.max_delay = 18 + 80;
    let plan = world.find().unwrap();
    assert_eq!(
        plan.parts[0].1.first().delay,
        98,
        "nothing is left for a shadow"
    );
    world.request.max_delay = 18 + 79;
    assert_eq!(world.find(), Err(NoPlan::TooSlow));
    world.request.max_delay = 17;
    assert_eq!(world.find(), Err(NoPlan::TooSlow));
}

#[test]
fn the_shadow_is_within_the_delay_and_what_a_payee_takes() {
    for max_delay in [98, 150, 400, 2_016] {
        let mut world = two_ways(msat(1_000).get());
        world.request.max_delay = max_delay;
        let finder = world.finder();
        for _ in 0..50 {
            let plan = world.find_with(&finder).unwrap();
            let last = plan.parts[0].1.last().delay;
            assert!((18..=18 + 432).contains(&last));
        }
    }
}

#[test]
fn the_same_seed_casts_the_same_shadow() {
    let world = two_ways(1_000);
    assert_eq!(world.find(), world.find());
}
