//! A node has fulfilled a part of the payment that is not stored.

use super::Payment;
use crate::{Change, NodeName, PartId, PaymentRow, StatusKind, Timestamp, Transition, Why};

/// Rules: money did move for this payment, and no part of it says how much. So nothing new is
/// sent towards it. (A row cannot be made of that part: its route and its amount are not known.)
pub(super) fn fulfilled(
    payment: &Payment,
    node: &NodeName,
    part: PartId,
    at: Timestamp,
) -> Option<Transition> {
    let row = payment.summary();
    if row.quarantine.is_some() || row.status() == StatusKind::Complete {
        return None;
    }
    let reason = format!(
        "node {node} fulfilled part {part} of it, which is not in the database: the part was deleted, or the \
         database is older than the node"
    );
    let mut after = PaymentRow {
        quarantine: Some(reason),
        order: None,
        version: row.version.saturating_add(1),
        ..row.row.clone()
    };
    if after.status() != row.status() {
        after.completed_at = Some(at);
    }
    Some(Transition {
        expected: payment.expected(),
        after,
        change: Change::Unrecorded { part },
        closes: row.order.map(|_| Why::Quarantined),
        at,
        request: None,
        cursor: None,
    })
}
