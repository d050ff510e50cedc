//! A row of the history, of either direction.

use super::Viewed;
use super::incoming::IncomingPaymentView;
use super::payment::PaymentView;
use domain::{EndedByHand, HistoryRow, SelfPayment};
use serde::Serialize;
use std::sync::Arc;

/// A payment, and what of it we paid to ourselves.
pub(crate) struct HistoryEntry {
    /// The payment.
    pub(crate) row: HistoryRow,
    /// Where we paid ourselves: both rows of it have that.
    pub(crate) own: Option<Arc<SelfPayment>>,
    /// Its parts that an operator ended.
    pub(crate) by_hand: Vec<EndedByHand>,
}

/// A payment of either direction.
#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub(crate) enum RowView<'a> {
    Outgoing(PaymentView<'a>),
    Incoming(IncomingPaymentView<'a>),
}

impl Viewed for HistoryEntry {
    type View<'a> = RowView<'a>;

    fn view(&self) -> RowView<'_> {
        let own = self.own.as_deref();
        match &self.row {
            HistoryRow::Outgoing(row) => {
                RowView::Outgoing(row.view().own(own).ended_by_hand(&self.by_hand))
            }
            HistoryRow::Incoming(row) => RowView::Incoming(row.view().own(own)),
        }
    }
}
