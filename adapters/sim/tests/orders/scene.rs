//! An engine with a finder, and what outlives it.

use crate::support::soon;
use domain::contract::samples::{failure, hash, invoice, msat, node};
use domain::{
    ApiError, Avoid, Engine, Failure, NodePorts, Outcome, PartId, Pay, PayAnswer, Payment,
    PaymentApi, PaymentStore, Policy, Ports, Ways, Why,
};
use sim::{SimClock, SimFinder, SimFunds, SimNode, SimStore, TestSpawner};
use std::sync::Arc;
use std::time::Duration;

/// What outlives the engine.
pub struct Scene {
    pub store: SimStore,
    pub node: Arc<SimNode>,
    pub clock: Arc<SimClock>,
    pub finder: Arc<SimFinder>,
    pub funds: Arc<SimFunds>,
    pub engine: Arc<Engine>,
}

impl Scene {
    pub async fn new() -> Scene {
        Scene::over(
            SimStore::new(),
            SimNode::new(),
            Arc::new(SimClock::new()),
            (SimFinder::new(), SimFunds::new()),
        )
        .await
    }

    async fn over(
        store: SimStore,
        sim_node: Arc<SimNode>,
        clock: Arc<SimClock>,
        (finder, funds): (Arc<SimFinder>, Arc<SimFunds>),
    ) -> Scene {
        let ports = Ports {
            store: Arc::new(store.clone()),
            unrecorded: Arc::new(store.clone()),
            clock: clock.clone(),
            spawner: Arc::new(TestSpawner),
            incoming: None,
            ways: Some(Ways {
                finder: finder.clone(),
                nodes: vec![(node(), funds.clone())],
            }),
            nodes: vec![NodePorts {
                name: node(),
                sender: sim_node.clone(),
                listener: sim_node.listener(),
            }],
        };
        let engine = Engine::start(ports, Policy::default()).await.unwrap();
        Scene {
            store,
            node: sim_node,
            clock,
            finder,
            funds,
            engine,
        }
    }

    /// The daemon dies and is started again.
    pub async fn restart(self) -> Scene {
        drop(self.engine);
        let found = (self.finder, self.funds);
        Scene::over(self.store, self.node, self.clock, found).await
    }

    pub async fn open(&self) {
        let pay = Pay {
            timeout: Some(Duration::ZERO),
            ..pay()
        };
        self.engine.pay(pay).await.unwrap();
    }

    pub async fn payment(&self) -> Payment {
        self.store.load(hash(1)).await.unwrap().unwrap()
    }

    pub fn fulfil(&self, part: u64) {
        let proof = *domain::contract::samples::preimage(1).1.expose();
        self.node
            .say(PartId(part), hash(1), Outcome::Fulfilled(proof));
    }

    /// By the payee, who waited in vain for the rest: that teaches nothing about the way.
    pub fn fail(&self, part: u64) {
        let timed_out = Failure {
            erring_index: Some(2),
            failcode: Some(23),
            ..failure()
        };
        let failed = Outcome::Failed(Box::new(timed_out));
        self.node.say(PartId(part), hash(1), failed);
    }

    /// By the only node between us and the payee, for want of liquidity.
    pub fn fail_between(&self, part: u64, payment: u64) {
        let temporary = Failure {
            erring_index: Some(1),
            failcode: Some(0x1007),
            ..failure()
        };
        let failed = Outcome::Failed(Box::new(temporary));
        self.node.say(PartId(part), hash(payment), failed);
    }

    /// By the payee, for good.
    pub fn refuse(&self, part: u64) {
        let refused = Failure {
            erring_index: Some(2),
            failcode: Some(0x400f),
            ..failure()
        };
        let failed = Outcome::Failed(Box::new(refused));
        self.node.say(PartId(part), hash(1), failed);
    }

    pub async fn sent(&self, htlcs: usize) {
        soon(self.node.has_sent(htlcs)).await;
    }

    /// The end of `pay`.
    pub async fn ended(&self) -> Result<PayAnswer, ApiError> {
        soon(self.engine.pay(pay())).await
    }

    /// Until the order is closed.
    pub async fn closed(&self) -> Why {
        soon(async {
            loop {
                let payment = self.payment().await;
                match payment.order().and_then(|order| order.closed.clone()) {
                    Some(closed) => return closed.why,
                    None => tokio::task::yield_now().await,
                }
            }
        })
        .await
    }

    /// Each key went out at most once, and no more is out than was asked for.
    pub async fn is_sound(&self) {
        assert!(self.node.ledger().values().all(|times| *times == 1));
        let row = self.payment().await.summary().clone();
        assert!(row.tally.committed() <= msat(1_000), "{row:?}");
        let info = self.engine.get_info().await.unwrap();
        assert_eq!((info.alarms, info.violations), (0, vec![]));
    }
}

pub fn pay() -> Pay {
    Pay {
        invoice: invoice(1),
        amount: None,
        share: None,
        max_fee: msat(10_000),
        retry_for: Duration::from_secs(60),
        max_delay: 2_016,
        max_parts: None,
        avoid: Avoid::default(),
        nodes: Vec::new(),
        description: None,
        label: None,
        request_id: None,
        timeout: None,
    }
}
