//! BOLT 11 invoices: decoded, the signature verified.

use domain::{Invoice, Msat, NodeId, PaymentHash, PaymentMetadata, PaymentSecret, Timestamp};
use lightning_invoice::Bolt11Invoice;

/// What the invoice says; the error is all that is to be said.
pub(crate) fn decode(text: &str) -> Result<Invoice, String> {
    let invalid = |why: &dyn std::fmt::Display| format!("Invalid bolt11: {why}");
    let text = canonical(text);
    let invoice: Bolt11Invoice = text.parse().map_err(|why| invalid(&why))?;
    let amount = invoice.amount_milli_satoshis().map(Msat::new).transpose();
    let payee = NodeId::new(invoice.get_payee_pub_key().serialize());
    let expires = invoice.expires_at().map(|at| at.as_micros());
    let expires = expires.and_then(|micros| u64::try_from(micros).ok());
    Ok(Invoice {
        payment_hash: PaymentHash(invoice.payment_hash().0),
        amount: amount.map_err(|why| invalid(&why))?,
        payee: payee.map_err(|why| invalid(&why))?,
        secret: PaymentSecret::new(invoice.payment_secret().0),
        metadata: invoice
            .payment_metadata()
            .cloned()
            .map(PaymentMetadata::new),
        expires_at: Timestamp(expires.unwrap_or(u64::MAX)),
        bolt11: text,
    })
}

/// Without `lightning:`, and in the lower case that makes two spellings of one invoice equal.
fn canonical(text: &str) -> String {
    const SCHEME: &str = "lightning:";
    let text = match text.get(..SCHEME.len()) {
        Some(start) if start.eq_ignore_ascii_case(SCHEME) => &text[SCHEME.len()..],
        _ => text,
    };
    if text.bytes().any(|byte| byte.is_ascii_lowercase()) {
        text.to_owned()
    } else {
        text.to_ascii_lowercase()
    }
}
