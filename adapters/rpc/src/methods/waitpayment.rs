//! `waitpayment`: until nothing of a payment is under way any more.

use super::waits::{HASH_AND_TIMEOUT, HashAndTimeout, hash_and_timeout};
use super::{Kind, Method};
use crate::error::{Code, RpcError};
use crate::params::{Arguments, Param};
use crate::services::Context;
use crate::views::AsView;
use domain::PaymentSummary;
use std::sync::Arc;

pub(super) struct WaitPayment;

impl Method for WaitPayment {
    const NAME: &'static str = "waitpayment";
    const PARAMS: &'static [Param] = HASH_AND_TIMEOUT;
    const DESCRIPTION: &'static str = "Wait until no part of payment {payment_hash} is pending";
    const HELP: &'static str = "\
Waits until no part of the payment is pending, however it ends: then its money is where it stays. waitsendpay returns earlier, with the first part that is paid, while others may still be pending.

payment_hash  the payment's
timeout       seconds; 0 asks without waiting. For ever, unless given

Returns the payment, complete or failed: a failed one is no error here, and safe_to_retry. Errors: 200 timed out: something is still pending, and data has the payment as it is (pending_parts, deadline_height, deadline_estimate); 208 never attempted, or deleted, 232 the payment is quarantined.";
    const KIND: Kind = Kind::Wait;

    const ERRORS: &'static [Code] = &[
        Code::InProgress,
        Code::NoSuchPayment,
        Code::StorageUnavailable,
        Code::Quarantined,
    ];

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
        Ok(AsView(payments.wait_payment(hash, timeout).await?))
    }
}
