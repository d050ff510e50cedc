//! `waitpartialpay`: what became of a part.

use super::waits::OUTCOMES;
use super::{Kind, Method};
use crate::error::{Code, RpcError};
use crate::params::{Arguments, Param};
use crate::services::Context;
use crate::values;
use crate::views::AsView;
use domain::{PartId, PartialPayment};
use std::sync::Arc;
use std::time::Duration;

pub(super) struct WaitPartialPay;

impl Method for WaitPartialPay {
    const NAME: &'static str = "waitpartialpay";
    const PARAMS: &'static [Param] = &[Param::required("id"), Param::optional("timeout")];
    const DESCRIPTION: &'static str = "Wait for partial payment {id} to succeed or fail";
    const HELP: &'static str = "\
Waits until the part has its outcome, and tells it; afterwards, and after a restart, it tells the same at once.

id       the part's, from sendpartialpay
timeout  seconds; 0 asks without waiting. For ever, unless given

Returns the part, with its payment_preimage. Errors: 200 timed out: nothing changed, and data has the part as it is (status \"pending\", deadline_height, pending_reason); 208 no such part, or it was deleted with its payment; 202, 203, 204, 209 it failed: data has the part, and why. So it has with 200 or 201 and data.status \"failed\": the part was not sent, because somebody else's payment of this hash is under way at its node, or was made from there.";
    const KIND: Kind = Kind::Wait;

    const ERRORS: &'static [Code] = OUTCOMES;

    type Request = (PartId, Option<Duration>);
    type Answer = AsView<PartialPayment>;

    fn parse(_: &Arc<Context>, arguments: &Arguments<'_>) -> Result<Self::Request, RpcError> {
        Ok((
            arguments.required("id", values::part_id)?,
            arguments.optional("timeout", values::seconds)?,
        ))
    }

    async fn run(
        context: Arc<Context>,
        (id, timeout): Self::Request,
    ) -> Result<Self::Answer, RpcError> {
        let payments = &context.services.payments;
        Ok(AsView(payments.wait_partial_pay(id, timeout).await?))
    }
}
