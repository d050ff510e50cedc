//! A payment.

use super::part::Details;
use domain::{PartialPayment, PaymentSummary};
use serde::Serialize;

/// A payment: 0.6.2's fields, and what came since.
#[derive(Serialize)]
pub(crate) struct PaymentView<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
    payment_hash: String,
    destination: String,
    msatoshi: u64,
    amount_msat: u64,
    msatoshi_sent: u64,
    amount_sent_msat: u64,
    intended_msatoshi: u64,
    created_at: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    completed_at: Option<u64>,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_preimage: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bolt11: Option<&'a str>,
    direction: &'static str,
    number_of_parts: u32,
    pending_parts: u32,
    in_flight_msat: u64,
    delivered_msat: u64,
    safe_to_retry: bool,
    why: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    warning_quarantined: Option<&'a str>,
}

/// The `data` of `waitsendpay`'s error: the payment, and why its last part failed.
#[derive(Serialize)]
pub(crate) struct FailedPayment<'a> {
    #[serde(flatten)]
    payment: PaymentView<'a>,
    #[serde(flatten)]
    details: Option<Details>,
}

impl<'a> PaymentView<'a> {
    /// As the answer to a `sendpay` that goes on.
    pub(crate) fn monitored(self) -> PaymentView<'a> {
        PaymentView {
            message: Some("Monitor status with listpayments or waitsendpay"),
            ..self
        }
    }

    /// As the answer to a `sendpartialpay` that made no part: an `id` would be taken for one's.
    pub(crate) fn without_id(self) -> PaymentView<'a> {
        PaymentView { id: None, ..self }
    }
}

impl<'a> From<&'a PaymentSummary> for PaymentView<'a> {
    fn from(row: &'a PaymentSummary) -> PaymentView<'a> {
        let (requested, sent) = (row.terms.requested.get(), row.tally.sent.get());
        let retry = row.retry();
        PaymentView {
            message: None,
            id: Some(row.id.0),
            payment_hash: row.payment_hash.to_string(),
            destination: row.terms.destination.to_string(),
            msatoshi: requested,
            amount_msat: requested,
            msatoshi_sent: sent,
            amount_sent_msat: sent,
            intended_msatoshi: row.terms.intended.get(),
            created_at: row.created_at.seconds(),
            completed_at: row.completed_at.map(domain::Timestamp::seconds),
            status: row.status().as_str(),
            payment_preimage: row.preimage.as_ref().map(|p| hex::encode(p.expose())),
            description: row.description.as_deref(),
            label: row.label.as_deref(),
            bolt11: row.bolt11.as_deref(),
            direction: "outgoing",
            number_of_parts: row.tally.parts,
            pending_parts: row.tally.live,
            in_flight_msat: row.tally.in_flight.get(),
            delivered_msat: row.tally.delivered.get(),
            safe_to_retry: retry.is_safe,
            why: retry.why,
            warning_quarantined: row.quarantine.as_deref(),
        }
    }
}

impl<'a> FailedPayment<'a> {
    pub(crate) fn new(payment: &'a PaymentSummary, part: &'a PartialPayment) -> FailedPayment<'a> {
        FailedPayment {
            payment: PaymentView::from(payment),
            details: part.failure().map(Details::from),
        }
    }
}
