//! A part, and why it failed.

use super::Shown;
use domain::{Failure, Hop, NodeId, PartialPayment, PaymentHash, Resolution, ShortChannelId};
use serde::Serialize;
use std::borrow::Cow;

/// A part: one row of `listpartialpayments` (ARCHITECTURE.md, "Words").
#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
pub(crate) struct PartView<'a> {
    /// Its number.
    id: u64,
    /// The payment's name: SHA256 of its preimage, 32 bytes of hex.
    payment_hash: Shown<PaymentHash>,
    /// The configured node that offers it.
    node: &'a str,
    /// The id of the node that is paid.
    destination: Shown<NodeId>,
    /// `amount_msat`, by its old name.
    msatoshi: u64,
    /// What its last hop receives.
    amount_msat: u64,
    /// `amount_sent_msat`, by its old name.
    msatoshi_sent: u64,
    /// What leaves our node: the amount and the fees.
    amount_sent_msat: u64,
    /// What the whole payment shall deliver, in msat.
    intended_msatoshi: u64,
    /// When it was accepted, in Unix seconds.
    created_at: u64,
    /// When it ended, in Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    completed_at: Option<u64>,
    /// `pending`, `complete` or `failed`.
    status: &'static str,
    /// The proof of payment, 32 bytes of hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_preimage: Option<String>,
    /// What was written beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    /// The caller's own name for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
    /// The height at which its HTLC expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    cltv_expiry: Option<u32>,
    /// The height at which a pending part has ended at the latest.
    #[serde(skip_serializing_if = "Option::is_none")]
    deadline_height: Option<u32>,
    /// When about that height comes.
    #[serde(skip_serializing_if = "Option::is_none")]
    deadline_estimate: Option<u64>,
    /// Whether paying again can cost nothing twice: nothing is pending, and nothing is unknown.
    safe_to_retry: bool,
    /// The reason for that, in words.
    why: Cow<'static, str>,
    /// Why it is not known what became of it: shown while that is so, and never stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pending_reason: Option<&'a str>,
    /// Who ended it by hand, and why, because no node could tell what became of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    resolution: Option<ResolutionView<'a>>,
    /// Its way, from our node outwards.
    route: Vec<PartHop>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<FailureView<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
struct PartHop {
    /// The node to which the hop leads.
    id: Shown<NodeId>,
    /// The channel, as `BxTxO`.
    channel: Shown<ShortChannelId>,
    /// `amount_msat`, by its old name.
    msatoshi: u64,
    /// What arrives there.
    amount_msat: u64,
    /// The blocks that its HTLC has left when it arrives.
    delay: u32,
}

#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
pub(super) struct FailureView<'a> {
    /// The error number: 202, 203, 204 or 209; 200 and 201 where somebody else's payment was in the way.
    code: u16,
    /// What happened, in words.
    message: &'a str,
    #[serde(flatten)]
    details: Details,
}

/// An operator's word.
#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
pub(super) struct ResolutionView<'a> {
    /// The user and the process at the socket, or `plugin`.
    who: &'a str,
    /// The reason that was given.
    why: &'a str,
}

impl<'a> From<&'a Resolution> for ResolutionView<'a> {
    fn from(by: &'a Resolution) -> ResolutionView<'a> {
        ResolutionView {
            who: &by.who,
            why: &by.why,
        }
    }
}

/// What BOLT 4 lets the payer know.
#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
pub(super) struct Details {
    /// The place of the node that failed it: 0 is ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    erring_index: Option<u32>,
    /// BOLT 4's failure code.
    #[serde(skip_serializing_if = "Option::is_none")]
    failcode: Option<u16>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    failcodename: Option<&'static str>,
    /// The node that failed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    erring_node: Option<Shown<NodeId>>,
    /// The channel that it named.
    #[serde(skip_serializing_if = "Option::is_none")]
    erring_channel: Option<Shown<ShortChannelId>>,
    /// The reply, where it could not be read: hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    onionreply: Option<String>,
    /// The failure message: hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    raw_message: Option<String>,
}

/// The `data` of a wait's error: the part, and its failure's details beside it as in 0.6.2.
#[derive(Serialize)]
pub(crate) struct FailedPart<'a> {
    #[serde(flatten)]
    part: PartView<'a>,
    #[serde(flatten)]
    details: Option<Details>,
}

impl<'a> From<&'a PartialPayment> for PartView<'a> {
    fn from(part: &'a PartialPayment) -> PartView<'a> {
        let (amount, sent) = (part.amount().get(), part.amount_sent().get());
        let retry = part.retry();
        PartView {
            id: part.id.0,
            payment_hash: Shown(part.payment_hash),
            node: part.node.as_str(),
            destination: Shown(part.destination()),
            msatoshi: amount,
            amount_msat: amount,
            msatoshi_sent: sent,
            amount_sent_msat: sent,
            intended_msatoshi: part.intended.get(),
            created_at: part.created_at.seconds(),
            completed_at: part.completed_at.map(domain::Timestamp::seconds),
            status: part.status().as_str(),
            payment_preimage: part
                .preimage()
                .map(|preimage| hex::encode(preimage.expose())),
            description: part.description.as_deref(),
            label: part.label.as_deref(),
            cltv_expiry: part.cltv_expiry,
            deadline_height: part.deadline_height(),
            deadline_estimate: part.deadline().map(domain::Timestamp::seconds),
            safe_to_retry: retry.is_safe,
            why: retry.why,
            pending_reason: part.doubt.as_deref(),
            resolution: part.resolution.as_ref().map(ResolutionView::from),
            route: part.route.hops().iter().map(PartHop::from).collect(),
            failure: part.failure().map(FailureView::from),
        }
    }
}

impl From<&Hop> for PartHop {
    fn from(hop: &Hop) -> PartHop {
        PartHop {
            id: Shown(hop.node),
            channel: Shown(hop.channel),
            msatoshi: hop.amount.get(),
            amount_msat: hop.amount.get(),
            delay: hop.delay,
        }
    }
}

impl<'a> From<&'a Failure> for FailureView<'a> {
    fn from(failure: &'a Failure) -> FailureView<'a> {
        FailureView {
            code: failure.code.number(),
            message: &failure.message,
            details: Details::from(failure),
        }
    }
}

impl From<&Failure> for Details {
    fn from(failure: &Failure) -> Details {
        Details {
            erring_index: failure.erring_index,
            failcode: failure.failcode,
            failcodename: failure.failcodename(),
            erring_node: failure.erring_node.map(Shown),
            erring_channel: failure.erring_channel.map(Shown),
            onionreply: failure.onionreply.as_ref().map(hex::encode),
            raw_message: failure.raw_message.as_ref().map(hex::encode),
        }
    }
}

impl<'a> From<&'a PartialPayment> for FailedPart<'a> {
    fn from(part: &'a PartialPayment) -> FailedPart<'a> {
        FailedPart {
            part: PartView::from(part),
            details: part.failure().map(Details::from),
        }
    }
}
