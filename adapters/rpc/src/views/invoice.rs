//! Invoices of our own node, with Core Lightning's fields.

use domain::{InvoiceStatus, Msat, OwnInvoice, Timestamp};
use serde::Serialize;

/// An invoice of ours.
#[derive(Serialize)]
pub(crate) struct OwnInvoiceView<'a> {
    label: &'a str,
    bolt11: &'a str,
    payment_hash: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount_msat: Option<u64>,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pay_index: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount_received_msat: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paid_at: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_preimage: Option<String>,
    description: &'a str,
    expires_at: u64,
    created_index: u64,
}

impl<'a> From<&'a OwnInvoice> for OwnInvoiceView<'a> {
    fn from(invoice: &'a OwnInvoice) -> OwnInvoiceView<'a> {
        let paid = match &invoice.status {
            InvoiceStatus::Paid {
                place,
                preimage,
                received,
                at,
            } => Some((place, preimage, received, at)),
            InvoiceStatus::Unpaid | InvoiceStatus::Expired => None,
        };
        OwnInvoiceView {
            label: &invoice.label,
            bolt11: &invoice.bolt11,
            payment_hash: invoice.payment_hash.to_string(),
            amount_msat: invoice.amount.map(Msat::get),
            status: invoice.status.as_str(),
            pay_index: paid.map(|(place, ..)| *place),
            amount_received_msat: paid.map(|(_, _, received, _)| received.get()),
            paid_at: paid.map(|(.., at)| Timestamp::seconds(*at)),
            payment_preimage: paid.map(|(_, preimage, ..)| hex::encode(preimage.expose())),
            description: &invoice.description,
            expires_at: invoice.expires_at.seconds(),
            created_index: invoice.id,
        }
    }
}
