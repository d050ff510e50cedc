//! What every `HtlcSender` and `HtlcListener` must do.

use crate::{HtlcListener, HtlcSender, Offer, PartId};
use async_trait::async_trait;
use std::sync::Arc;

/// A node under test.
#[async_trait]
pub trait NodeHarness: Send {
    /// Parts out.
    fn sender(&self) -> Arc<dyn HtlcSender>;

    /// Outcomes in; a new one only after a restart.
    fn listener(&mut self) -> Box<dyn HtlcListener>;

    /// A part that can be offered, of a payment of its own, and what becomes of it.
    async fn offer(&mut self, part: PartId, fate: Fate) -> Offer;

    /// The same node after a crash: what it had not made durable is gone.
    async fn restart(&mut self);
}

/// What becomes of a part when it is offered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// The payee takes it.
    Fulfilled,
    /// A node on the way fails it, and the other parts of its payment may go on.
    FailedOnTheWay,
    /// It cannot leave: our node has no such channel.
    Refused,
    /// The payee keeps it.
    Held,
}
