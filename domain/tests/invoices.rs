//! What a part must agree with before it is accepted: its payment's row and its invoice, which need not
//! be repeated.

use domain::contract::samples::Command;
use domain::contract::samples::{
    after, decided, failure, hash, invoice, msat, part, preimage, route_to, secret,
};
use domain::{
    Invoice, InvoiceTerms, Network, OfferDecision, Outcome, PartId, PaymentMetadata, PaymentSecret,
    Refusal, SendPart, Term, Timestamp, Transition,
};
use sha2::{Digest, Sha256};
use std::time::Duration;

const NOW: u64 = 1_000_000;

fn send(part: SendPart) -> Command {
    Command::Send(Box::new(part))
}

fn failed(id: u64, at: u64) -> Command {
    Command::Resolve {
        part: PartId(id),
        word: Outcome::Failed(Box::new(failure())),
        at: Timestamp(at),
    }
}

fn fulfilled(id: u64) -> Command {
    Command::Resolve {
        part: PartId(id),
        word: Outcome::Fulfilled(*preimage(1).1.expose()),
        at: Timestamp(NOW + 1),
    }
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

/// Part 1 of 400 msat, with an invoice that demands this.
fn demanding(change: impl FnOnce(&mut InvoiceTerms)) -> SendPart {
    let mut part = by_invoice();
    let invoice = part.invoice.as_mut().expect("it has one");
    change(&mut invoice.terms);
    part
}

fn by_invoice() -> SendPart {
    SendPart {
        invoice: Some(invoice(1)),
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
    let cases: [(Term, Break); 4] = [
        (Term::Hash, |p| p.payment_hash = hash(2)),
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
        ..invoice(1)
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
    for intended in [999, 2_001] {
        let mut outside = by_invoice();
        outside.intended = msat(intended);
        outside.requested = outside.intended;
        let refused = decided(None, &send(outside)).unwrap_err();
        let text = refused.to_string();
        assert!(matches!(refused, Refusal::InvoiceAmount { .. }), "{text}");
        let said =
            format!("asks for 1000 msat, so intended_msatoshi can be 1000 to 2000, not {intended}");
        assert!(text.contains(&said), "{text}");
    }
    for intended in [1_000, 2_000] {
        let mut fits = by_invoice();
        fits.intended = msat(intended);
        fits.requested = fits.intended;
        assert!(decided(None, &send(fits)).is_ok(), "{intended}");
    }
    let any_amount = SendPart {
        invoice: Some(Invoice {
            amount: None,
            ..invoice(1)
        }),
        ..by_invoice()
    };
    assert!(decided(None, &send(any_amount)).is_ok());
}

/// What the invoice of a payment demands, it demands of every part, also of one that does not repeat it.
#[track_caller]
fn assert_refused(first: &SendPart, change: impl Fn(&mut SendPart), refusal: &Refusal) {
    let mut repeated = first.clone();
    change(&mut repeated);
    let decided_first = decided(None, &send(repeated.clone()));
    assert_eq!(decided_first.as_ref(), Err(refusal), "a first part");
    let mut sound = first.clone();
    sound.route = domain::contract::samples::route(1_000);
    let payment = after(None, &send(sound));
    let payment = after(Some(payment), &failed(1, NOW));
    let again = decided(Some(&payment), &send(repeated.clone()));
    assert_eq!(again.as_ref(), Err(refusal), "with the invoice");
    repeated.invoice = None;
    let without = decided(Some(&payment), &send(repeated));
    assert_eq!(without.as_ref(), Err(refusal), "without the invoice");
}

#[test]
fn nothing_is_sent_after_the_invoice_has_expired() {
    let until = demanding(|terms| terms.expires_at = Timestamp(NOW));
    assert!(
        decided(None, &send(until.clone())).is_ok(),
        "its last moment"
    );
    let late = |part: &mut SendPart| part.at = Timestamp(NOW + 1);
    assert_refused(&until, late, &Refusal::InvoiceExpired(Timestamp(NOW)));
}

#[test]
fn the_last_hop_keeps_the_blocks_that_the_invoice_asks_for() {
    let given = part(1, 400, 1_000).route.last().delay;
    let exact = demanding(|terms| terms.min_final_cltv_expiry = given);
    assert!(decided(None, &send(exact)).is_ok());
    let more = demanding(|terms| terms.min_final_cltv_expiry = given + 1);
    let refused = decided(None, &send(more)).unwrap_err();
    let least = given + 1;
    assert_eq!(refused, Refusal::FinalDelay { given, least });
    let text = refused.to_string();
    assert!(
        text.contains(&given.to_string()) && text.contains(&least.to_string()),
        "{text}"
    );
    // A later part that does not repeat the invoice is held to it, too.
    let payment = after(
        None,
        &send(demanding(|terms| terms.min_final_cltv_expiry = given)),
    );
    let mut short = part(1, 400, 1_000);
    let hops = short.route.hops().iter().map(|hop| domain::Hop {
        delay: given - 1,
        ..hop.clone()
    });
    short.route = domain::Route::new(hops.collect()).expect("delays do not grow");
    let (least, given) = (given, given - 1);
    let refused = decided(Some(&payment), &send(short));
    assert_eq!(refused, Err(Refusal::FinalDelay { given, least }));
}

#[test]
fn an_invoice_without_basic_mpp_takes_no_parts() {
    let alone = demanding(|terms| terms.takes_parts = false);
    let whole = |part: &mut SendPart| part.route = domain::contract::samples::route(1_000);
    let mut all = alone.clone();
    whole(&mut all);
    assert!(decided(None, &send(all)).is_ok());
    let (amount, intended) = (msat(400), msat(1_000));
    assert_refused(&alone, |_| {}, &Refusal::TakesNoParts { amount, intended });
}

#[test]
fn an_invoice_of_another_network_is_refused_before_anything_else() {
    let mut foreign = demanding(|terms| terms.network = Network::named("bitcoin"));
    foreign.network = Some(Network::regtest());
    let refused = decided(None, &send(foreign.clone())).unwrap_err();
    let text = refused.to_string();
    assert!(
        text.contains("the invoice is for bitcoin, this node is on regtest"),
        "{text}"
    );
    let paid = after(None, &send(by_invoice()));
    let paid = after(Some(paid), &fulfilled(1));
    assert_eq!(decided(Some(&paid), &send(foreign.clone())), Err(refused));
    // A node that has not said yet where it is, is asked again before the part leaves.
    foreign.network = None;
    let payment = after(None, &send(foreign));
    let wish = |network: Option<&Network>| {
        payment.wish(PartId(1), Timestamp(NOW), Duration::from_secs(10), network)
    };
    assert!(matches!(wish(None), OfferDecision::Offer(_)));
    assert!(matches!(
        wish(Some(&Network::named("bitcoin"))),
        OfferDecision::Offer(_)
    ));
    match wish(Some(&Network::regtest())) {
        OfferDecision::Drop(failure) => {
            assert!(failure.message.contains("another network"), "{failure:?}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_part_does_not_leave_after_its_invoice_has_expired() {
    let payment = after(
        None,
        &send(demanding(|terms| terms.expires_at = Timestamp(NOW + 5))),
    );
    let wish = |at| payment.wish(PartId(1), Timestamp(at), Duration::from_secs(10), None);
    assert!(matches!(wish(NOW + 5), OfferDecision::Offer(_)));
    match wish(NOW + 6) {
        OfferDecision::Drop(failure) => assert!(failure.message.contains("expired"), "{failure:?}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_description_is_the_one_whose_hash_the_invoice_holds() {
    let hash: [u8; 32] = Sha256::digest("one coffee").into();
    let hashed = demanding(|terms| terms.description_hash = Some(hash));
    assert!(
        decided(None, &send(hashed.clone())).is_ok(),
        "none is given"
    );
    let said = |text: &str| SendPart {
        description: Some(text.to_owned()),
        ..hashed.clone()
    };
    assert!(decided(None, &send(said("one coffee"))).is_ok());
    let other = |part: &mut SendPart| part.description = Some("two coffees".to_owned());
    assert_refused(&hashed, other, &Refusal::OtherDescription { invoice: hash });
    // One that holds its description itself says nothing against a note of ours.
    let noted = SendPart {
        description: Some("my own words".to_owned()),
        ..by_invoice()
    };
    let payment = after(None, &send(noted));
    let row = payment.summary();
    assert_eq!(row.description.as_deref(), Some("my own words"));
    assert_eq!(row.invoice_description.as_deref(), Some("coffee"));
}

#[test]
fn what_the_invoice_brings_is_fixed_while_a_part_is_live() {
    let live = after(None, &send(by_invoice()));
    let with = |change: fn(&mut Invoice)| {
        let mut part = by_invoice();
        change(part.invoice.as_mut().expect("it has one"));
        part
    };
    let other_secret = with(|invoice| invoice.secret = secret(2));
    let no_metadata = with(|invoice| invoice.metadata = None);
    let longer = with(|invoice| invoice.terms.expires_at = Timestamp(NOW + 7));
    for (part, term) in [
        (&other_secret, Term::Secret),
        (&no_metadata, Term::Metadata),
        (&longer, Term::Invoice),
    ] {
        assert_differs(&decided(Some(&live), &send(part.clone())), term);
    }
    // While nothing is out, an earlier part may have been wrong.
    let idle = after(Some(live), &failed(1, NOW));
    let payment = after(Some(idle.clone()), &send(other_secret));
    assert_eq!(payment.summary().terms.secret, Some(secret(2)));
    let payment = after(Some(idle.clone()), &send(no_metadata));
    assert_eq!(payment.summary().terms.metadata, None);
    let mut renewed = longer;
    renewed.invoice.as_mut().expect("it has one").bolt11 = "lnbcrt10n2".to_owned();
    let payment = after(Some(idle.clone()), &send(renewed));
    let row = payment.summary();
    let terms = row.terms.invoice.as_ref().expect("an invoice");
    assert_eq!(terms.expires_at, Timestamp(NOW + 7));
    assert_eq!(row.bolt11.as_deref(), Some("lnbcrt10n2"));
    let silent = after(Some(idle), &send(part(1, 400, 1_000)));
    assert!(
        silent.summary().terms.invoice.is_some(),
        "what is set stays"
    );
}

#[test]
fn a_wrong_secret_or_metadata_can_be_put_right_while_nothing_is_out() {
    let with = |secret: Option<PaymentSecret>, metadata: Option<PaymentMetadata>| SendPart {
        secret,
        metadata,
        ..part(1, 1_000, 1_000)
    };
    let set = with(Some(secret(1)), Some(metadata(1)));
    let live = after(None, &send(with(None, None)));
    assert_differs(&decided(Some(&live), &send(set.clone())), Term::Secret);
    let only_metadata = with(None, Some(metadata(1)));
    assert_differs(&decided(Some(&live), &send(only_metadata)), Term::Metadata);
    let idle = after(Some(live), &failed(1, NOW));
    let wrong = after(Some(idle), &send(set.clone()));
    let other = with(Some(secret(2)), Some(metadata(2)));
    assert_differs(&decided(Some(&wrong), &send(other.clone())), Term::Secret);
    let idle = after(Some(wrong), &failed(2, NOW));
    let kept = after(Some(idle.clone()), &send(with(None, None)));
    assert_eq!(
        kept.summary().terms.secret,
        Some(secret(1)),
        "what is set stays"
    );
    let right = after(Some(idle), &send(other));
    assert_eq!(right.summary().terms.secret, Some(secret(2)));
    assert_eq!(right.summary().terms.metadata, Some(metadata(2)));
    let OfferDecision::Offer(offer) =
        right.wish(PartId(3), Timestamp(NOW), Duration::from_secs(1), None)
    else {
        panic!("it is wanted");
    };
    assert_eq!(
        (offer.secret, offer.metadata),
        (Some(secret(2)), Some(metadata(2)))
    );
}
