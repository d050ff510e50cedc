//! Making a node, or making it again from its file.

use super::ask::recent_id;
use super::config::user_config;
use super::driver::Driver;
use super::incoming::IncomingState;
use super::log::Log;
use super::router::NoRouter;
use super::types::{Keys, Manager, Monitor, Monitors, Peers};
use super::{ASKS_MAX, Node, RUNNING};
use crate::chain::Chain;
use crate::network::Fees;
use crate::store::{Staging, Store, StoreError, StoredMonitor, Turn};
use domain::Mutex;
use lightning::bitcoin::Network;
use lightning::chain::{BlockLocator, Listen};
use lightning::ln::channelmanager::{
    ChainParameters, ChannelManager, ChannelManagerReadArgs, PaymentId, RecentPaymentDetails,
};
use lightning::ln::peer_handler::{IgnoringMessageHandler, MessageHandler, PeerManager};
use lightning::sign::{EntropySource, KeysManager, NodeSigner, Recipient};
use lightning::util::ser::{Readable, ReadableArgs};
use lightning::util::wakers::Notifier;
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::{mpsc, watch};

/// What a node is made of.
pub(crate) struct Birth {
    /// What people call it.
    pub(crate) name: &'static str,
    /// Its secrets.
    pub(crate) seed: [u8; 32],
    /// What it takes for a forward.
    pub(crate) fees: Fees,
    /// Its chain.
    pub(crate) chain: Arc<Chain>,
    /// Its file; without one it is forgotten with the process.
    pub(crate) file: Option<PathBuf>,
    /// Whether it is new, and nothing in its file matters until it is asked to harden.
    pub(crate) fresh: bool,
    /// Whether it is ours: then only invoices that are known there are paid.
    pub(crate) is_ours: bool,
    /// Beats after each turn of its driver.
    pub(crate) pulse: Arc<watch::Sender<u64>>,
}

/// Why a node could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BootError {
    /// Its file.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Its thread.
    #[error("no thread for the node: {0}")]
    Thread(std::io::Error),
}

/// What everything inside the node is built upon.
struct Ground {
    name: &'static str,
    fees: Fees,
    chain: Arc<Chain>,
    keys: Keys,
    log: Arc<Log>,
    staging: Arc<Staging>,
    born: Duration,
}

pub(super) fn boot(birth: Birth) -> Result<(Arc<Node>, Driver), BootError> {
    let Birth {
        name,
        seed,
        fees,
        chain,
        file,
        fresh,
        is_ours,
        pulse,
    } = birth;
    let store = Store::open(file.as_deref(), fresh)?;
    let born = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let ground = Ground {
        name,
        fees,
        chain,
        // The time makes every start's ephemeral keys its own.
        keys: Arc::new(KeysManager::new(
            &seed,
            born.as_secs(),
            born.subsec_nanos(),
            true,
        )),
        log: Arc::new(Log::new(name, store.replies()?)),
        staging: Arc::new(Staging::new(store.durable())),
        born,
    };
    let monitors = Arc::new(ground.chain_monitor());
    let manager = Arc::new(ground.restore(&store, &monitors)?);
    let (asks, asked) = mpsc::channel(ASKS_MAX);
    let (outcome_sent, last_outcome) = watch::channel(store.last_outcome()?);
    let (receipt_sent, last_received) = watch::channel(store.last_received()?);
    let node = Arc::new(Node {
        name,
        key: ground
            .keys
            .get_node_id(Recipient::Node)
            .expect("our keys are at hand"),
        identity: store.identity()?,
        peers: Arc::new(ground.peers(&manager, &monitors)),
        manager,
        monitors,
        chain: ground.chain,
        staging: ground.staging,
        log: ground.log,
        wake: Notifier::new(),
        asks,
        last_outcome,
        last_received,
        forwards: AtomicBool::new(false),
        state: AtomicU8::new(RUNNING),
        driver: Mutex::default(),
    });
    let driver = Driver {
        out: unresolved(&node.manager),
        held: store.held()?,
        holding: store.holding()?,
        turn: Turn::default(),
        asks: asked,
        desk: IncomingState::open(&store, is_ours)?,
        last_outcome: outcome_sent,
        last_received: receipt_sent,
        pulse,
        store,
        node: node.clone(),
    };
    Ok((node, driver))
}

/// Parts without a final word. A fulfilled one has had its word, or it is among the events.
fn unresolved(manager: &Manager) -> HashSet<PaymentId> {
    let recent = manager.list_recent_payments().into_iter();
    let open = recent.filter(|p| !matches!(p, RecentPaymentDetails::Fulfilled { .. }));
    open.map(|payment| recent_id(&payment)).collect()
}

impl Ground {
    fn chain_monitor(&self) -> Monitors {
        Monitors::new(
            None,
            self.chain.clone(),
            self.log.clone(),
            self.chain.clone(),
            self.staging.clone(),
            self.keys.clone(),
            self.keys.get_peer_storage_key(),
            false,
        )
    }

    /// The manager, with its monitors loaded and all of them at the chain's tip.
    fn restore(&self, store: &Store, monitors: &Arc<Monitors>) -> Result<Manager, StoreError> {
        let Some(bytes) = store.manager()? else {
            return Ok(self.new_manager(monitors));
        };
        let stored = store
            .monitors()?
            .into_iter()
            .map(|stored| self.monitor(&stored));
        let stored: Vec<Monitor> = stored.collect::<Result<_, _>>()?;
        let manager = self.read_manager(&bytes, monitors, &stored)?;
        // Each was written at a moment of its own, so each catches up from its own tip.
        for monitor in stored {
            let from = monitor.current_best_block().height;
            let channel = monitor.channel_id();
            let listener = (
                monitor,
                self.chain.clone(),
                self.chain.clone(),
                self.log.clone(),
            );
            for (height, block) in self.chain.after(from) {
                listener.block_connected(&block, height);
            }
            let loaded = monitors.load_existing_monitor(channel, listener.0);
            loaded.map_err(|()| StoreError::Damaged("channel monitor"))?;
        }
        for (height, block) in self.chain.after(manager.current_best_block().height) {
            manager.block_connected(&block, height);
        }
        Ok(manager)
    }

    fn monitor(&self, stored: &StoredMonitor) -> Result<Monitor, StoreError> {
        let damaged = || StoreError::Damaged("channel monitor");
        let keys = (&*self.keys, &*self.keys);
        let (_, monitor) =
            <(BlockLocator, Monitor)>::read(&mut &stored.bytes[..], keys).map_err(|_| damaged())?;
        for bytes in &stored.updates {
            let update = Readable::read(&mut &bytes[..]).map_err(|_| damaged())?;
            let update: lightning::chain::channelmonitor::ChannelMonitorUpdate = update;
            if update.update_id > monitor.get_latest_update_id() {
                monitor
                    .update_monitor(&update, &self.chain, &self.chain, &self.log)
                    .map_err(|()| damaged())?;
            }
        }
        Ok(monitor)
    }

    fn new_manager(&self, monitors: &Arc<Monitors>) -> Manager {
        let best_block = self.chain.tip();
        ChannelManager::new(
            self.chain.clone(),
            monitors.clone(),
            self.chain.clone(),
            Arc::new(NoRouter),
            Arc::new(NoRouter),
            self.log.clone(),
            self.keys.clone(),
            self.keys.clone(),
            self.keys.clone(),
            user_config(self.fees, true),
            ChainParameters {
                network: Network::Regtest,
                best_block,
            },
            self.seconds(),
        )
    }

    fn read_manager(
        &self,
        bytes: &[u8],
        monitors: &Arc<Monitors>,
        stored: &[Monitor],
    ) -> Result<Manager, StoreError> {
        let args = ChannelManagerReadArgs::new(
            self.keys.clone(),
            self.keys.clone(),
            self.keys.clone(),
            self.chain.clone(),
            monitors.clone(),
            self.chain.clone(),
            Arc::new(NoRouter),
            Arc::new(NoRouter),
            self.log.clone(),
            user_config(self.fees, true),
            stored.iter().collect(),
        );
        let read = <(BlockLocator, Manager)>::read(&mut &bytes[..], args);
        let (_, manager) = read.map_err(|error| {
            tracing::error!(
                node = self.name,
                ?error,
                "the channel manager cannot be read"
            );
            StoreError::Damaged("channel manager")
        })?;
        Ok(manager)
    }

    fn peers(&self, manager: &Arc<Manager>, monitors: &Arc<Monitors>) -> Peers {
        let ignore = Arc::new(IgnoringMessageHandler {});
        let handlers = MessageHandler {
            chan_handler: manager.clone(),
            route_handler: ignore.clone(),
            onion_message_handler: ignore.clone(),
            custom_message_handler: ignore,
            send_only_message_handler: monitors.clone(),
        };
        let random = self.keys.get_secure_random_bytes();
        let (log, keys) = (self.log.clone(), self.keys.clone());
        PeerManager::new(handlers, self.seconds(), &random, log, keys)
    }

    fn seconds(&self) -> u32 {
        u32::try_from(self.born.as_secs()).unwrap_or(u32::MAX)
    }
}
