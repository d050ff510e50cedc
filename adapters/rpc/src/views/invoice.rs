//! Invoices of our own node, with Core Lightning's fields.

use crate::dev::{InvoiceStatus, OwnInvoice};
use domain::{Msat, Timestamp};
use serde::Serialize;

/// An invoice of ours.
#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
pub(crate) struct OwnInvoiceView<'a> {
    /// Our own name for it.
    label: &'a str,
    /// The invoice.
    bolt11: &'a str,
    /// The payment's name: SHA256 of its preimage, 32 bytes of hex.
    payment_hash: String,
    /// What it asks for; absent where that is left to the payer.
    #[serde(skip_serializing_if = "Option::is_none")]
    amount_msat: Option<u64>,
    /// `unpaid`, `paid` or `expired`.
    status: &'static str,
    /// Its place among all that were paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pay_index: Option<u64>,
    /// What came.
    #[serde(skip_serializing_if = "Option::is_none")]
    amount_received_msat: Option<u64>,
    /// When it was paid, in Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    paid_at: Option<u64>,
    /// The proof of payment, 32 bytes of hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_preimage: Option<String>,
    /// What the payer reads.
    description: &'a str,
    /// When it expires, in Unix seconds.
    expires_at: u64,
    /// Its place among all that were made.
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
