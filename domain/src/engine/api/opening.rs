//! Opening an order: decide, persist, act.

use super::pay::PayApi;
use super::stored;
use crate::engine::ledger::{Change, CommitError, Turn};
use crate::{ApiError, Decision, Made, OpenOrder, Order, Payment, Request};

/// What a request to pay came to.
pub(super) enum Opened {
    /// The payment's order is open, or it is paid: how it stands tells its end.
    Standing,
    /// The same request has opened this order before.
    Before(Box<Order>),
}

/// An order is opened, if it may be.
pub(super) struct Opening<'a> {
    pub(super) api: &'a PayApi,
    pub(super) command: &'a OpenOrder,
}

impl Change for Opening<'_> {
    type Answer = Result<Opened, ApiError>;

    async fn attempt(&self, turn: &mut Turn<'_>) -> Self::Answer {
        let (api, hash) = (self.api, self.command.payment_hash);
        let request = self.command.request.as_ref();
        if let Some(request) = request
            && let Some(order) = self.answered(request).await?
        {
            return Ok(Opened::Before(order));
        }
        let payment = turn.payment().await;
        let payment =
            payment.map_err(|error| stored::send_error(&api.ledger, hash, request, error))?;
        let Decision::Commit(transition) = Payment::open(payment, self.command)? else {
            return Ok(Opened::Standing);
        };
        api.unrecorded.may_send(hash).await?;
        match turn.commit(*transition).await {
            Ok(_) => Ok(Opened::Standing),
            Err(error) => {
                if let CommitError::Unknown(_) = error {
                    api.nodes.recover_later(hash);
                    api.orders.drive(hash);
                }
                let refused = "a rule forbids the order, and nothing was sent";
                Err(error.answer(refused, ApiError::StorageUnknown))
            }
        }
    }
}

impl Opening<'_> {
    /// The order that a repeated request has opened (rule B-9).
    async fn answered(&self, request: &Request) -> Result<Option<Box<Order>>, ApiError> {
        match stored::made(&self.api.ledger, request).await? {
            None => Ok(None),
            Some(Made::Order(_, order)) => Ok(Some(order)),
            Some(part) => Err(part.reused().into()),
        }
    }
}
