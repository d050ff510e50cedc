//! What comes in: hearing of it from the nodes, and keeping it.

use crate::{
    Cursor, IncomingPart, IncomingPayment, Listed, NewIncoming, NodeAway, NodeName, PaidInvoice,
    PaymentFilter, PaymentHash, PaymentId, Unavailable,
};
use async_trait::async_trait;
use futures::stream::BoxStream;

/// A Lightning node, as far as money comes in. Asking never delays, fails or claims an HTLC (rule A-12).
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait IncomingNode: Send + Sync {
    /// The HTLCs that are there now for invoices of ours (for that one only, if given): each once, none
    /// that is claimed, failed or timed out, also right after a restart of the node or of us (rule A-13).
    async fn pending(&self, hash: Option<PaymentHash>) -> Result<Vec<IncomingPart>, NodeAway>;

    /// Every invoice that was paid after `from` (of all time if `None`), in order, at least once, and
    /// then the new ones as they are paid. The stream reconnects by itself and ends only when the node is
    /// gone for good. Whatever is at or before `from` has been stored by us and may be forgotten.
    async fn paid(&self, from: Option<Cursor>) -> BoxStream<'static, Received>;
}

/// One paid invoice, and how far the stream has come with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Received {
    /// Grows along the stream; stored with what is recorded.
    pub cursor: Cursor,
    /// What the node says.
    pub invoice: PaidInvoice,
}

/// Where incoming payments are kept.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait IncomingStore: Send + Sync {
    /// Keeps a payment, with the event that tells of it and how far its node has been heard; an invoice
    /// of that node that is kept already moves the cursor alone. Durable once it is answered.
    async fn record(&self, payment: NewIncoming, cursor: Cursor) -> Recorded;

    /// How far a node's paid invoices have been heard.
    async fn incoming_cursor(&self, node: NodeName) -> Result<Option<Cursor>, Unavailable>;

    /// A page of them, by id.
    async fn incoming(
        &self,
        filter: PaymentFilter,
    ) -> Result<Vec<Listed<IncomingPayment>>, Unavailable>;
}

/// What became of a payment that was to be kept. To keep it again does no harm, so there is no
/// "unknown": that is "unavailable".
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Recorded {
    /// It is durable, under this number, and so is the event of that number.
    Yes(PaymentId, u64),
    /// It was there.
    Before,
    /// Nothing can be written now.
    Unavailable(String),
    /// It breaks a rule that storage keeps, and never will be kept.
    Refused(String),
}
