//! Payments in memory. What a commit does is what SQLite's does, and it can be told to fail.

mod history;
mod incoming;
mod state;
mod unrecorded;

use self::state::{RequestOf, State, told};
use async_trait::async_trait;
use domain::{
    Burial, Committed, Cursor, Deleted, Deletion, Event, EventFilter, History, HistoryFilter,
    Listed, LoadError, Made, Mutex, NodeIdentity, NodeName, Order, PartFilter, PartId,
    PartialPayment, Payment, PaymentFilter, PaymentHash, PaymentId, PaymentStore, PaymentSummary,
    Request, RequestId, Transition, Unavailable,
};
use std::sync::{Arc, MutexGuard};

/// A store in memory; clones share what is stored, as a restart does.
#[derive(Clone, Default)]
pub struct SimStore(Arc<Mutex<State>>);

/// How the next commit goes wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// Nothing is written, and it says so.
    Unavailable,
    /// Everything is written, yet it reports an error.
    ErrorButWritten,
    /// Nothing is written, and it cannot tell.
    ErrorAndLost,
    /// It says that something else changed.
    Conflict,
}

impl SimStore {
    /// An empty store.
    pub fn new() -> SimStore {
        SimStore::default()
    }

    /// How the next commits go wrong, one each.
    pub fn fault(&self, fault: Fault) {
        self.state().faults.push_back(fault);
    }

    /// No commit goes wrong any more.
    pub fn clear_faults(&self) {
        self.state().faults.clear();
    }

    /// Whether every read fails.
    pub fn set_reads_fail(&self, fail: bool) {
        self.state().reads_fail = fail;
    }

    /// Makes a stored payment one that breaks a rule.
    pub fn damage(&self, hash: PaymentHash, reason: &str) {
        self.state().damaged.insert(hash, reason.into());
    }

    /// Mends it.
    pub fn mend(&self, hash: PaymentHash) {
        self.state().damaged.remove(&hash);
    }

    /// Refuses every transition of that payment, as a rule of the schema would.
    pub fn refuse(&self, hash: PaymentHash, rule: &str) {
        self.state().refused.insert(hash, rule.into());
    }

    /// Reads of that payment fail until told otherwise.
    pub fn set_read_fails(&self, hash: PaymentHash, fails: bool) {
        let mut state = self.state();
        if fails {
            state.unreadable.insert(hash);
        } else {
            state.unreadable.remove(&hash);
        }
    }

    /// What is stored, copied as a backup is: from now on the two have nothing to do with each other.
    #[must_use]
    pub fn copy(&self) -> SimStore {
        SimStore(Arc::new(Mutex::new(self.state().clone())))
    }

    /// How many transitions have been committed.
    pub fn committed(&self) -> u64 {
        self.state().last.event
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock()
    }

    fn read(&self) -> Result<MutexGuard<'_, State>, Unavailable> {
        let state = self.state();
        if state.reads_fail {
            return Err(Unavailable("simulated read error".into()));
        }
        Ok(state)
    }
}

fn is_found(search: Option<&String>, texts: &[&Option<String>]) -> bool {
    let Some(search) = search.map(|search| search.to_ascii_lowercase()) else {
        return true;
    };
    let mut texts = texts.iter().copied().flatten();
    texts.any(|text| text.to_ascii_lowercase().contains(&search))
}

#[async_trait]
impl PaymentStore for SimStore {
    async fn load(&self, hash: PaymentHash) -> Result<Option<Payment>, LoadError> {
        let state = self.read()?;
        if let Some(reason) = state.damaged.get(&hash) {
            return Err(LoadError::Damaged(reason.clone()));
        }
        if state.unreadable.contains(&hash) {
            return Err(Unavailable("simulated read error".into()).into());
        }
        if let Some(tombstone) = state.tombstones.get(&hash) {
            return Err(LoadError::Deleted(*tombstone));
        }
        let id = state.by_hash.get(&hash);
        Ok(id.and_then(|id| state.payments.get(id)).cloned())
    }

    async fn commit(&self, transition: Transition) -> Committed {
        let mut state = self.state();
        let fault = match state.strike(transition.payment_hash()) {
            Ok(fault) => fault,
            Err(failed) => return failed,
        };
        if !state.fits(&transition) {
            return Committed::Conflict;
        }
        if state.is_kept_out(&transition) {
            return Committed::Refused("A-10: a part that is not stored may be out".into());
        }
        told(Committed::Yes(state.write(transition)), fault)
    }

    async fn delete(&self, deletion: Deletion) -> Committed<Deleted> {
        let mut state = self.state();
        match state.strike(deletion.payment_hash) {
            Ok(fault) => told(state.remove(&deletion), fault),
            Err(failed) => failed,
        }
    }

    async fn bury(&self, burial: Burial) -> Committed<()> {
        let mut state = self.state();
        match state.strike(burial.payment_hash) {
            Ok(fault) => told(state.bury(&burial), fault),
            Err(failed) => failed,
        }
    }

    async fn advance(&self, node: NodeName, cursor: Cursor) -> Result<(), Unavailable> {
        self.read()?.advance(node, cursor);
        Ok(())
    }

    async fn cursor(&self, node: NodeName) -> Result<Option<Cursor>, Unavailable> {
        Ok(self.read()?.cursors.get(&node).copied())
    }

    async fn bind(
        &self,
        node: NodeName,
        identity: NodeIdentity,
    ) -> Result<NodeIdentity, Unavailable> {
        let mut state = self.read()?;
        Ok(state.identities.entry(node).or_insert(identity).clone())
    }

    async fn live(
        &self,
        after: Option<PaymentId>,
        limit: u32,
    ) -> Result<Vec<(PaymentId, PaymentHash)>, Unavailable> {
        let state = self.read()?;
        let rows = state.payments.iter();
        let rows = rows.filter(|(id, p)| Some(**id) > after && p.summary().tally.live > 0);
        let rows = rows.map(|(id, p)| (*id, p.summary().payment_hash));
        Ok(rows.take(usize::try_from(limit).unwrap_or(0)).collect())
    }

    async fn part(&self, id: PartId) -> Result<Option<Listed<PartialPayment>>, Unavailable> {
        let state = self.read()?;
        let payment = state.by_part.get(&id).and_then(|p| state.payments.get(p));
        Ok(payment.and_then(|p| p.part(id)).cloned().map(Listed::Sound))
    }

    async fn request(&self, id: RequestId) -> Result<Option<(Request, Made)>, Unavailable> {
        let state = self.read()?;
        let Some((request, of)) = state.requests.get(&id).cloned() else {
            return Ok(None);
        };
        let made = match of {
            RequestOf::Part(part) => Some(Made::Part(part)),
            RequestOf::Order(hash, order) => {
                let order = state.orders.get(&order).cloned();
                order.map(|order| Made::Order(hash, Box::new(order)))
            }
        };
        Ok(made.map(|made| (request, made)))
    }

    async fn open_orders(
        &self,
        after: Option<PaymentId>,
        limit: u32,
    ) -> Result<Vec<(PaymentId, PaymentHash)>, Unavailable> {
        let state = self.read()?;
        let rows = state.payments.iter();
        let rows = rows.filter(|(id, p)| Some(**id) > after && p.summary().order.is_some());
        let rows = rows.map(|(id, p)| (*id, p.summary().payment_hash));
        Ok(rows.take(usize::try_from(limit).unwrap_or(0)).collect())
    }

    async fn orders(
        &self,
        payments: Vec<PaymentId>,
    ) -> Result<Vec<(PaymentId, Order)>, Unavailable> {
        let state = self.read()?;
        let last = |id: &PaymentId| Some((*id, state.payments.get(id)?.order()?.clone()));
        Ok(payments.iter().filter_map(last).collect())
    }

    async fn payments(
        &self,
        filter: PaymentFilter,
    ) -> Result<Vec<Listed<PaymentSummary>>, Unavailable> {
        let state = self.read()?;
        let rows = history::page(history::outgoing(&state, &filter), &filter, |row| row.id);
        Ok(rows.into_iter().cloned().map(Listed::Sound).collect())
    }

    async fn history(&self, filter: HistoryFilter) -> Result<History, Unavailable> {
        Ok(history::history(&*self.read()?, &filter))
    }

    async fn parts(&self, filter: PartFilter) -> Result<Vec<Listed<PartialPayment>>, Unavailable> {
        let state = self.read()?;
        let rows = state.by_part.iter();
        let rows = rows.filter_map(|(id, p)| state.payments.get(p)?.part(*id));
        let wanted = |row: &&PartialPayment| {
            filter.start.is_none_or(|start| row.id >= start)
                && filter.id.is_none_or(|id| row.id == id)
                && filter.hash.is_none_or(|hash| row.payment_hash == hash)
                && filter.status.is_none_or(|status| row.status() == status)
        };
        let limit = usize::try_from(filter.limit).unwrap_or(0);
        let rows = rows.filter(wanted).take(limit);
        Ok(rows.cloned().map(Listed::Sound).collect())
    }

    async fn events(&self, filter: EventFilter) -> Result<Vec<Listed<Event>>, Unavailable> {
        let state = self.read()?;
        let wanted = |row: &&Event| {
            row.seq >= filter.start && filter.hash.is_none_or(|hash| row.payment_hash == hash)
        };
        let rows = state.events.iter().filter(wanted);
        let rows = rows.take(usize::try_from(filter.limit).unwrap_or(0));
        Ok(rows.cloned().map(Listed::Sound).collect())
    }

    async fn last_event(&self) -> Result<u64, Unavailable> {
        Ok(self.read()?.last.event)
    }
}
