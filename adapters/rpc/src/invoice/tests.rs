//! What is taken for an invoice, and what is made of it.

use super::decode;
use crate::forge::Forge;
use domain::{Network, PaymentHash, Timestamp};

const MADE_AT: u64 = 1_700_000_000;
const KEY: [u8; 32] = [0x42; 32];
const OTHER: [u8; 32] = [0x43; 32];

fn sound() -> Forge {
    Forge::sound("lnbcrt20u", MADE_AT, &[7; 32])
}

/// The same but for one of its fields, which is left out.
fn without(tag: char) -> Forge {
    let plain = Forge::new("lnbcrt20u", MADE_AT);
    let fields: [(char, &[u8]); 3] = [('p', &[7; 32]), ('s', &[0x11; 32]), ('d', b"coffee")];
    let kept = fields.iter().filter(|(kept, _)| *kept != tag);
    kept.fold(plain, |forge, (tag, bytes)| forge.bytes(*tag, bytes))
}

#[track_caller]
fn assert_refused(invoice: &Forge, says: &str) {
    let why = decode(&invoice.signed()).expect_err("it is refused");
    assert!(
        why.starts_with("Invalid bolt11: ") && why.contains(says),
        "{why}"
    );
}

#[test]
fn what_an_invoice_demands_is_read() {
    let invoice = decode(&sound().groups('c', &[2, 16]).signed()).expect("it is sound");
    assert_eq!(invoice.payment_hash, PaymentHash([7; 32]));
    assert_eq!(invoice.payee.to_string(), sound().payee());
    assert_eq!(invoice.amount.map(domain::Msat::get), Some(2_000_000));
    assert_eq!(invoice.description.as_deref(), Some("coffee"));
    let terms = invoice.terms;
    assert_eq!(terms.network, Network::regtest());
    assert_eq!(
        terms.expires_at,
        Timestamp((MADE_AT + 31_536_000) * 1_000_000)
    );
    assert_eq!(terms.min_final_cltv_expiry, 80);
    assert!(terms.takes_parts);
    assert_eq!(terms.description_hash, None);
}

#[test]
fn what_an_invoice_does_not_say_is_bolt_11s() {
    let terms = decode(&without('-').features(&[8, 14]).signed())
        .expect("it is sound")
        .terms;
    assert_eq!(terms.min_final_cltv_expiry, 18);
    assert_eq!(terms.expires_at, Timestamp((MADE_AT + 3_600) * 1_000_000));
    assert!(!terms.takes_parts);
    let hashed = without('d').bytes('h', &[9; 32]).features(&[8, 14, 16]);
    let invoice = decode(&hashed.signed()).expect("it is sound");
    assert_eq!(invoice.description, None);
    assert_eq!(invoice.terms.description_hash, Some([9; 32]));
    assert!(invoice.terms.takes_parts, "also where it is required");
    let silent = without('d').bytes('d', b"").features(&[8, 14]);
    assert_eq!(
        decode(&silent.signed()).expect("it is sound").description,
        None
    );
    // The largest that a field of 64 bits can say.
    let for_ever = without('-')
        .features(&[8, 14])
        .groups('x', &[15, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31]);
    let expires_at = decode(&for_ever.signed())
        .expect("it is sound")
        .terms
        .expires_at;
    assert_eq!(
        expires_at.0,
        i64::MAX.unsigned_abs(),
        "storage can write it"
    );
}

#[test]
fn each_prefix_is_a_network_of_its_own() {
    for (prefix, network) in [
        ("lnbc20u", "bitcoin"),
        ("lntb20u", "testnet"),
        ("lntbs20u", "signet"),
        ("lnsb20u", "simnet"),
        ("lnbcrt20u", "regtest"),
    ] {
        let invoice = decode(&Forge::sound(prefix, MADE_AT, &[7; 32]).signed());
        assert_eq!(invoice.expect(prefix).terms.network.as_str(), network);
    }
    decode(&Forge::sound("lnxy20u", MADE_AT, &[7; 32]).signed()).expect_err("no chain");
}

#[test]
fn a_required_feature_that_is_not_known_is_named() {
    let requiring = |bits: &[usize]| without('-').features(&[&[8, 14], bits].concat());
    for bit in [0, 18, 24, 30, 56, 100, 256] {
        assert_refused(&requiring(&[bit]), &format!("feature bit {bit},"));
        decode(&requiring(&[bit + 1]).signed()).expect("an odd bit is optional");
    }
    for bit in [16, 48] {
        decode(&requiring(&[bit]).signed()).expect("it is known");
    }
}

/// Written otherwise than this library writes it, an invoice has another payee for the library than for
/// those who hash what is written.
#[test]
fn an_invoice_that_others_would_read_otherwise_is_refused() {
    let plain = || without('-').features(&[8, 14]);
    for (what, invoice) in [
        (
            "an expiry of no digits more than zero",
            plain().groups('x', &[0]),
        ),
        (
            "an expiry with leading zeros",
            plain().groups('x', &[0, 0, 1]),
        ),
        ("a delay with leading zeros", plain().groups('c', &[0, 18])),
        (
            "an amount with leading zeros",
            Forge::sound("lnbcrt0200n", MADE_AT, &[7; 32]),
        ),
        (
            "features with leading zeros",
            without('-').groups('9', &[0, 0, 16, 8, 0]),
        ),
    ] {
        let why = decode(&invoice.signed()).expect_err(what);
        assert!(
            why.contains("shortest way") && why.contains("another payee"),
            "{what}: {why}"
        );
    }
    for tag in ['p', 's', 'm'] {
        let twice = plain().bytes('m', &[1]).bytes(tag, &[8; 32]);
        assert_refused(&twice, "twice");
    }
    assert_refused(&plain().bytes('d', b"tea"), "twice");
    assert_refused(&plain().features(&[8, 14]), "twice");
    assert_refused(&plain().naming(KEY).naming(OTHER), "twice");
    decode(&plain().naming(KEY).signed()).expect("it names the one who signed it");
    decode(&plain().naming(OTHER).signed()).expect_err("it names somebody else");
    decode(&plain().naming(OTHER).by(OTHER).signed()).expect("whoever that is");
}

#[test]
fn blanks_and_schemes_around_an_invoice_are_no_part_of_it() {
    let text = sound().signed();
    let invoice = decode(&text).expect("it is sound");
    for spelling in [
        format!("  {text}\n"),
        format!("\t{text}\r\n"),
        format!("lightning:{text}"),
        format!("lightning://{text}"),
        format!(" LIGHTNING:// {}\n", text.to_uppercase()),
        format!("\u{feff}{text}\u{a0}"),
    ] {
        assert!(decode(&spelling) == Ok(invoice.clone()), "{spelling:?}");
    }
    for broken in [
        format!("{} {}", &text[..20], &text[20..]),
        format!("lightning:lightning:{text}"),
        format!("{}{}", text[..20].to_uppercase(), &text[20..]),
    ] {
        decode(&broken).expect_err("no invoice");
    }
}
