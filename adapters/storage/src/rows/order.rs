//! A row of `orders`.

use super::RawText;
use crate::codes;
use crate::fields::{count, msat, optional_array, optional_time, time, unsigned};
use crate::orders as lists;
use crate::schema::orders;
use diesel::prelude::*;
use domain::{Closed, Order, OrderId, OrderTerms, Request, RequestId, Why};

#[derive(Queryable, Selectable)]
#[diesel(table_name = orders)]
pub(crate) struct OrderRow {
    seq: i64,
    pub(crate) payment_id: i64,
    deliver_msat: i64,
    max_fee_msat: i64,
    deadline: i64,
    max_delay: i64,
    max_parts: i64,
    max_attempts: i64,
    parts_before: i64,
    nodes: RawText,
    avoid: RawText,
    hints: RawText,
    opened_at: i64,
    digest: Option<Vec<u8>>,
    closed_at: Option<i64>,
    #[diesel(embed)]
    why: WhyRow,
}

/// Why an order was closed.
#[derive(Queryable, Selectable)]
#[diesel(table_name = orders)]
pub(crate) struct WhyRow {
    why: Option<i64>,
    why_msat: Option<i64>,
}

impl OrderRow {
    /// The order, or what is wrong with it.
    pub(crate) fn into_domain(self) -> Result<Order, String> {
        let max_parts = u16::try_from(self.max_parts);
        let closed_at = optional_time(self.closed_at, "closed_at")?;
        let closed = match (closed_at, self.why.into_domain()?) {
            (None, None) => None,
            (Some(at), Some(why)) => Some(Closed { at, why }),
            (Some(_), None) | (None, Some(_)) => {
                return Err("B-7: an order is closed without a reason, or has one".to_owned());
            }
        };
        Ok(Order {
            id: OrderId(unsigned(self.seq, "seq")?),
            terms: OrderTerms {
                deliver: msat(self.deliver_msat, "deliver_msat")?,
                max_fee: msat(self.max_fee_msat, "max_fee_msat")?,
                deadline: time(self.deadline, "deadline")?,
                max_delay: count(self.max_delay, "max_delay")?,
                max_parts: max_parts.map_err(|_| "max_parts is out of range")?,
                max_attempts: count(self.max_attempts, "max_attempts")?,
                nodes: lists::nodes_from_json(&self.nodes.into_string("nodes")?)?,
                avoid: lists::avoid_from_json(&self.avoid.into_string("avoid")?)?,
                hints: lists::hints_from_json(&self.hints.into_string("hints")?)?,
            },
            opened_at: time(self.opened_at, "opened_at")?,
            parts_before: count(self.parts_before, "parts_before")?,
            closed,
        })
    }

    /// The request that opened it, if it had a key.
    pub(crate) fn request(&self, id: RequestId) -> Result<Request, String> {
        let digest = optional_array(self.digest.as_deref(), "digest")?;
        let digest = digest.ok_or("B-9: an order's key without its digest")?;
        Ok(Request { id, digest })
    }
}

impl WhyRow {
    pub(crate) fn into_domain(self) -> Result<Option<Why>, String> {
        let Some(number) = self.why else {
            return Ok(None);
        };
        let amount = self.why_msat.map(|amount| msat(amount, "why_msat"));
        let why = codes::why(number, amount.transpose()?);
        why.map(Some)
            .ok_or_else(|| format!("B-7: reason {number} is not known"))
    }
}
