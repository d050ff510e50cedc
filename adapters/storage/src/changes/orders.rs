//! What a transition writes of an order.

use super::{Unstorable, amount, time};
use crate::codes;
use crate::orders;
use crate::statements::{NewOrder, OrderClosed};
use domain::{Change, Msat, PaymentRow, Transition};

/// The order's row.
pub(crate) enum OrderWrite {
    Opened(Box<NewOrder>),
    Closed(OrderClosed),
}

/// The limits of an open order, as its payment's row keeps them.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    pub(super) deadline: i64,
    pub(super) deliver_msat: i64,
    pub(super) max_fee_msat: i64,
}

pub(super) fn limits(row: &PaymentRow) -> Result<Option<Limits>, Unstorable> {
    let Some(order) = &row.order else {
        return Ok(None);
    };
    Ok(Some(Limits {
        deadline: time(order.deadline)?,
        deliver_msat: amount(order.deliver, "deliver_msat")?,
        max_fee_msat: amount(order.max_fee, "max_fee_msat")?,
    }))
}

impl OrderWrite {
    /// What a transition writes of an order, if it opens or closes one. Numbers that are given out at
    /// commit are 0 until then.
    pub(super) fn of(transition: &Transition) -> Result<Option<OrderWrite>, Unstorable> {
        if let Some(why) = &transition.closes {
            let (why, msat) = codes::of_why(why);
            return Ok(Some(OrderWrite::Closed(OrderClosed {
                closed_at: time(transition.at)?,
                closed_event: 0,
                why,
                why_msat: msat
                    .map(|msat: Msat| amount(msat, "why_msat"))
                    .transpose()?,
                payment_id: 0,
            })));
        }
        let Change::Opened(order) = &transition.change else {
            return Ok(None);
        };
        let (terms, request) = (&order.terms, transition.request.as_ref());
        Ok(Some(OrderWrite::Opened(Box::new(NewOrder {
            seq: 0,
            payment_id: 0,
            deliver_msat: amount(terms.deliver, "deliver_msat")?,
            max_fee_msat: amount(terms.max_fee, "max_fee_msat")?,
            deadline: time(terms.deadline)?,
            max_delay: i64::from(terms.max_delay),
            max_parts: i64::from(terms.max_parts),
            max_attempts: i64::from(terms.max_attempts),
            parts_before: i64::from(order.parts_before),
            nodes: orders::nodes_to_json(&terms.nodes),
            avoid: orders::avoid_to_json(&terms.avoid),
            hints: orders::hints_to_json(&terms.hints),
            opened_at: time(order.opened_at)?,
            request_id: request.map(|request| request.id.as_str().to_owned()),
            digest: request.map(|request| request.digest.to_vec()),
        }))))
    }
}
