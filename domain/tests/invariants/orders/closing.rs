//! How an order ends, what is stored of it, and what is seen of it from outside.

use super::{Break, assert_each, closing, failed, joined, limits, opened};
use crate::support::{assert_broken, fulfilled};
use domain::contract::samples::{after, decided, failure, msat, node, order_terms};
use domain::invariant::Rule::{
    self, Ceiling, ClosedStays, FunctionOfParts, HonestStatus, OneOrder, OrderCap, OrderShare,
    ReasonWithCause, SameOrder,
};
use domain::invariant::seen::{deleted, same_order, told_payment};
use domain::invariant::step::{deletion, step};
use domain::{
    Deletion, NoPlan, OrderId, PartId, Payment, PaymentRow, PaymentSummary, Timestamp, Transition,
    Why,
};

#[test]
fn a_closing_that_breaks_a_rule_is_found() {
    let cases: [(&str, Rule, Break); 6] = [
        ("without a reason", OneOrder, |t| t.closes = None),
        ("the limits stay", OneOrder, |t| {
            t.after.order = Some(limits(1_000, 5_000));
            t.after.completed_at = None;
        }),
        ("it is not paid", ReasonWithCause, |t| {
            t.closes = Some(Why::Paid);
        }),
        ("nobody refused", ReasonWithCause, |t| {
            t.closes = Some(Why::Refused);
        }),
        ("its end has no time", FunctionOfParts, |t| {
            t.after.completed_at = None;
        }),
        ("a part is counted", FunctionOfParts, |t| {
            t.after.tally.parts += 1;
        }),
    ];
    let failed_once = after(Some(joined(opened())), &failed(1, failure()));
    for why in [Why::Abandoned, Why::NoRoute(NoPlan::TooSlow)] {
        for before in [opened(), failed_once.clone()] {
            assert_each(Some(&before), &closing(why.clone()), &cases);
        }
    }
}

/// Rule B-6: whatever would close it again, or close what was never open.
#[test]
fn closing_what_is_not_open_is_found() {
    let sound = decided(Some(&opened()), &closing(Why::Deadline)).expect("it is open");
    let closed = after(Some(opened()), &closing(Why::Abandoned));
    let again = Transition {
        expected: closed.expected(),
        after: PaymentRow {
            version: closed.summary().version + 1,
            ..closed.summary().row.clone()
        },
        ..sound
    };
    assert_broken(ClosedStays, step(Some(&closed), &again), "closed");
    let no_reason = Transition {
        closes: None,
        ..again
    };
    assert_broken(
        ReasonWithCause,
        step(Some(&closed), &no_reason),
        "for nothing",
    );
    // Nor does an outcome.
    let over = after(Some(joined(opened())), &closing(Why::Abandoned));
    let mut outcome = decided(Some(&over), &fulfilled(1)).expect("it is pending");
    outcome.closes = Some(Why::Paid);
    assert_broken(ClosedStays, step(Some(&over), &outcome), "with an outcome");
}

/// Rule B-7.
#[test]
fn an_outcome_that_forgets_or_invents_a_reason_is_found() {
    let before = joined(opened());
    let success: [(&str, Rule, Break); 3] = [
        ("paid, and open", ClosedStays, |t| {
            (t.closes, t.after.order) = (None, Some(limits(1_000, 5_000)));
        }),
        ("closed, and nobody says why", OneOrder, |t| t.closes = None),
        ("paid, and refused", ReasonWithCause, |t| {
            t.closes = Some(Why::Refused);
        }),
    ];
    assert_each(Some(&before), &fulfilled(1), &success);
    let goes_on: [(&str, Rule, Break); 2] = [
        ("closed without a reason", FunctionOfParts, |t| {
            t.after.order = None;
        }),
        ("closed with another reason", ReasonWithCause, |t| {
            (t.closes, t.after.order) = (Some(Why::Deadline), None);
            t.after.completed_at = Some(Timestamp(3_000_000));
        }),
    ];
    assert_each(Some(&before), &failed(1, failure()), &goes_on);
    let stop = before.unrecorded(&node(), PartId(7), Timestamp(9));
    let mut stop = stop.expect("it is not complete");
    stop.closes = Some(Why::Abandoned);
    assert_broken(ReasonWithCause, step(Some(&before), &stop), "quarantined");
}

/// A quarantined payment, or a paid one, has no open order.
#[test]
fn a_quarantine_that_leaves_the_order_open_is_found() {
    let before = joined(opened());
    let stop = before.unrecorded(&node(), PartId(7), Timestamp(9));
    let mut stop = stop.expect("it is not complete");
    (stop.closes, stop.after.order) = (None, before.summary().order);
    assert_broken(ClosedStays, step(Some(&before), &stop), "quarantined");
}

#[test]
fn deleting_what_an_order_is_open_for_is_found() {
    let before = opened();
    let row = before.summary();
    let open = Deletion {
        payment: row.id,
        payment_hash: row.payment_hash,
        version: row.version,
        tombstone: false,
        at: Timestamp(9),
    };
    assert_broken(ClosedStays, deletion(Some(&before), &open), "open");
    assert_broken(ClosedStays, deleted(Some(&before)), "seen");
    let closed = after(Some(before), &closing(Why::Abandoned));
    assert_eq!(deleted(Some(&closed)), Ok(()));
}

/// Rules B-8 and B-9, as somebody sees them from outside.
#[test]
fn a_dishonest_status_and_a_second_order_are_found() {
    let open = opened();
    let failed = after(Some(open.clone()), &closing(Why::Abandoned));
    let told = told_payment(failed.summary(), std::slice::from_ref(&open));
    assert_broken(HonestStatus, told, "failed while it is open");
    assert_eq!(
        told_payment(failed.summary(), &[open, failed.clone()]),
        Ok(())
    );
    assert_eq!(same_order(OrderId(1), OrderId(1)), Ok(()));
    assert_broken(SameOrder, same_order(OrderId(1), OrderId(2)), "two orders");
}

/// What is stored of an order, beside its payment's row.
#[test]
fn a_stored_order_that_breaks_a_rule_is_found() {
    let payment = joined(opened());
    let (row, order) = (payment.summary(), payment.order().expect("it is open"));
    let parts = || payment.parts().cloned().collect::<Vec<_>>();
    let restore =
        |row: &PaymentSummary, order| Payment::restore_with(row.clone(), parts(), order).map(drop);
    assert_eq!(restore(row, Some(order.clone())), Ok(()));
    assert_broken(OneOrder, restore(row, None), "no order");
    let mut without = row.clone();
    without.order = None;
    assert_broken(
        OneOrder,
        restore(&without, Some(order.clone())),
        "no limits",
    );
    let mut other = order.clone();
    other.terms.max_fee = msat(5_001);
    assert_broken(OneOrder, restore(row, Some(other)), "another cap");
    let mut other = order.clone();
    other.parts_before = 2;
    assert_broken(OneOrder, restore(row, Some(other)), "parts of nowhere");
    for (rule, deliver, max_fee) in [
        (OrderCap, 1_000, 999),
        (OrderShare, 399, 5_000),
        (OrderShare, 1_001, 5_000),
    ] {
        let mut strict = order.clone();
        strict.terms = order_terms(deliver, max_fee);
        let mut row = row.clone();
        row.order = Some(limits(deliver, max_fee));
        assert_broken(rule, restore(&row, Some(strict)), "limits");
    }
    let mut never = opened().summary().clone();
    never.order = None;
    never.completed_at = Some(Timestamp(1));
    let nothing = Payment::restore_with(never, Vec::new(), None).map(drop);
    assert_broken(FunctionOfParts, nothing, "no part and no order");
    let mut too_much = row.clone();
    too_much.order = Some(limits(1_001, 5_000));
    too_much.terms.intended = msat(300);
    too_much.terms.requested = msat(300);
    assert_broken(Ceiling, restore(&too_much, None), "the ceiling comes first");
}
