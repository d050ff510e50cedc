//! Opening an order: decide, persist, act.

use super::pay::PayApi;
use super::stored;
use crate::engine::ledger::{Change, CommitError, Turn};
use crate::{ApiError, Decision, Made, OpenOrder, Order, Payment, Request};

/// What a request to pay came to.
pub(super) enum Opened {
    /// The payment is paid.
    Paid,
    /// This order is open, now or already: how it ends is what is told.
    Standing(Box<Order>),
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
        let transition = match Payment::open(payment, self.command)? {
            Decision::Commit(transition) => transition,
            Decision::Unchanged(_) => return Ok(Opened::standing(payment)),
        };
        api.unrecorded.may_send(hash).await?;
        match turn.commit(*transition).await {
            Ok((payment, _)) => Ok(Opened::standing(Some(payment))),
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

impl Opened {
    fn standing(payment: Option<&Payment>) -> Opened {
        let open = payment.and_then(Payment::order);
        let open = open.filter(|order| order.is_open());
        open.map_or(Opened::Paid, |order| {
            Opened::Standing(Box::new(order.clone()))
        })
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
