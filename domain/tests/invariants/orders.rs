//! A transition of an order, broken on purpose: the rule that it breaks says so.

mod closing;

use crate::support::{assert_broken, fulfilled, send};
use domain::contract::samples::{
    Command, after, decided, failure, msat, node_id, order, order_terms, ordered, part, route,
};
use domain::invariant::Rule::{
    self, ClosedStays, FunctionOfParts, NoRepeat, OneOrder, OrderAttempts, OrderCap, OrderDeadline,
    OrderShare, WholePlan,
};
use domain::invariant::step::step;
use domain::{
    Change, DirectedChannel, Failure, NewOrder, NewPart, NodeName, OpenOrder, OrderLimits, Outcome,
    PartId, Payment, PaymentRow, Route, ShortChannelId, Timestamp, Transition, Why,
};

type Break = fn(&mut Transition);
type Ask = fn(&mut OpenOrder);

fn opened_with(ask: Ask) -> Payment {
    let mut order = order(1, 1_000, 5_000);
    ask(&mut order);
    after(None, &Command::Open(Box::new(order)))
}

fn opened() -> Payment {
    opened_with(|_| {})
}

fn joined(payment: Payment) -> Payment {
    after(Some(payment), &send(ordered(1, 400, 1_000)))
}

fn failed(id: u64, failure: Failure) -> Command {
    Command::Resolve {
        part: PartId(id),
        word: Outcome::Failed(Box::new(failure)),
        at: Timestamp(3_000_000),
    }
}

fn temporary_channel_failure() -> Failure {
    Failure {
        failcode: Some(0x1007),
        ..failure()
    }
}

fn closing(why: Why) -> Command {
    let at = Timestamp(9_000_000);
    Command::Close { why, at }
}

#[track_caller]
fn assert_each(before: Option<&Payment>, command: &Command, cases: &[(&str, Rule, Break)]) {
    let sound = decided(before, command).expect("it is allowed");
    assert_eq!(step(before, &sound), Ok(()));
    for (case, rule, break_it) in cases {
        let mut broken = sound.clone();
        break_it(&mut broken);
        assert_broken(*rule, step(before, &broken), case);
    }
}

fn new_order(transition: &mut Transition) -> &mut NewOrder {
    match &mut transition.change {
        Change::Opened(order) => order,
        other => panic!("{other:?}"),
    }
}

fn new_part(transition: &mut Transition) -> &mut NewPart {
    match &mut transition.change {
        Change::Accepted(part) => part,
        other => panic!("{other:?}"),
    }
}

fn limits(deliver: u64, max_fee: u64) -> OrderLimits {
    order_terms(deliver, max_fee).limits()
}

#[test]
fn an_opening_that_breaks_a_rule_is_found() {
    let cases: [(&str, Rule, Break); 8] = [
        ("without its limits", FunctionOfParts, |t| {
            t.after.order = None;
        }),
        ("without its limits, ended", OneOrder, |t| {
            (t.after.order, t.after.completed_at) = (None, Some(Timestamp(1)));
        }),
        ("with another cap", OneOrder, |t| {
            t.after.order = Some(limits(1_000, 5_001));
        }),
        ("with another share", OneOrder, |t| {
            new_order(t).terms.deliver = msat(999);
        }),
        ("with another deadline", OneOrder, |t| {
            new_order(t).terms.deadline = Timestamp(7);
        }),
        ("a share of more than the payment", OrderShare, |t| {
            t.after.order = Some(limits(1_001, 5_000));
        }),
        ("with parts that are not there", OneOrder, |t| {
            new_order(t).parts_before = 1;
        }),
        ("closed at once", OneOrder, |t| {
            t.closes = Some(Why::Abandoned);
        }),
    ];
    let opening = Command::Open(Box::new(order(1, 1_000, 5_000)));
    assert_each(None, &opening, &cases);
    let over = after(Some(joined(opened())), &failed(1, failure()));
    let over = after(Some(over), &closing(Why::Abandoned));
    let counts: [(&str, Rule, Break); 2] = [
        ("counted from the first", OneOrder, |t| {
            new_order(t).parts_before = 0;
        }),
        ("a part is forgotten", FunctionOfParts, |t| {
            (t.after.tally.parts, t.after.tally.live) = (0, 0);
        }),
    ];
    assert_each(Some(&over), &opening, &counts);
}

/// Rules B-5 and B-6.
#[test]
fn an_order_on_what_is_open_live_or_paid_is_found() {
    let open = opened();
    let live = after(None, &send(part(1, 400, 1_000)));
    let paid = after(Some(live.clone()), &fulfilled(1));
    let orders_own = after(Some(joined(opened())), &closing(Why::Abandoned));
    let fresh = decided(None, &Command::Open(Box::new(order(1, 1_000, 5_000)))).expect("it is new");
    for (case, before) in [
        ("open", open),
        ("live", live),
        ("live of an order", orders_own),
    ] {
        let row = before.summary();
        let opening = Transition {
            expected: before.expected(),
            after: PaymentRow {
                order: Some(limits(1_000, 5_000)),
                completed_at: None,
                version: row.version + 1,
                ..row.row.clone()
            },
            ..fresh.clone()
        };
        assert_broken(OneOrder, step(Some(&before), &opening), case);
    }
    let row = paid.summary();
    let opening = Transition {
        expected: paid.expected(),
        after: PaymentRow {
            order: Some(limits(1_000, 5_000)),
            version: row.version + 1,
            ..row.row.clone()
        },
        ..fresh
    };
    assert_broken(ClosedStays, step(Some(&paid), &opening), "paid");
}

#[test]
fn a_part_outside_its_order_is_found() {
    let cases: [(&str, Rule, Break); 5] = [
        ("at the deadline", OrderDeadline, |t| {
            new_part(t).created_at = Timestamp(61_000_000);
        }),
        ("from another node", OneOrder, |t| {
            new_part(t).node = NodeName::new("bob");
        }),
        ("with another cap", OneOrder, |t| {
            t.after.order = Some(limits(1_000, 9_000));
        }),
        ("the order is gone", OneOrder, |t| t.after.order = None),
        ("it closes the order", OneOrder, |t| {
            t.closes = Some(Why::Deadline);
        }),
    ];
    let next = send(ordered(1, 400, 1_000));
    for before in [opened(), joined(opened())] {
        assert_each(Some(&before), &next, &cases);
    }
}

/// The part that `allowing` lets in, beside an order that does not.
#[track_caller]
fn assert_outside(rule: Rule, allowing: &Payment, asked: Ask, part: domain::SendPart, case: &str) {
    let mut sound = decided(Some(allowing), &send(part)).expect("this one lets it in");
    assert_eq!(step(Some(allowing), &sound), Ok(()));
    let mut strict = opened_with(asked);
    for live in allowing.parts() {
        let same = domain::SendPart {
            route: live.route.clone(),
            ..ordered(1, 400, 1_000)
        };
        strict = after(Some(strict), &send(same));
    }
    sound.after.order = strict.summary().order;
    assert_broken(rule, step(Some(&strict), &sound), case);
}

#[test]
fn a_part_beyond_its_orders_limits_is_found() {
    let part = || ordered(1, 400, 1_000);
    let one = || joined(opened());
    assert_outside(
        OrderCap,
        &one(),
        |o| o.terms.max_fee = msat(1_999),
        part(),
        "cap",
    );
    assert_outside(
        OrderShare,
        &one(),
        |o| o.terms.deliver = msat(799),
        part(),
        "share",
    );
    assert_outside(
        OrderAttempts,
        &one(),
        |o| o.terms.max_parts = 1,
        part(),
        "at once",
    );
    assert_outside(
        OrderAttempts,
        &one(),
        |o| o.terms.max_attempts = 1,
        part(),
        "in all",
    );
    assert_outside(
        WholePlan,
        &one(),
        |o| o.terms.max_delay = 120,
        slower(),
        "too slow",
    );
}

fn slower() -> domain::SendPart {
    let mut hops = route(400).hops().to_vec();
    hops[0].delay = 121;
    domain::SendPart {
        route: Route::new(hops).expect("it is sound"),
        ..ordered(1, 400, 1_000)
    }
}

/// Each by itself too: the guard adds up the order's parts, and not what the row has counted.
#[test]
fn a_cap_that_only_the_parts_exceed_is_found() {
    let before = opened_with(|order| order.terms.max_fee = msat(1_500));
    let before = joined(before);
    let mut next = decided(Some(&opened()), &send(ordered(1, 400, 1_000))).expect("sound");
    let row = before.summary();
    next.expected = before.expected();
    next.after = PaymentRow {
        version: row.version + 1,
        ..row.row.clone()
    };
    assert_broken(OrderCap, step(Some(&before), &next), "counted nothing");
}

#[test]
fn a_part_over_what_is_excluded_or_has_failed_is_found() {
    let excluded: [Ask; 3] = [
        |order| {
            let (from, to) = (node_id(1), node_id(9));
            let channel = DirectedChannel::between(ShortChannelId(101 << 40), from, to);
            order.terms.avoid.channels.insert(channel);
        },
        |order| {
            for direction in [0, 1] {
                let channel = ShortChannelId(100 << 40);
                let both = DirectedChannel { channel, direction };
                order.terms.avoid.channels.insert(both);
            }
        },
        |order| {
            order.terms.avoid.nodes.insert(node_id(1));
        },
    ];
    let sound = decided(Some(&opened()), &send(ordered(1, 400, 1_000))).expect("sound");
    for ask in excluded {
        let strict = opened_with(ask);
        assert_broken(NoRepeat, step(Some(&strict), &sound), "excluded");
    }
    // One direction of our own channel may be the other one.
    let lenient = opened_with(|order| {
        let (channel, direction) = (ShortChannelId(100 << 40), 0);
        let one = DirectedChannel { channel, direction };
        order.terms.avoid.channels.insert(one);
    });
    assert_eq!(step(Some(&lenient), &sound), Ok(()));

    let tried = after(
        Some(joined(opened())),
        &failed(1, temporary_channel_failure()),
    );
    let less = decided(Some(&tried), &send(ordered(1, 399, 1_000))).expect("it is less");
    assert_eq!(step(Some(&tried), &less), Ok(()));
    let mut as_much = less;
    let part = new_part(&mut as_much);
    part.route = route(400);
    as_much.after.tally.in_flight = msat(400);
    as_much.after.tally.sent = msat(1_400);
    assert_broken(NoRepeat, step(Some(&tried), &as_much), "with as much");
}
