//! Invoices.

use crate::invoice::decode;
use domain::Invoice;

/// Whatever is taken for an invoice is the same one in each of its spellings, and does not show in
/// `Debug`; what is not is refused in a few words that do not repeat it.
pub fn target(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    match decode(text) {
        Ok(invoice) => is_the_same_however_spelt(&invoice),
        Err(why) => {
            assert!(
                why.starts_with("Invalid bolt11: ") && why.len() < 1_000,
                "{why}"
            );
            for word in text.split(|c: char| !c.is_ascii_alphanumeric()) {
                assert!(word.len() <= 40 || !why.contains(word), "{why}");
            }
        }
    }
}

fn is_the_same_however_spelt(invoice: &Invoice) {
    let text = &invoice.bolt11;
    let spellings = [
        text.clone(),
        text.to_uppercase(),
        format!("lightning:{text}"),
        format!("LIGHTNING:{}", text.to_uppercase()),
    ];
    for spelling in spellings {
        let again = decode(&spelling).expect("it was an invoice in another spelling");
        assert!(again == *invoice, "{spelling}");
    }
    let shown = format!("{invoice:?}");
    let secret = hex::encode(invoice.secret.expose());
    assert!(
        !shown.contains(text.as_str()) && !shown.contains(&secret),
        "{shown}"
    );
}
