//! Parts of an order: within its cap, its share, its deadline, its numbers, its nodes and its exclusions.

use crate::support::{
    TEMPORARY_CHANNEL_FAILURE, UNKNOWN_NEXT_PEER, by, close, directed, fail, from, fulfil,
    long_way, open, opened, over, refused, run, send, way, with,
};
use domain::contract::samples::{
    Command, DEADLINE, hash, msat, node_id, order, ordered, part, whole,
};
use domain::{
    Avoid, Decision, Method, NodeName, OpenOrder, Payment, Refusal, SendPart, StatusKind,
    Timestamp, Unchanged, Why,
};

type Exclude = fn(&mut Avoid);

/// An order of 1,000 msat with these terms.
fn opened_with(change: fn(&mut OpenOrder)) -> Payment {
    let mut order = order(1, 1_000, 5_000);
    change(&mut order);
    open(None, order)
}

fn accepts(payment: &Payment, part: &SendPart) {
    let decision = Payment::accept(Some(payment), part);
    assert!(matches!(decision, Ok(Decision::Commit(_))), "{decision:?}");
}

#[test]
fn a_part_of_an_order_carries_the_payments_terms() {
    let payment = send(opened(), ordered(1, 400, 1_000));
    let part = payment.parts().next().expect("it has one");
    assert_eq!((part.intended, part.amount()), (msat(1_000), msat(400)));
    assert_eq!(payment.summary().tally.fees(), msat(1_000));
    assert_eq!(payment.ordered_parts().count(), 1);
    assert!(payment.summary().order.is_some());
}

/// Core Lightning issues 7888 and 4104: over all parts, to the msat.
#[test]
fn the_cap_holds_over_all_parts_to_the_msat() {
    let payment = opened_with(|order| order.terms.max_fee = msat(1_000));
    assert_eq!(refused(&payment, &by(way(400, 1_001))), "B-1");
    accepts(&payment, &by(way(400, 1_000)));
    let one = send(payment, by(way(400, 700)));
    assert_eq!(refused(&one, &by(way(400, 301))), "B-1");
    let two = send(one, by(way(400, 300)));
    assert_eq!(refused(&two, &by(way(100, 1))), "B-1");
    accepts(&two, &by(way(100, 0)));
}

#[test]
fn a_cap_of_nothing_is_nothing() {
    let payment = opened_with(|order| order.terms.max_fee = msat(0));
    assert_eq!(refused(&payment, &by(way(400, 1))), "B-1");
    accepts(&payment, &by(way(400, 0)));
}

/// What failed cost nothing, and what is out still does.
#[test]
fn a_failed_part_gives_back_its_share_of_the_cap() {
    let payment = opened_with(|order| order.terms.max_fee = msat(1_000));
    let payment = send(send(payment, by(way(400, 700))), by(way(400, 300)));
    let payment = fail(payment, 1, from(1, UNKNOWN_NEXT_PEER));
    let part = |fee| by(over(&[(2, 110), (9, 111)], 100, &[fee]));
    assert_eq!(refused(&payment, &part(701)), "B-1");
    accepts(&payment, &part(700));
}

/// lnbits issue 440 and electrum issue 10773: no fee is beyond what can be counted.
#[test]
fn a_fee_beyond_counting_is_over_the_cap() {
    let payment = opened_with(|order| order.terms.max_fee = domain::Msat::MAX);
    let most = domain::Msat::MAX.get() - 400;
    let payment = send(payment, by(way(400, most)));
    assert_eq!(refused(&payment, &by(way(400, most))), "B-1");
}

#[test]
fn parts_deliver_the_share_and_no_more() {
    let payment = opened_with(|order| order.terms.deliver = msat(600));
    assert_eq!(refused(&payment, &ordered(1, 601, 1_000)), "B-2");
    let payment = send(payment, ordered(1, 400, 1_000));
    assert_eq!(refused(&payment, &ordered(1, 201, 1_000)), "B-2");
    let both = send(payment.clone(), ordered(1, 200, 1_000));
    assert_eq!(refused(&both, &ordered(1, 1, 1_000)), "B-2");
    let freed = fail(payment, 1, from(1, TEMPORARY_CHANNEL_FAILURE));
    accepts(&freed, &by(over(&[(2, 110), (9, 111)], 600, &[0])));
}

/// Rule A-2 comes first: once there is a proof nothing more is sent, whatever the share leaves.
#[test]
fn nothing_joins_an_order_that_is_paid() {
    for parts in ["C", "CP", "PC"] {
        assert_eq!(
            Payment::accept(Some(&with(parts)), &ordered(1, 100, 1_000)),
            Ok(Decision::Unchanged(Unchanged::AlreadyComplete))
        );
    }
}

#[test]
fn no_part_comes_at_or_after_the_deadline() {
    let at = |micros| SendPart {
        at: Timestamp(micros),
        ..ordered(1, 400, 1_000)
    };
    accepts(&opened(), &at(DEADLINE.0 - 1));
    assert_eq!(refused(&opened(), &at(DEADLINE.0)), "B-3");
    assert_eq!(refused(&opened(), &at(DEADLINE.0 + 1)), "B-3");
}

#[test]
fn so_many_parts_are_live_and_no_more() {
    let small = || by(way(10, 0));
    let three = (0..3).fold(opened(), |payment, _| send(payment, small()));
    assert_eq!(refused(&three, &small()), "B-4");
    let freed = fail(three, 2, from(2, 23));
    accepts(&freed, &small());
}

#[test]
fn so_many_parts_are_tried_and_no_more() {
    let payment = opened_with(|order| order.terms.max_attempts = 2);
    let payment = send(send(payment, ordered(1, 10, 1_000)), ordered(1, 10, 1_000));
    assert_eq!(refused(&payment, &ordered(1, 10, 1_000)), "B-4");
    let failed = fail(fail(payment, 1, from(2, 23)), 2, from(2, 23));
    assert_eq!(refused(&failed, &ordered(1, 10, 1_000)), "B-4");
}

/// They count from its opening, whoever sent the earlier ones.
#[test]
fn attempts_of_others_do_not_count() {
    let mut others = run(None, &Command::Send(Box::new(part(1, 10, 1_000))));
    others = run(Some(others), &Command::Send(Box::new(part(1, 10, 1_000))));
    others = fail(fail(others, 1, from(1, 7)), 2, from(1, 7));
    let mut again = order(1, 1_000, 5_000);
    again.terms.max_attempts = 1;
    let payment = send(open(Some(others), again), ordered(1, 10, 1_000));
    assert_eq!(refused(&payment, &ordered(1, 10, 1_000)), "B-4");
    assert!(payment.summary().tally.parts < domain::payment::PARTS_MAX);
}

#[test]
fn while_an_order_is_open_it_alone_adds_parts() {
    let hash = hash(1);
    let refused = Err(Refusal::OrderOpen { hash });
    for payment in [opened(), with("P"), with("F")] {
        let partial = Payment::accept(Some(&payment), &part(1, 100, 1_000));
        assert_eq!(partial, refused);
        // As ever: a payment that is pending is a success, and nothing is sent.
        let sendpay = Payment::accept(Some(&payment), &whole(1, 1_000));
        assert_eq!(sendpay, Ok(Decision::Unchanged(Unchanged::InProgress)));
    }
}

#[test]
fn a_part_of_an_order_needs_an_open_order() {
    let hash = hash(1);
    let refused = Err(Refusal::NoOrder { hash });
    let plain = run(None, &Command::Send(Box::new(part(1, 400, 1_000))));
    let closed = close(with("PF"), Why::Abandoned);
    for payment in [None, Some(&plain), Some(&closed)] {
        assert_eq!(Payment::accept(payment, &ordered(1, 100, 1_000)), refused);
    }
    // What is closed leaves the payment to whoever else sends parts of it.
    for payment in [plain, closed] {
        accepts(&payment, &part(1, 100, 1_000));
    }
}

#[test]
fn parts_leave_from_the_orders_nodes_only() {
    let from_bob = SendPart {
        node: NodeName::new("bob"),
        ..ordered(1, 400, 1_000)
    };
    assert_eq!(refused(&opened(), &from_bob), "B-5");
    let both = opened_with(|order| order.terms.nodes.push(NodeName::new("bob")));
    accepts(&both, &from_bob);
}

#[test]
fn a_way_that_may_take_too_long_is_refused() {
    let payment = opened_with(|order| order.terms.max_delay = 119);
    assert_eq!(refused(&payment, &ordered(1, 400, 1_000)), "B-11");
    let payment = opened_with(|order| order.terms.max_delay = 120);
    accepts(&payment, &ordered(1, 400, 1_000));
}

#[test]
fn a_channel_that_could_not_is_not_tried_with_as_much() {
    let payment = send(opened(), by(long_way(400)));
    let payment = fail(payment, 1, from(2, TEMPORARY_CHANNEL_FAILURE));
    // Channel 102 was to carry 410 msat.
    assert_eq!(refused(&payment, &by(long_way(400))), "B-10");
    assert_eq!(refused(&payment, &by(long_way(900))), "B-10");
    accepts(&payment, &by(long_way(399)));
    let back = over(&[(3, 100), (2, 102), (9, 105)], 400, &[0, 0]);
    accepts(&payment, &by(back));
}

/// Two parts were out at once: the lesser of what could not pass is what binds.
#[test]
fn of_two_failures_at_once_the_lesser_binds() {
    for (first, second) in [(400, 200), (200, 400)] {
        let payment = send(send(opened(), by(long_way(first))), by(long_way(second)));
        let payment = fail(payment, 1, from(2, TEMPORARY_CHANNEL_FAILURE));
        let payment = fail(payment, 2, from(2, TEMPORARY_CHANNEL_FAILURE));
        assert_eq!(refused(&payment, &by(long_way(300))), "B-10");
        assert_eq!(refused(&payment, &by(long_way(200))), "B-10");
        send(payment, by(long_way(199)));
    }
}

/// Core Lightning issue 8565.
#[test]
fn no_part_goes_over_what_its_caller_excluded() {
    let avoid = |avoid: Exclude| {
        let mut order = order(1, 1_000, 5_000);
        avoid(&mut order.terms.avoid);
        open(None, order)
    };
    let cases: [(Exclude, bool); 8] = [
        (|avoid| _ = avoid.channels.insert(directed(102, 2, 3)), true),
        (
            |avoid| _ = avoid.channels.insert(directed(102, 3, 2)),
            false,
        ),
        (|avoid| _ = avoid.nodes.insert(node_id(1)), true),
        (|avoid| _ = avoid.nodes.insert(node_id(3)), true),
        (|avoid| _ = avoid.nodes.insert(node_id(9)), true),
        (|avoid| _ = avoid.nodes.insert(node_id(4)), false),
        // Of our own channel one end is not known here: it is excluded in both directions only.
        (
            |avoid| _ = avoid.channels.insert(directed(100, 0, 1)),
            false,
        ),
        (
            |avoid| {
                avoid.channels.insert(directed(100, 0, 1));
                avoid.channels.insert(directed(100, 1, 0));
            },
            true,
        ),
    ];
    for (index, (exclude, is_refused)) in cases.into_iter().enumerate() {
        let payment = avoid(exclude);
        if is_refused {
            assert_eq!(
                refused(&payment, &by(long_way(400))),
                "B-10",
                "case {index}"
            );
        } else {
            send(payment, by(long_way(400)));
        }
    }
}

/// Rule A-9 in the order's parts: the amount and the payee are the payment's.
#[test]
fn a_part_with_other_terms_is_refused() {
    let elsewhere = by(over(&[(1, 100), (8, 101)], 400, &[0]));
    let other_amount = SendPart {
        intended: msat(1_001),
        ..ordered(1, 400, 1_000)
    };
    for part in [elsewhere, other_amount] {
        assert_eq!(part.method, Method::Pay);
        let refused = Payment::accept(Some(&opened()), &part);
        assert!(
            matches!(refused, Err(Refusal::TermsDiffer { .. })),
            "{refused:?}"
        );
    }
}

/// The node may have sent the part although its answer never came: what is unknown counts as live.
#[test]
fn what_is_out_at_the_end_still_counts() {
    let payment = fulfil(with("PP"), 1);
    assert_eq!(payment.status(), StatusKind::Complete);
    assert_eq!(payment.summary().tally.live, 1);
    assert_eq!(payment.summary().tally.committed(), msat(800));
}
