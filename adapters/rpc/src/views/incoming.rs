//! What comes in.

use domain::{IncomingPayment, PartialInvoice, ReceivedPart};
use serde::Serialize;

/// An HTLC that has arrived for an invoice of ours: the proposal's fields, and what came since.
#[derive(Serialize)]
pub(crate) struct PartialInvoiceView<'a> {
    payment_hash: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_amount_msat: Option<u64>,
    incoming_scid: String,
    partial_amount_msat: u64,
    incoming_time_unix: u64,
    htlc_id: u64,
    cltv_expiry: u32,
    node: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bolt11: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bolt12: Option<&'a str>,
    received_msat: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    missing_msat: Option<u64>,
}

/// A payment that came in, with the HTLCs that brought it.
#[derive(Serialize)]
pub(crate) struct IncomingPaymentView<'a> {
    id: u64,
    payment_hash: String,
    destination: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    msatoshi: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount_msat: Option<u64>,
    amount_received_msat: u64,
    created_at: u64,
    completed_at: u64,
    status: &'static str,
    payment_preimage: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bolt11: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bolt12: Option<&'a str>,
    direction: &'static str,
    node: &'a str,
    number_of_parts: usize,
    parts: Vec<ReceivedPartView>,
}

#[derive(Serialize)]
struct ReceivedPartView {
    incoming_scid: String,
    partial_amount_msat: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    incoming_time_unix: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    htlc_id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cltv_expiry: Option<u32>,
}

/// An invoice of BOLT 11, or one of BOLT 12: those begin with `lni`.
fn by_kind(invoice: Option<&str>) -> (Option<&str>, Option<&str>) {
    match invoice {
        Some(invoice) if invoice.starts_with("lni") => (None, Some(invoice)),
        other => (other, None),
    }
}

impl<'a> From<&'a PartialInvoice> for PartialInvoiceView<'a> {
    fn from(row: &'a PartialInvoice) -> PartialInvoiceView<'a> {
        let part = &row.part;
        let (bolt11, bolt12) = by_kind(part.bolt11.as_deref());
        let missing = |total: domain::Msat| total.saturating_sub(row.received).get();
        PartialInvoiceView {
            payment_hash: part.payment_hash.to_string(),
            total_amount_msat: part.total.map(domain::Msat::get),
            incoming_scid: part.channel.to_string(),
            partial_amount_msat: part.amount.get(),
            incoming_time_unix: part.seen_at.seconds(),
            htlc_id: part.htlc_id,
            cltv_expiry: part.cltv_expiry,
            node: row.node.as_str(),
            label: part.label.as_deref(),
            bolt11,
            bolt12,
            received_msat: row.received.get(),
            missing_msat: part.total.map(missing),
        }
    }
}

impl<'a> From<&'a IncomingPayment> for IncomingPaymentView<'a> {
    fn from(row: &'a IncomingPayment) -> IncomingPaymentView<'a> {
        let paid = &row.paid;
        let requested = paid.requested.map(domain::Msat::get);
        let (bolt11, bolt12) = by_kind(paid.bolt11.as_deref());
        IncomingPaymentView {
            id: row.id.0,
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
            label: paid.label.as_deref(),
            bolt11,
            bolt12,
            direction: "incoming",
            node: row.node.as_str(),
            number_of_parts: paid.parts.len(),
            parts: paid.parts.iter().map(ReceivedPartView::from).collect(),
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
