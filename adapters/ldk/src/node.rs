//! One LDK node: explicit routes out, invoices in; no router, no wallet, no gossip.

mod ask;
mod boot;
mod config;
mod driver;
mod events;
mod incoming;
mod invoice;
mod log;
mod offer;
mod router;
mod types;

pub(crate) use ask::Ask;
pub(crate) use boot::{Birth, BootError};
use config::FINAL_DELTA;
pub(crate) use config::{CLTV_DELTA, user_config};
pub(crate) use log::Log;

use crate::chain::Chain;
use crate::store::Staging;
use domain::{Mutex, NodeId, NodeIdentity, Timestamp};
use lightning::bitcoin::Block;
use lightning::bitcoin::secp256k1::PublicKey;
use lightning::chain::Listen;
use lightning::ln::channel_state::{InboundHTLCStateDetails, OutboundHTLCStateDetails};
use lightning::util::wakers::Notifier;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::thread::JoinHandle;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::{mpsc, oneshot, watch};
use types::{Manager, Monitors, Peers};

/// Questions that may wait for the driver; who comes later waits for a place.
const ASKS_MAX: usize = 1_024;

const RUNNING: u8 = 0;
const STOPPING: u8 = 1;
const CRASHED: u8 = 2;

/// The node, as everyone but its driver sees it.
pub(crate) struct Node {
    /// What people call it.
    pub(crate) name: &'static str,
    /// Its public key.
    pub(crate) key: PublicKey,
    /// Its life: another one for every file that it ever had, though the key is the same.
    pub(crate) identity: NodeIdentity,
    /// LDK's state of channels and payments.
    pub(crate) manager: Arc<Manager>,
    /// LDK's connections.
    pub(crate) peers: Arc<Peers>,
    monitors: Arc<Monitors>,
    chain: Arc<Chain>,
    staging: Arc<Staging>,
    log: Arc<Log>,
    wake: Notifier,
    asks: mpsc::Sender<Ask>,
    /// The place of the last outcome; closed when the driver has ended.
    last_outcome: watch::Receiver<u64>,
    /// The place of the last paid invoice of ours; closed when the driver has ended.
    last_received: watch::Receiver<u64>,
    /// Whether HTLCs are forwarded and received yet.
    forwards: AtomicBool,
    state: AtomicU8,
    driver: Mutex<Option<JoinHandle<()>>>,
}

impl Node {
    /// Starts a node, or restarts it from its file, and brings it to the chain's tip.
    pub(crate) fn start(birth: Birth) -> Result<Arc<Node>, BootError> {
        let (node, driver) = boot::boot(birth)?;
        let thread = std::thread::Builder::new().name(format!("ldk-{}", node.name));
        let thread = thread
            .spawn(move || driver.run())
            .map_err(BootError::Thread)?;
        *node.driver.lock() = Some(thread);
        Ok(node)
    }

    /// Its public key in the domain's words.
    pub(crate) fn id(&self) -> NodeId {
        crate::key::node_id(&self.key)
    }

    /// The height from which LDK counts the delays of a part: one above the best block.
    pub(crate) fn height(&self) -> u32 {
        self.manager.current_best_block().height + 1
    }

    /// Asks the driver. `None`: the node has stopped, and the question may or may not have reached it.
    pub(crate) async fn ask<T>(&self, ask: impl FnOnce(oneshot::Sender<T>) -> Ask) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        self.asks.send(ask(reply)).await.ok()?;
        self.wake.notify();
        answer.await.ok()
    }

    /// Whether its driver has ended, and it does nothing any more.
    pub(crate) fn has_ended(&self) -> bool {
        self.last_outcome.has_changed().is_err()
    }

    /// What is said where its driver does not answer.
    pub(crate) fn stopped(&self) -> String {
        format!("the node {} has stopped", self.name)
    }

    /// Follows the place of the last outcome; ends with the node.
    pub(crate) fn last_outcome(&self) -> watch::Receiver<u64> {
        self.last_outcome.clone()
    }

    /// Follows the place of the last paid invoice of ours; ends with the node.
    pub(crate) fn last_received(&self) -> watch::Receiver<u64> {
        self.last_received.clone()
    }

    /// Extends the node's chain.
    pub(crate) fn connect_block(&self, height: u32, block: &Block) {
        self.monitors.block_connected(block, height);
        self.manager.block_connected(block, height);
        self.wake.notify();
    }

    /// Lets HTLCs be forwarded. LDK fails one whose next peer is away, so after a restart it is
    /// better to have called the peers first.
    pub(crate) fn begin_forwarding(&self) {
        self.forwards.store(true, Ordering::SeqCst);
        self.wake.notify();
    }

    /// Whether no HTLC of this node waits for an answer of a peer.
    fn is_settled(&self) -> bool {
        let inbound = Some(InboundHTLCStateDetails::Committed);
        let outbound = Some(OutboundHTLCStateDetails::Committed);
        self.manager.list_channels().iter().all(|channel| {
            let mut received = channel.pending_inbound_htlcs.iter();
            let mut sent = channel.pending_outbound_htlcs.iter();
            received.all(|htlc| htlc.state == inbound) && sent.all(|htlc| htlc.state == outbound)
        })
    }

    /// Ends the driver after one more turn, and waits for it.
    pub(crate) async fn stop(self: Arc<Node>) {
        self.end(STOPPING);
        // An error means that the runtime is going away, and waiting with it.
        _ = tokio::task::spawn_blocking(move || self.join()).await;
    }

    /// Ends the driver where it stands, as a crash would, and waits for it.
    pub(crate) fn crash(&self) {
        self.end(CRASHED);
        self.join();
    }

    fn end(&self, state: u8) {
        let running =
            self.state
                .compare_exchange(RUNNING, state, Ordering::SeqCst, Ordering::SeqCst);
        if running.is_ok() {
            self.wake.notify();
        }
    }

    fn join(&self) {
        let driver = self.driver.lock().take();
        if let Some(driver) = driver
            && driver.join().is_err()
        {
            tracing::error!(node = self.name, "the node's driver has panicked");
        }
    }
}

/// The time of day.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let micros = since.unwrap_or_default().as_micros();
    Timestamp(u64::try_from(micros).unwrap_or(u64::MAX))
}
