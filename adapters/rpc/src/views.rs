//! How parts and payments look in replies: the same whether sent, waited for, listed or failed.

mod event;
mod incoming;
mod invoice;
mod part;
mod payment;
mod unrecorded;

pub(crate) use event::EventRow;
pub(crate) use incoming::{IncomingPaymentView, PartialInvoiceView};
pub(crate) use invoice::OwnInvoiceView;
pub(crate) use part::{FailedPart, HopView, PartView};
pub(crate) use payment::{FailedPayment, PaymentView};
pub(crate) use unrecorded::{UnrecordedListView, UnrecordedView};

use crate::error::{Code, RpcError};
use crate::methods::{Reply, reply};
use crate::services::Context;
use crate::values::reply_error;
use domain::{Damaged, Listed, Page};
use serde::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};
use std::fmt;

/// As text, written where it goes: a reply holds dozens.
#[derive(Clone, Copy)]
struct Shown<T>(T);

impl<T: fmt::Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&self.0)
    }
}

#[cfg(feature = "docs")]
impl<T> schemars::JsonSchema for Shown<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        String::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        String::json_schema(generator)
    }
}

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

/// A payment or a part as JSON; of one that breaks a rule, all that can be said of it.
pub(crate) fn listed<T>(
    row: &Listed<T>,
    view: impl FnOnce(&T) -> serde_json::Result<Box<RawValue>>,
) -> serde_json::Result<Box<RawValue>> {
    match row {
        Listed::Sound(row) => view(row),
        Listed::Damaged(row) => to_raw_value(&DamagedView::from(row)),
    }
}

/// A page as JSON, written where it holds up no payment: its rows go where `wrap` puts them.
pub(crate) async fn page<T: Send + 'static, P: Serialize + 'static>(
    context: &Context,
    page: Page<T>,
    id: fn(&T) -> u64,
    view: fn(&Listed<T>) -> serde_json::Result<Box<RawValue>>,
    wrap: fn(Vec<Box<RawValue>>, Option<u64>) -> P,
) -> Reply {
    let max_bytes = context.limits.page_bytes;
    let written = context.scribe.write(move || {
        let (rows, next) = rows(&page, max_bytes, id, view)?;
        reply(&wrap(rows, next))
    });
    let failed = || RpcError::new(Code::Internal, "the list could not be written".to_owned());
    written.await.unwrap_or_else(|| Err(failed()))
}

/// A page's rows as JSON and where the next page starts. It ends early where `max_bytes` are full,
/// so that no reply is larger than what a client and this daemon can hold.
pub(crate) fn rows<T>(
    page: &Page<T>,
    max_bytes: usize,
    id: impl Fn(&T) -> u64,
    view: impl Fn(&Listed<T>) -> serde_json::Result<Box<RawValue>>,
) -> Result<(Vec<Box<RawValue>>, Option<u64>), RpcError> {
    let mut rows = Vec::with_capacity(page.rows.len());
    let mut bytes = 0usize;
    for row in &page.rows {
        let json = view(row).map_err(|error| reply_error(&error))?;
        bytes = bytes.saturating_add(json.get().len());
        if bytes > max_bytes && !rows.is_empty() {
            return Ok((rows, Some(row.number(&id))));
        }
        rows.push(json);
    }
    Ok((rows, page.next))
}
