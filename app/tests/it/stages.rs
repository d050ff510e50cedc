//! A crash at a chosen moment of a payment in two parts: engine, SQLite file and LDK network in this
//! process, so that the moment can be chosen.

use ampere::clock::SystemClock;
use ampere::spawner::TokioSpawner;
use async_trait::async_trait;
use devnet::{DevInvoice, DevNetwork};
use domain::{
    Burial, Committed, Cursor, Deleted, Deletion, Engine, Event, EventFilter, Extras, History,
    HistoryFilter, HtlcSender, KnownPart, Listed, LoadError, LookUp, Made, Msat, NodeAway,
    NodeIdentity, NodeName, NodePorts, Offer, OfferAnswer, Order, PartFilter, PartId,
    PartialPayment, Payment, PaymentApi, PaymentFilter, PaymentHash, PaymentId, PaymentStore,
    PaymentSummary, Policy, Ports, Request, RequestId, Route, SendPartialPay, Sent, StatusKind,
    Transition, Unavailable,
};
use futures::StreamExt;
use futures::stream::BoxStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use storage::SqliteStore;

const WHOLE: u64 = 100_000_000;

/// The parts of a daemon, to be crashed together.
struct Daemon {
    network: Arc<ldk::Network>,
    store: Arc<SqliteStore>,
    engine: Arc<Engine>,
}

/// What goes wrong before the crash.
#[derive(Clone, Copy)]
enum Trouble {
    Nothing,
    /// No offer reaches the node.
    NodeOutOfReach,
    /// Storage fails for good after so many commits.
    StorageFailsAfter(u32),
}

impl Daemon {
    async fn start(dir: &Path, trouble: Trouble) -> Daemon {
        let embedded = Some(dir.join("embedded"));
        let network = ldk::Network::start(ldk::Options {
            dir: embedded,
            grace: false,
        })
        .await;
        let network = network.unwrap();
        let store = SqliteStore::open(&dir.join("ampere.sqlite3"), storage::Options::default());
        let store = Arc::new(store.unwrap());
        let commits_left = match trouble {
            Trouble::StorageFailsAfter(commits) => commits,
            Trouble::Nothing | Trouble::NodeOutOfReach => u32::MAX,
        };
        let sender: Arc<dyn HtlcSender> = match trouble {
            Trouble::NodeOutOfReach => Arc::new(OutOfReach(
                network.alice().sender().identity().await.unwrap(),
            )),
            Trouble::Nothing | Trouble::StorageFailsAfter(_) => network.alice().sender(),
        };
        let ports = Ports {
            store: Arc::new(Failing {
                store: store.clone(),
                commits_left: AtomicU32::new(commits_left),
            }),
            unrecorded: store.clone(),
            clock: Arc::new(SystemClock),
            spawner: Arc::new(TokioSpawner::current()),
            incoming: None,
            ways: None,
            nodes: vec![NodePorts {
                name: NodeName::new("alice"),
                sender,
                listener: network.alice().listener(),
            }],
        };
        let engine = Engine::start(ports, Policy::default()).await.unwrap();
        Daemon {
            network,
            store,
            engine,
        }
    }

    /// Everything goes at once, without a word to anyone.
    async fn crash(self) {
        drop(self.engine);
        drop(self.network);
        self.store.close().await;
    }

    async fn invoice(&self) -> DevInvoice {
        let amount = Msat::new(WHOLE).unwrap();
        self.network.invoice(amount, None, None).await.unwrap()
    }

    async fn half(&self, invoice: &DevInvoice, way: usize) -> PartId {
        let amount = Msat::new(WHOLE / 2).unwrap();
        let routes = self.network.routes("dave", amount, None);
        let route: Route = routes.unwrap().swap_remove(way);
        let request = SendPartialPay {
            route,
            payment_hash: invoice.payment_hash,
            intended: Msat::new(WHOLE).unwrap(),
            extras: Extras {
                secret: Some(invoice.payment_secret.clone()),
                ..Extras::default()
            },
            request_id: None,
        };
        match self.engine.send_partial_pay(request).await.unwrap() {
            Sent::Part(part) => part.id,
            Sent::AlreadyComplete(_) => panic!("paid already"),
        }
    }

    async fn look_up(&self, sender: &dyn HtlcSender, part: PartId, of: &DevInvoice) -> LookUp {
        let amount = Msat::new(WHOLE / 2).unwrap();
        let routes = self.network.routes("dave", amount, None);
        let route = routes.unwrap().swap_remove(0);
        sender.look_up(part, of.payment_hash, &route).await
    }

    async fn is_complete(&self, part: PartId) {
        let waited = self.engine.wait_partial_pay(part, None);
        let part = tokio::time::timeout(crate::support::PATIENCE, waited).await;
        assert_eq!(part.unwrap().unwrap().status(), StatusKind::Complete);
    }

    async fn statuses(&self, invoice: &DevInvoice) -> Vec<StatusKind> {
        let payment = self.store.load(invoice.payment_hash).await.unwrap();
        payment
            .unwrap()
            .parts()
            .map(PartialPayment::status)
            .collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn crash_before_the_offer_sends_the_part_once() {
    let dir = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(dir.path(), Trouble::NodeOutOfReach).await;
    let invoice = daemon.invoice().await;
    let one = daemon.half(&invoice, 0).await;
    let sender = daemon.network.alice().sender();
    assert_eq!(
        daemon.look_up(&*sender, one, &invoice).await,
        LookUp::NeverSeen
    );
    daemon.crash().await;

    let daemon = Daemon::start(dir.path(), Trouble::Nothing).await;
    let two = daemon.half(&invoice, 1).await;
    daemon.is_complete(one).await;
    daemon.is_complete(two).await;
    assert_eq!(daemon.statuses(&invoice).await, [StatusKind::Complete; 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn crash_after_the_offer_keeps_the_part() {
    let dir = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(dir.path(), Trouble::Nothing).await;
    let invoice = daemon.invoice().await;
    let one = daemon.half(&invoice, 0).await;
    let sender = daemon.network.alice().sender();
    while daemon.look_up(&*sender, one, &invoice).await == LookUp::NeverSeen {
        tokio::task::yield_now().await;
    }
    daemon.crash().await;

    let daemon = Daemon::start(dir.path(), Trouble::Nothing).await;
    let sender = daemon.network.alice().sender();
    assert_eq!(
        daemon.look_up(&*sender, one, &invoice).await,
        LookUp::Pending
    );
    let two = daemon.half(&invoice, 1).await;
    daemon.is_complete(one).await;
    daemon.is_complete(two).await;
    assert_eq!(daemon.statuses(&invoice).await, [StatusKind::Complete; 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn crash_between_two_outcomes_loses_neither() {
    let dir = tempfile::tempdir().unwrap();
    // Two parts accepted, one outcome stored, and no more.
    let daemon = Daemon::start(dir.path(), Trouble::StorageFailsAfter(3)).await;
    let invoice = daemon.invoice().await;
    let (one, two) = (
        daemon.half(&invoice, 0).await,
        daemon.half(&invoice, 1).await,
    );
    let (first, second) = (daemon.is_complete(one), daemon.is_complete(two));
    futures::future::select(Box::pin(first), Box::pin(second)).await;
    let mut statuses = daemon.statuses(&invoice).await;
    statuses.sort_by_key(|status| status.as_str());
    assert_eq!(statuses, [StatusKind::Complete, StatusKind::Pending]);
    daemon.crash().await;

    let daemon = Daemon::start(dir.path(), Trouble::Nothing).await;
    daemon.is_complete(one).await;
    daemon.is_complete(two).await;
    let payment = daemon
        .engine
        .wait_send_pay(invoice.payment_hash, None)
        .await
        .unwrap();
    assert_eq!(payment.tally.delivered.get(), WHOLE);
}

/// A node that nobody can reach.
struct OutOfReach(NodeIdentity);

#[async_trait]
impl HtlcSender for OutOfReach {
    async fn offer(&self, _: &Offer) -> OfferAnswer {
        OfferAnswer::Unknown("out of reach".into())
    }

    async fn look_up(&self, _: PartId, _: PaymentHash, _: &Route) -> LookUp {
        LookUp::Unknown("out of reach".into())
    }

    async fn known_parts(&self, _: PartId) -> BoxStream<'static, Result<KnownPart, NodeAway>> {
        futures::stream::empty().boxed()
    }

    async fn identity(&self) -> Result<NodeIdentity, NodeAway> {
        Ok(self.0.clone())
    }

    async fn life(&self, known: Option<u64>) -> u64 {
        domain::the_only_life(known).await
    }

    fn height(&self) -> Option<u32> {
        None
    }

    fn network(&self) -> Option<domain::Network> {
        None
    }
}

/// A store that takes so many commits and then none.
struct Failing {
    store: Arc<SqliteStore>,
    commits_left: AtomicU32,
}

#[async_trait]
impl PaymentStore for Failing {
    async fn load(&self, hash: PaymentHash) -> Result<Option<Payment>, LoadError> {
        self.store.load(hash).await
    }

    async fn commit(&self, transition: Transition) -> Committed {
        let one_less = |left: u32| left.checked_sub(1);
        let left = self
            .commits_left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less);
        match left {
            Ok(_) => self.store.commit(transition).await,
            Err(_) => Committed::Unavailable("it takes no more".into()),
        }
    }

    async fn delete(&self, deletion: Deletion) -> Committed<Deleted> {
        self.store.delete(deletion).await
    }

    async fn bury(&self, burial: Burial) -> Committed<()> {
        self.store.bury(burial).await
    }

    async fn advance(&self, node: NodeName, cursor: Cursor) -> Result<(), Unavailable> {
        self.store.advance(node, cursor).await
    }

    async fn cursor(&self, node: NodeName) -> Result<Option<Cursor>, Unavailable> {
        self.store.cursor(node).await
    }

    async fn bind(
        &self,
        node: NodeName,
        identity: NodeIdentity,
    ) -> Result<NodeIdentity, Unavailable> {
        self.store.bind(node, identity).await
    }

    async fn live(
        &self,
        after: Option<PaymentId>,
        limit: u32,
    ) -> Result<Vec<(PaymentId, PaymentHash)>, Unavailable> {
        self.store.live(after, limit).await
    }

    async fn part(&self, id: PartId) -> Result<Option<Listed<PartialPayment>>, Unavailable> {
        self.store.part(id).await
    }

    async fn request(&self, id: RequestId) -> Result<Option<(Request, Made)>, Unavailable> {
        self.store.request(id).await
    }

    async fn open_orders(
        &self,
        after: Option<PaymentId>,
        limit: u32,
    ) -> Result<Vec<(PaymentId, PaymentHash)>, Unavailable> {
        self.store.open_orders(after, limit).await
    }

    async fn orders(
        &self,
        payments: Vec<PaymentId>,
    ) -> Result<Vec<(PaymentId, Order)>, Unavailable> {
        self.store.orders(payments).await
    }

    async fn payments(
        &self,
        filter: PaymentFilter,
    ) -> Result<Vec<Listed<PaymentSummary>>, Unavailable> {
        self.store.payments(filter).await
    }

    async fn history(&self, filter: HistoryFilter) -> Result<History, Unavailable> {
        self.store.history(filter).await
    }

    async fn parts(&self, filter: PartFilter) -> Result<Vec<Listed<PartialPayment>>, Unavailable> {
        self.store.parts(filter).await
    }

    async fn events(&self, filter: EventFilter) -> Result<Vec<Listed<Event>>, Unavailable> {
        self.store.events(filter).await
    }

    async fn last_event(&self) -> Result<u64, Unavailable> {
        self.store.last_event().await
    }
}
