//! What a part must agree with before it is accepted, and whether it should still leave.

use domain::contract::samples::{
    after, decided, failure, hash, msat, node_id, part, preimage, route, route_to, secret, whole,
};
use domain::payment::PARTS_MAX;
use domain::{
    Change, Command, Invoice, PartId, Payment, PaymentId, PaymentMetadata, PaymentSecret, Refusal,
    SendPart, StatusKind, Term, Timestamp, Transition, Unchanged, Wish, Word,
};
use std::time::Duration;

const NOW: u64 = 1_000_000;

fn send(part: SendPart) -> Command {
    Command::Send(Box::new(part))
}

fn resolve(id: u64, word: Word, at: u64) -> Command {
    Command::Resolve {
        part: PartId(id),
        word,
        at: Timestamp(at),
    }
}

fn failed(id: u64, at: u64) -> Command {
    resolve(id, Word::Failed(Box::new(failure())), at)
}

fn fulfilled(id: u64) -> Command {
    resolve(id, Word::Fulfilled(*preimage(1).1.expose()), NOW + 1)
}

fn metadata(byte: u8) -> PaymentMetadata {
    PaymentMetadata::new(vec![byte])
}

/// It was refused because that term is another.
#[track_caller]
fn assert_differs(refused: &Result<Transition, Refusal>, term: Term) {
    let of_the_term = matches!(refused, Err(Refusal::TermsDiffer { what, .. }) if *what == term);
    assert!(of_the_term, "{term}: {refused:?}");
}

/// An invoice that part 1's samples agree with.
fn invoice() -> Invoice {
    Invoice {
        bolt11: "lnbcrt10n1".into(),
        payment_hash: hash(1),
        amount: Some(msat(1_000)),
        payee: node_id(9),
        secret: secret(1),
        metadata: Some(metadata(1)),
        expires_at: Timestamp(NOW),
    }
}

fn by_invoice() -> SendPart {
    SendPart {
        invoice: Some(invoice()),
        secret: None,
        ..part(1, 400, 1_000)
    }
}

#[test]
fn an_invoice_brings_what_goes_into_the_onion() {
    let payment = after(None, &send(by_invoice()));
    let row = payment.summary();
    assert_eq!(row.terms.secret, Some(secret(1)));
    assert_eq!(row.terms.metadata, Some(metadata(1)));
    assert_eq!(row.bolt11.as_deref(), Some("lnbcrt10n1"));
    // What is given apart goes before, where the invoice says the same.
    let both = SendPart {
        secret: Some(secret(1)),
        metadata: Some(metadata(1)),
        ..by_invoice()
    };
    assert!(decided(None, &send(both)).is_ok());
    let apart = SendPart {
        metadata: Some(metadata(7)),
        ..part(1, 400, 1_000)
    };
    let payment = after(None, &send(apart));
    assert_eq!(payment.summary().terms.metadata, Some(metadata(7)));
}

#[test]
fn an_invoice_must_agree() {
    type Break = fn(&mut SendPart);
    let cases: [(Term, Break); 6] = [
        (Term::Hash, |p| p.payment_hash = hash(2)),
        (Term::Intended, |p| p.intended = msat(999)),
        (Term::Intended, |p| p.intended = msat(2_001)),
        (Term::Destination, |p| p.route = route_to(8, 400)),
        (Term::Secret, |p| p.secret = Some(secret(2))),
        (Term::Metadata, |p| p.metadata = Some(metadata(2))),
    ];
    for (term, break_it) in cases {
        let mut broken = by_invoice();
        break_it(&mut broken);
        let refused = decided(None, &send(broken)).unwrap_err();
        let of_the_term = matches!(&refused, Refusal::InvoiceDiffers { what, .. } if *what == term);
        assert!(of_the_term, "{term}: {refused:?}");
    }
    let mut later = by_invoice();
    later.invoice = Some(Invoice {
        payment_hash: hash(2),
        ..invoice()
    });
    let payment = after(None, &send(by_invoice()));
    let refused = decided(Some(&payment), &send(later)).unwrap_err();
    assert!(
        matches!(
            refused,
            Refusal::InvoiceDiffers {
                what: Term::Hash,
                ..
            }
        ),
        "{refused:?}"
    );
    for intended in [1_000, 2_000] {
        let mut fits = by_invoice();
        fits.intended = msat(intended);
        fits.requested = fits.intended;
        assert!(decided(None, &send(fits)).is_ok(), "{intended}");
    }
    let any_amount = SendPart {
        invoice: Some(Invoice {
            amount: None,
            ..invoice()
        }),
        ..by_invoice()
    };
    assert!(decided(None, &send(any_amount)).is_ok());
}

#[test]
fn an_invoice_expires() {
    let late = SendPart {
        at: Timestamp(NOW + 1),
        ..by_invoice()
    };
    let expired = Refusal::InvoiceExpired(Timestamp(NOW));
    assert_eq!(decided(None, &send(late.clone())), Err(expired.clone()));
    let payment = after(None, &send(by_invoice()));
    assert_eq!(decided(Some(&payment), &send(late)), Err(expired));
}

#[test]
fn secrets_are_set_once_and_only_while_nothing_is_out() {
    let without = SendPart {
        secret: None,
        metadata: None,
        ..part(1, 1_000, 1_000)
    };
    let with = |secret: Option<PaymentSecret>, metadata: Option<PaymentMetadata>| SendPart {
        secret,
        metadata,
        ..part(1, 1_000, 1_000)
    };
    let live = after(None, &send(without));
    let idle = after(Some(live.clone()), &failed(1, NOW));
    let set = with(Some(secret(1)), Some(metadata(1)));
    assert_differs(&decided(Some(&live), &send(set.clone())), Term::Secret);
    let only_metadata = with(None, Some(metadata(1)));
    assert_differs(&decided(Some(&live), &send(only_metadata)), Term::Metadata);

    let fixed = after(Some(idle), &send(set.clone()));
    let fixed = after(Some(fixed), &failed(2, NOW));
    assert_eq!(fixed.summary().terms.secret, Some(secret(1)));
    assert_eq!(fixed.summary().terms.metadata, Some(metadata(1)));
    assert!(decided(Some(&fixed), &send(set)).is_ok());
    assert!(
        decided(Some(&fixed), &send(with(None, None))).is_ok(),
        "what is set stays"
    );
    let other = with(Some(secret(2)), None);
    assert_differs(&decided(Some(&fixed), &send(other)), Term::Secret);
    let other = with(None, Some(metadata(2)));
    assert_differs(&decided(Some(&fixed), &send(other)), Term::Metadata);
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
    let wish = |payment: &Payment, id, at| payment.wish(PartId(id), Timestamp(at), window);
    let dropped = |wish: Wish, why: &str| match wish {
        Wish::Drop(failure) => {
            assert!(
                failure.is_never_sent() && failure.message.contains(why),
                "{failure:?}"
            );
        }
        other => panic!("{other:?}"),
    };
    let two = after(None, &send(part(1, 400, 1_000)));
    let two = after(Some(two), &send(part(1, 300, 1_000)));
    let Wish::Offer(offer) = wish(&two, 2, NOW + 10_000_000) else {
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
    assert_eq!(wish(&two, 7, NOW), Wish::Resolved, "nobody's");
    let over = after(Some(two.clone()), &failed(2, NOW));
    assert_eq!(wish(&over, 2, NOW), Wish::Resolved);
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
    match quarantined.wish(PartId(2), Timestamp(NOW), Duration::from_secs(10)) {
        Wish::Drop(failure) => assert!(failure.message.contains("quarantined"), "{failure:?}"),
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
    let doubtful = domain::PartialPayment {
        doubt: Some("why".into()),
        ..part.clone()
    };
    assert_eq!(doubtful.as_accepted(), accepted);
    let again = Payment::decide(Some(&paid), &send(whole(1, 1_000)));
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
