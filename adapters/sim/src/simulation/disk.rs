//! Storage that is slow, full, unreadable, or in doubt about itself.

use super::chance::Fault;
use super::judge::Asked;
use super::world::World;
use crate::SimStore;
use async_trait::async_trait;
use domain::{
    Burial, Clock, Committed, Cursor, Deleted, Deletion, Event, EventFilter, History,
    HistoryFilter, IncomingPayment, IncomingStore, Listed, LoadError, Made, NewIncoming,
    NodeIdentity, NodeName, Order, PartFilter, PartId, PartialPayment, Payment, PaymentFilter,
    PaymentHash, PaymentId, PaymentStore, PaymentSummary, Recorded, Request, RequestId, Timestamp,
    Transition, Unavailable,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How long it may be full, in microseconds.
const FULL_MAX: u64 = 5_000_000;

/// What is durable, and how it is got at. The daemon's death may fall between any two steps.
#[derive(Clone)]
pub(super) struct Disk {
    world: Arc<World>,
    durable: SimStore,
    /// Until then there is no room for a commit.
    full_until: Arc<AtomicU64>,
}

impl Disk {
    pub(super) fn new(world: &Arc<World>) -> Disk {
        Disk {
            world: world.clone(),
            durable: SimStore::new(),
            full_until: Arc::default(),
        }
    }

    /// What is durable of a payment now.
    pub(super) async fn durable(&self, hash: PaymentHash) -> Option<Payment> {
        self.durable.load(hash).await.ok().flatten()
    }

    /// What nodes know and it does not. Without luck: no copy is ever put back here.
    pub(super) fn unrecorded(&self) -> SimStore {
        self.durable.clone()
    }

    /// What is durable of what came in.
    pub(super) fn durable_incoming(&self) -> &dyn IncomingStore {
        &self.durable
    }

    /// Every event that is durable now.
    pub(super) async fn history(&self) -> Vec<Event> {
        let all = EventFilter {
            limit: u32::MAX,
            ..EventFilter::default()
        };
        let rows = self.durable.events(all).await.unwrap_or_default();
        let sound = rows.into_iter().filter_map(|row| match row {
            Listed::Sound(event) => Some(event),
            Listed::Damaged(_) => None,
        });
        sound.collect()
    }

    async fn readable(&self) -> Result<(), Unavailable> {
        self.world.pause(Fault::SlowStore).await;
        if self.world.chance.strikes(Fault::UnreadableStore) {
            return Err(Unavailable("a page cannot be read".into()));
        }
        Ok(())
    }

    /// A disk that is full stays so for a while.
    fn is_full(&self) -> bool {
        let (chance, now) = (&self.world.chance, self.world.time.now());
        if chance.strikes(Fault::FullStore) {
            let end = now + chance.below(FULL_MAX);
            self.full_until.store(end, Ordering::Relaxed);
        }
        !chance.is_healed() && now < self.full_until.load(Ordering::Relaxed)
    }

    /// Whatever goes wrong before a commit; after it an error may still come.
    async fn before_commit<T>(&self) -> Option<Committed<T>> {
        let world = &self.world;
        world.pause(Fault::SlowStore).await;
        if self.is_full() {
            return Some(Committed::Unavailable("the disk is full".into()));
        }
        if world.chance.strikes(Fault::ConflictingStore) {
            return Some(Committed::Conflict);
        }
        if world.chance.strikes(Fault::LostInError) {
            return Some(Committed::Unknown("an error before the commit".into()));
        }
        None
    }

    async fn after_commit<T>(&self, committed: Committed<T>) -> Committed<T> {
        self.world.pause(Fault::SlowStore).await;
        match committed {
            Committed::Yes(_) if self.world.chance.strikes(Fault::WrittenInError) => {
                Committed::Unknown("an error after the commit".into())
            }
            committed => committed,
        }
    }

    async fn remove(&self, deletion: Deletion) -> Committed<Deleted> {
        let hash = deletion.payment_hash;
        let committed = self.durable.delete(deletion.clone()).await;
        let world = &self.world;
        world.note(Some(hash), || {
            format!("store: {deletion:?} → {committed:?}")
        });
        if let Committed::Yes(_) = committed {
            let truth = world.truth();
            world.judge().deleted(&truth, &deletion, world.moves());
        }
        committed
    }

    async fn entomb(&self, burial: Burial) -> Committed<()> {
        let hash = burial.payment_hash;
        let committed = self.durable.bury(burial).await;
        let world = &self.world;
        world.note(Some(hash), || format!("store: buries → {committed:?}"));
        if let Committed::Yes(()) = committed {
            let truth = world.truth();
            world.judge().buried(&truth, hash, world.moves());
        }
        committed
    }

    async fn write(&self, transition: Transition, at: Timestamp) -> Committed {
        let (hash, kind) = (transition.payment_hash(), transition.kind());
        let request = transition
            .request
            .as_ref()
            .map(|request| request.id.clone());
        let committed = self.durable.commit(transition).await;
        let world = &self.world;
        world.note(Some(hash), || format!("store: {kind:?} → {committed:?}"));
        if let Committed::Yes(_) = committed
            && let Some(payment) = self.durable(hash).await
        {
            let moves = world.moves();
            let truth = world.truth();
            let mut judge = world.judge();
            let commit = Asked {
                at,
                latest: world.time.latest(),
                request,
                moves,
            };
            judge.ordered(&payment, &commit);
            judge.committed(&truth, payment, moves);
        }
        committed
    }
}

#[async_trait]
impl IncomingStore for Disk {
    async fn record(&self, payment: NewIncoming, cursor: Cursor) -> Recorded {
        if self.before_commit::<()>().await.is_some() {
            return Recorded::Unavailable("nothing was written, or nobody knows".into());
        }
        let hash = payment.paid.payment_hash;
        let recorded = self.durable.record(payment, cursor).await;
        self.world
            .note(Some(hash), || format!("store: {recorded:?}"));
        self.world.pause(Fault::SlowStore).await;
        if self.world.chance.strikes(Fault::WrittenInError) {
            return Recorded::Unavailable("an error after the commit".into());
        }
        recorded
    }

    async fn incoming_cursor(&self, node: NodeName) -> Result<Option<Cursor>, Unavailable> {
        self.readable().await?;
        self.durable.incoming_cursor(node).await
    }

    async fn incoming(
        &self,
        filter: PaymentFilter,
    ) -> Result<Vec<Listed<IncomingPayment>>, Unavailable> {
        self.readable().await?;
        self.durable.incoming(filter).await
    }
}

#[async_trait]
impl PaymentStore for Disk {
    async fn load(&self, hash: PaymentHash) -> Result<Option<Payment>, LoadError> {
        self.readable().await?;
        self.durable.load(hash).await
    }

    async fn commit(&self, transition: Transition) -> Committed {
        let at = Clock::now(&self.world.time);
        if let Some(failed) = self.before_commit().await {
            return failed;
        }
        let committed = self.write(transition, at).await;
        self.after_commit(committed).await
    }

    async fn delete(&self, deletion: Deletion) -> Committed<Deleted> {
        if let Some(failed) = self.before_commit().await {
            return failed;
        }
        let committed = self.remove(deletion).await;
        self.after_commit(committed).await
    }

    async fn bury(&self, burial: Burial) -> Committed<()> {
        if let Some(failed) = self.before_commit().await {
            return failed;
        }
        let committed = self.entomb(burial).await;
        self.after_commit(committed).await
    }

    async fn advance(&self, node: NodeName, cursor: Cursor) -> Result<(), Unavailable> {
        self.readable().await?;
        self.durable.advance(node, cursor).await
    }

    async fn cursor(&self, node: NodeName) -> Result<Option<Cursor>, Unavailable> {
        self.readable().await?;
        self.durable.cursor(node).await
    }

    async fn bind(
        &self,
        node: NodeName,
        identity: NodeIdentity,
    ) -> Result<NodeIdentity, Unavailable> {
        self.readable().await?;
        self.durable.bind(node, identity).await
    }

    async fn live(
        &self,
        after: Option<PaymentId>,
        limit: u32,
    ) -> Result<Vec<(PaymentId, PaymentHash)>, Unavailable> {
        self.readable().await?;
        self.durable.live(after, limit).await
    }

    async fn part(&self, id: PartId) -> Result<Option<Listed<PartialPayment>>, Unavailable> {
        self.readable().await?;
        self.durable.part(id).await
    }

    async fn request(&self, id: RequestId) -> Result<Option<(Request, Made)>, Unavailable> {
        self.readable().await?;
        self.durable.request(id).await
    }

    async fn open_orders(
        &self,
        after: Option<PaymentId>,
        limit: u32,
    ) -> Result<Vec<(PaymentId, PaymentHash)>, Unavailable> {
        self.readable().await?;
        self.durable.open_orders(after, limit).await
    }

    async fn orders(
        &self,
        payments: Vec<PaymentId>,
    ) -> Result<Vec<(PaymentId, Order)>, Unavailable> {
        self.readable().await?;
        self.durable.orders(payments).await
    }

    async fn payments(
        &self,
        filter: PaymentFilter,
    ) -> Result<Vec<Listed<PaymentSummary>>, Unavailable> {
        self.readable().await?;
        self.durable.payments(filter).await
    }

    async fn history(&self, filter: HistoryFilter) -> Result<History, Unavailable> {
        self.readable().await?;
        self.durable.history(filter).await
    }

    async fn parts(&self, filter: PartFilter) -> Result<Vec<Listed<PartialPayment>>, Unavailable> {
        self.readable().await?;
        self.durable.parts(filter).await
    }

    async fn events(&self, filter: EventFilter) -> Result<Vec<Listed<Event>>, Unavailable> {
        self.readable().await?;
        let page = self.durable.events(filter).await;
        // What was read may be old when it arrives.
        self.world.pause(Fault::SlowStore).await;
        page
    }

    async fn last_event(&self) -> Result<u64, Unavailable> {
        self.readable().await?;
        self.durable.last_event().await
    }
}
