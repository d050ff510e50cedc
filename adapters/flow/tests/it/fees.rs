//! The cap: over all parts, to the msat.

use crate::world::{PAYEE, World, msat, policy};
use domain::NoPlan;

fn one_way(amount: u64, fee_base: u64) -> World {
    let mut world = World::new(amount);
    world.own(1, 10, 2, 100_000_000);
    world.channel(20, [2, PAYEE], 1_000_000_000, policy(fee_base, 0));
    world
}

/// Core Lightning #7888: the cap is kept to the msat.
#[test]
fn the_cap_is_kept_to_the_msat() {
    let mut world = one_way(1_000_000, 4_321);
    world.request.max_fee = msat(4_321);
    assert!(world.find().is_ok());
    world.request.max_fee = msat(4_320);
    let needs = msat(4_321);
    assert_eq!(world.find(), Err(NoPlan::TooExpensive { needs }));
}

#[test]
fn a_cap_of_nothing_takes_what_costs_nothing() {
    let mut world = one_way(1_000_000, 0);
    world.channel(21, [2, PAYEE], 9_000_000_000, policy(1, 0));
    world.request.max_fee = msat(0);
    assert!(world.find().is_ok());
}

/// LDK #3675: the fee of a way is counted once a part, not once a payment.
#[test]
fn the_base_fee_of_every_part_counts() {
    let mut world = World::new(1_800_000);
    world.own(1, 10, 2, 100_000_000);
    world.channel(20, [2, PAYEE], 1_000_000, policy(1_000, 0));
    world.channel(21, [2, PAYEE], 1_000_000, policy(1_000, 0));
    world.request.max_fee = msat(2_000);
    assert_eq!(world.find().unwrap().parts.len(), 2);
    world.request.max_fee = msat(1_999);
    let needs = msat(2_000);
    assert_eq!(world.find(), Err(NoPlan::TooExpensive { needs }));
}

/// A sure way is worth some of the cap, but never more than all of it.
#[test]
fn the_fee_fits_the_cap_though_a_surer_way_costs_more() {
    let mut world = World::new(9_000_000);
    world.own(1, 10, 2, 100_000_000);
    world.channel(20, [2, PAYEE], 10_000_000, policy(100, 0));
    world.channel(21, [2, PAYEE], 10_000_000_000, policy(5_000, 0));
    world.request.max_fee = msat(10_000);
    let fee = |world: &World| {
        let plan = world.find().unwrap();
        let fees = plan
            .parts
            .iter()
            .map(|(_, route)| route.amount_sent().get() - route.amount().get());
        fees.sum::<u64>()
    };
    assert_eq!(fee(&world), 5_000);
    world.request.max_fee = msat(4_999);
    assert_eq!(fee(&world), 100);
}
