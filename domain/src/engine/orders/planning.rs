//! A plan becomes parts, and an order is closed: each in the payment's turn.

use super::Orders;
use crate::engine::ledger::{Change, CommitError, Turn};
use crate::engine::node::Job;
use crate::planted::planted;
use crate::{
    ApiError, Decision, Method, NodeName, PartialPayment, Payment, PaymentHash, PaymentSummary,
    Plan, Route, SendPart, Terms, Why,
};

/// The parts of a plan, one after the other.
pub(super) struct Planning<'a> {
    pub(super) orders: &'a Orders,
    pub(super) hash: PaymentHash,
    pub(super) terms: &'a Terms,
    /// The payment's version for which it was made.
    pub(super) version: u64,
    pub(super) plan: &'a Plan,
}

/// What became of a plan.
pub(super) enum Sent {
    /// All of it is durable.
    All,
    /// The payment has changed: it was thrown away.
    Stale,
    /// It, or the rest of it, is not sent now.
    Stopped(String),
}

impl Change for Planning<'_> {
    type Answer = Sent;

    async fn attempt(&self, turn: &mut Turn<'_>) -> Sent {
        if let Err(reason) = self.may_send().await {
            return Sent::Stopped(reason);
        }
        match turn.payment().await {
            Ok(payment) if self.is_for(payment) => {}
            Ok(_) => return Sent::Stale,
            Err(error) => return Sent::Stopped(error.to_string()),
        }
        for (node, route) in &self.plan.parts {
            match self.accept(turn, node, route).await {
                Ok(part) => {
                    let (job, _) = Job::offer(&part);
                    self.orders.nodes.enqueue(&part, job);
                }
                Err(reason) => return Sent::Stopped(reason),
            }
        }
        Sent::All
    }

    /// What is stored was another version, so the plan is out of date.
    fn attempts_max(&self) -> u32 {
        1
    }
}

impl Planning<'_> {
    /// Whether the plan was made for the payment as it is now.
    fn is_for(&self, payment: Option<&Payment>) -> bool {
        let row = payment.map(Payment::summary);
        planted!(TakesStalePlans, return true);
        planted!(
            ClosedTakesParts,
            return row.is_some_and(|row| row.order.is_none() || row.version == self.version)
        );
        row.is_some_and(|row| row.version == self.version)
    }

    async fn may_send(&self) -> Result<(), String> {
        let orders = self.orders;
        let live = orders.board.live_parts();
        if live.saturating_add(self.plan.parts.len()) > orders.live_parts_max {
            return Err(format!("{live} parts are in flight already"));
        }
        let may = orders.unrecorded.may_send(self.hash).await;
        may.map_err(|error| error.to_string())
    }

    async fn accept(
        &self,
        turn: &mut Turn<'_>,
        node: &NodeName,
        route: &Route,
    ) -> Result<PartialPayment, String> {
        let command = self.command(node, route);
        let payment = turn.payment().await.map_err(|error| error.to_string())?;
        let decision = Payment::accept(payment, &command).map_err(|refusal| refusal.to_string())?;
        let Decision::Commit(transition) = decision else {
            return Err("the payment is complete".to_owned());
        };
        match turn.commit(*transition).await {
            Ok((payment, id)) => {
                let part = id.and_then(|id| payment.part(id)).cloned();
                Ok(part.expect("it has just been accepted"))
            }
            Err(error) => {
                if let CommitError::Unknown(_) = error {
                    self.orders.nodes.recover_later(self.hash);
                }
                Err(said(error))
            }
        }
    }

    fn command(&self, node: &NodeName, route: &Route) -> SendPart {
        let from = self.orders.nodes.named(node);
        SendPart {
            method: Method::Pay,
            payment_hash: self.hash,
            intended: self.terms.intended,
            requested: self.terms.requested,
            route: route.clone(),
            node: node.clone(),
            network: from.and_then(|node| node.sender.network()),
            cltv_expiry: from.and_then(|node| node.cltv_expiry(route)),
            secret: None,
            metadata: None,
            invoice: None,
            description: None,
            label: None,
            request: None,
            at: self.orders.timing.now(),
        }
    }
}

/// An order is closed. What is live of it ends by itself.
pub(super) struct Closing<'a> {
    pub(super) orders: &'a Orders,
    pub(super) hash: PaymentHash,
    pub(super) why: &'a Why,
    /// The payment's version for which that is so, unless it is so for any.
    pub(super) version: Option<u64>,
}

impl Change for Closing<'_> {
    /// The payment as it is then, if there is one.
    type Answer = Result<Option<PaymentSummary>, ApiError>;

    async fn attempt(&self, turn: &mut Turn<'_>) -> Self::Answer {
        let payment = turn.payment().await;
        let payment =
            payment.map_err(|error| self.orders.ledger.load_error(self.hash, None, error))?;
        let Some(payment) = payment else {
            return Ok(None);
        };
        if !self.is_for(payment) {
            return Ok(Some(payment.summary().clone()));
        }
        let transition = match payment.close(self.why, self.orders.timing.now()) {
            Decision::Commit(transition) => transition,
            Decision::Unchanged(_) => return Ok(Some(payment.summary().clone())),
        };
        match turn.commit(*transition).await {
            Ok((payment, _)) => Ok(Some(payment.summary().clone())),
            Err(error) => {
                if let CommitError::Unknown(_) = error {
                    self.orders.nodes.recover_later(self.hash);
                }
                let refused = "a rule forbids closing the order, and nothing was written";
                Err(error.answer(refused, ApiError::ClosingUnknown))
            }
        }
    }
}

impl Closing<'_> {
    /// Whether the reason was found for the payment as it is now: since then another order may have been opened.
    fn is_for(&self, payment: &Payment) -> bool {
        let version = payment.summary().version;
        self.version.is_none_or(|of| of == version)
    }
}

fn said(error: CommitError) -> String {
    match error {
        CommitError::Conflict => "storage keeps changing under this payment".to_owned(),
        CommitError::Unavailable(reason)
        | CommitError::Refused(reason)
        | CommitError::Unknown(reason) => reason,
    }
}
