//! An engine over the simulated world.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "each test file uses a part of it"
)]

use domain::contract::samples::{hash, msat, node, preimage, route, secret};
use domain::{
    ApiError, Cursor, Engine, Extras, Listed, ListedPart, NodeName, NodePorts, Outcome, PartFilter,
    PartId, PartialPayment, PaymentApi, PaymentHash, PaymentStore, Policy, Ports, RequestId,
    SendPartialPay, SendPay, Sent, StatusKind,
};
use sim::{SimClock, SimNode, SimStore, TestSpawner};
use std::sync::Arc;
use std::time::Duration;

/// The parts of a world, which outlive the engine.
pub struct World {
    pub store: SimStore,
    pub node: Arc<SimNode>,
    pub clock: Arc<SimClock>,
    pub engine: Arc<Engine>,
    pub policy: Policy,
}

impl World {
    pub async fn new() -> World {
        World::with(SimStore::new(), SimNode::new(), SimClock::hasty()).await
    }

    /// Time stands still until the test lets it pass.
    pub async fn with_slow_time() -> World {
        World::with(SimStore::new(), SimNode::new(), SimClock::new()).await
    }

    pub async fn with(store: SimStore, node: Arc<SimNode>, clock: SimClock) -> World {
        World::with_policy(store, node, clock, Policy::default()).await
    }

    pub async fn with_policy(
        store: SimStore,
        node: Arc<SimNode>,
        clock: SimClock,
        policy: Policy,
    ) -> World {
        World::over(store, node, Arc::new(clock), policy).await
    }

    /// The daemon dies and is started again; node and storage live on.
    pub async fn restart(self) -> World {
        drop(self.engine);
        World::over(self.store, self.node, self.clock, self.policy).await
    }

    async fn over(
        store: SimStore,
        node: Arc<SimNode>,
        clock: Arc<SimClock>,
        policy: Policy,
    ) -> World {
        let engine = start(&store, &node, &clock, &policy).await;
        World {
            store,
            node,
            clock,
            engine,
            policy,
        }
    }

    pub async fn send(&self, n: u64, amount: u64, intended: u64) -> Result<Sent, ApiError> {
        self.engine
            .send_partial_pay(partial(n, amount, intended))
            .await
    }

    /// A part that must be accepted.
    pub async fn part(&self, n: u64, amount: u64, intended: u64) -> PartialPayment {
        accepted(self.send(n, amount, intended).await)
    }

    pub async fn wait(&self, part: PartId) -> Result<PartialPayment, ApiError> {
        soon(self.engine.wait_partial_pay(part, None)).await
    }

    /// Until so many HTLCs have gone out.
    pub async fn sent(&self, htlcs: usize) {
        soon(self.node.has_sent(htlcs)).await;
    }

    /// The part as the list shows it.
    pub async fn listed(&self, part: PartId) -> ListedPart {
        let filter = PartFilter {
            id: Some(part),
            limit: 1,
            ..PartFilter::default()
        };
        let page = self.engine.list_partial_payments(filter).await.unwrap();
        match &page.rows[..] {
            [Listed::Sound(row)] => row.clone(),
            other => panic!("{other:?}"),
        }
    }

    /// Until an alarm is raised, which must be the only one.
    pub async fn alarmed(&self) {
        soon(async {
            while self.engine.get_info().await.unwrap().alarms == 0 {
                tokio::task::yield_now().await;
            }
        })
        .await;
        assert_eq!(self.engine.get_info().await.unwrap().alarms, 1);
    }

    /// Until nothing definite is known of the part.
    pub async fn doubted(&self, part: PartId) {
        soon(async {
            while self.listed(part).await.doubt.is_none() {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    /// Until so many outcomes need not be told again.
    pub async fn heard(&self, outcomes: u64) {
        soon(async {
            while self.store.cursor(node()).await != Ok(Some(Cursor(outcomes))) {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    /// Until somebody waits for time to pass.
    pub async fn slept(&self) {
        soon(async {
            while self.clock.sleeps() == 0 {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    pub async fn poll(&self, part: PartId) -> Result<PartialPayment, ApiError> {
        self.engine
            .wait_partial_pay(part, Some(Duration::ZERO))
            .await
    }

    pub fn fulfil(&self, n: u64, part: PartId) {
        let word = Outcome::Fulfilled(*preimage(n).1.expose());
        self.node.say(part, hash(n), word);
    }

    pub fn fail(&self, n: u64, part: PartId) {
        let failure = domain::contract::samples::failure();
        self.node
            .say(part, hash(n), Outcome::Failed(Box::new(failure)));
    }

    /// A payment of one part, from its beginning to its end.
    pub async fn pay(&self, n: u64) {
        let part = self.part(n, 1_000, 1_000).await;
        self.fulfil(n, part.id);
        self.completes(part.id).await;
    }

    /// The part's end is a good one.
    pub async fn completes(&self, part: PartId) {
        assert_eq!(
            self.wait(part).await.unwrap().status(),
            StatusKind::Complete
        );
    }

    /// How many HTLCs were really made.
    pub fn htlcs(&self) -> u32 {
        self.node.ledger().values().sum()
    }
}

/// Parts are not given up while a hasty clock runs ahead.
pub fn patient() -> Policy {
    Policy {
        offer_window: Duration::from_secs(1 << 40),
        ..Policy::default()
    }
}

async fn start(
    store: &SimStore,
    node: &Arc<SimNode>,
    clock: &Arc<SimClock>,
    policy: &Policy,
) -> Arc<Engine> {
    let ports = Ports {
        store: Arc::new(store.clone()),
        unrecorded: Arc::new(store.clone()),
        clock: clock.clone(),
        spawner: Arc::new(TestSpawner),
        incoming: None,
        ways: None,
        nodes: vec![NodePorts {
            name: self::node(),
            sender: node.clone(),
            listener: node.listener(),
        }],
    };
    let engine = Engine::start(ports, policy.clone()).await;
    engine.expect("storage and a node are there")
}

/// What must happen soon: a test that waits in vain fails, and does not hang.
pub async fn soon<T>(work: impl Future<Output = T>) -> T {
    let done = tokio::time::timeout(Duration::from_secs(20), work).await;
    done.expect("it happens within 20 s")
}

pub fn partial(n: u64, amount: u64, intended: u64) -> SendPartialPay {
    SendPartialPay {
        route: route(amount),
        payment_hash: hash(n),
        intended: msat(intended),
        extras: extras(n),
        request_id: None,
    }
}

pub fn whole(n: u64, amount: u64) -> SendPay {
    SendPay {
        route: route(amount),
        payment_hash: hash(n),
        msatoshi: None,
        extras: extras(n),
    }
}

pub fn extras(n: u64) -> Extras {
    Extras {
        secret: Some(secret(n)),
        ..Extras::default()
    }
}

pub fn keyed(n: u64, amount: u64, intended: u64, key: &str) -> SendPartialPay {
    let mut request = partial(n, amount, intended);
    request.request_id = Some(RequestId::new(key).expect("a short key"));
    request
}

pub fn accepted(sent: Result<Sent, ApiError>) -> PartialPayment {
    match sent {
        Ok(Sent::Part(part)) => *part,
        other => panic!("not accepted: {other:?}"),
    }
}

pub fn failed_code(result: &Result<PartialPayment, ApiError>) -> u16 {
    match result {
        Err(ApiError::PartFailed(part)) => part.failure().expect("it failed").code.number(),
        other => panic!("not failed: {other:?}"),
    }
}

pub fn name(name: &str) -> NodeName {
    NodeName::new(name)
}

pub fn payment_hash(n: u64) -> PaymentHash {
    hash(n)
}
