//! The engine on the storage adapter, with a node that fulfils at once: accepted, offered,
//! fulfilled, and the caller who waits is woken.

use super::payments;
use super::sample::{Caller, Sample, drive};
use anyhow::{Context, Result, bail};
use domain::contract::samples;
use domain::{Engine, NodePorts, PaymentApi, Policy, Ports, Sent, Ways};
use sim::{NullNode, SimClock, TestSpawner};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use storage::{Options, SqliteStore};

/// Its database.
pub(super) const FILE: &str = "engine.sqlite3";

/// An engine, and the store below it.
pub(super) struct Machine {
    pub(super) engine: Arc<Engine>,
    store: Arc<SqliteStore>,
}

/// One who asks the engine itself.
pub(super) struct Payer(pub(super) Arc<Engine>);

/// Pays that many parts.
pub(super) async fn sample(folder: &Path, callers: u32, parts: u32) -> Result<Sample> {
    let machine = Machine::start(folder).await?;
    let payers = (0..callers)
        .map(|_| Payer(Arc::clone(&machine.engine)))
        .collect();
    let sample = drive(payers, parts).await;
    machine.stop().await;
    sample
}

/// A copy of what a process that is killed leaves in that folder: the database and its log, as they are now.
pub(super) fn left_by_a_kill(folder: &Path) -> Result<PathBuf> {
    let left = folder.join("left");
    std::fs::create_dir(&left)?;
    for suffix in ["", "-wal"] {
        let name = format!("{FILE}{suffix}");
        std::fs::copy(folder.join(&name), left.join(&name)).context(name)?;
    }
    Ok(left)
}

impl Machine {
    /// With a node that fulfils at once.
    pub(super) async fn start(folder: &Path) -> Result<Machine> {
        Machine::with(folder, NullNode::new(), Policy::default()).await
    }

    pub(super) async fn with(
        folder: &Path,
        node: Arc<NullNode>,
        policy: Policy,
    ) -> Result<Machine> {
        let node = NodePorts {
            name: samples::node(),
            listener: node.listener(),
            sender: node,
        };
        Machine::at(&folder.join(FILE), node, policy).await
    }

    /// With any node, on the database at that path. Nothing in it waits for the time.
    pub(super) async fn at(path: &Path, node: NodePorts, policy: Policy) -> Result<Machine> {
        Machine::over(path, node, None, policy).await
    }

    /// The same, with ways for `pay`.
    pub(super) async fn paying(
        path: &Path,
        node: NodePorts,
        ways: Ways,
        policy: Policy,
    ) -> Result<Machine> {
        Machine::over(path, node, Some(ways), policy).await
    }

    async fn over(
        path: &Path,
        node: NodePorts,
        ways: Option<Ways>,
        policy: Policy,
    ) -> Result<Machine> {
        let store = Arc::new(SqliteStore::open(path, Options::default())?);
        let ports = Ports {
            store: Arc::clone(&store) as _,
            unrecorded: Arc::clone(&store) as _,
            clock: Arc::new(SimClock::new()),
            spawner: Arc::new(TestSpawner),
            incoming: None,
            ways,
            nodes: vec![node],
        };
        let engine = Engine::start(ports, policy).await?;
        Ok(Machine { engine, store })
    }

    pub(super) async fn stop(self) {
        self.engine.close().await;
        self.store.close().await;
    }
}

impl Caller for Payer {
    async fn pay(&mut self, n: u32) -> Result<Duration> {
        let request = payments::request(n);
        let begin = Instant::now();
        let Sent::Part(part) = self.0.send_partial_pay(request).await? else {
            bail!("every payment is new");
        };
        let answer = begin.elapsed();
        let part = self.0.wait_partial_pay(part.id, None).await?;
        part.preimage()
            .context("a fulfilled part has its preimage")?;
        Ok(answer)
    }
}
