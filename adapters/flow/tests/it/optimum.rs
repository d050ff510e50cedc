//! Against all ways that there are, on graphs that are small enough to list them.

use crate::wild::{Way, fixed, wild};
use crate::world::{World, msat};
use domain::NoPlan;
use proptest::prelude::*;

/// How far the finder's straight pieces may lie from the logarithm on one channel, in nats.
const PIECE: f64 = 0.2;

/// How much dearer a way may be that carries more than another from a node onwards: the finder keeps one
/// continuation for each node.
const DEARER: u64 = 3;

proptest! {
    #![proptest_config(fixed(2_000))]

    #[test]
    fn no_single_way_is_cheaper_and_as_probable_and_as_short(wild in wild(6)) {
        let mut world = wild.world();
        world.request.max_parts = 1;
        let ways = wild.ways();
        if let Ok(plan) = world.find() {
            let found = wild.found(&plan.parts[0].1);
            for way in ways.iter().filter(|way| fits(way, &world)) {
                let hops = f64::from(way.hops);
                let better = way.fee + DEARER < found.fee
                    && way.hops <= found.hops
                    && way.nats + PIECE * hops < found.nats;
                prop_assert!(!better, "{way:?} beats {found:?}");
            }
        }
    }

    #[test]
    fn where_there_is_a_way_there_is_a_plan(wild in wild(6)) {
        let world = wild.world();
        let ways = wild.ways();
        let found = world.find();
        // Fees can make an amount grow into what a channel takes: that is not looked for.
        let is_sought = !wild.is_any_coarse();
        if is_sought && ways.iter().any(|way| fits(way, &world)) {
            prop_assert!(found.is_ok(), "{found:?} in spite of {ways:?}");
        }
        match found {
            Err(NoPlan::Unreachable) => prop_assert!(ways.is_empty() || !is_sought),
            Err(NoPlan::TooSlow) => {
                let is_fast = |way: &Way| way.delay <= delay_max(&world);
                prop_assert!(!ways.iter().any(is_fast));
            }
            Err(NoPlan::TooExpensive { needs }) => prop_assert!(needs > world.request.max_fee),
            Err(NoPlan::NoFunds { spendable }) => prop_assert!(spendable <= msat(wild.spendable())),
            Err(NoPlan::DestinationCapacity) | Ok(_) => {}
            Err(NoPlan::Away(why)) => prop_assert!(false, "{why}"),
        }
    }
}

fn fits(way: &Way, world: &World) -> bool {
    way.fee <= world.request.max_fee.get() && way.delay <= delay_max(world)
}

fn delay_max(world: &World) -> u32 {
    world.request.max_delay - world.request.final_cltv
}
