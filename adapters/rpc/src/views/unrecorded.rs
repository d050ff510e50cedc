//! A part that a node knows and that is not stored.

use super::part::ResolutionView;
use super::{AsView, Shown, Viewed};
use domain::{PaymentHash, UnrecordedCounts, UnrecordedPart};
use serde::Serialize;

/// A part that a node knows under our key and that is not in the database.
#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
pub(crate) struct UnrecordedView<'a> {
    /// Its number at the node.
    id: u64,
    /// The payment's name: SHA256 of its preimage, 32 bytes of hex.
    payment_hash: Shown<PaymentHash>,
    /// The configured node that knows it.
    node: &'a str,
    /// `pending`, `complete` or `failed`; `unknown` if the node cannot tell any more how it ended.
    status: &'static str,
    /// What left the node, fees included, where it can tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    amount_sent_msat: Option<u64>,
    /// When it was noticed, or last heard of, in Unix seconds.
    noticed_at: u64,
    /// Who ended it by hand, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    resolution: Option<ResolutionView<'a>>,
    /// What that means, and what follows.
    meaning: String,
}

/// How many there are, and the first of them.
#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
pub(crate) struct UnrecordedListView {
    /// How many there are.
    count: u64,
    /// How many may be out: nothing new is sent towards their payments.
    pending: u64,
    /// How many ended in a way that nobody can tell: nothing new is sent towards their payments.
    unknown: u64,
    /// How many were fulfilled: their payments are refused, or quarantined.
    complete: u64,
    /// How many failed.
    failed: u64,
    /// The first hundred: what may be out, then the others.
    parts: Vec<AsView<UnrecordedPart>>,
}

impl UnrecordedListView {
    /// None if there are none.
    pub(crate) fn of(
        counts: UnrecordedCounts,
        parts: Vec<UnrecordedPart>,
    ) -> Option<UnrecordedListView> {
        (counts.all() > 0).then(|| UnrecordedListView {
            count: counts.all(),
            pending: counts.pending,
            unknown: counts.lost,
            complete: counts.fulfilled,
            failed: counts.failed,
            parts: parts.into_iter().map(AsView).collect(),
        })
    }
}

impl Viewed for UnrecordedPart {
    type View<'a> = UnrecordedView<'a>;

    fn view(&self) -> UnrecordedView<'_> {
        let part = self;
        UnrecordedView {
            id: part.part.0,
            payment_hash: Shown(part.payment_hash),
            node: part.node.as_str(),
            status: part.fate.as_str(),
            amount_sent_msat: part.amount_sent.map(domain::Msat::get),
            noticed_at: part.noticed_at.seconds(),
            resolution: part.resolution.as_ref().map(ResolutionView::from),
            meaning: part.to_string(),
        }
    }
}
