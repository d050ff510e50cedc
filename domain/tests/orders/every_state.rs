//! Every state that a small order can get into: whatever a finder plans, whatever becomes of its parts, and
//! whoever abandons it. A crash is no step of its own: what is stored is restored in every state.

use crate::support::{
    INCORRECT_DETAILS, MPP_TIMEOUT, TEMPORARY_CHANNEL_FAILURE, by, close, fail, from, from_payee,
    fulfil, open, over, refused, send,
};
use domain::contract::samples::{DEADLINE, msat, order};
use domain::{Need, Next, OpenOrder, Payment, Route, StatusKind, Timestamp, Why};
use std::collections::HashSet;

const NOW: Timestamp = Timestamp(4_000_000);
const DELIVER: u64 = 1_000;
const CAP: u64 = 7;
const AT_ONCE: u16 = 2;
const ATTEMPTS: u32 = 4;

fn small() -> OpenOrder {
    let mut order = order(1, DELIVER, CAP);
    order.terms.max_parts = AT_ONCE;
    order.terms.max_attempts = ATTEMPTS;
    order
}

/// Two hops, the second over a channel that no part has gone over yet.
fn way(payment: &Payment, amount: u64, fee: u64) -> Route {
    let parts = u64::from(payment.summary().tally.parts);
    over(&[(1, 100), (9, 101 + parts)], amount, &[fee])
}

/// What a finder may answer, as amounts and fees: one way or two, for all that the cap leaves.
fn plans(need: &Need) -> Vec<Vec<(u64, u64)>> {
    let (amount, fee) = (need.amount.get(), need.max_fee.get());
    let mut plans = vec![vec![(amount, fee)]];
    if need.max_parts > 1 {
        let half = amount / 2;
        plans.push(vec![(amount - half, fee), (half, 0)]);
    }
    plans
}

/// Each of these would break a rule, and none is accepted.
fn lies_are_refused(payment: &Payment, need: &Need) {
    let (amount, fee) = (need.amount.get(), need.max_fee.get());
    assert_eq!(refused(payment, &by(way(payment, amount, fee + 1))), "B-1");
    assert_eq!(refused(payment, &by(way(payment, amount + 1, 0))), "B-2");
    let late = domain::SendPart {
        at: DEADLINE,
        ..by(way(payment, amount, 0))
    };
    assert_eq!(refused(payment, &late), "B-3");
}

/// What can happen to a payment next.
fn after(payment: &Payment) -> Vec<Payment> {
    let mut next = Vec::new();
    for part in payment.live_parts() {
        let id = part.id.0;
        next.push(fulfil(payment.clone(), id));
        let refusal = from_payee(INCORRECT_DETAILS, None);
        for failure in [
            from(1, TEMPORARY_CHANNEL_FAILURE),
            from_payee(MPP_TIMEOUT, None),
            refusal,
        ] {
            next.push(fail(payment.clone(), id, failure));
        }
    }
    match payment.next(NOW, None) {
        Next::Rest => {}
        Next::Close(why) => next.push(close(payment.clone(), why)),
        Next::Wait { .. } => assert!(
            payment.live_parts().next().is_some(),
            "it waits for nothing"
        ),
        Next::Plan(need) => {
            lies_are_refused(payment, &need);
            for plan in plans(&need) {
                let each = plan.into_iter();
                next.push(each.fold(payment.clone(), |payment, (amount, fee)| {
                    let way = way(&payment, amount, fee);
                    send(payment, by(way))
                }));
            }
            if !need.is_live {
                next.push(close(
                    payment.clone(),
                    Why::NoRoute(domain::NoPlan::Unreachable),
                ));
            }
        }
    }
    if is_open(payment) {
        next.push(close(payment.clone(), Why::Abandoned));
        let late = payment.next(DEADLINE, None);
        assert!(matches!(late, Next::Close(_)), "{late:?}");
    }
    next
}

fn is_open(payment: &Payment) -> bool {
    payment.order().is_some_and(domain::Order::is_open)
}

fn check(payment: &Payment) {
    let tally = payment.summary().tally;
    assert!(
        tally.committed() <= msat(DELIVER) && tally.fees() <= msat(CAP),
        "{tally:?}"
    );
    assert!(
        tally.live <= u32::from(AT_ONCE) && tally.parts <= ATTEMPTS,
        "{tally:?}"
    );
    let is_resting = payment.next(NOW, None) == Next::Rest;
    assert_eq!(is_resting, !is_open(payment));
    match payment.status() {
        StatusKind::Pending => assert!(is_open(payment) || tally.live > 0, "A-8"),
        StatusKind::Complete => assert!(payment.summary().preimage.is_some(), "A-6"),
        StatusKind::Failed => assert!(!is_open(payment) && tally.live == 0, "A-8"),
    }
}

#[test]
fn an_order_holds_its_rules_in_every_state_and_ends() {
    let (mut seen, mut left) = (HashSet::new(), vec![open(None, small())]);
    let (mut paid, mut failed) = (0, 0);
    while let Some(payment) = left.pop() {
        if !seen.insert(format!("{payment:?}")) {
            continue;
        }
        check(&payment);
        let next = after(&payment);
        for next in &next {
            let (from, to) = (payment.status(), next.status());
            assert!(
                from == StatusKind::Pending || from == to,
                "{from:?} → {to:?}"
            );
        }
        if next.is_empty() {
            match payment.status() {
                StatusKind::Complete => paid += 1,
                StatusKind::Failed => failed += 1,
                StatusKind::Pending => panic!("it has no end: {payment:?}"),
            }
        }
        left.extend(next);
    }
    assert!(
        paid > 0 && failed > 0 && seen.len() > 1_000,
        "{paid}, {failed}, {}",
        seen.len()
    );
}
