//! Rules B, kept twice.

use super::{Break, assert_kept_twice};
use crate::support::{Scene, failed, fulfilled, send, yes};
use domain::contract::samples::{Command, DEADLINE, decided, msat, order, order_terms, ordered};
use domain::invariant::Rule;
use domain::invariant::step::step;
use domain::{
    Change, Committed, NewPart, NodeName, OpenOrder, OrderLimits, PartId, Payment, PaymentRow,
    PaymentStore, Timestamp, Transition, Why,
};

type Ask = fn(&mut OpenOrder);

async fn run(scene: &Scene, command: &Command) -> Option<PartId> {
    let payment = scene.load(1).await;
    let transition = decided(payment.as_ref(), command).unwrap();
    yes(scene.store.commit(transition).await).part
}

/// Payment 1 with an open order, and so many live parts of 100 msat.
async fn opened(ask: Ask, parts: u32) -> Scene {
    let scene = Scene::new();
    let mut order = order(1, 1_000, 5_000);
    ask(&mut order);
    run(&scene, &Command::Open(Box::new(order))).await;
    for _ in 0..parts {
        run(&scene, &send(ordered(1, 100, 1_000))).await;
    }
    scene
}

/// The next part of the order, as another order with more room would take it: with these limits in the row.
async fn next(scene: &Scene, amount: u64) -> Transition {
    let payment = scene.load(1).await;
    let next = decided(payment.as_ref(), &send(ordered(1, amount, 1_000)));
    next.expect("there is room")
}

fn part(transition: &mut Transition) -> &mut NewPart {
    match &mut transition.change {
        Change::Accepted(part) => part,
        other => panic!("{other:?}"),
    }
}

fn limits(deliver: u64, max_fee: u64) -> OrderLimits {
    order_terms(deliver, max_fee).limits()
}

#[tokio::test]
async fn a_part_outside_its_order_is_refused_twice() {
    let scene = opened(|_| {}, 1).await;
    let cases: [(Rule, Break); 4] = [
        (Rule::OrderDeadline, |t| part(t).created_at = DEADLINE),
        (Rule::OneOrder, |t| part(t).node = NodeName::new("bob")),
        (Rule::OrderCap, |t| t.after.tally.sent = msat(6_000)),
        (Rule::OrderShare, |t| {
            (t.after.tally.in_flight, t.after.tally.sent) = (msat(601), msat(2_601));
            t.after.order = Some(limits(600, 5_000));
        }),
    ];
    let strict = opened(|order| order.terms.deliver = msat(600), 1).await;
    for (rule, break_it) in cases {
        let scene = if rule == Rule::OrderShare {
            &strict
        } else {
            &scene
        };
        let sound = next(scene, 400).await;
        assert_kept_twice(scene, sound, rule, break_it).await;
    }
}

/// One more than there may be: counted by the parts that are stored, whatever the decision looked at.
#[tokio::test]
async fn a_part_too_many_is_refused_twice() {
    let asks: [(Ask, u32); 2] = [
        (|order| order.terms.max_parts = 2, 2),
        (|order| order.terms.max_attempts = 2, 2),
    ];
    for (ask, parts) in asks {
        let scene = opened(ask, parts).await;
        let full = scene.load(1).await.expect("it is there");
        let roomy = opened(|_| {}, parts).await;
        let one_more = next(&roomy, 100).await;
        let violation = step(Some(&full), &one_more).expect_err("it is full");
        assert_eq!(violation.rule, Rule::OrderAttempts);
        let said = scene.store.commit(one_more).await;
        let by_name = matches!(&said, Committed::Refused(why) if why.contains("B-4"));
        assert!(by_name, "{said:?}");
        assert_eq!(scene.load(1).await, Some(full));
    }
}

#[tokio::test]
async fn an_opening_that_breaks_a_rule_is_refused_twice() {
    let scene = Scene::new();
    let sound = decided(None, &Command::Open(Box::new(order(1, 1_000, 5_000)))).unwrap();
    let cases: [(Rule, Break); 3] = [
        (Rule::OneOrder, |t| {
            t.after.order = Some(limits(1_000, 5_001));
        }),
        (Rule::OneOrder, |t| t.after.order = Some(limits(999, 5_000))),
        (Rule::OrderShare, |t| {
            t.after.order = Some(limits(1_001, 5_000));
        }),
    ];
    for (rule, break_it) in cases {
        assert_kept_twice(&scene, sound.clone(), rule, break_it).await;
    }
}

/// An order on live parts, its own or others'.
#[tokio::test]
async fn an_order_on_what_is_live_is_refused_twice() {
    let scene = Scene::new();
    scene.sent(1, 400).await;
    let live = scene.load(1).await.expect("it is there");
    let row = live.summary();
    let fresh = decided(None, &Command::Open(Box::new(order(1, 1_000, 5_000)))).unwrap();
    let Change::Opened(mut new) = fresh.change.clone() else {
        panic!("it opens an order");
    };
    new.parts_before = 1;
    let opening = Transition {
        expected: live.expected(),
        after: PaymentRow {
            order: Some(limits(1_000, 5_000)),
            version: row.version + 1,
            ..row.row.clone()
        },
        change: Change::Opened(new),
        ..fresh
    };
    let violation = step(Some(&live), &opening).expect_err("a part is live");
    assert_eq!(violation.rule, Rule::OneOrder);
    let said = scene.store.commit(opening).await;
    let by_name = matches!(&said, Committed::Refused(why) if why.contains("B-5"));
    assert!(by_name, "{said:?}");
    assert_eq!(scene.load(1).await, Some(live));
}

/// Storage writes what the change says, and not what the row says: an order is closed whole, or not at all.
#[tokio::test]
async fn a_row_that_keeps_the_limits_of_a_closed_order_is_found_and_cannot_be_stored() {
    let scene = opened(|_| {}, 1).await;
    let payment = scene.load(1).await;
    let (why, at) = (Why::Abandoned, Timestamp(9));
    let mut closing = decided(payment.as_ref(), &Command::Close { why, at }).unwrap();
    closing.after.order = payment.as_ref().and_then(|payment| payment.summary().order);
    let violation = step(payment.as_ref(), &closing).expect_err("it keeps them");
    assert_eq!(violation.rule, Rule::OneOrder);
    yes(scene.store.commit(closing).await);
    let stored = scene.load(1).await.expect("it is there");
    assert_eq!(stored.summary().order, None);
    assert!(stored.order().is_some_and(|order| !order.is_open()));
}

/// The order that a proof pays is closed with it: there is no other way to write that.
#[tokio::test]
async fn a_proof_that_leaves_the_order_open_is_refused_twice() {
    let scene = opened(|_| {}, 1).await;
    let payment: Option<Payment> = scene.load(1).await;
    for end in [fulfilled(1, PartId(1)), failed(PartId(1))] {
        let mut open = decided(payment.as_ref(), &end).unwrap();
        let is_paid = open.after.preimage.is_some();
        open.closes = None;
        open.after.order = payment.as_ref().and_then(|payment| payment.summary().order);
        let said = step(payment.as_ref(), &open);
        assert_eq!(said.is_err(), is_paid, "{said:?}");
        if is_paid {
            let committed = scene.store.commit(open).await;
            let by_name = matches!(&committed, Committed::Refused(why) if why.contains("B-6"));
            assert!(by_name, "{committed:?}");
            assert_eq!(scene.load(1).await, payment);
        }
    }
}
