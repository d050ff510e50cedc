//! What is accepted, and whether it should still leave.

use domain::contract::samples::Command;
use domain::contract::samples::{
    after, decided, failure, hash, msat, part, preimage, route, secret, whole,
};
use domain::payment::PARTS_MAX;
use domain::{
    Change, OfferDecision, Outcome, PartId, Payment, PaymentId, Refusal, SendPart, StatusKind,
    Timestamp, Unchanged,
};
use std::time::Duration;

const NOW: u64 = 1_000_000;

fn send(part: SendPart) -> Command {
    Command::Send(Box::new(part))
}

fn resolve(id: u64, word: Outcome, at: u64) -> Command {
    Command::Resolve {
        part: PartId(id),
        word,
        at: Timestamp(at),
    }
}

fn failed(id: u64, at: u64) -> Command {
    resolve(id, Outcome::Failed(Box::new(failure())), at)
}

fn fulfilled(id: u64) -> Command {
    resolve(id, Outcome::Fulfilled(*preimage(1).1.expose()), NOW + 1)
}

#[test]
fn the_first_word_about_a_payment_stays() {
    let said = |description: &str, label: &str| SendPart {
        description: Some(description.into()),
        label: Some(label.into()),
        ..part(1, 400, 1_000)
    };
    let payment = after(None, &send(said("rent", "a")));
    let payment = after(Some(payment), &send(said("food", "b")));
    let row = payment.summary();
    assert_eq!(row.id, PaymentId(1), "as storage gave it");
    assert_eq!(
        (row.description.as_deref(), row.label.as_deref()),
        (Some("rent"), Some("a"))
    );
    let second = payment.part(PartId(2)).unwrap();
    assert_eq!(
        (second.description.as_deref(), second.label.as_deref()),
        (Some("food"), Some("b"))
    );
}

#[test]
fn parts_have_a_limit() {
    let mut payment = after(None, &send(whole(1, 1_000)));
    payment = after(Some(payment), &failed(1, NOW));
    for id in 2..=u64::from(PARTS_MAX) {
        payment = after(Some(payment), &send(whole(1, 1_000)));
        payment = after(Some(payment), &failed(id, NOW));
    }
    let refused = decided(Some(&payment), &send(whole(1, 1_000))).unwrap_err();
    let many = Refusal::TooManyParts {
        hash: hash(1),
        max: PARTS_MAX,
    };
    assert_eq!(refused, many);
}

#[test]
fn a_part_leaves_only_while_it_is_wanted() {
    let window = Duration::from_secs(10);
    let wish = |payment: &Payment, id, at| payment.wish(PartId(id), Timestamp(at), window, None);
    let dropped = |wish: OfferDecision, why: &str| match wish {
        OfferDecision::Drop(failure) => {
            assert!(
                failure.is_never_sent() && failure.message.contains(why),
                "{failure:?}"
            );
        }
        other => panic!("{other:?}"),
    };
    let two = after(None, &send(part(1, 400, 1_000)));
    let two = after(Some(two), &send(part(1, 300, 1_000)));
    let OfferDecision::Offer(offer) = wish(&two, 2, NOW + 10_000_000) else {
        panic!("the window is open to its last moment");
    };
    assert_eq!(
        (offer.part, offer.total, &offer.route),
        (PartId(2), msat(1_000), &route(300))
    );
    assert_eq!(
        (offer.payment_hash, offer.secret.clone()),
        (hash(1), Some(secret(1)))
    );
    dropped(wish(&two, 2, NOW + 10_000_001), "too old");
    assert_eq!(wish(&two, 7, NOW), OfferDecision::Resolved, "nobody's");
    let over = after(Some(two.clone()), &failed(2, NOW));
    assert_eq!(wish(&over, 2, NOW), OfferDecision::Resolved);
    let paid = after(Some(two), &fulfilled(1));
    dropped(wish(&paid, 2, NOW), "complete");
}

#[test]
fn a_quarantined_payment_lets_nothing_leave() {
    let two = after(None, &send(part(1, 400, 1_000)));
    let two = after(Some(two), &send(part(1, 300, 1_000)));
    let mut row = two.summary().clone();
    row.quarantine = Some("why".into());
    let parts: Vec<_> = two.parts().cloned().collect();
    let quarantined = Payment::restore(row, parts).unwrap();
    match quarantined.wish(PartId(2), Timestamp(NOW), Duration::from_secs(10), None) {
        OfferDecision::Drop(failure) => {
            assert!(failure.message.contains("quarantined"), "{failure:?}");
        }
        other => panic!("{other:?}"),
    }
    let refused = decided(Some(&quarantined), &send(part(1, 100, 1_000))).unwrap_err();
    assert!(
        matches!(refused, Refusal::Quarantined { .. }),
        "{refused:?}"
    );
}

#[test]
fn the_part_that_failed_last_says_why() {
    let mut payment = after(None, &send(part(1, 400, 1_000)));
    payment = after(Some(payment), &send(part(1, 300, 1_000)));
    payment = after(Some(payment), &send(part(1, 300, 1_000)));
    assert_eq!(payment.last_failed(), None);
    assert_eq!(payment.live_parts().count(), 3);
    payment = after(Some(payment), &failed(2, NOW + 7));
    payment = after(Some(payment), &failed(1, NOW + 5));
    let last = payment.last_failed().unwrap();
    assert_eq!(
        (last.id, last.completed_at),
        (PartId(2), Some(Timestamp(NOW + 7)))
    );
    assert_eq!(last.failure(), Some(&failure()));
    assert_eq!(
        payment.live_parts().map(|part| part.id).collect::<Vec<_>>(),
        [PartId(3)]
    );
    assert_eq!(payment.summary().tally.sent, msat(1_300), "with its fee");
    assert_eq!(payment.summary().room(), msat(700));
}

#[test]
fn what_is_over_has_its_time_and_its_proof() {
    let payment = after(None, &send(whole(1, 1_000)));
    let paid = after(Some(payment.clone()), &fulfilled(1));
    let part = paid.part(PartId(1)).unwrap();
    assert_eq!(part.preimage(), Some(&preimage(1).1));
    assert_eq!(part.completed_at, Some(Timestamp(NOW + 1)));
    assert_eq!(paid.summary().completed_at, Some(Timestamp(NOW + 1)));
    assert_eq!(paid.summary().tally.sent, msat(2_000));
    let accepted = part.as_accepted();
    assert_eq!(
        (accepted.status(), accepted.completed_at),
        (StatusKind::Pending, None)
    );
    let again = Payment::accept(Some(&paid), &whole(1, 1_000));
    assert_eq!(
        again,
        Ok(domain::Decision::Unchanged(Unchanged::AlreadyComplete))
    );
}

/// More may be out than intended only by a preimage that beats an earlier failure: then nothing new
/// is sent, and the reason carries the figures.
#[test]
fn a_late_preimage_over_the_ceiling_quarantines() {
    let mut payment = after(None, &send(part(1, 600, 1_000)));
    payment = after(Some(payment), &failed(1, NOW));
    payment = after(Some(payment), &send(part(1, 500, 1_000)));
    let late = decided(Some(&payment), &fulfilled(1)).unwrap();
    let reason = late.after.quarantine.clone().unwrap();
    assert!(reason.contains("1100 of 1000 msat"), "{reason}");
    assert!(matches!(
        late.change,
        Change::Resolved {
            previous: StatusKind::Failed,
            ..
        }
    ));
    let payment = after(Some(payment), &fulfilled(1));
    let kept = decided(Some(&payment), &fulfilled(2)).unwrap();
    assert_eq!(
        kept.after.quarantine,
        Some(reason),
        "the first reason stays"
    );
    // To the last millisatoshi it is no quarantine.
    let mut payment = after(None, &send(part(1, 600, 1_000)));
    payment = after(Some(payment), &failed(1, NOW));
    payment = after(Some(payment), &send(part(1, 400, 1_000)));
    let late = decided(Some(&payment), &fulfilled(1)).unwrap();
    assert_eq!(late.after.quarantine, None);
}
