//! What a `PaymentStore` keeps of an invoice.

use super::{Harness, failed, run, send};
use crate::contract::samples::Command;
use crate::contract::samples::{hash, invoice, part, secret};
use crate::{Invoice, PaymentFilter};

/// The whole of payment 1, by that invoice.
fn by(invoice: Invoice) -> Command {
    let mut whole = part(1, 1_000, 1_000);
    whole.secret = None;
    whole.invoice = Some(invoice);
    send(whole)
}

/// What an invoice brings and demands comes back as it went; another invoice takes its place once no part
/// is live.
pub async fn what_an_invoice_demands_is_loaded(h: Harness<'_>) {
    let (payment, receipt) = run(h, hash(1), &by(invoice(1))).await;
    let row = payment.summary();
    assert_eq!(row.terms.invoice, Some(invoice(1).terms));
    assert_eq!(row.invoice_description, Some("coffee".to_owned()));
    run(h, hash(1), &failed(receipt.part)).await;
    let mut other = invoice(1);
    other.bolt11 = "lnbcrt10n2".into();
    other.secret = secret(2);
    other.metadata = None;
    other.description = None;
    other.terms.takes_parts = false;
    other.terms.description_hash = Some([7; 32]);
    let (payment, _) = run(h, hash(1), &by(other.clone())).await;
    let row = payment.summary();
    assert_eq!(row.terms.secret, Some(other.secret));
    assert_eq!(row.terms.metadata, None);
    assert_eq!(row.terms.invoice, Some(other.terms));
    assert_eq!(row.invoice_description, None);
}

/// `search` finds our own words, and those that the payee wrote in the invoice.
pub async fn payments_are_found_by_their_words(h: Harness<'_>) {
    run(h, hash(1), &by(invoice(1))).await;
    let mut noted = part(2, 400, 1_000);
    noted.description = Some("Two Teas".into());
    noted.label = Some("order-7".into());
    run(h, hash(2), &send(noted)).await;
    for (text, found) in [
        ("COFFEE", vec![1]),
        ("two teas", vec![2]),
        ("Order", vec![2]),
        ("e", vec![1, 2]),
        ("milk", vec![]),
    ] {
        let filter = PaymentFilter {
            search: Some(text.to_owned()),
            limit: 9,
            ..PaymentFilter::default()
        };
        let rows = h.store().payments(filter).await.unwrap();
        let ids: Vec<u64> = rows.iter().map(|row| row.number(|row| row.id.0)).collect();
        assert_eq!(ids, found, "{text}");
    }
}
