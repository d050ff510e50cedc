//! How parts and payments look in replies: the same whether sent, waited for, listed or failed.

mod part;
mod payment;

pub(crate) use part::{FailedPart, HopView, PartView};
pub(crate) use payment::{FailedPayment, PaymentView};

use crate::error::RpcError;
use crate::values::reply_error;
use domain::{Damaged, Listed, Page};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

/// A row that breaks a rule: all that can be said of it.
#[derive(Serialize)]
struct DamagedView<'a> {
    id: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_hash: Option<String>,
    warning_quarantined: &'a str,
}

impl<'a> From<&'a Damaged> for DamagedView<'a> {
    fn from(row: &'a Damaged) -> DamagedView<'a> {
        DamagedView {
            id: row.id,
            payment_hash: row.payment_hash.map(|hash| hash.to_string()),
            warning_quarantined: &row.reason,
        }
    }
}

/// A page's rows as JSON and where the next page starts. It ends early where `max_bytes` are full,
/// so that no reply is larger than what a client and this daemon can hold.
pub(crate) fn rows<T>(
    page: &Page<T>,
    max_bytes: usize,
    id: impl Fn(&T) -> u64,
    view: impl Fn(&T) -> serde_json::Result<Box<RawValue>>,
) -> Result<(Vec<Box<RawValue>>, Option<u64>), RpcError> {
    let mut rows = Vec::with_capacity(page.rows.len());
    let mut bytes = 0usize;
    for row in &page.rows {
        let (row_id, json) = match row {
            Listed::Sound(row) => (id(row), view(row)),
            Listed::Damaged(row) => (row.id, to_raw_value(&DamagedView::from(row))),
        };
        let json = json.map_err(|error| reply_error(&error))?;
        bytes = bytes.saturating_add(json.get().len());
        if bytes > max_bytes && !rows.is_empty() {
            return Ok((rows, Some(row_id)));
        }
        rows.push(json);
    }
    Ok((rows, page.next))
}
