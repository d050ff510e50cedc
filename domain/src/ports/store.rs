//! Where payments are kept.

use crate::{
    Burial, Cursor, Deleted, Deletion, Event, History, HistoryFilter, NodeIdentity, NodeName,
    Order, PartId, PartialPayment, Payment, PaymentHash, PaymentId, PaymentSummary, Refusal,
    Request, RequestId, StatusKind, Tombstone, Transition,
};
use async_trait::async_trait;

/// Durable payments. One verb writes, and one deletes.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait PaymentStore: Send + Sync {
    /// The payment with all its parts; none if there never was one, or if it failed and was deleted.
    /// One that was paid and deleted is [`LoadError::Deleted`], so that nobody takes it for none.
    ///
    /// After [`Committed::Unknown`] a load that succeeds sees what is durable.
    async fn load(&self, hash: PaymentHash) -> Result<Option<Payment>, LoadError>;

    /// Commits one transition whole, and answers only once it is durable (rule A-3).
    async fn commit(&self, transition: Transition) -> Committed;

    /// Deletes one payment whole, with its parts, their events and its request keys, and leaves its
    /// tombstone in the same commit if the deletion says so. No number of theirs is ever given out
    /// again (rule A-4); what has a live part is refused (rule A-5).
    async fn delete(&self, deletion: Deletion) -> Committed<Deleted>;

    /// Leaves a tombstone where there is no payment: from then on its hash is refused for ever (rule
    /// [`Committed::Conflict`] if there is such a payment. Where there is a tombstone already,
    /// that one stays.
    async fn bury(&self, burial: Burial) -> Committed<()>;

    /// Remembers how far a node has been heard, when no transition carries it. Durable some time
    /// after it is answered: a cursor that lags behind only means that outcomes are heard twice.
    async fn advance(&self, node: NodeName, cursor: Cursor) -> Result<(), Unavailable>;

    /// How far a node has been heard.
    async fn cursor(&self, node: NodeName) -> Result<Option<Cursor>, Unavailable>;

    /// The identity under which that node was first used; this one is stored if it is the first.
    async fn bind(
        &self,
        node: NodeName,
        identity: NodeIdentity,
    ) -> Result<NodeIdentity, Unavailable>;

    /// Hashes of payments with live parts, by payment, after the given one: what recovery reads.
    async fn live(
        &self,
        after: Option<PaymentId>,
        limit: u32,
    ) -> Result<Vec<(PaymentId, PaymentHash)>, Unavailable>;

    /// One part.
    async fn part(&self, id: PartId) -> Result<Option<Listed<PartialPayment>>, Unavailable>;

    /// The answered request of that key, and what it made.
    async fn request(&self, id: RequestId) -> Result<Option<(Request, Made)>, Unavailable>;

    /// Hashes of payments with an open order, by payment, after the given one: what is resumed at start.
    async fn open_orders(
        &self,
        after: Option<PaymentId>,
        limit: u32,
    ) -> Result<Vec<(PaymentId, PaymentHash)>, Unavailable>;

    /// The last order of each of these payments.
    async fn orders(
        &self,
        payments: Vec<PaymentId>,
    ) -> Result<Vec<(PaymentId, Order)>, Unavailable>;

    /// A page of payments, by id.
    async fn payments(
        &self,
        filter: PaymentFilter,
    ) -> Result<Vec<Listed<PaymentSummary>>, Unavailable>;

    /// A page of the payments of both directions, as they were at one moment: what is not there yet will
    /// have a larger number than all that is.
    async fn history(&self, filter: HistoryFilter) -> Result<History, Unavailable>;

    /// A page of parts, by id.
    async fn parts(&self, filter: PartFilter) -> Result<Vec<Listed<PartialPayment>>, Unavailable>;

    /// A page of the history. What is not there yet will have a larger number than all that is; one that
    /// is missing belonged to a payment that was deleted. After [`Committed::Unknown`] a page that is read
    /// shows what is durable.
    async fn events(&self, filter: EventFilter) -> Result<Vec<Listed<Event>>, Unavailable>;

    /// The number of the last event, even if that was deleted; 0 before the first.
    async fn last_event(&self) -> Result<u64, Unavailable>;
}

/// What became of a commit: of a transition, or of a deletion.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Committed<T = Receipt> {
    /// It is durable.
    Yes(T),
    /// Nothing was written: what is stored is not what was expected, or the request id has been used
    /// meanwhile. Load again, decide again.
    Conflict,
    /// Nothing was written, and nothing can be now.
    Unavailable(String),
    /// Nothing was written, and this never will be: it breaks a rule that storage keeps (a bug).
    Refused(String),
    /// An error came, yet it may be durable.
    Unknown(String),
}

/// The numbers that storage gave out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// The payment's row.
    pub payment: PaymentId,
    /// The part that the transition is about, if it is about one: new numbers are given in the order of
    /// commits.
    pub part: Option<PartId>,
    /// The transition's place in the history of all transitions: one more than the last, from 1.
    pub event: u64,
}

/// What an answered request made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Made {
    /// A part.
    Part(PartId),
    /// An order of that payment, as it is now.
    Order(PaymentHash, Box<Order>),
}

impl Made {
    /// Why another request cannot be made under the same `request_id`.
    pub fn reused(&self) -> Refusal {
        match *self {
            Made::Part(part) => Refusal::RequestReused { part },
            Made::Order(hash, _) => Refusal::RequestOfOrder { hash },
        }
    }
}

/// Storage cannot answer now.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("storage is unavailable: {0}")]
pub struct Unavailable(pub String);

/// Why a payment could not be loaded.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LoadError {
    /// Storage cannot answer now.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// The stored payment breaks a rule: nothing is sent towards it (rule A-15).
    #[error("the stored payment is damaged: {0}")]
    Damaged(String),
    /// It was paid, and is not there: nothing is sent towards it ever again (rule A-10).
    #[error("{0}")]
    Deleted(Tombstone),
}

/// A row of a list. A damaged one is shown as such, and never hides the others.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Listed<T> {
    /// It holds every rule that can be checked on it.
    Sound(T),
    /// It breaks a rule, and this is all that can be said of it.
    Damaged(Damaged),
}

impl<T> Listed<T> {
    /// The same row, as part of something larger.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Listed<U> {
        match self {
            Listed::Sound(row) => Listed::Sound(f(row)),
            Listed::Damaged(row) => Listed::Damaged(row),
        }
    }

    /// Its number, damaged or not.
    pub fn number(&self, of_sound: impl FnOnce(&T) -> u64) -> u64 {
        match self {
            Listed::Sound(row) => of_sound(row),
            Listed::Damaged(row) => row.id,
        }
    }
}

/// What can be said of a row that breaks a rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Damaged {
    /// Its number.
    pub id: u64,
    /// Its payment's hash, where that can be read.
    pub payment_hash: Option<PaymentHash>,
    /// What is wrong.
    pub reason: String,
}

/// Which payments to list.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PaymentFilter {
    /// Only this one.
    pub hash: Option<PaymentHash>,
    /// Only those.
    pub status: Option<StatusKind>,
    /// Only with this in their label or description, whatever the case of ASCII letters.
    pub search: Option<String>,
    /// Only this number and later ones; in reverse, this number and earlier ones.
    pub start: Option<PaymentId>,
    /// At most so many.
    pub limit: u32,
    /// From the last number to the first.
    pub reverse: bool,
}

/// Which events to list.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct EventFilter {
    /// Only this payment's.
    pub hash: Option<PaymentHash>,
    /// Only this number and later ones.
    pub start: u64,
    /// At most so many.
    pub limit: u32,
}

/// Which parts to list.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PartFilter {
    /// Only this one.
    pub id: Option<PartId>,
    /// Only this payment's.
    pub hash: Option<PaymentHash>,
    /// Only those.
    pub status: Option<StatusKind>,
    /// Only this number and later ones.
    pub start: Option<PartId>,
    /// At most so many.
    pub limit: u32,
}
