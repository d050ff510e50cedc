//! What the failed parts of an order teach (BOLT 4).

use crate::support::{
    ENDED, INCORRECT_DETAILS, MPP_TIMEOUT, TEMPORARY_CHANNEL_FAILURE, UNKNOWN_NEXT_PEER, by,
    directed, fail, from, from_payee, incorrect_details, long_way, open, opened, over, send,
};
use domain::contract::samples::{msat, node_id, order};
use domain::{
    Bound, ChannelPolicy, DirectedChannel, Failure, FailureCode, Learnt, Payment, SendPart,
    Timestamp,
};

const AMOUNT_BELOW_MINIMUM: u16 = 0x100b;
const FEE_INSUFFICIENT: u16 = 0x100c;
const INCORRECT_CLTV_EXPIRY: u16 = 0x100d;
const EXPIRY_TOO_SOON: u16 = 0x100e;
const CHANNEL_DISABLED: u16 = 0x1014;
const PERMANENT_CHANNEL_FAILURE: u16 = 0x4008;

/// What one part over four hops teaches that failed like this. Node 2, the second, would have gone on
/// over channel 102.
fn learnt(failure: Failure) -> Learnt {
    Learnt::of(&fail(send(opened(), by(long_way(400))), 1, failure))
}

fn channels(learnt: &Learnt) -> Vec<DirectedChannel> {
    learnt.avoid.channels.iter().copied().collect()
}

fn at_least(channel: DirectedChannel, amount: u64) -> Bound {
    Bound {
        channel,
        at_least: msat(amount),
        below: None,
    }
}

#[test]
fn an_order_that_has_tried_nothing_knows_what_its_caller_excluded() {
    let mut excluding = order(1, 1_000, 5_000);
    excluding.terms.avoid.nodes.insert(node_id(4));
    excluding.terms.avoid.channels.insert(directed(102, 2, 3));
    let avoid = excluding.terms.avoid.clone();
    let learnt = Learnt::of(&open(None, excluding));
    assert_eq!(learnt.avoid, avoid);
    assert!(learnt.bounds.is_empty() && learnt.policies.is_empty());
}

#[test]
fn what_is_out_teaches_nothing() {
    let payment = send(opened(), by(long_way(400)));
    assert_eq!(Learnt::of(&payment), Learnt::default());
}

/// The channels before the one that failed did carry it.
#[test]
fn a_temporary_channel_failure_bounds_that_channel_and_those_before_it() {
    let learnt = learnt(from(2, TEMPORARY_CHANNEL_FAILURE));
    let failed = Bound {
        channel: directed(102, 2, 3),
        at_least: msat(0),
        below: Some(msat(410)),
    };
    assert_eq!(learnt.bounds, [at_least(directed(101, 1, 2), 420), failed]);
    assert_eq!(channels(&learnt), []);
    assert!(learnt.avoid.nodes.is_empty() && learnt.policies.is_empty());
    assert!(learnt.forbids(&long_way(400)) && !learnt.forbids(&long_way(399)));
}

#[test]
fn the_first_and_the_last_channel_beyond_ours_can_fail_too() {
    let first = learnt(from(1, TEMPORARY_CHANNEL_FAILURE));
    let below = |learnt: &Learnt| learnt.bounds.last().map(|b| (b.channel, b.below));
    assert_eq!(below(&first), Some((directed(101, 1, 2), Some(msat(420)))));
    assert_eq!(first.bounds.len(), 1);
    let last = learnt(from(3, TEMPORARY_CHANNEL_FAILURE));
    assert_eq!(below(&last), Some((directed(103, 3, 9), Some(msat(400)))));
    assert_eq!(last.bounds.len(), 3);
}

#[test]
fn a_channel_that_is_gone_is_not_tried_again() {
    for code in [
        UNKNOWN_NEXT_PEER,
        PERMANENT_CHANNEL_FAILURE,
        0x4009,
        // Without a channel_update, so nothing better is known.
        AMOUNT_BELOW_MINIMUM,
        FEE_INSUFFICIENT,
        INCORRECT_CLTV_EXPIRY,
        EXPIRY_TOO_SOON,
        CHANNEL_DISABLED,
        // Onion errors, and codes that nobody knows.
        0xc005,
        21,
        0x0fff,
    ] {
        let learnt = learnt(from(2, code));
        assert_eq!(channels(&learnt), [directed(102, 2, 3)], "{code:#06x}");
        assert_eq!(learnt.bounds, [at_least(directed(101, 1, 2), 420)]);
        assert!(learnt.avoid.nodes.is_empty());
        assert!(learnt.forbids(&long_way(1)));
    }
}

#[test]
fn a_node_that_failed_is_not_tried_again() {
    for code in [0x2002, 0x6002, 0x6003] {
        let learnt = learnt(from(2, code));
        let nodes: Vec<_> = learnt.avoid.nodes.iter().copied().collect();
        assert_eq!(nodes, [node_id(2)], "{code:#06x}");
        assert_eq!(channels(&learnt), []);
        assert!(learnt.forbids(&over(&[(2, 100), (9, 105)], 1, &[0])));
    }
}

/// BOLT 7's `channel_update` of channel 102 from node 2 to 3, with its type or without.
fn update(typed: bool, fee_ppm: u32, enabled: bool) -> Vec<u8> {
    let of = directed(102, 2, 3);
    let mut update = Vec::new();
    if typed {
        update.extend(258_u16.to_be_bytes());
    }
    update.extend([9; 64]);
    update.extend([8; 32]);
    update.extend(of.channel.0.to_be_bytes());
    update.extend(1_700_000_000_u32.to_be_bytes());
    update.extend([1, of.direction | if enabled { 0 } else { 2 }]);
    update.extend(34_u16.to_be_bytes());
    update.extend(7_u64.to_be_bytes());
    update.extend(11_u32.to_be_bytes());
    update.extend(fee_ppm.to_be_bytes());
    update.extend(5_000_u64.to_be_bytes());
    update
}

/// What each failure says before its update.
fn told(code: u16, update: &[u8]) -> Failure {
    let before: &[u8] = match code {
        AMOUNT_BELOW_MINIMUM | FEE_INSUFFICIENT => &[0; 8],
        INCORRECT_CLTV_EXPIRY => &[0; 4],
        CHANNEL_DISABLED => &[0; 2],
        _ => &[],
    };
    let length = u16::try_from(update.len()).expect("a short update");
    let raw = [&code.to_be_bytes(), before, &length.to_be_bytes(), update].concat();
    Failure {
        raw_message: Some(raw),
        ..from(2, code)
    }
}

fn policy() -> ChannelPolicy {
    ChannelPolicy {
        enabled: true,
        htlc_min: msat(7),
        htlc_max: msat(5_000),
        fee_base: msat(11),
        fee_ppm: 250,
        delay: 34,
    }
}

#[test]
fn a_policy_in_the_failure_is_learnt_and_the_channel_tried_with_it() {
    for code in [
        AMOUNT_BELOW_MINIMUM,
        FEE_INSUFFICIENT,
        INCORRECT_CLTV_EXPIRY,
        EXPIRY_TOO_SOON,
        CHANNEL_DISABLED,
    ] {
        for typed in [true, false] {
            let learnt = learnt(told(code, &update(typed, 250, true)));
            let policies: Vec<_> = learnt.policies.iter().collect();
            assert_eq!(policies, [(&directed(102, 2, 3), &policy())], "{code:#06x}");
            assert_eq!(channels(&learnt), [], "{code:#06x}");
            assert!(!learnt.forbids(&long_way(400)));
        }
    }
}

/// Old updates end before `htlc_maximum_msat`.
#[test]
fn an_update_without_a_largest_htlc_has_none() {
    let whole = update(true, 250, true);
    let short = &whole[..whole.len() - 8];
    let learnt = learnt(told(FEE_INSUFFICIENT, short));
    let policy = learnt.policies[&directed(102, 2, 3)];
    assert_eq!(policy.htlc_max, domain::Msat::MAX);
}

#[test]
fn a_policy_that_says_disabled_takes_the_channel_out() {
    let learnt = learnt(told(CHANNEL_DISABLED, &update(true, 250, false)));
    assert_eq!(channels(&learnt), [directed(102, 2, 3)]);
}

/// What a node says of somebody else's channel, or what cannot be read, is worth nothing.
#[test]
fn an_update_that_is_not_the_channels_takes_it_out() {
    let mut of_another = update(true, 250, true);
    of_another[98] ^= 1;
    let mut the_other_way = update(true, 250, true);
    the_other_way[111] ^= 1;
    let cut = update(true, 250, true)[..120].to_vec();
    for wrong in [of_another, the_other_way, cut, Vec::new()] {
        let learnt = learnt(told(FEE_INSUFFICIENT, &wrong));
        assert_eq!(channels(&learnt), [directed(102, 2, 3)]);
        assert!(learnt.policies.is_empty());
    }
    let longer_than_the_message = Failure {
        raw_message: Some([&FEE_INSUFFICIENT.to_be_bytes()[..], &[0; 8], &[255; 2]].concat()),
        ..from(2, FEE_INSUFFICIENT)
    };
    assert_eq!(channels(&learnt(longer_than_the_message)).len(), 1);
}

fn at(micros: u64) -> SendPart {
    SendPart {
        at: Timestamp(micros),
        ..by(long_way(400))
    }
}

/// Core Lightning issue 7081: the same node asks for more, and for more again.
#[test]
fn a_channel_that_asks_for_more_twice_is_not_tried_a_third_time() {
    for second in [250, 300] {
        let once = fail(
            send(opened(), at(1_000_000)),
            1,
            told(FEE_INSUFFICIENT, &update(true, 250, true)),
        );
        let again = send(once, at(ENDED.0));
        let twice = fail(
            again,
            2,
            told(FEE_INSUFFICIENT, &update(true, second, true)),
        );
        let learnt = Learnt::of(&twice);
        assert_eq!(channels(&learnt), [directed(102, 2, 3)]);
        assert!(learnt.forbids(&long_way(1)));
    }
}

/// Parts that were out together have all gone by the old policy: none of them has tried the new one.
#[test]
fn parts_that_were_out_together_count_as_one_try() {
    let both = send(send(opened(), at(1_000_000)), at(2_000_000));
    let told = || told(FEE_INSUFFICIENT, &update(true, 250, true));
    let failed = fail(fail(both, 1, told()), 2, told());
    assert_eq!(channels(&Learnt::of(&failed)), []);
    let third = fail(send(failed, at(ENDED.0 + 1)), 3, told());
    assert_eq!(channels(&Learnt::of(&third)), [directed(102, 2, 3)]);
}

#[test]
fn a_failure_that_cannot_be_read_takes_one_channel_out_another_each_time() {
    let unreadable = || Failure::plain(FailureCode::UnparseableOnion, "unreadable");
    let mut payment = opened();
    for _ in 0..3 {
        payment = send(
            payment,
            by(over(&[(1, 100), (2, 101), (3, 102), (9, 103)], 10, &[0; 3])),
        );
    }
    for id in 1..=3 {
        payment = fail(payment, id, unreadable());
    }
    let learnt = Learnt::of(&payment);
    let all = [
        directed(101, 1, 2),
        directed(102, 2, 3),
        directed(103, 3, 9),
    ];
    assert_eq!(channels(&learnt), all);
}

/// Without a channel beyond ours it can only be ours, or the payee.
#[test]
fn an_unreadable_failure_of_a_neighbour_takes_its_channel_out() {
    let to_a_neighbour = || over(&[(9, 100)], 400, &[]);
    let payment = send(opened(), by(to_a_neighbour()));
    let unreadable = Failure::plain(FailureCode::Unspecified, "who knows");
    let learnt = Learnt::of(&fail(payment, 1, unreadable));
    assert_eq!(learnt.avoid.channels.len(), 2);
    assert!(learnt.forbids(&to_a_neighbour()));
    assert!(!learnt.forbids(&over(&[(9, 101)], 400, &[])));
}

/// A node says before each plan what its own channels can carry: one failure there is out of date then.
#[test]
fn our_own_channel_is_left_out_when_it_has_failed_twice() {
    for failure in [
        from(0, TEMPORARY_CHANNEL_FAILURE),
        from(0, UNKNOWN_NEXT_PEER),
        Failure::never_sent("the channel was busy"),
    ] {
        let once = fail(send(opened(), by(long_way(400))), 1, failure.clone());
        assert_eq!(channels(&Learnt::of(&once)), []);
        assert!(Learnt::of(&once).bounds.is_empty());
        let twice = fail(send(once, by(long_way(400))), 2, failure);
        let learnt = Learnt::of(&twice);
        assert_eq!(learnt.avoid.channels.len(), 2, "in both directions");
        assert!(learnt.forbids(&long_way(1)));
        assert!(!learnt.forbids(&over(&[(1, 99), (9, 103)], 1, &[0])));
    }
}

/// Their money passed every channel, and nobody is to blame.
#[test]
fn parts_that_timed_out_at_the_payee_teach_what_did_carry_them() {
    let learnt = learnt(from(4, MPP_TIMEOUT));
    assert_eq!(channels(&learnt), []);
    assert!(learnt.avoid.nodes.is_empty());
    let carried = [
        at_least(directed(101, 1, 2), 420),
        at_least(directed(102, 2, 3), 410),
        at_least(directed(103, 3, 9), 400),
    ];
    assert_eq!(learnt.bounds, carried);
    assert!(!learnt.forbids(&long_way(400)));
}

#[test]
fn the_highest_block_that_the_payee_named_is_waited_for() {
    let raw = |height| Some(incorrect_details(height));
    let mut payment = send(send(opened(), by(long_way(400))), by(long_way(300)));
    for (id, height) in [(1, 990), (2, 985)] {
        let failure = Failure {
            raw_message: raw(height),
            ..from(4, INCORRECT_DETAILS)
        };
        payment = fail(payment, id, failure);
    }
    assert_eq!(Learnt::of(&payment).height, Some(990));
    let behind = Failure {
        erring_index: Some(4),
        ..from_payee(INCORRECT_DETAILS, raw(3))
    };
    assert_eq!(learnt(behind).height, None);
}

#[test]
fn what_the_payee_says_of_the_htlc_takes_one_channel_out() {
    for code in [17, 18, 19, 0x2002] {
        let learnt = learnt(from(4, code));
        assert_eq!(learnt.avoid.channels.len(), 1, "{code:#06x}");
        assert_eq!(learnt.bounds.len(), 3);
        assert!(learnt.avoid.nodes.is_empty(), "there is no way without it");
    }
}

/// A place on the way that is not there, or no code: nothing can be told from that.
#[test]
fn a_failure_from_nowhere_is_one_that_cannot_be_read() {
    let no_code = Failure {
        failcode: None,
        ..from(2, 0)
    };
    for failure in [
        from(5, UNKNOWN_NEXT_PEER),
        from(u32::MAX, UNKNOWN_NEXT_PEER),
        no_code,
    ] {
        let learnt = learnt(failure);
        assert_eq!(learnt.avoid.channels.len(), 1);
        assert!(learnt.bounds.is_empty());
    }
}

/// What an earlier order was taught may have changed.
#[test]
fn the_next_order_has_learnt_nothing_of_the_last_one() {
    let payment: Payment = fail(send(opened(), by(long_way(400))), 1, from(2, 0x400a));
    let closed = crate::support::close(payment, domain::Why::Abandoned);
    let again = open(Some(closed), order(1, 1_000, 5_000));
    assert_eq!(Learnt::of(&again), Learnt::default());
}
