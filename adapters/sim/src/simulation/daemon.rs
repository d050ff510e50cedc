//! The engine's lives, one after the other.

use super::chance::Fault;
use super::disk::Disk;
use super::executor::{DaemonSpawner, Executor, Owner};
use super::finder::Finder;
use super::node::Nodes;
use super::till;
use super::world::{World, lock};
use crate::SimReceiver;
use domain::{Engine, Mutex, NodeFunds, NodePorts, Policy, Ports, Ways};
use futures::future::{Either, FutureExt, select};
use std::pin::pin;
use std::sync::Arc;
use tokio::sync::Notify;

/// The daemon: whichever life it is in.
pub(super) struct Daemon {
    pub(super) world: Arc<World>,
    pub(super) disk: Disk,
    pub(super) nodes: Arc<Nodes>,
    /// What comes in at the first of them, whether somebody pays us or not.
    pub(super) till: SimReceiver,
    policy: Policy,
    is_paid: bool,
    state: Mutex<State>,
    /// It is up, or it has died.
    changed: Notify,
}

#[derive(Default)]
struct State {
    life: u32,
    engine: Option<Arc<Engine>>,
}

/// The daemon died in the middle of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct ConnectionLost;

impl Daemon {
    pub(super) fn new(world: &Arc<World>, policy: Policy, is_paid: bool) -> Arc<Daemon> {
        Arc::new(Daemon {
            world: world.clone(),
            disk: Disk::new(world),
            nodes: Nodes::new(world),
            till: SimReceiver::new(),
            policy,
            is_paid,
            state: Mutex::default(),
            changed: Notify::new(),
        })
    }

    /// Starts it, again and again if storage is not there.
    pub(super) fn start(self: &Arc<Daemon>) {
        let (daemon, life) = (self.clone(), lock(&self.state).life);
        self.world.note(None, || {
            format!("daemon: starts for the {}. time", life + 1)
        });
        let starting = async move {
            loop {
                match Engine::start(daemon.ports(life), daemon.policy.clone()).await {
                    Ok(engine) => {
                        daemon.world.note(None, || "daemon: is ready".into());
                        lock(&daemon.state).engine = Some(engine);
                        daemon.changed.notify_waiters();
                        return;
                    }
                    Err(error) => {
                        let why = error.to_string();
                        daemon
                            .world
                            .note(None, || format!("daemon: cannot start: {why}"));
                        daemon.world.pause(Fault::SlowStore).await;
                    }
                }
            }
        };
        self.world.spawn(Owner::Daemon(life), starting.boxed());
    }

    /// It dies, in the middle of whatever it does, and is started again.
    pub(super) fn crash(self: &Arc<Daemon>, executor: &mut Executor) {
        let mut state = lock(&self.state);
        let life = state.life;
        state.life += 1;
        let engine = state.engine.take();
        drop(state);
        executor.kill(Owner::Daemon(life));
        drop(engine);
        self.world.note(None, || "daemon: dies".into());
        self.changed.notify_waiters();
        self.start();
    }

    /// It is stopped as one should stop it, which may take a while.
    pub(super) fn stop(self: &Arc<Daemon>) {
        let (engine, life) = {
            let state = lock(&self.state);
            (state.engine.clone(), state.life)
        };
        if let Some(engine) = engine {
            self.world.note(None, || "daemon: is stopped".into());
            let stopping = async move { engine.close().await };
            self.world.spawn(Owner::Daemon(life), stopping.boxed());
        }
    }

    /// Calls the engine, once it is up.
    pub(super) async fn call<T, F>(
        &self,
        call: impl FnOnce(Arc<Engine>) -> F,
    ) -> Result<T, ConnectionLost>
    where
        F: Future<Output = T>,
    {
        let (engine, life) = self.up().await;
        let answer = pin!(call(engine));
        // First whether it is dead: then nothing of it may move any more.
        match select(pin!(self.died(life)), answer).await {
            Either::Left(((), _)) => Err(ConnectionLost),
            Either::Right((answer, _)) => Ok(answer),
        }
    }

    /// The engine that is up now.
    pub(super) fn engine(&self) -> Option<Arc<Engine>> {
        lock(&self.state).engine.clone()
    }

    async fn up(&self) -> (Arc<Engine>, u32) {
        loop {
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            let (engine, life) = {
                let state = lock(&self.state);
                (state.engine.clone(), state.life)
            };
            if let Some(engine) = engine {
                return (engine, life);
            }
            changed.await;
        }
    }

    async fn died(&self, life: u32) {
        loop {
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            if lock(&self.state).life != life {
                return;
            }
            changed.await;
        }
    }

    fn ways(&self) -> Ways {
        let funds = self.nodes.each().map(|node| {
            let name = node.name();
            (name, Arc::new(node) as Arc<dyn NodeFunds>)
        });
        let world = self.world.clone();
        Ways {
            finder: Arc::new(Finder { world }),
            nodes: funds.into(),
        }
    }

    fn ports(&self, life: u32) -> Ports {
        let nodes = self.nodes.each().map(|node| NodePorts {
            name: node.name(),
            sender: Arc::new(node.clone()),
            listener: Box::new(node),
        });
        Ports {
            store: Arc::new(self.disk.clone()),
            clock: Arc::new(self.world.time.clone()),
            spawner: Arc::new(DaemonSpawner {
                inbox: self.world.inbox.clone(),
                life,
            }),
            nodes: nodes.into(),
            unrecorded: Arc::new(self.disk.unrecorded()),
            ways: self.world.orders.then(|| self.ways()),
            incoming: self.is_paid.then(|| till::incoming(self)),
        }
    }
}
