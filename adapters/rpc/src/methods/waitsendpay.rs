//! `waitsendpay`: what became of a payment.

use super::waits::{HASH_AND_TIMEOUT, HashAndTimeout, OUTCOMES, hash_and_timeout};
use super::{Kind, Method};
use crate::error::{Code, RpcError};
use crate::params::{Arguments, Param};
use crate::services::Context;
use crate::views::AsView;
use domain::PaymentSummary;
use std::sync::Arc;

pub(super) struct WaitSendPay;

impl Method for WaitSendPay {
    const NAME: &'static str = "waitsendpay";
    const PARAMS: &'static [Param] = HASH_AND_TIMEOUT;
    const DESCRIPTION: &'static str = "Wait for payment of {payment_hash} to succeed or fail";
    const HELP: &'static str = "\
Waits until the payment is complete or has failed, however many parts it has, and tells the outcome.

payment_hash  the payment's
timeout       seconds; 0 asks without waiting. For ever, unless given

Returns the payment, with its payment_preimage. Errors: 200 timed out: nothing changed, and data has the payment as it is (pending_parts, deadline_height, deadline_estimate); 208 never attempted, or deleted; 202, 203, 204, 209 it failed: data has the payment, and why its last part failed.";
    const KIND: Kind = Kind::Wait;

    const ERRORS: &'static [Code] = OUTCOMES;

    type Request = HashAndTimeout;
    type Answer = AsView<PaymentSummary>;

    fn parse(_: &Arc<Context>, arguments: &Arguments<'_>) -> Result<Self::Request, RpcError> {
        hash_and_timeout(arguments)
    }

    async fn run(
        context: Arc<Context>,
        (hash, timeout): Self::Request,
    ) -> Result<Self::Answer, RpcError> {
        let payments = &context.services.payments;
        Ok(AsView(payments.wait_send_pay(hash, timeout).await?))
    }
}
