//! A payment.

use super::part::ResolutionView;
use super::shared::{CourseView, RetryView};
use super::{Shown, Viewed};
use domain::{EndedByHand, NodeId, PaymentHash, PaymentSummary, SelfPayment, SelfSent, Timestamp};
use serde::Serialize;

/// A payment: 0.6.2's fields, and what came since.
#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
pub(crate) struct PaymentView<'a> {
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'static str>,
    /// Its number. Both directions share one sequence.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
    /// The payment's name: SHA256 of its preimage, 32 bytes of hex.
    payment_hash: Shown<PaymentHash>,
    /// The id of the node that is paid.
    destination: Shown<NodeId>,
    /// `amount_msat`, by its old name.
    msatoshi: u64,
    /// What was asked for.
    amount_msat: u64,
    /// `amount_sent_msat`, by its old name.
    msatoshi_sent: u64,
    /// What left our nodes in pending and complete parts, fees included.
    amount_sent_msat: u64,
    /// What delivering it cost: known once it is complete and no part is pending.
    #[serde(skip_serializing_if = "Option::is_none")]
    fee_msat: Option<u64>,
    /// What all parts together shall deliver, in msat.
    intended_msatoshi: u64,
    #[serde(flatten)]
    course: CourseView<'a>,
    /// The invoice.
    #[serde(skip_serializing_if = "Option::is_none")]
    bolt11: Option<&'a str>,
    /// What the payee wrote in the invoice.
    #[serde(skip_serializing_if = "Option::is_none")]
    invoice_description: Option<&'a str>,
    /// SHA256 of the description, where the invoice holds that in place of the description: hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    invoice_description_hash: Option<String>,
    /// `outgoing` or `incoming`.
    direction: &'static str,
    /// Parts ever accepted.
    number_of_parts: u32,
    /// Parts that are pending.
    pending_parts: u32,
    /// What the pending parts carry.
    in_flight_msat: u64,
    /// What the complete parts have delivered.
    delivered_msat: u64,
    #[serde(flatten)]
    retry: RetryView,
    /// Why nothing is sent towards it any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    warning_quarantined: Option<&'a str>,
    /// Its parts that an operator ended by hand: who did, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resolutions: Vec<PartResolutionView<'a>>,
    /// The row of what came in for it, where we paid ourselves: the first, if several nodes of ours have
    /// that invoice.
    #[serde(skip_serializing_if = "Option::is_none")]
    self_payment: Option<u64>,
    /// How much of what it delivered came in at nodes of ours: known once it is complete and no part is
    /// pending.
    #[serde(skip_serializing_if = "Option::is_none")]
    self_msat: Option<u64>,
    /// What left which node of ours, fees included, where we paid ourselves.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    self_from: Vec<SelfFromView<'a>>,
    /// What came in at which node of ours, where we paid ourselves.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    self_to: Vec<SelfToView<'a>>,
}

/// A part that was ended by hand.
#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
struct PartResolutionView<'a> {
    /// Its number.
    id: u64,
    #[serde(flatten)]
    by: ResolutionView<'a>,
}

/// What left a node of ours for another, or for itself.
#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
struct SelfFromView<'a> {
    /// The configured node.
    node: &'a str,
    /// What left it, fees included.
    amount_sent_msat: u64,
}

/// What came in at a node of ours from another, or from itself.
#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
struct SelfToView<'a> {
    /// The row of what came in.
    id: u64,
    /// The configured node.
    node: &'a str,
    /// What of it we paid.
    amount_msat: u64,
}

/// The `data` of a wait's error 200: the payment, and until when its pending parts can last.
#[derive(Serialize)]
pub(crate) struct PendingPayment<'a> {
    #[serde(flatten)]
    payment: PaymentView<'a>,
    /// The height at which its last pending part has ended at the latest.
    #[serde(skip_serializing_if = "Option::is_none")]
    deadline_height: Option<u32>,
    /// When about that height comes, in Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    deadline_estimate: Option<u64>,
}

impl<'a> PendingPayment<'a> {
    pub(crate) fn new(
        payment: &'a PaymentSummary,
        deadline_height: Option<u32>,
        deadline: Option<Timestamp>,
    ) -> PendingPayment<'a> {
        PendingPayment {
            payment: payment.view(),
            deadline_height,
            deadline_estimate: deadline.map(Timestamp::seconds),
        }
    }
}

impl<'a> PaymentView<'a> {
    /// As the answer to a `sendpay` that goes on.
    pub(crate) fn monitored(self) -> PaymentView<'a> {
        PaymentView {
            message: Some("Monitor status with listpayments or waitsendpay"),
            ..self
        }
    }

    /// As a row of the list, which tells which of its parts an operator ended.
    pub(crate) fn ended_by_hand(self, ended: &'a [EndedByHand]) -> PaymentView<'a> {
        let resolutions = ended.iter().map(|ended| PartResolutionView {
            id: ended.part.0,
            by: ResolutionView::from(&ended.by),
        });
        PaymentView {
            resolutions: resolutions.collect(),
            ..self
        }
    }

    /// As a row of the list, which tells what we paid to ourselves.
    pub(crate) fn own(self, own: Option<&'a SelfPayment>) -> PaymentView<'a> {
        let Some(own) = own else { return self };
        let from = match &own.sent {
            SelfSent::Settled { from, .. } => from.as_slice(),
            SelfSent::Pending | SelfSent::Deleted => &[],
        };
        let from = from.iter().map(|(node, sent)| SelfFromView {
            node: node.as_str(),
            amount_sent_msat: sent.get(),
        });
        let to = own.moved().unwrap_or_default().into_iter();
        let to = to.map(|(received, ours)| SelfToView {
            id: received.id.0,
            node: received.node.as_str(),
            amount_msat: ours.get(),
        });
        PaymentView {
            self_payment: own.received.first().map(|received| received.id.0),
            self_msat: own.moved_in_all().map(domain::Msat::get),
            self_from: from.collect(),
            self_to: to.collect(),
            ..self
        }
    }

    /// As the answer to a `sendpartialpay` that made no part: an `id` would be taken for one's.
    pub(crate) fn without_id(self) -> PaymentView<'a> {
        PaymentView { id: None, ..self }
    }
}

impl Viewed for PaymentSummary {
    type View<'a> = PaymentView<'a>;

    fn view(&self) -> PaymentView<'_> {
        let (requested, sent) = (self.terms.requested.get(), self.tally.sent.get());
        let invoice = self.terms.invoice.as_ref();
        PaymentView {
            message: None,
            id: Some(self.id.0),
            payment_hash: Shown(self.payment_hash),
            destination: Shown(self.terms.destination),
            msatoshi: requested,
            amount_msat: requested,
            msatoshi_sent: sent,
            amount_sent_msat: sent,
            fee_msat: self.fee().map(domain::Msat::get),
            intended_msatoshi: self.terms.intended.get(),
            course: CourseView {
                created_at: self.created_at.seconds(),
                completed_at: self.completed_at.map(domain::Timestamp::seconds),
                status: self.status().as_str(),
                payment_preimage: self.preimage.as_ref().map(|p| hex::encode(p.expose())),
                description: self.description.as_deref(),
                label: self.label.as_deref(),
            },
            bolt11: self.bolt11.as_deref(),
            invoice_description: self.invoice_description.as_deref(),
            invoice_description_hash: invoice.and_then(|i| i.description_hash).map(hex::encode),
            direction: "outgoing",
            number_of_parts: self.tally.parts,
            pending_parts: self.tally.live,
            in_flight_msat: self.tally.in_flight.get(),
            delivered_msat: self.tally.delivered.get(),
            retry: self.retry().into(),
            warning_quarantined: self.quarantine.as_deref(),
            resolutions: Vec::new(),
            self_payment: None,
            self_msat: None,
            self_from: Vec::new(),
            self_to: Vec::new(),
        }
    }
}
