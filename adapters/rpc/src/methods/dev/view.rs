//! Invoices of our own node, with Core Lightning's fields.

use crate::views::Viewed;
use devnet::{InvoiceStatus, OwnInvoice};
use domain::{Msat, PaymentHash, PaymentSecret, Timestamp};
use serde::Serialize;

/// An invoice that has just been made.
#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
pub(crate) struct NewInvoiceView {
    /// The invoice.
    bolt11: String,
    /// The payment's name: SHA256 of its preimage, 32 bytes of hex.
    payment_hash: String,
    /// The secret that each part must carry, 32 bytes of hex.
    payment_secret: String,
}

impl NewInvoiceView {
    pub(crate) fn new(bolt11: String, hash: PaymentHash, secret: &PaymentSecret) -> Self {
        NewInvoiceView {
            bolt11,
            payment_hash: hash.to_string(),
            payment_secret: hex::encode(secret.expose()),
        }
    }
}

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

impl Viewed for OwnInvoice {
    type View<'a> = OwnInvoiceView<'a>;

    fn view(&self) -> OwnInvoiceView<'_> {
        let paid = match &self.status {
            InvoiceStatus::Paid {
                place,
                preimage,
                received,
                at,
            } => Some((place, preimage, received, at)),
            InvoiceStatus::Unpaid | InvoiceStatus::Expired => None,
        };
        OwnInvoiceView {
            label: &self.label,
            bolt11: &self.bolt11,
            payment_hash: self.payment_hash.to_string(),
            amount_msat: self.amount.map(Msat::get),
            status: self.status.as_str(),
            pay_index: paid.map(|(place, ..)| *place),
            amount_received_msat: paid.map(|(_, _, received, _)| received.get()),
            paid_at: paid.map(|(.., at)| Timestamp::seconds(*at)),
            payment_preimage: paid.map(|(_, preimage, ..)| hex::encode(preimage.expose())),
            description: &self.description,
            expires_at: self.expires_at.seconds(),
            created_index: self.id,
        }
    }
}
