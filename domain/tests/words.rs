//! Names, numbers and words: what they accept, how they print, and what they never show.

use domain::contract::samples::{
    failure, hash, invoice_terms, msat, node_id, part, preimage, route, secret,
};
use domain::{
    Change, EventKind, Failure, FailureCode, Hop, Invoice, Msat, NodeId, NodeIdentity, NodeName,
    Notes, Outcome, PartId, PaymentHash, PaymentId, PaymentMetadata, PaymentSecret, Preimage,
    Refusal, RequestId, Route, RouteError, ShortChannelId, StatusKind, Term, Timestamp, bolt4_name,
};
use std::time::Duration;

const ALL_BITCOIN: u64 = 2_100_000_000_000_000_000;

#[test]
fn amounts_are_at_most_all_bitcoin_and_never_overflow() {
    assert_eq!(Msat::MAX.get(), ALL_BITCOIN);
    assert_eq!(Msat::new(ALL_BITCOIN), Ok(Msat::MAX));
    let error = Msat::new(ALL_BITCOIN + 1).unwrap_err();
    assert_eq!(
        error.to_string(),
        "2100000000000000001 msat is more than all bitcoin"
    );
    assert_eq!(msat(3).checked_add(msat(4)), Some(msat(7)));
    assert_eq!(Msat::MAX.checked_add(msat(1)), None);
    assert_eq!(msat(7).checked_sub(msat(4)), Some(msat(3)));
    assert_eq!(msat(4).checked_sub(msat(7)), None);
    assert_eq!(msat(7).saturating_sub(msat(4)), msat(3));
    assert_eq!(msat(4).saturating_sub(msat(7)), Msat::ZERO);
    assert_eq!(msat(42).to_string(), "42");
}

#[test]
fn overpaying_ends_at_twice() {
    for (amount, within) in [
        (99, false),
        (100, true),
        (150, true),
        (200, true),
        (201, false),
    ] {
        assert_eq!(msat(amount).is_within_twice(msat(100)), within, "{amount}");
    }
}

#[test]
fn failure_codes_are_core_lightnings() {
    let numbers = FailureCode::ALL.map(|(code, number)| {
        assert_eq!(code.number(), number);
        assert_eq!(FailureCode::from_number(number), Some(code));
        number
    });
    assert_eq!(numbers, [200, 201, 202, 203, 204, 209]);
    assert_eq!(FailureCode::from_number(208), None);
}

#[test]
fn failure_codes_of_bolt_4_have_their_names() {
    let names = [
        (0x2002, "WIRE_TEMPORARY_NODE_FAILURE"),
        (0x6002, "WIRE_PERMANENT_NODE_FAILURE"),
        (0x6003, "WIRE_REQUIRED_NODE_FEATURE_MISSING"),
        (0xc004, "WIRE_INVALID_ONION_VERSION"),
        (0xc005, "WIRE_INVALID_ONION_HMAC"),
        (0xc006, "WIRE_INVALID_ONION_KEY"),
        (0x1007, "WIRE_TEMPORARY_CHANNEL_FAILURE"),
        (0x4008, "WIRE_PERMANENT_CHANNEL_FAILURE"),
        (0x4009, "WIRE_REQUIRED_CHANNEL_FEATURE_MISSING"),
        (0x400a, "WIRE_UNKNOWN_NEXT_PEER"),
        (0x100b, "WIRE_AMOUNT_BELOW_MINIMUM"),
        (0x100c, "WIRE_FEE_INSUFFICIENT"),
        (0x100d, "WIRE_INCORRECT_CLTV_EXPIRY"),
        (0x100e, "WIRE_EXPIRY_TOO_SOON"),
        (0x400f, "WIRE_INCORRECT_OR_UNKNOWN_PAYMENT_DETAILS"),
        (0x4010, "WIRE_INCORRECT_PAYMENT_AMOUNT"),
        (17, "WIRE_FINAL_EXPIRY_TOO_SOON"),
        (18, "WIRE_FINAL_INCORRECT_CLTV_EXPIRY"),
        (19, "WIRE_FINAL_INCORRECT_HTLC_AMOUNT"),
        (0x1014, "WIRE_CHANNEL_DISABLED"),
        (21, "WIRE_EXPIRY_TOO_FAR"),
        (0x4016, "WIRE_INVALID_ONION_PAYLOAD"),
        (23, "WIRE_MPP_TIMEOUT"),
        (0xc018, "WIRE_INVALID_ONION_BLINDING"),
    ];
    for (code, name) in names {
        assert_eq!(bolt4_name(code), Some(name));
    }
    let known = (0..=u16::MAX).filter(|code| bolt4_name(*code).is_some());
    assert_eq!(known.count(), names.len());
    assert_eq!(failure().failcodename(), Some("WIRE_FEE_INSUFFICIENT"));
}

#[test]
fn a_part_that_never_left_says_so() {
    let never = Failure::never_sent("no room");
    assert_eq!(never.message, "never sent: no room");
    assert_eq!(never.code, FailureCode::TryOtherRoute);
    assert_eq!(never.failcodename(), None);
    assert!(never.is_never_sent());
    assert!(!failure().is_never_sent());
}

#[test]
fn hashes_and_secrets_are_64_digits() {
    let digits = "0123456789abcdef".repeat(4);
    let hash: PaymentHash = digits.parse().unwrap();
    assert_eq!(
        (hash.to_string(), format!("{hash:?}")),
        (digits.clone(), digits.clone())
    );
    let secret: PaymentSecret = digits.parse().unwrap();
    assert_eq!(hex::encode(secret.expose()), digits);
    assert!(digits[1..].parse::<PaymentHash>().is_err());
    assert!(digits.replace('a', "g").parse::<PaymentSecret>().is_err());
}

/// Rule A-15: whatever is printed to look at, no secret is in it.
#[test]
fn secrets_do_not_show() {
    let (_, proof) = preimage(1);
    assert_eq!(format!("{proof:?}"), "[redacted preimage]");
    assert_eq!(format!("{:?}", secret(1)), "[redacted payment_secret]");
    assert_eq!(
        format!("{:?}", Outcome::Fulfilled(*proof.expose())),
        "Fulfilled([redacted preimage])"
    );
    let failed = format!("{:?}", Outcome::Failed(Box::new(failure())));
    assert!(
        failed.starts_with("Failed(Failure { code: TryOtherRoute"),
        "{failed}"
    );

    let metadata = PaymentMetadata::new(vec![1, 2, 3, 0xfe]);
    assert_eq!(metadata.expose(), [1, 2, 3, 0xfe]);
    assert_eq!(format!("{metadata:?}"), "[redacted payment_metadata]");
    let invoice = Invoice {
        bolt11: "lnbcrt1hidden".into(),
        payment_hash: hash(1),
        amount: None,
        payee: node_id(9),
        secret: secret(1),
        metadata: Some(metadata.clone()),
        description: None,
        hints: Vec::new(),
        terms: invoice_terms(),
    };
    let mut command = part(1, 400, 1_000);
    command.metadata = Some(metadata);
    let notes = Notes {
        bolt11: Some("lnbcrt1hidden".into()),
        label: Some("mine".into()),
        description: Some("for you".into()),
    };
    let shown = format!("{invoice:?} {command:?} {notes:?}");
    assert!(shown.contains("mine") && shown.contains("for you") && shown.contains("expires_at"));
    for hidden in ["hidden", "254", "[1, 2, 3", &hex::encode(proof.expose())] {
        assert!(!shown.contains(hidden), "{hidden} in {shown}");
    }
    let payment = domain::contract::samples::after(
        None,
        &domain::contract::samples::Command::Send(Box::new(part(1, 400, 1_000))),
    );
    let shown = format!("{payment:?}");
    assert!(
        shown.contains("PaymentRow { payment_hash") && shown.contains("Terms { intended"),
        "{shown}"
    );
    assert!(
        !shown.contains("redacted"),
        "not even that there is one: {shown}"
    );
}

#[test]
fn a_proof_opens_its_hash_only() {
    let (opened, proof) = preimage(1);
    assert!(proof.opens(opened) && !proof.opens(hash(2)));
    assert_eq!(
        Preimage::proving(opened, *proof.expose()),
        Ok(proof.clone())
    );
    let wrong = Preimage::proving(hash(2), *proof.expose()).unwrap_err();
    assert_eq!(
        wrong.to_string(),
        "the preimage does not match the payment hash"
    );
    assert_eq!(
        Preimage::from_secret_bytes(*proof.expose()),
        (opened, proof)
    );
}

#[test]
fn node_ids_are_compressed_keys() {
    let digits = format!("02{}", "0a".repeat(32));
    let id: NodeId = digits.parse().unwrap();
    assert_eq!(
        (id.to_string(), format!("{id:?}")),
        (digits.clone(), digits.clone())
    );
    assert_eq!(id.bytes()[..2], [2, 10]);
    for bad in [
        digits.replacen("02", "04", 1),
        digits[2..].into(),
        "x".into(),
    ] {
        assert!(bad.parse::<NodeId>().is_err(), "{bad}");
    }
}

#[test]
fn short_channel_ids_are_three_numbers() {
    for (text, number) in [
        ("103x1x0", 103 << 40 | 1 << 16),
        ("1x2x3", 1 << 40 | 2 << 16 | 3),
        ("16777215x16777215x65535", u64::MAX),
    ] {
        assert_eq!(text.parse(), Ok(ShortChannelId(number)), "{text}");
        assert_eq!(text.replace('x', ":").parse(), Ok(ShortChannelId(number)));
        assert_eq!(ShortChannelId(number).to_string(), text);
    }
    for bad in [
        "16777216x0x0",
        "0x16777216x0",
        "0x0x65536",
        "1x2",
        "1x2x3x4",
        "1x2xy",
        "",
        "1:2x3",
    ] {
        assert!(bad.parse::<ShortChannelId>().is_err(), "{bad}");
    }
}

#[test]
fn names_and_numbers_print_as_they_are() {
    assert_eq!(PaymentId(7).to_string(), "7");
    assert_eq!(PartId(42).to_string(), "42");
    let name = NodeName::new("alice");
    assert_eq!((name.as_str(), name.to_string()), ("alice", "alice".into()));
    let identity = NodeIdentity::new("02ab");
    assert_eq!(
        (identity.as_str(), identity.to_string()),
        ("02ab", "02ab".into())
    );
}

#[test]
fn keys_have_1_to_128_bytes() {
    assert_eq!(RequestId::new("k").unwrap().as_str(), "k");
    assert!(RequestId::new("k".repeat(128)).is_ok());
    for bad in [String::new(), "k".repeat(129)] {
        assert!(RequestId::new(bad).is_err());
    }
}

#[test]
fn times_are_microseconds() {
    let time = Timestamp(3_999_999);
    assert_eq!(time.seconds(), 3);
    assert_eq!(time.after(Duration::from_millis(1)), Timestamp(4_000_999));
    assert_eq!(time.after(Duration::MAX), Timestamp(u64::MAX));
}

#[test]
fn states_have_their_words() {
    for (word, state) in [
        ("pending", StatusKind::Pending),
        ("complete", StatusKind::Complete),
        ("failed", StatusKind::Failed),
    ] {
        assert_eq!(state.as_str(), word);
        assert_eq!(word.parse(), Ok(state));
    }
    assert!("Pending".parse::<StatusKind>().is_err());
}

fn hop(amount: u64, delay: u32) -> Hop {
    Hop {
        node: node_id(1),
        channel: ShortChannelId(1),
        amount: msat(amount),
        delay,
    }
}

#[test]
fn routes_never_grow() {
    let route = Route::new(vec![hop(12, 40), hop(11, 40), hop(11, 18)]).unwrap();
    assert_eq!(route.hops().len(), 3);
    assert_eq!((route.first(), route.last()), (&hop(12, 40), &hop(11, 18)));
    assert_eq!((route.amount(), route.amount_sent()), (msat(11), msat(12)));
    assert_eq!(route.destination(), node_id(1));
    let errors = [
        (vec![], RouteError::Empty),
        (vec![hop(1, 1); 21], RouteError::TooLong(21)),
        (vec![hop(1, 1), hop(0, 1)], RouteError::Nothing),
        (
            vec![hop(5, 1), hop(4, 1), hop(5, 1)],
            RouteError::AmountGrows(2),
        ),
        (vec![hop(5, 1), hop(5, 2)], RouteError::DelayGrows(1)),
    ];
    for (hops, error) in errors {
        assert_eq!(Route::new(hops), Err(error));
    }
    assert!(Route::new(vec![hop(1, 1); 20]).is_ok());
}

#[test]
fn terms_have_the_names_of_the_parameters() {
    let names = [
        (Term::Intended, "intended_msatoshi"),
        (Term::Requested, "msatoshi"),
        (Term::Destination, "destination"),
        (Term::Secret, "payment_secret"),
        (Term::Metadata, "payment_metadata"),
        (Term::Hash, "payment_hash"),
    ];
    for (term, name) in names {
        assert_eq!(term.to_string(), name);
    }
}

#[test]
fn a_ceiling_says_what_is_in_the_way() {
    let ceiling = |asked, in_flight, delivered| {
        let refusal = Refusal::Ceiling {
            asked: msat(asked),
            intended: msat(1_000),
            in_flight: msat(in_flight),
            delivered: msat(delivered),
            room: msat(100),
        };
        refusal.to_string()
    };
    assert_eq!(
        ceiling(1_001, 0, 0),
        "part of 1001 msat refused: the whole payment shall deliver 1000 msat"
    );
    assert_eq!(
        ceiling(1_000, 800, 100),
        "part of 1000 msat refused: 900 of 1000 msat are in flight or delivered; send at most 100 \
         msat, or wait for a part to fail"
    );
}

#[test]
fn a_transition_knows_its_payment_and_its_name() {
    let first = domain::contract::samples::decided(
        None,
        &domain::contract::samples::Command::Send(Box::new(part(1, 400, 1_000))),
    )
    .unwrap();
    assert_eq!(first.payment_hash(), hash(1));
    assert_eq!(first.kind(), EventKind::PartAccepted);
    let Change::Accepted(part) = &first.change else {
        panic!("{first:?}");
    };
    assert_eq!(
        (part.amount(), part.amount_sent()),
        (msat(400), msat(1_400))
    );
    assert_eq!(part.route, route(400));
    let part = part.clone().numbered(PartId(7));
    assert_eq!((part.id, part.destination()), (PartId(7), node_id(9)));
    assert!(part.is_live() && part.preimage().is_none() && part.failure().is_none());
}
