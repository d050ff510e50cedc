//! An order ends: by itself, or in the commit of what ends it; and stays so.

use crate::support::{
    INCORRECT_DETAILS, MPP_TIMEOUT, TEMPORARY_CHANNEL_FAILURE, close, ended, fail, failing, from,
    from_payee, fulfil, incorrect_details, open, opened, send, with,
};
use domain::contract::samples::{Command, decided, hash, node, order, ordered, part, preimage};
use domain::invariant::step::step;
use domain::{
    Change, Closed, Decision, EventKind, Failure, FailureCode, NoPlan, OperatorEnd, Outcome,
    PartId, Payment, Receipt, Refusal, Resolution, ResolvePart, SendPart, StatusKind, Timestamp,
    Unchanged, Why,
};

fn closed(payment: &Payment) -> Option<Closed> {
    payment.order().and_then(|order| order.closed.clone())
}

#[test]
fn an_order_without_parts_fails_when_it_is_closed() {
    let payment = close(opened(), Why::Abandoned);
    let row = payment.summary();
    assert_eq!(row.status(), StatusKind::Failed);
    assert_eq!(
        (row.completed_at, row.order),
        (Some(Timestamp(9_000_000)), None)
    );
    let at = Timestamp(9_000_000);
    let why = Why::Abandoned;
    assert_eq!(closed(&payment), Some(Closed { at, why }));
}

/// What is live ends by itself, and only then the payment has failed.
#[test]
fn live_parts_outlive_their_order() {
    let payment = close(with("PF"), Why::Deadline);
    assert_eq!(payment.status(), StatusKind::Pending);
    assert_eq!(payment.summary().completed_at, None);
    let failed = fail(payment.clone(), 1, from(1, TEMPORARY_CHANNEL_FAILURE));
    assert_eq!(failed.status(), StatusKind::Failed);
    assert_eq!(
        closed(&failed).map(|closed| closed.why),
        Some(Why::Deadline)
    );
    let paid = fulfil(payment, 1);
    assert_eq!(paid.status(), StatusKind::Complete);
    assert_eq!(closed(&paid).map(|closed| closed.why), Some(Why::Deadline));
}

/// Rule B-6: whatever is said of it later, the first reason stands.
#[test]
fn closing_is_final() {
    let payment = close(with("P"), Why::Abandoned);
    for why in [Why::Deadline, Why::Abandoned, Why::NoRoute(NoPlan::TooSlow)] {
        let again = payment.close(&why, Timestamp(10_000_000));
        assert_eq!(again, Decision::Unchanged(Unchanged::AlreadyClosed));
    }
    let never_opened =
        domain::contract::samples::after(None, &Command::Send(Box::new(part(1, 400, 1_000))));
    let nothing = never_opened.close(&Why::Abandoned, Timestamp(9));
    assert_eq!(nothing, Decision::Unchanged(Unchanged::AlreadyClosed));
}

#[test]
fn closing_is_a_transition_of_its_own() {
    let why = Why::Attempts;
    let at = Timestamp(9_000_000);
    let closing = decided(Some(&with("P")), &Command::Close { why, at }).expect("it is open");
    assert_eq!(closing.kind(), EventKind::OrderClosed);
    assert_eq!(closing.change, Change::OrderClosed);
    assert_eq!(closing.closes, Some(Why::Attempts));
}

/// Rule B-7: with the proof, in one commit.
#[test]
fn success_closes_the_order_in_its_own_commit() {
    let payment = with("PP");
    let word = Outcome::Fulfilled(*preimage(1).1.expose());
    let success = decided(Some(&payment), &ended(2, word, Timestamp(5))).expect("it is pending");
    assert_eq!(success.closes, Some(Why::Paid));
    assert_eq!(success.kind(), EventKind::PartFulfilled);
    assert_eq!(
        (success.after.order, success.after.status()),
        (None, StatusKind::Complete)
    );
    // The other part is out still; what becomes of it closes nothing more.
    let paid = fulfil(payment, 2);
    assert_eq!(
        failing(&paid, 1, from(1, TEMPORARY_CHANNEL_FAILURE)).closes,
        None
    );
    assert_eq!(closed(&paid).map(|closed| closed.why), Some(Why::Paid));
}

/// Rule B-7: with the payee's refusal, in one commit, also where nodes do not say 203 themselves.
#[test]
fn a_refusal_for_good_closes_the_order_in_its_own_commit() {
    let plain = |code| Failure::plain(code, "refused");
    let refusals = [
        from_payee(INCORRECT_DETAILS, None),
        from_payee(
            INCORRECT_DETAILS,
            Some(INCORRECT_DETAILS.to_be_bytes().to_vec()),
        ),
        from_payee(INCORRECT_DETAILS, Some(incorrect_details(880))),
        from(2, INCORRECT_DETAILS),
        // Required node feature missing, by the payee itself.
        from_payee(0x6003, None),
        from_payee(0x4016, None),
        plain(FailureCode::DestinationPermanent),
        // Somebody else pays or has paid it from the same node: design section 1.
        plain(FailureCode::InProgressElsewhere),
        plain(FailureCode::PaidElsewhere),
    ];
    for (index, failure) in refusals.into_iter().enumerate() {
        for (parts, status) in [("P", StatusKind::Failed), ("PP", StatusKind::Pending)] {
            let refusal = failing(&with(parts), 1, failure.clone());
            assert_eq!(refusal.closes, Some(Why::Refused), "case {index}");
            assert_eq!(refusal.kind(), EventKind::PartFailed);
            assert_eq!(
                (refusal.after.order, refusal.after.status()),
                (None, status)
            );
            assert_eq!(refusal.after.completed_at.is_some(), parts == "P");
        }
    }
}

/// Core Lightning issues 8612 and 5643: a payee that is ahead of us in blocks means no harm.
#[test]
fn a_payee_that_is_a_block_ahead_does_not_end_the_order() {
    // The part was sent at 1,000 - 120 = 880.
    for (height, goes_on) in [(881, true), (1_000, true), (880, false), (0, false)] {
        let raw = Some(incorrect_details(height));
        for failure in [
            from_payee(INCORRECT_DETAILS, raw.clone()),
            Failure {
                raw_message: raw.clone(),
                ..from(2, INCORRECT_DETAILS)
            },
        ] {
            let failed = failing(&with("P"), 1, failure);
            assert_eq!(failed.closes.is_none(), goes_on, "at {height}");
        }
    }
    // Without our own height nothing says that theirs is another.
    let unknown = SendPart {
        cltv_expiry: None,
        ..ordered(1, 400, 1_000)
    };
    let payment = send(opened(), unknown);
    let failure = from_payee(INCORRECT_DETAILS, Some(incorrect_details(881)));
    assert_eq!(failing(&payment, 1, failure).closes, Some(Why::Refused));
}

/// LND issue 3970: parts that waited for others blame nobody, however the node reports it.
#[test]
fn parts_that_timed_out_at_the_payee_do_not_end_the_order() {
    let by_the_node = Failure {
        code: FailureCode::DestinationPermanent,
        ..from(2, MPP_TIMEOUT)
    };
    for failure in [from_payee(MPP_TIMEOUT, None), by_the_node] {
        assert_eq!(failing(&with("PP"), 1, failure).closes, None);
    }
}

/// What is wrong in the middle, or not known, is no word of the payee's.
#[test]
fn other_failures_do_not_end_the_order() {
    let failures = [
        from(1, TEMPORARY_CHANNEL_FAILURE),
        from(1, 0x4008),
        from(1, 0x400a),
        from(1, 0x6002),
        from(0, 0x400a),
        from_payee(0x2002, None),
        from_payee(18, None),
        Failure::never_sent("the node restarted"),
        Failure::plain(FailureCode::Unspecified, "who knows"),
        Failure::plain(FailureCode::UnparseableOnion, "unreadable"),
    ];
    for (index, failure) in failures.into_iter().enumerate() {
        let failed = failing(&with("P"), 1, failure);
        assert_eq!(failed.closes, None, "case {index}");
        assert_eq!(failed.after.status(), StatusKind::Pending);
        assert_eq!(failed.after.completed_at, None);
    }
}

/// An operator's word is no payee's.
#[test]
fn an_operators_word_closes_an_order_only_with_a_proof() {
    let by = Resolution {
        who: "uid 0".to_owned(),
        why: "the channel is gone".to_owned(),
    };
    let proof = OperatorEnd::Complete(*preimage(1).1.expose());
    for (end, closes) in [(OperatorEnd::Failed, None), (proof, Some(Why::Paid))] {
        let payment = with("P");
        let part = PartId(1);
        let by = by.clone();
        let transition = payment
            .by_operator(&ResolvePart { part, end, by }, Timestamp(4_000_000))
            .expect("it is pending");
        assert_eq!(step(Some(&payment), &transition), Ok(()));
        assert_eq!(transition.closes, closes);
    }
}

/// Rule A-10: money moved that is not in its parts.
#[test]
fn a_quarantine_closes_the_order_in_its_own_commit() {
    for parts in ["", "P", "F"] {
        let payment = with(parts);
        let stop = payment.unrecorded(&node(), PartId(7), Timestamp(9_000_000));
        let stop = stop.expect("it is not complete");
        assert_eq!(step(Some(&payment), &stop), Ok(()));
        assert_eq!(stop.closes, Some(Why::Quarantined));
        let (id, event) = (payment.summary().id, 9);
        let receipt = Receipt {
            payment: id,
            part: Some(PartId(7)),
            event,
        };
        let stopped = Payment::apply(Some(payment), stop, receipt);
        assert_eq!(
            closed(&stopped).map(|closed| closed.why),
            Some(Why::Quarantined)
        );
    }
}

#[test]
fn what_an_order_is_open_for_is_not_deleted() {
    let hash = hash(1);
    for payment in [opened(), with("F"), with("FF")] {
        let refusal = payment.deletion(Timestamp(9)).unwrap_err();
        assert_eq!(refusal, Refusal::OrderOpen { hash });
        assert!(refusal.to_string().contains("abandonpay"));
        let gone = close(payment, Why::Abandoned).deletion(Timestamp(10_000_000));
        assert!(!gone.expect("it has come to rest").tombstone);
    }
    let paid = with("C").deletion(Timestamp(9)).expect("it is paid");
    assert!(paid.tombstone);
    let live = close(with("P"), Why::Abandoned).deletion(Timestamp(9));
    assert_eq!(live, Err(Refusal::Live { hash, live: 1 }));
}

/// Each reason has a word, and none of them says that the payment has failed.
#[test]
fn every_reason_is_told_in_a_word_and_in_words() {
    let reasons = [
        (Why::Paid, "paid", "it is paid"),
        (Why::Refused, "refused", "a part was refused for good"),
        (
            Why::NoRoute(NoPlan::Unreachable),
            "unreachable",
            "no way leads to the payee",
        ),
        (
            Why::NoRoute(NoPlan::DestinationCapacity),
            "destination_capacity",
            "the payee's channels cannot carry the amount",
        ),
        (
            Why::NoRoute(NoPlan::TooExpensive {
                needs: domain::contract::samples::msat(7),
            }),
            "too_expensive",
            "the ways cost 7 msat, more than the cap leaves",
        ),
        (
            Why::NoRoute(NoPlan::TooSlow),
            "too_slow",
            "the ways take longer than the largest delay that was allowed",
        ),
        (
            Why::NoRoute(NoPlan::NoFunds {
                spendable: domain::contract::samples::msat(7),
            }),
            "no_funds",
            "our own channels can spend 7 msat",
        ),
        (Why::Deadline, "deadline", "the deadline passed"),
        (Why::Attempts, "attempts", "all attempts are used up"),
        (Why::Expired, "expired", "the invoice expired"),
        (Why::Abandoned, "abandoned", "it was abandoned"),
        (
            Why::Quarantined,
            "quarantined",
            "the payment was quarantined",
        ),
    ];
    for (why, word, words) in reasons {
        assert_eq!((why.as_str(), &*why.to_string()), (word, words));
    }
}

/// A closed order's parts are those that were accepted while it was open.
#[test]
fn parts_that_come_after_an_order_are_not_its_own() {
    let payment = close(with("FF"), Why::Abandoned);
    let later = SendPart {
        at: Timestamp(10_000_000),
        ..part(1, 400, 1_000)
    };
    let payment = send(payment, later);
    assert_eq!(payment.parts().count(), 3);
    assert_eq!(payment.ordered_parts().count(), 2);
    let failed = fail(payment, 3, from(1, TEMPORARY_CHANNEL_FAILURE));
    let again = open(Some(failed), order(1, 1_000, 5_000));
    assert_eq!(again.ordered_parts().count(), 0);
}
