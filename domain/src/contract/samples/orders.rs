//! Orders, and what becomes part of them.

use super::{hash, invoice, msat, node, part, route};
use crate::{Avoid, Invoice, Method, OpenOrder, OrderTerms, SendPart, Timestamp};

/// No part of these samples' orders is accepted from then on: a minute after they are opened.
pub const DEADLINE: Timestamp = Timestamp(61_000_000);

/// `pay` of the invoice of payment `n` over `amount`, for at most `max_fee` msat.
pub fn order(n: u64, amount: u64, max_fee: u64) -> OpenOrder {
    OpenOrder {
        payment_hash: hash(n),
        intended: msat(amount),
        terms: order_terms(amount, max_fee),
        invoice: Invoice {
            amount: Some(msat(amount)),
            ..invoice(n)
        },
        network: None,
        description: None,
        label: None,
        request: None,
        at: Timestamp(1_000_000),
    }
}

/// What that order is asked for: up to three parts at once and ten in all.
pub fn order_terms(deliver: u64, max_fee: u64) -> OrderTerms {
    OrderTerms {
        deliver: msat(deliver),
        max_fee: msat(max_fee),
        deadline: DEADLINE,
        max_delay: 1_008,
        max_parts: 3,
        max_attempts: 10,
        nodes: vec![node()],
        avoid: Avoid::default(),
        hints: Vec::new(),
    }
}

/// A part of `amount` of the order of payment `n`, which delivers `intended`, for a fee of 1 sat.
pub fn ordered(n: u64, amount: u64, intended: u64) -> SendPart {
    SendPart {
        method: Method::Pay,
        route: route(amount),
        secret: None,
        ..part(n, amount, intended)
    }
}
