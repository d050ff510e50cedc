//! What callers and nodes saw, beside what is stored.

use crate::support::{assert_broken, failed, part_of, payment};
use domain::contract::samples::{after, hash, msat, preimage, route, secret};
use domain::invariant::Rule::{
    AcknowledgedIsDurable, AtMostOnce, Ceiling, FailClosed, IntentBeforeAct, NeverTwice,
    NothingAfterSuccess, OneSetOfTerms, Proof, UnknownIsNotFailed, WaitsTellTheTruth,
};
use domain::invariant::seen::{
    Htlc, acknowledged, at_most_once, believed, deleted, ended, never_again, offered, same_request,
    status_of, told_part, told_payment, within,
};
use domain::{Offer, OfferDecision, PartId, Payment, StatusKind, Timestamp};
use std::time::Duration;

fn offer_of(payment: &Payment) -> Offer {
    match payment.wish(
        PartId(1),
        Timestamp(1_000_000),
        Duration::from_secs(60),
        None,
    ) {
        OfferDecision::Offer(offer) => *offer,
        other => panic!("{other:?}"),
    }
}

#[test]
fn only_what_is_stored_and_live_is_offered() {
    let pending = payment("P");
    let offer = offer_of(&pending);
    assert_eq!(offered(Some(&pending), &offer), Ok(()));
    assert_broken(IntentBeforeAct, offered(None, &offer), "not stored");
    let unknown = Offer {
        part: PartId(7),
        ..offer.clone()
    };
    assert_broken(AtMostOnce, offered(Some(&pending), &unknown), "another key");
    let complete = payment("PC");
    assert_broken(
        NothingAfterSuccess,
        offered(Some(&complete), &offer),
        "paid",
    );
    let over = payment("FP");
    assert_broken(UnknownIsNotFailed, offered(Some(&over), &offer), "given up");
    let mut row = pending.summary().clone();
    row.quarantine = Some("why".into());
    let quarantined = Payment::restore(row, pending.parts().cloned().collect()).expect("sound");
    assert_broken(
        FailClosed,
        offered(Some(&quarantined), &offer),
        "quarantined",
    );
}

#[test]
fn what_is_offered_has_the_stored_terms() {
    let pending = payment("P");
    let sound = offer_of(&pending);
    let others = [
        Offer {
            payment_hash: hash(2),
            ..sound.clone()
        },
        Offer {
            total: msat(999),
            ..sound.clone()
        },
        Offer {
            secret: Some(secret(2)),
            ..sound.clone()
        },
        Offer {
            route: route(401),
            ..sound
        },
    ];
    for other in others {
        assert_broken(
            OneSetOfTerms,
            offered(Some(&pending), &other),
            "other terms",
        );
    }
}

#[test]
fn the_ledger_holds_each_part_once_and_no_more_than_intended() {
    assert_eq!(at_most_once(PartId(1), 0), Ok(()));
    assert_eq!(at_most_once(PartId(1), 1), Ok(()));
    assert_broken(AtMostOnce, at_most_once(PartId(1), 2), "twice");
    assert_eq!(within(msat(1_000), [msat(400), msat(600)]), Ok(()));
    assert_broken(Ceiling, within(msat(1_000), [msat(400), msat(601)]), "over");
    let all = domain::Msat::MAX;
    assert_broken(Ceiling, within(all, [all, all]), "more than there is");
}

#[test]
fn what_is_believed_is_true() {
    let truths = [None, Some(Htlc::Out), Some(Htlc::Taken), Some(Htlc::Back)];
    for truth in truths {
        let pending = part_of(&payment("P"), 1);
        assert_eq!(believed(&pending, truth), Ok(()), "{truth:?}");
        assert_broken(WaitsTellTheTruth, ended(&pending, truth), "no end");
        let complete = part_of(&payment("C"), 1);
        if truth == Some(Htlc::Taken) {
            assert_eq!(ended(&complete, truth), Ok(()));
        } else {
            assert_broken(Proof, believed(&complete, truth), "not taken");
            assert_broken(Proof, ended(&complete, truth), "not taken");
        }
        let lost = part_of(&payment("F"), 1);
        if matches!(truth, None | Some(Htlc::Back)) {
            assert_eq!(ended(&lost, truth), Ok(()));
        } else {
            assert_broken(UnknownIsNotFailed, believed(&lost, truth), "still out");
        }
    }
}

#[test]
fn what_is_acknowledged_is_stored() {
    let stored = payment("C");
    let told = part_of(&payment("P"), 1);
    assert_eq!(acknowledged(&told, Some(&stored)), Ok(()));
    let rule = AcknowledgedIsDurable;
    assert_broken(rule, acknowledged(&told, None), "no payment");
    let mut other = told.clone();
    other.id = PartId(7);
    assert_broken(rule, acknowledged(&other, Some(&stored)), "no part");
    let mut other = told;
    other.label = Some("mine".into());
    assert_broken(rule, acknowledged(&other, Some(&stored)), "another part");
    assert_eq!(same_request(PartId(1), PartId(1)), Ok(()));
    assert_broken(rule, same_request(PartId(1), PartId(2)), "two parts");
}

#[test]
fn what_is_told_was_true_while_the_call_lasted() {
    let during = [payment("P"), payment("F")];
    for told in &during {
        assert_eq!(told_part(&part_of(told, 1), &during), Ok(()));
        assert_eq!(told_payment(told.summary(), &during), Ok(()));
    }
    let never = payment("C");
    let rule = WaitsTellTheTruth;
    assert_broken(rule, told_part(&part_of(&never, 1), &during), "never");
    assert_broken(rule, told_payment(never.summary(), &during), "never");
    assert_broken(rule, told_part(&part_of(&never, 1), &[]), "nothing");
    let mut other = part_of(&during[1], 1);
    other.completed_at = Some(Timestamp(7));
    assert_broken(rule, told_part(&other, &during), "at another time");
    let mut other = during[1].summary().clone();
    other.completed_at = Some(Timestamp(7));
    assert_broken(rule, told_payment(&other, &during), "at another time");
    let mut other = never.summary().clone();
    other.preimage = Some(preimage(2).1);
    assert_broken(rule, told_payment(&other, &[never]), "with another proof");
}

#[test]
fn a_payment_is_a_function_of_its_parts() {
    for (parts, status) in [
        ("P", StatusKind::Pending),
        ("FP", StatusKind::Pending),
        ("FF", StatusKind::Failed),
        ("FC", StatusKind::Complete),
        ("CP", StatusKind::Complete),
    ] {
        let payment = payment(parts);
        assert_eq!(status_of(&payment), status, "{parts}");
        assert_eq!(payment.status(), status, "{parts}");
    }
    let twice = after(Some(payment("C")), &failed(1));
    assert_eq!(status_of(&twice), StatusKind::Complete);
}

#[test]
fn what_is_deleted_had_come_to_rest_and_what_was_paid_does_not_come_back() {
    for parts in ["F", "C", "FC"] {
        assert_eq!(deleted(Some(&payment(parts))), Ok(()), "{parts}");
    }
    assert_broken(AcknowledgedIsDurable, deleted(None), "nothing");
    for parts in ["P", "PC", "FP"] {
        let live = payment(parts);
        assert_broken(UnknownIsNotFailed, deleted(Some(&live)), parts);
    }
    let quarantined = after(Some(payment("C")), &failed(1));
    assert_broken(FailClosed, deleted(Some(&quarantined)), "quarantined");
    assert_eq!(never_again(false), Ok(()));
    assert_broken(NeverTwice, never_again(true), "paid again");
}
