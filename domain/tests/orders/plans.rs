//! Rule B-11: a plan delivers exactly what was asked within cap and delay, or is refused whole.

use crate::support::{channel_of, directed, over, way};
use domain::contract::samples::{msat, node, node_id};
use domain::{Avoid, Funds, NodeName, OwnChannel, Plan, PlanFault, Route, RouteRequest, Source};

fn own(peer: u8, channel: u64) -> OwnChannel {
    OwnChannel {
        peer: node_id(peer),
        channel: channel_of(channel),
        spendable: msat(1_000_000),
        htlc_min: msat(1),
        htlc_max: msat(1_000_000),
        usable: true,
    }
}

/// 1,000 msat to node 9 for at most 20, from node 50 over channel 100 to node 1.
fn asked() -> RouteRequest {
    let funds = Funds {
        id: node_id(50),
        channels: vec![own(1, 100)],
    };
    RouteRequest {
        sources: vec![Source {
            node: node(),
            funds,
        }],
        payee: node_id(9),
        amount: msat(1_000),
        max_fee: msat(20),
        max_parts: 2,
        max_delay: 82,
        final_cltv: 42,
        hints: Vec::new(),
        avoid: Avoid::default(),
        knowledge: Vec::new(),
        policies: Vec::new(),
        held: Vec::new(),
        relaxed: false,
    }
}

fn plan(ways: Vec<Route>) -> Plan {
    Plan {
        parts: ways.into_iter().map(|way| (node(), way)).collect(),
        probability_ppm: 1_000_000,
    }
}

#[test]
fn a_plan_that_keeps_to_what_was_asked_is_taken() {
    for ways in [
        vec![way(1_000, 20)],
        vec![way(999, 10), way(1, 10)],
        vec![way(1_000, 0)],
    ] {
        assert_eq!(asked().check(&plan(ways)), Ok(()));
    }
}

/// Core Lightning issue 9096: never 0 msat, never a msat more or less.
#[test]
fn a_plan_that_does_not_is_refused_whole() {
    let elsewhere = over(&[(1, 100), (8, 101)], 1_000, &[0]);
    let not_ours = over(&[(2, 100), (9, 101)], 1_000, &[0]);
    let no_channel = over(&[(1, 99), (9, 101)], 1_000, &[0]);
    let slow = over(&[(1, 100), (2, 101), (9, 102)], 1_000, &[0, 0]);
    let cases = [
        (vec![], PlanFault::Parts(0)),
        (
            vec![way(400, 0), way(300, 0), way(300, 0)],
            PlanFault::Parts(3),
        ),
        (vec![way(999, 0)], PlanFault::Amount),
        (vec![way(1_001, 0)], PlanFault::Amount),
        (vec![way(1_000, 0), way(1, 0)], PlanFault::Amount),
        (vec![way(1_000, 21)], PlanFault::Fee),
        (vec![way(500, 11), way(500, 10)], PlanFault::Fee),
        (vec![way(500, 0), slow], PlanFault::Amount),
        (vec![elsewhere], PlanFault::Ends(0)),
        (vec![not_ours], PlanFault::Ends(0)),
        (vec![no_channel], PlanFault::Ends(0)),
    ];
    for (ways, fault) in cases {
        assert_eq!(asked().check(&plan(ways)), Err(fault));
    }
}

#[test]
fn a_way_that_is_too_slow_or_too_quick_is_refused() {
    let slow = over(&[(1, 100), (2, 101), (9, 102)], 1_000, &[0, 0]);
    assert_eq!(asked().check(&plan(vec![slow])), Err(PlanFault::Delay(0)));
    let hasty = RouteRequest {
        final_cltv: 43,
        ..asked()
    };
    let quick = plan(vec![way(1_000, 0)]);
    assert_eq!(hasty.check(&quick), Err(PlanFault::Delay(0)));
}

#[test]
fn a_way_from_a_node_that_was_not_asked_for_is_refused() {
    let parts = vec![(NodeName::new("bob"), way(1_000, 0))];
    let foreign = Plan {
        parts,
        probability_ppm: 1,
    };
    assert_eq!(asked().check(&foreign), Err(PlanFault::Ends(0)));
}

/// On every part of it, our own channel's direction and the payee included.
#[test]
fn a_way_over_what_is_excluded_is_refused() {
    let excluding = |channels: &[_], nodes: &[u8]| RouteRequest {
        avoid: Avoid {
            channels: channels.iter().copied().collect(),
            nodes: nodes.iter().map(|node| node_id(*node)).collect(),
        },
        ..asked()
    };
    let both = || plan(vec![way(500, 0), way(500, 0)]);
    for request in [
        excluding(&[directed(100, 50, 1)], &[]),
        excluding(&[directed(101, 1, 9)], &[]),
        excluding(&[], &[1]),
        excluding(&[], &[9]),
    ] {
        assert_eq!(request.check(&both()), Err(PlanFault::Excluded(0)));
    }
    let elsewhere = excluding(&[directed(100, 1, 50), directed(101, 9, 1)], &[50, 2]);
    assert_eq!(elsewhere.check(&both()), Ok(()));
}
