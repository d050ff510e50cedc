//! What `pay` answers, and a row of `listpays`.

use super::order::OrderView;
use super::shared::RetryView;
use super::{Shown, Viewed};
use domain::{NodeId, PaidBy, PartialPayment, PayAnswer, PaymentHash, StatusKind, Timestamp};
use serde::Serialize;

/// How a payment of `pay` stands: lightningd's fields, and what came since.
#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
pub(crate) struct PayView<'a> {
    /// The proof of payment, 32 bytes of hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_preimage: Option<String>,
    /// The payment's name: SHA256 of its preimage, 32 bytes of hex.
    payment_hash: Shown<PaymentHash>,
    /// `complete`; `pending` where the caller did not wait.
    status: &'static str,
    /// When the payment's first order or part was accepted, in Unix seconds.
    created_at: u64,
    /// When it was paid, in Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    completed_at: Option<u64>,
    /// The id of the node that is paid.
    destination: Shown<NodeId>,
    /// What it delivers, in all.
    amount_msat: u64,
    /// What left our nodes, fees included.
    amount_sent_msat: u64,
    /// What its pending and complete parts cost.
    fee_msat: u64,
    /// The parts that are pending or complete.
    parts: usize,
    /// The parts that its order has tried.
    attempts: usize,
    /// Those of them that failed.
    failed_parts: usize,
    /// What left which node.
    nodes: Vec<NodeShare<'a>>,
    /// What was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<OrderView<'a>>,
    #[serde(flatten)]
    retry: RetryView,
}

/// What `xpay` answers: lightningd's fields alone.
#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
pub(crate) struct XPayView {
    /// The proof of payment, 32 bytes of hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_preimage: Option<String>,
    /// How many parts failed.
    failed_parts: usize,
    /// How many parts were paid.
    successful_parts: usize,
    /// What it delivers, in all.
    amount_msat: u64,
    /// What left our nodes, fees included.
    amount_sent_msat: u64,
}

impl XPayView {
    pub(crate) fn new(paid: &PayAnswer) -> XPayView {
        let ended = |status| {
            paid.parts
                .iter()
                .filter(move |part| part.status() == status)
        };
        let payment = &paid.payment;
        XPayView {
            payment_preimage: payment.preimage.as_ref().map(|p| hex::encode(p.expose())),
            failed_parts: ended(StatusKind::Failed).count(),
            successful_parts: ended(StatusKind::Complete).count(),
            amount_msat: payment.terms.requested.get(),
            amount_sent_msat: payment.tally.sent.get(),
        }
    }
}

/// What left one node, in pending and complete parts.
#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
struct NodeShare<'a> {
    /// The configured node.
    node: &'a str,
    /// How many parts.
    parts: u32,
    /// What they deliver.
    amount_msat: u64,
    /// What they cost.
    fee_msat: u64,
}

/// A row of `listpays`.
#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
pub(crate) struct PaidView<'a> {
    /// The payment's name: SHA256 of its preimage, 32 bytes of hex.
    payment_hash: Shown<PaymentHash>,
    /// `pending`, `complete` or `failed`.
    status: &'static str,
    /// When its first order or part was accepted, in Unix seconds.
    created_at: u64,
    /// Its number.
    created_index: u64,
    /// When it ended, in Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    completed_at: Option<u64>,
    /// The id of the node that is paid.
    destination: Shown<NodeId>,
    /// The invoice.
    #[serde(skip_serializing_if = "Option::is_none")]
    bolt11: Option<&'a str>,
    /// The caller's own name for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
    /// What was written beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    /// The proof of payment, 32 bytes of hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    preimage: Option<String>,
    /// What it delivers, in all.
    amount_msat: u64,
    /// What left our nodes in pending and complete parts, fees included.
    amount_sent_msat: u64,
    /// Parts ever accepted.
    number_of_parts: u32,
    /// Parts that are pending.
    pending_parts: u32,
    /// What was asked for; absent if no `pay` asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<OrderView<'a>>,
    #[serde(flatten)]
    retry: RetryView,
}

impl Viewed for PayAnswer {
    type View<'a> = PayView<'a>;

    fn view(&self) -> PayView<'_> {
        let payment = &self.payment;
        let failed = self
            .parts
            .iter()
            .filter(|part| part.status() == StatusKind::Failed);
        let failed_parts = failed.count();
        PayView {
            payment_preimage: payment.preimage.as_ref().map(|p| hex::encode(p.expose())),
            payment_hash: Shown(payment.payment_hash),
            status: payment.status().as_str(),
            created_at: payment.created_at.seconds(),
            completed_at: payment.completed_at.map(Timestamp::seconds),
            destination: Shown(payment.terms.destination),
            amount_msat: payment.terms.requested.get(),
            amount_sent_msat: payment.tally.sent.get(),
            fee_msat: self.fee().get(),
            parts: self.parts.len().saturating_sub(failed_parts),
            attempts: self.parts.len(),
            failed_parts,
            nodes: shares(&self.parts),
            order: self.order.as_ref().map(Viewed::view),
            retry: payment.retry().into(),
        }
    }
}

fn shares(parts: &[PartialPayment]) -> Vec<NodeShare<'_>> {
    let mut shares: Vec<NodeShare<'_>> = Vec::new();
    for part in parts
        .iter()
        .filter(|part| part.status() != StatusKind::Failed)
    {
        let (amount, fee) = (part.amount(), part.route.fee());
        let node = part.node.as_str();
        match shares.iter_mut().find(|share| share.node == node) {
            Some(share) => {
                share.parts += 1;
                share.amount_msat += amount.get();
                share.fee_msat += fee.get();
            }
            None => shares.push(NodeShare {
                node,
                parts: 1,
                amount_msat: amount.get(),
                fee_msat: fee.get(),
            }),
        }
    }
    shares
}

impl Viewed for PaidBy {
    type View<'a> = PaidView<'a>;

    fn view(&self) -> PaidView<'_> {
        let payment = &self.payment;
        PaidView {
            payment_hash: Shown(payment.payment_hash),
            status: payment.status().as_str(),
            created_at: payment.created_at.seconds(),
            created_index: payment.id.0,
            completed_at: payment.completed_at.map(Timestamp::seconds),
            destination: Shown(payment.terms.destination),
            bolt11: payment.bolt11.as_deref(),
            label: payment.label.as_deref(),
            description: payment.description.as_deref(),
            preimage: payment.preimage.as_ref().map(|p| hex::encode(p.expose())),
            amount_msat: payment.terms.requested.get(),
            amount_sent_msat: payment.tally.sent.get(),
            number_of_parts: payment.tally.parts,
            pending_parts: payment.tally.live,
            order: self.order.as_ref().map(Viewed::view),
            retry: payment.retry().into(),
        }
    }
}
