//! Many open orders: how soon they go on once their node answers after kill -9, and what is asked of the
//! ports while they wait, for parts in flight or for a node that is away.

use super::asked;
use super::counted::{CountedFunds, CountedStore};
use crate::bench::engine::{FILE, left_by_a_kill};
use crate::bench::finding::Found;
use crate::bench::sample::float;
use anyhow::{Context, Result, ensure};
use async_trait::async_trait;
use domain::contract::samples;
use domain::{Clock, Engine, NodePorts, PaymentApi, Policy, Ports, Timestamp, Ways};
use sim::{NullNode, SimClock, SimFinder, TestSpawner};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use storage::{Options, SqliteStore};
use tokio::task::JoinSet;

/// Open orders that are resumed.
const RESUMED: u64 = 1_000;
/// Open orders that wait.
const WAITING: u64 = 10_000;
/// Callers at once.
const CALLERS: u64 = 500;
/// How long a node is away that comes back.
const ABSENCE: Duration = Duration::from_secs(2);
/// How long nothing happens.
const QUIET: Duration = Duration::from_secs(600);
/// For what must come soon.
const PATIENCE: Duration = Duration::from_secs(60);

/// An engine whose ports are counted.
struct Counted {
    engine: Arc<Engine>,
    sqlite: Arc<SqliteStore>,
    store: Arc<CountedStore>,
    funds: Arc<CountedFunds>,
    finder: Arc<SimFinder>,
}

/// The machine's own time.
struct WallClock;

/// From the first answer of the node, which was away, until each order has its parts.
pub(in crate::bench) async fn resumed(folder: &Path) -> Result<Vec<Found>> {
    let machine = Counted::start(folder, true, Arc::new(WallClock)).await?;
    machine.open(RESUMED).await?;
    let left = left_by_a_kill(folder)?;
    machine.stop().await;
    let machine = Counted::start(&left, true, Arc::new(WallClock)).await?;
    tokio::time::sleep(ABSENCE).await;
    let asked = machine.funds.calls();
    machine.funds.set_away(false);
    machine.until_live(2 * RESUMED).await?;
    let answered = machine.funds.answered().context("the node has answered")?;
    let took = answered.elapsed();
    machine.stop().await;
    Ok(vec![
        ("orders_resumed_s", took.as_secs_f64()),
        ("orders_away_asked", float(asked)),
    ])
}

/// Ten minutes in which nothing happens.
pub(in crate::bench) async fn quiet(folder: &Path) -> Result<Vec<Found>> {
    let clock = Arc::new(SimClock::new());
    let machine = Counted::start(folder, false, Arc::clone(&clock) as _).await?;
    machine.open(WAITING).await?;
    machine.until_live(2 * WAITING).await?;
    let in_flight = machine.asked_during(&clock).await;
    machine.stop().await;
    let folder = folder.join("away");
    std::fs::create_dir(&folder)?;
    let machine = Counted::start(&folder, true, Arc::clone(&clock) as _).await?;
    machine.open(WAITING).await?;
    let away = machine.asked_during(&clock).await;
    machine.stop().await;
    Ok(vec![
        ("orders_waiting_calls", float(in_flight)),
        ("orders_away_calls", float(away)),
    ])
}

impl Counted {
    async fn start(folder: &Path, is_away: bool, clock: Arc<dyn Clock>) -> Result<Counted> {
        let sqlite = SqliteStore::open(&folder.join(FILE), Options::default())?;
        let sqlite = Arc::new(sqlite);
        let store = CountedStore::new(Arc::clone(&sqlite));
        let (funds, finder) = (CountedFunds::new(), SimFinder::new());
        funds.set_away(is_away);
        let node = NullNode::holding();
        let ports = Ports {
            store: Arc::clone(&store) as _,
            unrecorded: Arc::clone(&store) as _,
            clock,
            spawner: Arc::new(TestSpawner),
            incoming: None,
            ways: Some(Ways {
                finder: Arc::clone(&finder) as _,
                nodes: vec![(samples::node(), Arc::clone(&funds) as _)],
            }),
            nodes: vec![NodePorts {
                name: samples::node(),
                listener: node.listener(),
                sender: node,
            }],
        };
        Ok(Counted {
            engine: Engine::start(ports, Policy::default()).await?,
            sqlite,
            store,
            funds,
            finder,
        })
    }

    /// Opens so many orders.
    async fn open(&self, orders: u64) -> Result<()> {
        let mut callers = JoinSet::new();
        for caller in 0..CALLERS {
            let engine = Arc::clone(&self.engine);
            callers.spawn(async move {
                for n in (caller..orders).step_by(usize::try_from(CALLERS)?) {
                    let invoice = samples::invoice(n);
                    let amount = invoice.amount.context("it asks for something")?;
                    let now = Some(Duration::ZERO);
                    engine.pay(asked(invoice, amount, now)).await?;
                }
                anyhow::Ok(())
            });
        }
        while let Some(opened) = callers.join_next().await {
            opened.context("a caller died")??;
        }
        Ok(())
    }

    async fn until_live(&self, parts: u64) -> Result<()> {
        let begin = Instant::now();
        while self.engine.get_info().await?.live_parts < parts {
            ensure!(begin.elapsed() < PATIENCE, "orders do not go on");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    }

    /// What is asked of the store, the node and the finder while that time passes.
    async fn asked_during(&self, clock: &SimClock) -> u64 {
        self.settle().await;
        let before = self.asked();
        for _ in 0..QUIET.as_secs() {
            clock.advance(Duration::from_secs(1));
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        self.settle().await;
        self.asked() - before
    }

    /// Until nothing more is asked by itself.
    async fn settle(&self) {
        let mut before = u64::MAX;
        while before != self.asked() {
            before = self.asked();
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }

    fn asked(&self) -> u64 {
        let finder = u64::try_from(self.finder.requests().len()).unwrap_or(u64::MAX);
        self.store.calls() + self.funds.calls() + finder
    }

    async fn stop(self) {
        self.engine.close().await;
        self.sqlite.close().await;
    }
}

#[async_trait]
impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let micros = now.map_or(0, |now| now.as_micros());
        Timestamp(u64::try_from(micros).unwrap_or(u64::MAX))
    }

    async fn sleep_until(&self, deadline: Timestamp) {
        let pause = deadline.0.saturating_sub(self.now().0);
        tokio::time::sleep(Duration::from_micros(pause)).await;
    }
}
