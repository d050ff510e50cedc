//! Any plan in any graph keeps every rule: [`World::check`](crate::world::World) looks at each hop.

use crate::wild::{fixed, wild};
use proptest::prelude::*;

proptest! {
    #![proptest_config(fixed(3_000))]

    #[test]
    fn every_plan_is_valid_hop_by_hop(wild in wild(8)) {
        // A plan is checked where it is found.
        let _ = wild.world().find();
    }

    #[test]
    fn every_plan_of_a_relaxed_request_is_valid(wild in wild(8)) {
        let mut world = wild.world();
        world.request.relaxed = true;
        let _ = world.find();
    }

    #[test]
    fn no_more_parts_and_no_less_fee_than_asked_for(wild in wild(5), cap in 0u64..2_000) {
        let mut world = wild.world();
        world.request.max_fee = crate::world::msat(cap);
        world.request.max_parts = 2;
        let _ = world.find();
    }
}
