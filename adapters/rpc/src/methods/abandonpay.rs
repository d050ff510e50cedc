//! `abandonpay`: an order gets no new part.

use super::Method;
use crate::error::{Code, RpcError};
use crate::params::{Arguments, Param};
use crate::services::Context;
use crate::values;
use domain::PaymentHash;
use serde::Serialize;
use std::sync::Arc;

pub(super) struct AbandonPay;

#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
pub(super) struct AbandonedView {
    /// The payment's name: SHA256 of its preimage, 32 bytes of hex.
    payment_hash: String,
    /// How the payment stands: `pending` as long as a part of it may still be paid.
    status: &'static str,
    /// The parts that are still pending, and end by themselves.
    live_parts: u32,
    /// What those carry.
    in_flight_msat: u64,
    /// Whether paying again can cost nothing twice.
    safe_to_retry: bool,
}

impl Method for AbandonPay {
    const NAME: &'static str = "abandonpay";
    const PARAMS: &'static [Param] = &[Param::required("payment_hash")];
    const DESCRIPTION: &'static str = "Send no new part of payment {payment_hash}";
    const HELP: &'static str = "\
Closes the order of pay: no new part is sent. Parts that are pending end by themselves, and may still be paid; if there are none, the payment has failed at once. It is final, and asked again it says how things stand.

payment_hash  the payment's

Returns {payment_hash, status, live_parts, in_flight_msat, safe_to_retry}. Errors: 208 no such payment, or it has no order; 230 storage.";

    const ERRORS: &'static [Code] = &[
        Code::NoSuchPayment,
        Code::StorageUnavailable,
        Code::Quarantined,
    ];

    type Request = PaymentHash;
    type Answer = AbandonedView;

    fn parse(_: &Arc<Context>, arguments: &Arguments<'_>) -> Result<PaymentHash, RpcError> {
        arguments.required("payment_hash", values::hash)
    }

    async fn run(context: Arc<Context>, hash: PaymentHash) -> Result<Self::Answer, RpcError> {
        let payment = context.services.payments.abandon_pay(hash).await?;
        Ok(AbandonedView {
            payment_hash: payment.payment_hash.to_string(),
            status: payment.status().as_str(),
            live_parts: payment.tally.live,
            in_flight_msat: payment.tally.in_flight.get(),
            safe_to_retry: payment.retry().is_safe,
        })
    }
}
