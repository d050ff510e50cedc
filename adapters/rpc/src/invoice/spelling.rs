//! How an invoice is written: only so that every reader sees the same payee, amount and hash.

use lightning_invoice::{RawTaggedField, SignedRawBolt11Invoice, TaggedField};
use std::mem::{Discriminant, discriminant};

/// Without `lightning:` or `lightning://`, without blanks around it, and in the lower case that makes
/// two spellings of one invoice equal.
pub(super) fn canonical(text: &str) -> String {
    const SCHEME: &str = "lightning:";
    let is_blank = |c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}');
    let text = text.trim_matches(is_blank);
    let text = match text.get(..SCHEME.len()) {
        Some(start) if start.eq_ignore_ascii_case(SCHEME) => {
            let rest = &text[SCHEME.len()..];
            rest.strip_prefix("//")
                .unwrap_or(rest)
                .trim_matches(is_blank)
        }
        _ => text,
    };
    if text.bytes().any(|byte| byte.is_ascii_lowercase()) {
        text.to_owned()
    } else {
        text.to_ascii_lowercase()
    }
}

/// What whoever wants to pay one of BOLT 12, or a name like `user@domain`, is told.
pub(super) fn of_bolt12(text: &str) -> Option<String> {
    let kinds = [
        ("lno1", "an offer of BOLT 12"),
        ("lni1", "an invoice of BOLT 12"),
        ("lnr1", "an invoice request of BOLT 12"),
    ];
    let kind = kinds.iter().find(|(prefix, _)| text.starts_with(prefix));
    let what = kind.map(|(_, what)| *what);
    let what = what.or_else(|| {
        text.contains('@')
            .then_some("a name, which stands for an offer")
    })?;
    Some(format!(
        "it is {what}, which Ampere does not pay: ask the payee for an invoice of BOLT 11, or pay it with \
         lightningd's own xpay, on lightningd's own socket"
    ))
}

/// The signature is over the invoice as it is written. This library writes it anew before it recovers
/// the payee's key, so of an invoice that it would write otherwise it recovers another key.
pub(super) fn means_one_thing(
    invoice: &SignedRawBolt11Invoice,
    text: &str,
) -> Result<(), &'static str> {
    if invoice.to_string() != text {
        return Err(
            "a number or a field in it is not written in the shortest way (such as leading zeros in \
             the amount or in the expiry): other tools would see another payee in it; ask the payee \
             for another invoice",
        );
    }
    let mut seen: Vec<Discriminant<TaggedField>> = Vec::new();
    for field in &invoice.raw_invoice().data.tagged_fields {
        let RawTaggedField::KnownSemantics(field) = field else {
            continue;
        };
        // BOLT 11 lets these be repeated.
        if let TaggedField::Fallback(_) | TaggedField::PrivateRoute(_) = field {
            continue;
        }
        if seen.contains(&discriminant(field)) {
            return Err(
                "a field of which there can be one is in it twice: other tools would read the other \
                 one; ask the payee for another invoice",
            );
        }
        seen.push(discriminant(field));
    }
    let signer = invoice.recover_payee_pub_key();
    let signer = signer.map_err(|_| "its signature is invalid")?;
    match invoice.raw_invoice().payee_pub_key() {
        Some(named) if *named != signer => Err(
            "it names another payee than the one who signed it: ask the payee for another invoice",
        ),
        Some(_) | None => Ok(()),
    }
}
