//! A transition, beside the payment as it was.

use crate::support::{assert_broken, failed, fulfilled, payment, send};
use domain::contract::samples::Command;
use domain::contract::samples::{
    decided, failure, hash, invoice_terms, msat, node, part, preimage, route_to, secret,
};
use domain::invariant::Rule::{
    self, AcknowledgedIsDurable, AtMostOnce, Ceiling, FailClosed, FunctionOfParts, NeverTwice,
    NothingAfterSuccess, OneOutcome, OneSetOfTerms, Proof, UnknownIsNotFailed,
};
use domain::invariant::step::{burial, deletion, step};
use domain::{
    Burial, Change, Deletion, Expected, InvoiceTerms, NewPart, PartId, PartStatus, Payment,
    PaymentId, StatusKind, Timestamp, Transition,
};

type Break = fn(&mut Transition);
type BreakDeletion = fn(&mut Deletion);

/// What is decided on `parts`, broken in each of these ways.
fn assert_each(parts: &str, command: &Command, cases: &[(&str, Rule, Break)]) {
    let before = (!parts.is_empty()).then(|| payment(parts));
    let sound = decided(before.as_ref(), command).expect("it is allowed");
    assert_eq!(step(before.as_ref(), &sound), Ok(()), "{parts}");
    for (case, rule, break_it) in cases {
        let mut broken = sound.clone();
        break_it(&mut broken);
        assert_broken(*rule, step(before.as_ref(), &broken), case);
    }
}

fn stored(id: u64, version: u64) -> Expected {
    Expected::Stored {
        id: PaymentId(id),
        version,
    }
}

fn accepted(transition: &mut Transition) -> &mut NewPart {
    match &mut transition.change {
        Change::Accepted(part) => part,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_first_part_that_breaks_a_rule_is_found() {
    let cases: [(&str, Rule, Break); 7] = [
        ("it follows something", AcknowledgedIsDurable, |t| {
            t.expected = stored(1, 1);
        }),
        ("it is the second version", AcknowledgedIsDurable, |t| {
            t.after.version = 2;
        }),
        ("it is of another payment", OneSetOfTerms, |t| {
            accepted(t).payment_hash = hash(2);
        }),
        ("larger than its payment", Ceiling, |t| {
            accepted(t).intended = msat(399);
        }),
        ("it is not counted", FunctionOfParts, |t| {
            t.after.tally.parts = 2;
        }),
        ("too much", Ceiling, |t| {
            t.after.tally.in_flight = msat(1_001);
        }),
        ("quarantined", FailClosed, |t| {
            t.after.quarantine = Some("why".into());
        }),
    ];
    assert_each("", &send(part(1, 400, 1_000)), &cases);
}

#[test]
fn another_part_that_breaks_a_rule_is_found() {
    let secret_changes: [(&str, Rule, Break); 1] = [("another secret", OneSetOfTerms, |t| {
        t.after.terms.secret = Some(secret(2));
    })];
    let cases: [(&str, Rule, Break); 11] = [
        ("it follows nothing", AcknowledgedIsDurable, |t| {
            t.expected = Expected::Absent;
        }),
        ("it follows another version", AcknowledgedIsDurable, |t| {
            t.expected = stored(1, 7);
        }),
        ("it follows another payment", AcknowledgedIsDurable, |t| {
            t.expected = stored(7, 1);
        }),
        ("the version stays", AcknowledgedIsDurable, |t| {
            t.after.version -= 1;
        }),
        ("another beginning", OneSetOfTerms, |t| {
            t.after.created_at = Timestamp(7);
        }),
        ("another amount", OneSetOfTerms, |t| {
            t.after.terms.intended = msat(1_001);
        }),
        ("another destination", OneSetOfTerms, |t| {
            t.after.terms.destination = route_to(8, 1).destination();
        }),
        ("no secret any more", OneSetOfTerms, |t| {
            t.after.terms.secret = None;
        }),
        ("whole alone", OneSetOfTerms, |t| {
            let takes_parts = false;
            t.after.terms.invoice = Some(InvoiceTerms {
                takes_parts,
                ..invoice_terms()
            });
        }),
        ("after its end", OneSetOfTerms, |t| {
            let expires_at = Timestamp(1);
            t.after.terms.invoice = Some(InvoiceTerms {
                expires_at,
                ..invoice_terms()
            });
        }),
        ("too few blocks", OneSetOfTerms, |t| {
            let min_final_cltv_expiry = 43;
            t.after.terms.invoice = Some(InvoiceTerms {
                min_final_cltv_expiry,
                ..invoice_terms()
            });
        }),
    ];
    assert_each("P", &send(part(1, 400, 1_000)), &secret_changes);
    assert_each("P", &send(part(1, 400, 1_000)), &cases);
    assert_each("F", &send(part(1, 400, 1_000)), &cases);
}

/// A tombstone without a payment needs a proof, and no payment.
#[test]
fn a_burial_that_breaks_a_rule_is_found() {
    let proven = |n| Burial {
        payment_hash: hash(1),
        preimage: preimage(n).1,
        at: Timestamp(1),
    };
    assert_eq!(burial(None, &proven(1)), Ok(()));
    assert_broken(Proof, burial(None, &proven(2)), "no proof");
    let stored = payment("F");
    let broken = burial(Some(&stored), &proven(1));
    assert_broken(NeverTwice, broken, "it is stored");
}

/// A part that is not stored quarantines its payment, and changes nothing else.
#[test]
fn a_quarantine_for_a_part_that_is_not_stored_is_nothing_else() {
    for parts in ["P", "F", "PF"] {
        let before = payment(parts);
        let sound = before.unrecorded(&node(), PartId(7), Timestamp(9));
        let sound = sound.expect("it is not complete");
        assert_eq!(step(Some(&before), &sound), Ok(()), "{parts}");
        let cases: [(&str, Rule, Break); 3] = [
            ("the part is stored", OneOutcome, |t| {
                t.change = Change::Unrecorded { part: PartId(1) };
            }),
            ("without a quarantine", OneOutcome, |t| {
                t.after.quarantine = None;
            }),
            ("something is counted", FunctionOfParts, |t| {
                t.after.tally.parts += 1;
            }),
        ];
        for (case, rule, break_it) in cases {
            let mut broken = sound.clone();
            break_it(&mut broken);
            assert_broken(rule, step(Some(&before), &broken), case);
        }
    }
    for parts in ["C", "CP"] {
        let unchanged = payment(parts).unrecorded(&node(), PartId(7), Timestamp(9));
        assert_eq!(unchanged, None, "{parts}: nothing is sent towards it");
    }
}

#[test]
fn a_secret_comes_late_only_while_nothing_is_out() {
    let mut whole = part(1, 1_000, 1_000);
    whole.secret = None;
    let without = domain::contract::samples::after(None, &send(whole.clone()));
    let failed_once = domain::contract::samples::after(Some(without.clone()), &failed(1));
    whole.secret = Some(secret(1));
    let late = decided(Some(&failed_once), &send(whole)).expect("nothing is out");
    assert_eq!(step(Some(&failed_once), &late), Ok(()));
    let mut live = decided(Some(&without), &failed(1)).expect("it is pending");
    live.after.terms.secret = Some(secret(1));
    assert_broken(
        OneSetOfTerms,
        step(Some(&without), &live),
        "while it is out",
    );
}

#[test]
fn nothing_joins_what_is_complete() {
    let before = payment("C");
    let mut part = decided(None, &send(part(1, 400, 1_000))).expect("it is the first");
    let after = &mut part.after;
    let was = before.summary();
    after.version = was.version + 1;
    (after.preimage, after.completed_at) = (was.preimage.clone(), was.completed_at);
    after.tally.delivered = was.tally.delivered;
    part.expected = before.expected();
    assert_broken(NothingAfterSuccess, step(Some(&before), &part), "complete");
    part.after.preimage = None;
    part.after.completed_at = None;
    assert_broken(NeverTwice, step(Some(&before), &part), "the proof is lost");
}

#[test]
fn an_outcome_that_breaks_a_rule_is_found() {
    let cases: [(&str, Rule, Break); 7] = [
        ("of no part", AtMostOnce, |t| {
            resolve(t, 7, StatusKind::Pending);
        }),
        ("it had failed", OneOutcome, |t| {
            resolve(t, 1, StatusKind::Failed);
        }),
        ("it is pending again", OneOutcome, |t| {
            t.change = Change::Resolved {
                part: PartId(1),
                previous: StatusKind::Pending,
                status: PartStatus::Pending,
            };
        }),
        ("without its proof", Proof, |t| t.after.preimage = None),
        ("with another's", Proof, |t| {
            t.change = Change::Resolved {
                part: PartId(1),
                previous: StatusKind::Pending,
                status: PartStatus::Complete(preimage(2).1),
            };
        }),
        ("not counted", FunctionOfParts, |t| t.after.tally.live = 2),
        ("without a time", FunctionOfParts, |t| {
            t.after.completed_at = None;
        }),
    ];
    for (case, rule, break_it) in cases {
        let before = payment("PP");
        let mut broken = decided(Some(&before), &fulfilled(1)).expect("it is pending");
        break_it(&mut broken);
        // Without the proof the row is pending again, so that its end must go too.
        if case == "without its proof" {
            broken.after.completed_at = None;
        }
        assert_broken(rule, step(Some(&before), &broken), case);
    }
}

fn resolve(transition: &mut Transition, id: u64, previous: StatusKind) {
    transition.change = Change::Resolved {
        part: PartId(id),
        previous,
        status: PartStatus::Complete(preimage(1).1),
    };
}

/// The one way back: a preimage beats an earlier failure. No failure beats a preimage.
#[test]
fn only_a_proof_changes_an_outcome() {
    let before = payment("FP");
    let late = decided(Some(&before), &fulfilled(1)).expect("a proof beats a failure");
    assert_eq!(step(Some(&before), &late), Ok(()));
    let before = payment("CP");
    let mut undone = decided(Some(&before), &failed(2)).expect("it is pending");
    undone.change = Change::Resolved {
        part: PartId(1),
        previous: StatusKind::Complete,
        status: PartStatus::Failed(Box::new(failure())),
    };
    assert_broken(OneOutcome, step(Some(&before), &undone), "undone");
    for status in [
        PartStatus::Failed(Box::new(failure())),
        PartStatus::Complete(preimage(1).1),
    ] {
        let same = Change::Resolved {
            part: PartId(1),
            previous: payment("F")
                .part(PartId(1))
                .map_or(StatusKind::Pending, domain::PartialPayment::status),
            status,
        };
        let before = payment("F");
        let mut again = decided(Some(&before), &fulfilled(1)).expect("a proof beats a failure");
        let is_proof = matches!(
            &same,
            Change::Resolved {
                status: PartStatus::Complete(_),
                ..
            }
        );
        again.change = same;
        assert_eq!(step(Some(&before), &again).is_ok(), is_proof);
    }
}

#[test]
fn a_quarantine_needs_a_contradiction_and_stays() {
    let before = payment("C");
    let sound = decided(Some(&before), &failed(1)).expect("a contradiction");
    assert_eq!(step(Some(&before), &sound), Ok(()));
    let mut broken = sound.clone();
    broken.after.quarantine = None;
    assert_broken(OneOutcome, step(Some(&before), &broken), "no quarantine");
    let mut broken = sound.clone();
    broken.after.tally.parts = 2;
    assert_broken(FunctionOfParts, step(Some(&before), &broken), "counted");
    let before = payment("CP");
    let mut broken = decided(Some(&before), &failed(1)).expect("a contradiction");
    broken.change = Change::Quarantined { part: PartId(2) };
    assert_broken(OneOutcome, step(Some(&before), &broken), "no contradiction");

    let quarantined: Payment = domain::contract::samples::after(Some(before), &failed(1));
    let mut lifted = decided(Some(&quarantined), &failed(2)).expect("it is pending");
    assert_eq!(step(Some(&quarantined), &lifted), Ok(()));
    lifted.after.quarantine = None;
    assert_broken(FailClosed, step(Some(&quarantined), &lifted), "lifted");
}

#[test]
fn only_what_has_come_to_rest_is_deleted_and_what_was_paid_leaves_a_tombstone() {
    let decided = |payment: &Payment| payment.deletion(Timestamp(9)).expect("it has ended");
    for parts in ["F", "FF", "C", "FC"] {
        let before = payment(parts);
        let sound = decided(&before);
        assert_eq!(sound.tombstone, parts.contains('C'), "{parts}");
        assert_eq!(deletion(Some(&before), &sound), Ok(()), "{parts}");
        let rule = AcknowledgedIsDurable;
        assert_broken(rule, deletion(None, &sound), "of nothing");
        let cases: [(&str, Rule, BreakDeletion); 4] = [
            ("of another payment", rule, |d| d.payment = PaymentId(7)),
            ("of another hash", rule, |d| d.payment_hash = hash(2)),
            ("of another version", rule, |d| d.version += 1),
            ("the other way round", NeverTwice, |d| {
                d.tombstone = !d.tombstone;
            }),
        ];
        for (case, rule, break_it) in cases {
            let mut broken = sound.clone();
            break_it(&mut broken);
            assert_broken(rule, deletion(Some(&before), &broken), case);
        }
    }
    let before = payment("PC");
    let of = |payment: &Payment| Deletion {
        payment: payment.summary().id,
        payment_hash: payment.summary().payment_hash,
        version: payment.summary().version,
        tombstone: true,
        at: Timestamp(9),
    };
    let live = deletion(Some(&before), &of(&before));
    assert_broken(UnknownIsNotFailed, live, "a part is out");
    let quarantined = domain::contract::samples::after(Some(payment("C")), &failed(1));
    let evidence = deletion(Some(&quarantined), &of(&quarantined));
    assert_broken(FailClosed, evidence, "quarantined");
}
