//! Ports that count what is asked of them.

use async_trait::async_trait;
use domain::{
    Burial, Committed, Cursor, Deleted, Deletion, Event, EventFilter, Funds, History,
    HistoryFilter, Listed, LoadError, Made, NodeAway, NodeFunds, NodeIdentity, NodeName, Noted,
    Order, PartFilter, PartId, PartialPayment, Payment, PaymentFilter, PaymentHash, PaymentId,
    PaymentStore, PaymentSummary, Request, RequestId, Settlement, Transition, Unasked, Unavailable,
    UnrecordedCounts, UnrecordedFilter, UnrecordedPart, UnrecordedStore,
};
use sim::SimFunds;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;
use storage::SqliteStore;

/// The store.
pub(super) struct CountedStore {
    store: Arc<SqliteStore>,
    calls: AtomicU64,
}

/// A node's channels; and when the node answered first.
pub(super) struct CountedFunds {
    funds: Arc<SimFunds>,
    calls: AtomicU64,
    answered: OnceLock<Instant>,
}

impl CountedStore {
    pub(super) fn new(store: Arc<SqliteStore>) -> Arc<CountedStore> {
        Arc::new(CountedStore {
            store,
            calls: AtomicU64::new(0),
        })
    }

    pub(super) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Acquire)
    }

    fn called(&self) -> &SqliteStore {
        self.calls.fetch_add(1, Ordering::AcqRel);
        &self.store
    }
}

impl CountedFunds {
    pub(super) fn new() -> Arc<CountedFunds> {
        Arc::new(CountedFunds {
            funds: SimFunds::new(),
            calls: AtomicU64::new(0),
            answered: OnceLock::new(),
        })
    }

    pub(super) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Acquire)
    }

    pub(super) fn set_away(&self, away: bool) {
        self.funds.set_away(away);
    }

    /// When it answered first.
    pub(super) fn answered(&self) -> Option<Instant> {
        self.answered.get().copied()
    }
}

#[async_trait]
impl NodeFunds for CountedFunds {
    async fn funds(&self) -> Result<Funds, NodeAway> {
        self.calls.fetch_add(1, Ordering::AcqRel);
        let answer = self.funds.funds().await;
        if answer.is_ok() {
            self.answered.get_or_init(Instant::now);
        }
        answer
    }
}

/// Each of these methods is one call more.
macro_rules! counted {
    ($port:ident: $($name:ident($($arg:ident: $type:ty),*) -> $answer:ty;)*) => {
        #[async_trait]
        impl $port for CountedStore {
            $(async fn $name(&self, $($arg: $type),*) -> $answer {
                self.called().$name($($arg),*).await
            })*
        }
    };
}

counted! { PaymentStore:
    load(hash: PaymentHash) -> Result<Option<Payment>, LoadError>;
    commit(transition: Transition) -> Committed;
    delete(deletion: Deletion) -> Committed<Deleted>;
    bury(burial: Burial) -> Committed<()>;
    advance(node: NodeName, cursor: Cursor) -> Result<(), Unavailable>;
    cursor(node: NodeName) -> Result<Option<Cursor>, Unavailable>;
    bind(node: NodeName, identity: NodeIdentity) -> Result<NodeIdentity, Unavailable>;
    live(after: Option<PaymentId>, limit: u32)
        -> Result<Vec<(PaymentId, PaymentHash)>, Unavailable>;
    part(id: PartId) -> Result<Option<Listed<PartialPayment>>, Unavailable>;
    request(id: RequestId) -> Result<Option<(Request, Made)>, Unavailable>;
    open_orders(after: Option<PaymentId>, limit: u32)
        -> Result<Vec<(PaymentId, PaymentHash)>, Unavailable>;
    orders(payments: Vec<PaymentId>) -> Result<Vec<(PaymentId, Order)>, Unavailable>;
    payments(filter: PaymentFilter) -> Result<Vec<Listed<PaymentSummary>>, Unavailable>;
    history(filter: HistoryFilter) -> Result<History, Unavailable>;
    parts(filter: PartFilter) -> Result<Vec<Listed<PartialPayment>>, Unavailable>;
    events(filter: EventFilter) -> Result<Vec<Listed<Event>>, Unavailable>;
    last_event() -> Result<u64, Unavailable>;
}

counted! { UnrecordedStore:
    last_part() -> Result<PartId, Unavailable>;
    note(part: UnrecordedPart) -> Result<Noted, Unavailable>;
    settle(settlement: Settlement) -> Result<(), Unavailable>;
    unasked() -> Result<Vec<Unasked>, Unavailable>;
    unrecorded(filter: UnrecordedFilter) -> Result<Vec<UnrecordedPart>, Unavailable>;
    count_unrecorded() -> Result<UnrecordedCounts, Unavailable>;
}
