//! What comes in.

use super::Viewed;
use domain::{IncomingPayment, PartialInvoice, PaymentId, ReceivedPart, SelfPayment};
use serde::Serialize;

/// An HTLC that has arrived for an invoice of ours: the proposal's fields, and what came since.
#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
pub(crate) struct PartialInvoiceView<'a> {
    /// The payment's name: SHA256 of its preimage, 32 bytes of hex.
    payment_hash: String,
    /// What all parts are to bring together, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    total_amount_msat: Option<u64>,
    /// The channel over which it came.
    incoming_scid: String,
    /// What it brings.
    partial_amount_msat: u64,
    /// When it was first seen, in Unix seconds.
    incoming_time_unix: u64,
    /// The channel's number of the HTLC (BOLT 2).
    htlc_id: u64,
    /// The height at which its HTLC expires.
    cltv_expiry: u32,
    /// The configured node at which it arrived.
    node: &'a str,
    #[serde(flatten)]
    invoice: InvoiceNamesView<'a>,
    /// What all parts of the payment that are there bring together.
    received_msat: u64,
    /// What is still to come, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    missing_msat: Option<u64>,
}

/// A payment that came in, with the HTLCs that brought it.
#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
pub(crate) struct IncomingPaymentView<'a> {
    /// Its number. Both directions share one sequence.
    id: u64,
    /// The payment's name: SHA256 of its preimage, 32 bytes of hex.
    payment_hash: String,
    /// The id of the node that was paid: ours.
    destination: String,
    /// `amount_msat`, by its old name.
    #[serde(skip_serializing_if = "Option::is_none")]
    msatoshi: Option<u64>,
    /// What was asked for; absent where that was left to the payer.
    #[serde(skip_serializing_if = "Option::is_none")]
    amount_msat: Option<u64>,
    /// What came.
    amount_received_msat: u64,
    /// When its first part was seen, in Unix seconds; when it was paid, where that is not known.
    created_at: u64,
    /// When it was paid, in Unix seconds.
    completed_at: u64,
    /// `complete`: what is not is in `listpartialinvoices`.
    status: &'static str,
    /// The proof of payment, 32 bytes of hex.
    payment_preimage: String,
    /// What the payer read.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(flatten)]
    invoice: InvoiceNamesView<'a>,
    /// `outgoing` or `incoming`.
    direction: &'static str,
    /// The configured node that was paid.
    node: &'a str,
    /// The row of the payment of ours that paid it, where we paid ourselves; it may be deleted since.
    #[serde(skip_serializing_if = "Option::is_none")]
    self_payment: Option<u64>,
    /// How much of what came we paid: known once that payment is complete and no part of it pending. All
    /// of it, where that payment was deleted since.
    #[serde(skip_serializing_if = "Option::is_none")]
    self_msat: Option<u64>,
    /// How many HTLCs brought it, as far as the node still knew.
    number_of_parts: usize,
    /// Those HTLCs.
    parts: Vec<ReceivedPartView>,
}

#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
struct ReceivedPartView {
    /// The channel over which it came.
    incoming_scid: String,
    /// What it brings.
    partial_amount_msat: u64,
    /// When it was first seen, in Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    incoming_time_unix: Option<u64>,
    /// The channel's number of the HTLC (BOLT 2).
    #[serde(skip_serializing_if = "Option::is_none")]
    htlc_id: Option<u64>,
    /// The height at which its HTLC expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    cltv_expiry: Option<u32>,
}

/// The invoice that is paid.
#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
struct InvoiceNamesView<'a> {
    /// Our own name for the invoice.
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
    /// The invoice.
    #[serde(skip_serializing_if = "Option::is_none")]
    bolt11: Option<&'a str>,
    /// The invoice, where it is a BOLT 12 one.
    #[serde(skip_serializing_if = "Option::is_none")]
    bolt12: Option<&'a str>,
}

impl<'a> InvoiceNamesView<'a> {
    /// An invoice of BOLT 11, or one of BOLT 12: those begin with `lni`.
    fn new(label: Option<&'a str>, invoice: Option<&'a str>) -> InvoiceNamesView<'a> {
        let (bolt11, bolt12) = match invoice {
            Some(invoice) if invoice.starts_with("lni") => (None, Some(invoice)),
            other => (other, None),
        };
        InvoiceNamesView {
            label,
            bolt11,
            bolt12,
        }
    }
}

impl Viewed for PartialInvoice {
    type View<'a> = PartialInvoiceView<'a>;

    fn view(&self) -> PartialInvoiceView<'_> {
        let part = &self.part;
        let missing = |total: domain::Msat| total.saturating_sub(self.received).get();
        PartialInvoiceView {
            payment_hash: part.payment_hash.to_string(),
            total_amount_msat: part.total.map(domain::Msat::get),
            incoming_scid: part.channel.to_string(),
            partial_amount_msat: part.amount.get(),
            incoming_time_unix: part.seen_at.seconds(),
            htlc_id: part.htlc_id,
            cltv_expiry: part.cltv_expiry,
            node: self.node.as_str(),
            invoice: InvoiceNamesView::new(part.label.as_deref(), part.bolt11.as_deref()),
            received_msat: self.received.get(),
            missing_msat: part.total.map(missing),
        }
    }
}

impl Viewed for IncomingPayment {
    type View<'a> = IncomingPaymentView<'a>;

    fn view(&self) -> IncomingPaymentView<'_> {
        let paid = &self.paid;
        let requested = paid.requested.map(domain::Msat::get);
        IncomingPaymentView {
            id: self.id.0,
            payment_hash: paid.payment_hash.to_string(),
            destination: paid.destination.to_string(),
            msatoshi: requested,
            amount_msat: requested,
            amount_received_msat: paid.received.get(),
            created_at: paid.created_at.seconds(),
            completed_at: paid.completed_at.seconds(),
            status: "complete",
            payment_preimage: hex::encode(paid.preimage.expose()),
            description: paid.description.as_deref(),
            invoice: InvoiceNamesView::new(paid.label.as_deref(), paid.bolt11.as_deref()),
            direction: "incoming",
            node: self.node.as_str(),
            self_payment: None,
            self_msat: None,
            number_of_parts: paid.parts.len(),
            parts: paid.parts.iter().map(ReceivedPartView::from).collect(),
        }
    }
}

impl IncomingPaymentView<'_> {
    /// As a row of the list, which tells what we paid to ourselves.
    pub(crate) fn own(self, own: Option<&SelfPayment>) -> Self {
        let id = PaymentId(self.id);
        let is_ours = |own: &&SelfPayment| own.received.iter().any(|received| received.id == id);
        match own.filter(is_ours) {
            None => self,
            Some(own) => IncomingPaymentView {
                self_payment: own.outgoing.map(|id| id.0),
                self_msat: own.moved_to(id).map(domain::Msat::get),
                ..self
            },
        }
    }
}

impl From<&ReceivedPart> for ReceivedPartView {
    fn from(part: &ReceivedPart) -> ReceivedPartView {
        ReceivedPartView {
            incoming_scid: part.channel.to_string(),
            partial_amount_msat: part.amount.get(),
            incoming_time_unix: part.seen_at.map(domain::Timestamp::seconds),
            htlc_id: part.htlc_id,
            cltv_expiry: part.cltv_expiry,
        }
    }
}
