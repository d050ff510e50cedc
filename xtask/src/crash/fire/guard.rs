//! The real store, with somebody who counts the writes, lets the fault begin at one of them, and ends
//! it when it has done enough.

use super::faults::Fault;
use super::gate::Gate;
use anyhow::Result;
use async_trait::async_trait;
use domain::{
    Burial, Committed, Cursor, Deleted, Deletion, Event, EventFilter, History, HistoryFilter,
    Listed, LoadError, Made, NodeIdentity, NodeName, Noted, Order, PartFilter, PartId,
    PartialPayment, Payment, PaymentFilter, PaymentHash, PaymentId, PaymentStore, PaymentSummary,
    Request, RequestId, Settlement, Transition, Unasked, Unavailable, UnrecordedCounts,
    UnrecordedFilter, UnrecordedPart, UnrecordedStore,
};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use storage::{Options, SqliteStore};
use tokio::sync::watch;

/// When a fault begins and ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    /// The write before which it begins, from 1.
    pub(super) at: u64,
    /// How many failures it causes.
    pub(super) failures: u64,
}

impl Span {
    /// No fault at all.
    pub(super) const NEVER: Span = Span {
        at: u64::MAX,
        failures: u64::MAX,
    };
}

/// The store under fire.
pub(super) struct Guard {
    path: PathBuf,
    options: Options,
    span: Span,
    gate: Arc<Gate>,
    store: Mutex<Option<Arc<SqliteStore>>>,
    fault: Mutex<Fault>,
    writes: AtomicU64,
    failures: watch::Sender<u64>,
    reasons: Mutex<BTreeMap<String, u64>>,
}

impl Guard {
    /// The fault comes and goes, and the life goes on.
    pub(super) fn new(path: &Path, options: Options, span: Span, fault: Fault) -> Arc<Guard> {
        Guard::with(path, options, (span, fault), Gate::open())
    }

    /// Nothing fails, and each write is a step of the daemon's life.
    pub(super) fn gated(path: &Path, options: Options, gate: Arc<Gate>) -> Arc<Guard> {
        Guard::with(path, options, (Span::NEVER, Fault::Nothing), gate)
    }

    fn with(
        path: &Path,
        options: Options,
        (span, fault): (Span, Fault),
        gate: Arc<Gate>,
    ) -> Arc<Guard> {
        Arc::new(Guard {
            path: path.to_owned(),
            options,
            span,
            gate,
            store: Mutex::default(),
            fault: Mutex::new(fault),
            writes: AtomicU64::new(0),
            failures: watch::Sender::new(0),
            reasons: Mutex::default(),
        })
    }

    /// Opens the store, as a daemon does when it starts.
    pub(super) async fn open(&self) -> Result<()> {
        self.close().await;
        self.open_another().await
    }

    async fn open_another(&self) -> Result<()> {
        let opened = SqliteStore::open(&self.path, self.options());
        if let Err(error) = &opened {
            self.failed(error.to_string()).await;
        }
        let opened = Some(Arc::new(opened?));
        let before = {
            let mut store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *store, opened)
        };
        if let Some(before) = before {
            before.close().await;
        }
        Ok(())
    }

    pub(super) async fn close(&self) {
        let store = self
            .store
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(store) = store {
            store.close().await;
        }
    }

    pub(super) fn gate(&self) -> Arc<Gate> {
        Arc::clone(&self.gate)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Ends the fault.
    pub(super) async fn lift(&self) {
        let mut fault = std::mem::replace(&mut *self.fault(), Fault::Nothing);
        fault.lift(&self.path).expect("a fault can be undone");
        if matches!(fault, Fault::PageLimit) {
            let opened = self.open_another().await;
            opened.expect("a store with room can be opened");
        }
    }

    /// Whether the fault has come.
    pub(super) fn was_hit(&self) -> bool {
        self.writes.load(Ordering::Acquire) >= self.span.at
    }

    pub(super) fn failures(&self) -> u64 {
        *self.failures.borrow()
    }

    /// Every answer of the store that was no, and how often.
    pub(super) fn reasons(&self) -> BTreeMap<String, u64> {
        let reasons = self.reasons.lock();
        reasons.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns when there is no point in trying on.
    pub(super) async fn has_failed(&self, times: u64) {
        let mut failures = self.failures.subscribe();
        // The sender is here.
        let _ = failures.wait_for(|failures| *failures >= times).await;
    }

    fn options(&self) -> Options {
        let limit = self.options.max_page_count;
        let max_page_count = limit.filter(|_| matches!(*self.fault(), Fault::PageLimit));
        Options {
            max_page_count,
            ..self.options.clone()
        }
    }

    fn fault(&self) -> std::sync::MutexGuard<'_, Fault> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn store(&self) -> Result<Arc<SqliteStore>, Unavailable> {
        let store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        store.clone().ok_or_else(|| Unavailable("closed".into()))
    }

    async fn writing(&self) -> Result<Arc<SqliteStore>, Unavailable> {
        self.gate.pass().await;
        // A life that is over may write once more: there is nothing to break any more.
        self.store()?;
        if self.writes.fetch_add(1, Ordering::AcqRel) + 1 == self.span.at {
            let struck = self.fault().strike(&self.path);
            struck.expect("a fault can be caused");
        }
        self.store()
    }

    async fn failed(&self, reason: String) {
        {
            let mut reasons = self.reasons.lock().unwrap_or_else(PoisonError::into_inner);
            *reasons.entry(reason).or_default() += 1;
        }
        self.failures.send_modify(|failures| *failures += 1);
        if self.failures() == self.span.failures {
            Box::pin(self.lift()).await;
        }
    }

    async fn committed<T>(&self, answer: Committed<T>) -> Committed<T> {
        self.gate.pass().await;
        match &answer {
            Committed::Yes(_) | Committed::Conflict => {}
            Committed::Unavailable(reason)
            | Committed::Refused(reason)
            | Committed::Unknown(reason) => self.failed(format!("commit: {reason}")).await,
        }
        answer
    }

    async fn written<T, E: Display>(&self, answer: Result<T, E>) -> Result<T, E> {
        self.gate.pass().await;
        self.noted(answer).await
    }

    async fn noted<T, E: Display>(&self, answer: Result<T, E>) -> Result<T, E> {
        let reason = answer.as_ref().err().map(ToString::to_string);
        if let Some(reason) = reason {
            self.failed(reason).await;
        }
        answer
    }
}

#[async_trait]
impl PaymentStore for Guard {
    async fn load(&self, hash: PaymentHash) -> Result<Option<Payment>, LoadError> {
        let answer = self.store()?.load(hash).await;
        self.noted(answer).await
    }

    async fn commit(&self, transition: Transition) -> Committed {
        let store = match self.writing().await {
            Ok(store) => store,
            Err(unavailable) => return Committed::Unavailable(unavailable.0),
        };
        let answer = store.commit(transition).await;
        self.committed(answer).await
    }

    async fn delete(&self, deletion: Deletion) -> Committed<Deleted> {
        let store = match self.writing().await {
            Ok(store) => store,
            Err(unavailable) => return Committed::Unavailable(unavailable.0),
        };
        let answer = store.delete(deletion).await;
        self.committed(answer).await
    }

    async fn bury(&self, burial: Burial) -> Committed<()> {
        let store = match self.writing().await {
            Ok(store) => store,
            Err(unavailable) => return Committed::Unavailable(unavailable.0),
        };
        let answer = store.bury(burial).await;
        self.committed(answer).await
    }

    async fn advance(&self, node: NodeName, cursor: Cursor) -> Result<(), Unavailable> {
        let answer = self.writing().await?.advance(node, cursor).await;
        self.written(answer).await
    }

    async fn cursor(&self, node: NodeName) -> Result<Option<Cursor>, Unavailable> {
        let answer = self.store()?.cursor(node).await;
        self.noted(answer).await
    }

    async fn bind(
        &self,
        node: NodeName,
        identity: NodeIdentity,
    ) -> Result<NodeIdentity, Unavailable> {
        let answer = self.writing().await?.bind(node, identity).await;
        self.written(answer).await
    }

    async fn live(
        &self,
        after: Option<PaymentId>,
        limit: u32,
    ) -> Result<Vec<(PaymentId, PaymentHash)>, Unavailable> {
        let answer = self.store()?.live(after, limit).await;
        self.noted(answer).await
    }

    async fn part(&self, id: PartId) -> Result<Option<Listed<PartialPayment>>, Unavailable> {
        let answer = self.store()?.part(id).await;
        self.noted(answer).await
    }

    async fn request(&self, id: RequestId) -> Result<Option<(Request, Made)>, Unavailable> {
        let answer = self.store()?.request(id).await;
        self.noted(answer).await
    }

    async fn open_orders(
        &self,
        after: Option<PaymentId>,
        limit: u32,
    ) -> Result<Vec<(PaymentId, PaymentHash)>, Unavailable> {
        let answer = self.store()?.open_orders(after, limit).await;
        self.noted(answer).await
    }

    async fn orders(
        &self,
        payments: Vec<PaymentId>,
    ) -> Result<Vec<(PaymentId, Order)>, Unavailable> {
        let answer = self.store()?.orders(payments).await;
        self.noted(answer).await
    }

    async fn payments(
        &self,
        filter: PaymentFilter,
    ) -> Result<Vec<Listed<PaymentSummary>>, Unavailable> {
        let answer = self.store()?.payments(filter).await;
        self.noted(answer).await
    }

    async fn history(&self, filter: HistoryFilter) -> Result<History, Unavailable> {
        let answer = self.store()?.history(filter).await;
        self.noted(answer).await
    }

    async fn parts(&self, filter: PartFilter) -> Result<Vec<Listed<PartialPayment>>, Unavailable> {
        let answer = self.store()?.parts(filter).await;
        self.noted(answer).await
    }

    async fn events(&self, filter: EventFilter) -> Result<Vec<Listed<Event>>, Unavailable> {
        let answer = self.store()?.events(filter).await;
        self.noted(answer).await
    }

    async fn last_event(&self) -> Result<u64, Unavailable> {
        let answer = self.store()?.last_event().await;
        self.noted(answer).await
    }
}

#[async_trait]
impl UnrecordedStore for Guard {
    async fn last_part(&self) -> Result<PartId, Unavailable> {
        let answer = self.store()?.last_part().await;
        self.noted(answer).await
    }

    async fn note(&self, part: UnrecordedPart) -> Result<Noted, Unavailable> {
        let answer = self.writing().await?.note(part).await;
        self.written(answer).await
    }

    async fn settle(&self, settlement: Settlement) -> Result<(), Unavailable> {
        let answer = self.writing().await?.settle(settlement).await;
        self.written(answer).await
    }

    async fn unasked(&self) -> Result<Vec<Unasked>, Unavailable> {
        let answer = self.store()?.unasked().await;
        self.noted(answer).await
    }

    async fn unrecorded(
        &self,
        filter: UnrecordedFilter,
    ) -> Result<Vec<UnrecordedPart>, Unavailable> {
        let answer = self.store()?.unrecorded(filter).await;
        self.noted(answer).await
    }

    async fn count_unrecorded(&self) -> Result<UnrecordedCounts, Unavailable> {
        let answer = self.store()?.count_unrecorded().await;
        self.noted(answer).await
    }
}
