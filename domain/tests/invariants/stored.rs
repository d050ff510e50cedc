//! What is stored, by itself.

use crate::support::{assert_broken, part_of, payment};
use domain::contract::samples::{failure, hash, msat, preimage, route, route_to};
use domain::invariant::Rule::{
    AtMostOnce, Ceiling, ClosedStays, FunctionOfParts, OneOutcome, OneSetOfTerms, OrderCap,
    OrderShare, Proof,
};
use domain::invariant::stored::{part, row, whole};
use domain::{OrderLimits, PartId, PartStatus, PartialPayment, Payment, PaymentSummary, Timestamp};

const SOUND: [&str; 9] = ["P", "C", "F", "PP", "PC", "PF", "CC", "CF", "FF"];

#[test]
fn sound_payments_pass() {
    for parts in SOUND {
        let sound = payment(parts);
        let rows: Vec<_> = sound.parts().cloned().collect();
        assert_eq!(row(sound.summary()), Ok(()), "{parts}");
        assert_eq!(whole(sound.summary(), &rows), Ok(()), "{parts}");
        for own in &rows {
            assert_eq!(part(own), Ok(()), "{parts}");
        }
        assert_eq!(Payment::restore(sound.summary().clone(), rows), Ok(sound));
    }
}

fn limits(deliver: u64, max_fee: u64) -> OrderLimits {
    OrderLimits {
        deliver: msat(deliver),
        max_fee: msat(max_fee),
        deadline: Timestamp(9_000_000),
    }
}

#[test]
fn a_broken_row_names_its_rule() {
    type Break = fn(&mut PaymentSummary);
    let cases: [(&str, &str, domain::invariant::Rule, Break); 14] = [
        ("P", "another preimage", Proof, |row| {
            row.preimage = Some(preimage(2).1);
        }),
        ("PP", "too much in flight", Ceiling, |row| {
            row.tally.in_flight = msat(1_001);
        }),
        ("C", "too much delivered", Ceiling, |row| {
            row.tally.delivered = msat(1_001);
        }),
        ("P", "intended less than requested", OneSetOfTerms, |row| {
            row.terms.requested = msat(1_001);
        }),
        ("P", "intended more than twice that", OneSetOfTerms, |row| {
            row.terms.requested = msat(499);
        }),
        ("P", "an end before the end", FunctionOfParts, |row| {
            row.completed_at = Some(Timestamp(1));
        }),
        ("C", "complete without a time", FunctionOfParts, |row| {
            row.completed_at = None;
        }),
        ("F", "failed without a time", FunctionOfParts, |row| {
            row.completed_at = None;
        }),
        ("P", "more live parts than parts", FunctionOfParts, |row| {
            row.tally.live = 2;
        }),
        (
            "P",
            "an order that costs more than its cap",
            OrderCap,
            |row| {
                row.order = Some(limits(1_000, 0));
                row.tally.sent = msat(row.tally.committed().get() + 1);
            },
        ),
        (
            "P",
            "an order that delivers more than its share",
            OrderShare,
            |row| {
                row.order = Some(limits(1, 1_000));
            },
        ),
        (
            "P",
            "an order that delivers more than the payment",
            OrderShare,
            |row| {
                row.order = Some(limits(1_001, 1_000));
            },
        ),
        (
            "C",
            "an order that is open although it is paid",
            ClosedStays,
            |row| {
                row.order = Some(limits(1_000, 1_000));
            },
        ),
        ("P", "no version", FunctionOfParts, |row| row.version = 0),
    ];
    for (parts, case, rule, break_it) in cases {
        let mut broken = payment(parts).summary().clone();
        break_it(&mut broken);
        assert_broken(rule, row(&broken), case);
        assert_broken(rule, whole(&broken, &[]), case);
    }
}

#[test]
fn only_a_quarantined_payment_may_hold_more_than_intended() {
    let mut full = payment("PP").summary().clone();
    full.tally.in_flight = msat(1_000);
    assert_eq!(row(&full), Ok(()), "to the last millisatoshi");
    full.tally.in_flight = msat(1_001);
    full.quarantine = Some("why".into());
    assert_eq!(row(&full), Ok(()));
}

#[test]
fn a_broken_part_names_its_rule() {
    type Break = fn(&mut PartialPayment);
    let cases: [(&str, &str, domain::invariant::Rule, Break); 5] = [
        ("C", "another preimage", Proof, |part| {
            part.status = PartStatus::Complete(preimage(2).1);
        }),
        ("P", "an end before the end", OneOutcome, |part| {
            part.completed_at = Some(Timestamp(1));
        }),
        ("C", "complete without a time", OneOutcome, |part| {
            part.completed_at = None;
        }),
        ("F", "failed without a time", OneOutcome, |part| {
            part.completed_at = None;
        }),
        ("P", "larger than its payment", Ceiling, |part| {
            part.intended = msat(399);
        }),
    ];
    for (parts, case, rule, break_it) in cases {
        let mut broken = part_of(&payment(parts), 1);
        break_it(&mut broken);
        assert_broken(rule, part(&broken), case);
    }
    let mut whole_payment = part_of(&payment("P"), 1);
    whole_payment.intended = msat(400);
    assert_eq!(part(&whole_payment), Ok(()), "a part may be all of it");
}

#[test]
fn parts_that_do_not_belong_name_their_rule() {
    type Break = fn(&mut Vec<PartialPayment>);
    let cases: [(&str, domain::invariant::Rule, Break); 9] = [
        ("another hash", OneSetOfTerms, |parts| {
            parts[0].payment_hash = hash(2);
        }),
        ("another total", OneSetOfTerms, |parts| {
            parts[0].intended = msat(999);
        }),
        ("another destination", OneSetOfTerms, |parts| {
            parts[0].route = route_to(8, 400);
        }),
        ("one part too few", FunctionOfParts, |parts| {
            parts.pop();
        }),
        ("another amount", FunctionOfParts, |parts| {
            parts[0].route = route(399);
        }),
        ("another outcome", FunctionOfParts, |parts| {
            parts[0].status = PartStatus::Failed(Box::new(failure()));
            parts[0].completed_at = Some(Timestamp(1));
        }),
        ("a number twice", AtMostOnce, |parts| {
            parts[1].id = PartId(1);
        }),
        ("one of them broken", OneOutcome, |parts| {
            parts[1].completed_at = Some(Timestamp(1));
        }),
        ("one of them another's", OneSetOfTerms, |parts| {
            parts[1].payment_hash = hash(2);
        }),
    ];
    for (case, rule, break_it) in cases {
        let sound = payment("PP");
        let mut parts: Vec<_> = sound.parts().cloned().collect();
        break_it(&mut parts);
        assert_broken(rule, whole(sound.summary(), &parts), case);
    }
}

/// The counters agree, and still nobody was paid: a proof without a complete part, or the reverse.
#[test]
fn a_proof_goes_with_a_complete_part() {
    let mut row = payment("F").summary().clone();
    row.preimage = Some(preimage(1).1);
    let parts: Vec<_> = payment("F").parts().cloned().collect();
    assert_broken(FunctionOfParts, whole(&row, &parts), "a proof and no part");
    let mut row = payment("C").summary().clone();
    row.preimage = None;
    let parts: Vec<_> = payment("C").parts().cloned().collect();
    assert_broken(FunctionOfParts, whole(&row, &parts), "a part and no proof");
}
