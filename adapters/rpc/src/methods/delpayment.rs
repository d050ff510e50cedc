//! `delpayment`: a payment goes, and a paid one stays refused.

use super::Method;
use crate::error::{Code, RpcError};
use crate::params::{Arguments, Param};
use crate::services::Context;
use crate::values;
use domain::PaymentHash;
use serde::Serialize;
use std::sync::Arc;

pub(super) struct DelPayment;

#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
pub(super) struct DeletedView {
    /// The payment's name: SHA256 of its preimage, 32 bytes of hex.
    payment_hash: String,
    /// What it was: `complete` or `failed`.
    status: &'static str,
    /// Whether its hash stays refused for ever: it was paid.
    tombstone: bool,
    /// What was deleted.
    deleted: CountsView,
}

#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
struct CountsView {
    /// Payments: 1.
    payments: u64,
    /// Its parts.
    parts: u64,
    /// Its events.
    events: u64,
    /// Its `request_id`s.
    requests: u64,
}

impl Method for DelPayment {
    const NAME: &'static str = "delpayment";
    const PARAMS: &'static [Param] = &[Param::required("payment_hash")];
    const DESCRIPTION: &'static str = "Delete payment {payment_hash}, of which no part is pending";
    const HELP: &'static str = "\
Deletes the payment with its parts, its events and its request_ids. What was paid leaves a tombstone: its hash is refused with 201 for ever. What failed leaves nothing, and can be paid anew. No number of theirs is used again, so lists and listevents have gaps where they were.

payment_hash  the payment's

Returns {payment_hash, status, tombstone, deleted: {payments, parts, events, requests}}: what was really deleted. Errors: 200 a part is still pending (waitpayment waits for its end) and nothing changed, 208 no such payment, or it was deleted before, 232 the payment is quarantined and stays: it is evidence.";

    const ERRORS: &'static [Code] = &[
        Code::InProgress,
        Code::NoSuchPayment,
        Code::StorageUnavailable,
        Code::Quarantined,
    ];

    type Request = PaymentHash;
    type Answer = DeletedView;

    fn parse(_: &Arc<Context>, arguments: &Arguments<'_>) -> Result<PaymentHash, RpcError> {
        arguments.required("payment_hash", values::hash)
    }

    async fn run(context: Arc<Context>, hash: PaymentHash) -> Result<Self::Answer, RpcError> {
        let done = context.services.payments.delete_payment(hash).await?;
        Ok(DeletedView {
            payment_hash: done.payment_hash.to_string(),
            status: done.status.as_str(),
            tombstone: done.tombstone,
            deleted: CountsView {
                payments: 1,
                parts: done.deleted.parts,
                events: done.deleted.events,
                requests: done.deleted.requests,
            },
        })
    }
}
