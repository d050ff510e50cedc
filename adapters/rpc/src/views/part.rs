//! A part, and why it failed.

use super::shared::{CourseView, RetryView};
use super::{Shown, Viewed};
use domain::{
    Failure, Hop, ListedPart, NodeId, PartialPayment, PaymentHash, Resolution, ShortChannelId,
};
use serde::Serialize;

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
    #[serde(flatten)]
    course: CourseView<'a>,
    /// The height at which its HTLC expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    cltv_expiry: Option<u32>,
    /// The height at which a pending part has ended at the latest.
    #[serde(skip_serializing_if = "Option::is_none")]
    deadline_height: Option<u32>,
    /// When about that height comes.
    #[serde(skip_serializing_if = "Option::is_none")]
    deadline_estimate: Option<u64>,
    #[serde(flatten)]
    retry: RetryView,
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

/// The `data` of a wait's error: the part or the payment, and beside it, as in 0.6.2, the details of why its
/// last part failed.
#[derive(Serialize)]
pub(crate) struct FailedView<V> {
    #[serde(flatten)]
    what: V,
    #[serde(flatten)]
    details: Option<Details>,
}

impl Viewed for PartialPayment {
    type View<'a> = PartView<'a>;

    fn view(&self) -> PartView<'_> {
        let (amount, sent) = (self.amount().get(), self.amount_sent().get());
        PartView {
            id: self.id.0,
            payment_hash: Shown(self.payment_hash),
            node: self.node.as_str(),
            destination: Shown(self.destination()),
            msatoshi: amount,
            amount_msat: amount,
            msatoshi_sent: sent,
            amount_sent_msat: sent,
            intended_msatoshi: self.intended.get(),
            course: CourseView {
                created_at: self.created_at.seconds(),
                completed_at: self.completed_at.map(domain::Timestamp::seconds),
                status: self.status().as_str(),
                payment_preimage: self.preimage().map(|p| hex::encode(p.expose())),
                description: self.description.as_deref(),
                label: self.label.as_deref(),
            },
            cltv_expiry: self.cltv_expiry,
            deadline_height: self.deadline_height(),
            deadline_estimate: self.deadline().map(domain::Timestamp::seconds),
            retry: self.retry().into(),
            pending_reason: None,
            resolution: self.resolution.as_ref().map(ResolutionView::from),
            route: self.route.hops().iter().map(PartHop::from).collect(),
            failure: self.failure().map(FailureView::from),
        }
    }
}

impl Viewed for ListedPart {
    type View<'a> = PartView<'a>;

    fn view(&self) -> PartView<'_> {
        PartView {
            retry: self.retry().into(),
            pending_reason: self.doubt.as_deref(),
            ..self.part.view()
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

impl<V> FailedView<V> {
    pub(crate) fn new(what: V, last: &PartialPayment) -> FailedView<V> {
        FailedView {
            what,
            details: last.failure().map(Details::from),
        }
    }
}
