//! How much can go where: our own channels, several of our nodes, what live parts hold.

use crate::world::{PAYEE, World, msat, node, over, policy};
use domain::{ChannelPolicy, GraphChange, Held, Msat, NoPlan, NodeName};

#[test]
fn several_nodes_pay_together_what_none_can_alone() {
    let mut world = World::new(25_000_000);
    for ours in 1..=3 {
        let peer = ours + 10;
        world.own(ours, u64::from(ours), peer, 9_000_000);
        world.channel(u64::from(peer), [peer, PAYEE], 1_000_000_000, policy(0, 0));
    }
    let plan = world.find().unwrap();
    let mut names: Vec<_> = plan.parts.iter().map(|(name, _)| name.clone()).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 3);
    world.request.sources.pop();
    let spendable = msat(18_000_000);
    assert_eq!(world.find(), Err(NoPlan::NoFunds { spendable }));
}

#[test]
fn the_node_that_is_nearer_pays() {
    let mut world = World::new(1_000_000);
    world.own(1, 1, 11, 9_000_000);
    world.own(2, 2, PAYEE, 9_000_000);
    world.channel(11, [11, PAYEE], 1_000_000_000, policy(0, 100));
    let plan = world.find().unwrap();
    assert_eq!(plan.parts[0].0, NodeName::new("node 2"));
    assert_eq!(plan.parts[0].1.hops().len(), 1);
}

#[test]
fn a_way_never_leads_through_ourselves() {
    let mut world = World::new(1_000_000);
    world.own(1, 1, 2, 9_000_000);
    world.own(2, 2, 11, 9_000);
    world.channel(3, [2, 11], 1_000_000_000, policy(0, 0));
    world.channel(11, [11, PAYEE], 1_000_000_000, policy(0, 0));
    let spendable = msat(9_000);
    assert_eq!(world.find(), Err(NoPlan::NoFunds { spendable }));
}

#[test]
fn nobody_pays_himself_but_another_of_our_nodes_may() {
    let mut world = World::new(1_000_000);
    world.own(PAYEE, 1, 2, 9_000_000);
    world.channel(3, [2, PAYEE], 1_000_000_000, policy(0, 0));
    let spendable = Msat::ZERO;
    assert_eq!(world.find(), Err(NoPlan::NoFunds { spendable }));
    world.own(1, 4, 2, 9_000_000);
    assert_eq!(world.find().unwrap().parts[0].0, NodeName::new("node 1"));
}

#[test]
fn a_channel_that_is_not_usable_spends_nothing() {
    let mut world = World::new(1_000);
    world.own(1, 1, PAYEE, 9_000_000).usable = false;
    let spendable = Msat::ZERO;
    assert_eq!(world.find(), Err(NoPlan::NoFunds { spendable }));
}

#[test]
fn an_own_channel_takes_several_htlcs_if_one_may_not_be_so_large() {
    let mut world = World::new(2_500_000);
    world.own(1, 1, PAYEE, 3_000_000).htlc_max = msat(1_000_000);
    world.request.max_parts = 3;
    assert_eq!(world.find().unwrap().parts.len(), 3);
}

#[test]
fn a_channel_of_others_takes_several_htlcs_if_one_may_not_be_so_large() {
    let mut world = World::new(2_500_000);
    world.own(1, 1, 2, 3_000_000);
    let small = ChannelPolicy {
        htlc_max: msat(1_000_000),
        ..policy(0, 0)
    };
    world.channel(2, [2, PAYEE], 10_000_000, small);
    world.request.max_parts = 3;
    assert_eq!(world.find().unwrap().parts.len(), 3);
}

#[test]
fn what_live_parts_hold_is_not_there_for_others() {
    let mut world = World::new(600_000);
    world.own(1, 1, 2, 3_000_000);
    world.channel(20, [2, PAYEE], 1_000_000, policy(0, 0));
    assert!(world.find().is_ok());
    let channel = over(20, 2, PAYEE);
    world.request.held = vec![Held {
        channel,
        amount: msat(400_001),
    }];
    assert_eq!(world.find(), Err(NoPlan::DestinationCapacity));
}

#[test]
fn a_payee_that_nobody_knows_is_unreachable() {
    let mut world = World::new(1_000);
    world.own(1, 1, 2, 3_000_000);
    world.channel(20, [2, 3], 1_000_000, policy(0, 0));
    assert_eq!(world.find(), Err(NoPlan::Unreachable));
}

#[test]
fn a_direction_without_a_policy_leads_nowhere() {
    let mut world = World::new(1_000);
    world.own(1, 1, 2, 3_000_000);
    world.channel(20, [PAYEE, 2], 1_000_000, policy(0, 0));
    assert_eq!(world.find(), Err(NoPlan::Unreachable));
    let finder = world.finder();
    finder.apply(&[GraphChange::Policy(over(20, 2, PAYEE), policy(0, 0))]);
    world.channel(20, [2, PAYEE], 1_000_000, policy(0, 0));
    assert!(world.find_with(&finder).is_ok());
}

#[test]
fn a_direct_channel_to_a_private_payee_needs_no_graph() {
    let mut world = World::new(1_000);
    world.request.payee = node(77);
    world.own(1, 1, 77, 3_000_000);
    assert_eq!(world.ways(), [[77]]);
}
