//! What other solvers have stumbled over: each test is a bug that somebody had.

use crate::world::{PAYEE, World, msat, policy};
use domain::{ChannelPolicy, NoPlan};

/// Core Lightning #7960: own channels that are full to the brim cannot carry the fees on top.
#[test]
fn a_brim_full_own_channel_carries_amount_and_fees_to_the_msat() {
    for (spendable, is_enough) in [(101_000, true), (100_999, false)] {
        let mut world = World::new(100_000);
        world.own(1, 10, 2, spendable);
        world.channel(20, [2, PAYEE], 10_000_000, policy(0, 10_000));
        // In several parts, the payer gains by what each fee is rounded down.
        world.request.max_parts = 1;
        let found = world.find();
        let spendable = msat(spendable);
        assert_eq!(
            found.as_ref().err(),
            (!is_enough).then_some(&NoPlan::NoFunds { spendable })
        );
    }
}

/// Core Lightning #8339: the best way's `htlc_maximum_msat` is too low for the fees on top.
#[test]
fn a_way_whose_largest_htlc_is_too_small_for_the_fees_is_not_taken() {
    let mut world = World::new(100_000);
    world.own(1, 10, 2, 1_000_000);
    let tight = ChannelPolicy {
        htlc_max: msat(100_000),
        ..policy(0, 0)
    };
    world.channel(20, [2, 3], 10_000_000, tight);
    world.channel(21, [3, PAYEE], 10_000_000, policy(1, 0));
    world.channel(22, [2, PAYEE], 10_000_000, policy(500, 0));
    world.request.max_parts = 1;
    assert_eq!(world.ways(), [[2, PAYEE]]);
}

/// Core Lightning #8866: a base fee as large as the largest HTLC, in a loop until the time was over.
#[test]
fn a_base_fee_as_large_as_the_largest_htlc_ends_the_search() {
    let absurd = ChannelPolicy {
        htlc_max: msat(50_000),
        ..policy(50_000, 0)
    };
    let mut world = World::new(40_000);
    world.own(1, 10, 2, 1_000_000);
    world.channel(20, [2, 3], 10_000_000, absurd);
    world.channel(21, [3, PAYEE], 10_000_000, absurd);
    world.request.max_fee = msat(200_000);
    assert_eq!(world.find(), Err(NoPlan::DestinationCapacity));
    world.channel(22, [2, PAYEE], 10_000_000, policy(1_000, 0));
    assert_eq!(world.ways(), [[2, PAYEE]]);
}

/// LDK #3675: `htlc_minimum_msat` above the amount.
#[test]
fn a_channel_that_takes_no_htlc_so_small_is_passed_by() {
    let mut world = World::new(5_000);
    world.own(1, 10, 2, 1_000_000);
    let coarse = ChannelPolicy {
        htlc_min: msat(10_000),
        ..policy(0, 0)
    };
    world.channel(20, [2, PAYEE], 10_000_000, coarse);
    assert_eq!(world.find(), Err(NoPlan::Unreachable));
    world.channel(21, [2, PAYEE], 10_000_000, policy(700, 0));
    let plan = world.find().unwrap();
    assert_eq!(plan.parts[0].1.amount_sent(), msat(5_700));
}

/// LND #5062: two parts are possible, exactly, and `max_parts` is two.
#[test]
fn two_channels_give_all_that_they_have_in_two_parts() {
    let (first, second) = (1_234_567, 2_345_678);
    let mut world = World::new(first + second - 2_001);
    world.own(1, 10, 2, first);
    world.own(1, 11, 3, second);
    world.channel(20, [2, PAYEE], 5_000_000_000, policy(0, 0));
    world.channel(21, [3, 4], 5_000_000_000, policy(0, 0));
    world.channel(22, [4, PAYEE], 5_000_000_000, policy(2_000, 0));
    world.request.max_parts = 2;
    assert_eq!(world.find().unwrap().parts.len(), 2);
    world.request.amount = msat(first + second - 1_999);
    let spendable = msat(first + second);
    assert_eq!(world.find(), Err(NoPlan::NoFunds { spendable }));
}

/// Core Lightning #8026: as many parts as are allowed, and not one more.
#[test]
fn max_parts_is_kept_where_it_is_tight() {
    let mut world = World::new(4_000);
    world.own(1, 10, 2, 1_000_000);
    for id in 0..4 {
        world.channel(20 + id, [2, PAYEE], 1_000, policy(0, 0));
    }
    world.request.max_parts = 4;
    assert_eq!(world.find().unwrap().parts.len(), 4);
    world.request.max_parts = 3;
    assert_eq!(world.find(), Err(NoPlan::DestinationCapacity));
}

/// Core Lightning #9282: parts of 1 msat, or of nothing at all.
#[test]
fn one_msat_is_one_part_and_no_part_is_nothing() {
    for amount in [1, 2, 3, 17] {
        let mut world = World::new(amount);
        world.own(1, 10, 2, 1_000_000);
        world.own(1, 11, 3, 1_000_000);
        world.channel(20, [2, PAYEE], 1_000_000, policy(0, 100));
        world.channel(21, [3, PAYEE], 1_000_000, policy(0, 100));
        let plan = world.find().unwrap();
        assert_eq!(plan.parts.len(), 1);
        assert_eq!(plan.parts[0].1.amount(), msat(amount));
    }
}

/// LND #7311: a payee whose one channel is too small fails at once.
#[test]
fn a_payee_whose_channels_are_too_small_is_said_to_be_so() {
    let mut world = World::new(2_000_000);
    world.own(1, 10, 2, 5_000_000);
    world.channel(20, [2, PAYEE], 1_000_000, policy(0, 0));
    assert_eq!(world.find(), Err(NoPlan::DestinationCapacity));
}

/// Core Lightning #3926: an amount is not ground to dust where few parts do.
#[test]
fn an_amount_that_fits_one_way_is_one_part() {
    let mut world = World::new(1_000_000);
    for peer in 2..12 {
        world.own(1, u64::from(peer), peer, 100_000_000);
        world.channel(
            u64::from(peer) + 100,
            [peer, PAYEE],
            1_000_000_000,
            policy(0, 10),
        );
    }
    assert_eq!(world.find().unwrap().parts.len(), 1);
}

#[test]
fn the_most_hops_of_an_onion_are_twenty() {
    for (last, is_found) in [(20, true), (21, false)] {
        let mut world = World::new(1_000);
        world.own(1, 10, 2, 1_000_000);
        for node in 2..last {
            world.channel(
                100 + u64::from(node),
                [node, node + 1],
                1_000_000_000,
                policy(0, 0),
            );
        }
        world.channel(200, [last, PAYEE], 1_000_000_000, policy(0, 0));
        assert_eq!(world.find().is_ok(), is_found, "{last}");
    }
}
