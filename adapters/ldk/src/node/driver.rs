//! The thread that drives a node: the only one that acts on events, sends parts and writes.
//!
//! A turn: take questions, let LDK forward, hear its events, let it send, commit all of it at once,
//! tell LDK and everyone who asked. No fixed timers and no forwarding delays: a turn is taken as soon
//! as LDK has something to do.

use super::ask::{Ask, Due};
use super::incoming::IncomingState;
use super::{CRASHED, Node, RUNNING};
use crate::store::{Store, StoreError, Turn};
use lightning::ln::channelmanager::PaymentId;
use lightning::util::wakers::Sleeper;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch};

/// LDK does not signal everything that it has to do.
const IDLE: Duration = Duration::from_millis(100);
/// How often LDK wants to hear that time passes.
const MINUTE: Duration = Duration::from_secs(60);
/// Questions answered by one commit.
const ASKS_PER_TURN: usize = 256;

/// The driver and everything that only it may touch.
pub(super) struct Driver {
    pub(super) node: Arc<Node>,
    pub(super) store: Store,
    /// Parts that LDK has charge of and has said nothing final about.
    pub(super) out: HashSet<PaymentId>,
    /// Preimages of what is kept waiting.
    pub(super) held: Vec<[u8; 32]>,
    pub(super) holding: bool,
    /// What comes in at our own node.
    pub(super) desk: IncomingState,
    /// What the running turn will write.
    pub(super) turn: Turn,
    pub(super) asks: mpsc::Receiver<Ask>,
    pub(super) last_outcome: watch::Sender<u64>,
    pub(super) last_received: watch::Sender<u64>,
    /// Tells the network that something may have happened.
    pub(super) pulse: Arc<watch::Sender<u64>>,
}

impl Driver {
    /// Drives until the node is stopped, or its file fails.
    pub(super) fn run(mut self) {
        if let Err(error) = self.drive() {
            // What is not durable did not happen; every question from now on is answered by nobody.
            tracing::error!(node = self.node.name, %error, "the node has stopped");
        }
    }

    fn drive(&mut self) -> Result<(), StoreError> {
        // What LDK repeats after a restart comes before any question.
        self.take_turn()?;
        let mut minute = Instant::now();
        loop {
            match self.node.state.load(Ordering::SeqCst) {
                RUNNING => {}
                CRASHED => return Ok(()),
                _ => return self.take_turn().map(|_| ()),
            }
            if minute.elapsed() >= MINUTE {
                minute = Instant::now();
                self.node.manager.timer_tick_occurred();
            }
            let due = self.act_on_asks();
            let busy = self.take_turn()?;
            let asked = !due.is_empty();
            due.into_iter().try_for_each(|due| self.answer(due, busy))?;
            self.pulse.send_modify(|beat| *beat = beat.wrapping_add(1));
            if !busy && !asked {
                self.sleep();
            }
        }
    }

    fn act_on_asks(&mut self) -> Vec<Due> {
        let mut due = Vec::new();
        while due.len() < ASKS_PER_TURN
            && let Ok(ask) = self.asks.try_recv()
        {
            let acted = self.act(ask);
            due.push(acted);
        }
        due
    }

    /// Lets LDK do what it can, and makes it durable. Whether anything was done.
    fn take_turn(&mut self) -> Result<bool, StoreError> {
        if self.node.forwards.load(Ordering::SeqCst) {
            self.node.manager.process_pending_htlc_forwards();
        }
        self.note_arrivals();
        self.handle_events()?;
        self.note_departures();
        self.node.peers.process_events();
        self.commit()
    }

    fn commit(&mut self) -> Result<bool, StoreError> {
        // In this order: a manager that is at least as new as every monitor it is written with.
        let monitors = self.node.staging.take();
        let changed = self.node.manager.get_and_clear_needs_persistence();
        if !changed && monitors.is_empty() && self.turn.is_quiet() {
            return Ok(false);
        }
        let mut turn = std::mem::take(&mut self.turn);
        turn.monitors = monitors;
        if self.store.durable() {
            turn.manager = Some(lightning::util::ser::Writeable::encode(&*self.node.manager));
            turn.replies = self.node.log.open_replies();
        }
        let added = self.store.commit(&turn)?;
        for write in &turn.monitors {
            self.complete(write.channel, write.completes);
        }
        if let Some(last) = added.outcome {
            self.last_outcome.send_replace(last);
        }
        if let Some(last) = added.received {
            self.last_received.send_replace(last);
        }
        Ok(true)
    }

    fn complete(&self, channel: lightning::ln::types::ChannelId, update: Option<u64>) {
        let Some(update) = update else { return };
        if let Err(error) = self.node.monitors.channel_monitor_updated(channel, update) {
            tracing::error!(node = self.node.name, ?error, "a monitor is gone");
        }
    }

    fn sleep(&self) {
        let reasons = [
            self.node.manager.get_event_or_persistence_needed_future(),
            self.node.monitors.get_update_future(),
            self.node.wake.get_future(),
        ];
        Sleeper::from_futures(reasons).wait_timeout(IDLE);
    }
}
