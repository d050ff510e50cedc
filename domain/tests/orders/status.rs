//! Rule B-8: a payment with an open order is pending, and nobody is told otherwise.

use crate::support::{by, close, fail, from, fulfil, opened, send, way, with};
use domain::invariant::Rule;
use domain::invariant::seen::{status_of, told_payment};
use domain::{Payment, PaymentSummary, StatusKind, Why};
use std::slice;

/// Core Lightning issue 9036: between two tries all parts may be failed.
#[test]
fn a_payment_stays_pending_from_its_opening_to_its_closing() {
    let mut payment = opened();
    let mut seen = vec![payment.status()];
    for id in 1..=3 {
        payment = send(payment, by(way(100 + id, 0)));
        seen.push(payment.status());
        payment = fail(payment, id, from(2, 23));
        seen.push(payment.status());
        assert_eq!(payment.summary().completed_at, None, "no end is told");
    }
    assert_eq!(seen, [StatusKind::Pending; 7]);
    assert_eq!(close(payment, Why::Attempts).status(), StatusKind::Failed);
}

#[test]
fn a_status_is_a_function_of_the_parts_and_of_whether_an_order_is_open() {
    for (parts, open, closed) in [
        ("", StatusKind::Pending, StatusKind::Failed),
        ("P", StatusKind::Pending, StatusKind::Pending),
        ("F", StatusKind::Pending, StatusKind::Failed),
        ("PF", StatusKind::Pending, StatusKind::Pending),
        ("FF", StatusKind::Pending, StatusKind::Failed),
    ] {
        let payment = with(parts);
        assert_eq!(
            (payment.status(), status_of(&payment)),
            (open, open),
            "{parts}"
        );
        assert!(!payment.summary().is_settled(), "{parts}");
        let payment = close(payment, Why::Abandoned);
        assert_eq!(
            (payment.status(), status_of(&payment)),
            (closed, closed),
            "{parts}"
        );
        assert_eq!(payment.summary().is_settled(), closed == StatusKind::Failed);
    }
    for parts in ["C", "CP", "FC"] {
        let payment = with(parts);
        assert_eq!(status_of(&payment), StatusKind::Complete);
        assert_eq!(payment.status(), StatusKind::Complete);
    }
}

#[test]
fn nobody_is_told_that_a_payment_failed_while_its_order_was_open() {
    let told = |summary: &PaymentSummary, during: &[Payment]| told_payment(summary, during);
    let between_tries = with("F");
    assert_eq!(
        told(between_tries.summary(), slice::from_ref(&between_tries)),
        Ok(())
    );
    let mut failed = between_tries.summary().clone();
    failed.order = None;
    failed.completed_at = Some(crate::support::ENDED);
    let broken = told(&failed, slice::from_ref(&between_tries)).unwrap_err();
    assert_eq!(broken.rule, Rule::HonestStatus);
    let ended = close(between_tries.clone(), Why::Abandoned);
    assert_eq!(
        told(ended.summary(), &[between_tries, ended.clone()]),
        Ok(())
    );
}

#[track_caller]
fn check(payment: &Payment, is_safe: bool, why: &str) {
    let retry = payment.summary().retry();
    assert_eq!((retry.is_safe, &*retry.why), (is_safe, why));
}

/// How cdk issue 2339 and nutshell issue 988 lost money: trying again was never said to be unsafe.
#[test]
fn nothing_is_safe_to_retry_while_an_order_is_open() {
    let open = "its order is open: more parts may be sent (abandonpay ends that)";
    check(&opened(), false, open);
    check(&with("F"), false, open);
    let live = "1 of its 2 parts are pending, and may still be paid";
    check(&with("PF"), false, live);
    check(&close(with("PF"), Why::Abandoned), false, live);
    check(&fulfil(with("PF"), 1), false, "it is paid");
    let failed = "every part of it has failed for good: nothing of it is under way";
    check(&close(with("F"), Why::Abandoned), true, failed);
    check(&close(opened(), Why::Abandoned), true, failed);
}
