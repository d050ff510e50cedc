//! Everything the fake knows: the database, the world around the node, and the process.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedSender;

use super::command::{Command, ConnId};
use super::db::Db;
use super::error::Answer;
use super::faults::Faults;
use super::gossip::Gossip;
use super::htlc::{HtlcRef, Offer, Resolution};
use super::payee::Payee;
use super::plugin_io::{Line, PluginMethod};
use super::topology::Place;
use super::wait::{Index, Subsystem};

/// How often one part was really sent: what the network saw, whatever the database says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The payment hash.
    pub payment_hash: String,
    /// The part.
    pub partid: u64,
    /// The group.
    pub groupid: u64,
    /// What the first HTLC of the part carried.
    pub amount_msat: u64,
    /// How many HTLCs were committed for it.
    pub htlcs: u32,
}

/// What lies outside of the node and knows nothing of its restarts and backups.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) height: u32,
    /// Another node of ours may pay the same one.
    pub(crate) payee: Arc<Mutex<Payee>>,
    /// What the peers have to say about HTLCs as soon as they can.
    pub(crate) resolved: VecDeque<(HtlcRef, Resolution)>,
    /// HTLCs of other controllers; a test says what becomes of them.
    pub(crate) foreign: Vec<HtlcRef>,
    pub(crate) ledger: Vec<Sent>,
    /// How many HTLCs each peer has seen in its channel.
    pub(crate) commits: HashMap<String, u64>,
    /// How many invoices l1 has made, those that a restored database does not know included.
    pub(crate) own_invoices: u64,
    /// Whether the peers reconnect when the node starts.
    pub(crate) reconnect: bool,
    /// Whether HTLCs stay uncommitted.
    pub(crate) hold_commits: bool,
    /// What everybody knows of the channels.
    pub(crate) gossip: Gossip,
}

/// What someone waits for.
#[derive(Debug, Clone)]
pub(crate) enum Awaited {
    Index {
        subsystem: Subsystem,
        index: Index,
        next: u64,
    },
    Part {
        payment_hash: String,
        partid: u64,
        groupid: u64,
    },
    Height(u32),
    /// Any of our invoices with a higher `pay_index`.
    Paid(u64),
}

/// A command that waits.
#[derive(Debug)]
struct Waiter {
    token: u64,
    command: Command,
    awaited: Awaited,
}

/// What is lost with the process.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) created_at: String,
    pub(crate) conns: HashMap<ConnId, UnboundedSender<Vec<u8>>>,
    /// Connections with notifications enabled.
    pub(crate) noisy: HashSet<ConnId>,
    waiters: Vec<Waiter>,
    pub(crate) uncommitted: VecDeque<Offer>,
    pub(crate) connected: bool,
    pub(crate) plugins: BTreeMap<String, PluginMethod>,
    /// The plugins that have the hook `htlc_accepted`, in their order.
    pub(crate) hooked: Vec<Line>,
    /// How far it has got with the chain, if not to its tip.
    pub(crate) loading: Option<Loading>,
    /// gossipd has not answered yet: `getinfo` tells its height, 0, when the last warning is gone.
    pub(crate) gossip_lags: bool,
    /// Tells the listener that the process is gone.
    pub(crate) gone: Arc<Notify>,
}

/// Where a process is that reads the chain's last blocks again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Loading {
    /// The last block that it has read.
    pub(crate) at: u32,
    /// How many it reads between two questions; none, if a test says when it goes on.
    pub(crate) step: u32,
    /// Whether it warns that there are more.
    pub(crate) warns: bool,
}

/// The whole fake.
#[derive(Debug)]
pub(crate) struct State {
    /// Which node it is, and where.
    pub(crate) place: &'static Place,
    pub(crate) db: Db,
    pub(crate) world: World,
    pub(crate) process: Option<Process>,
    pub(crate) faults: Faults,
    /// Connections whose requests are being handled.
    pub(crate) handling: u32,
    /// Methods that a test has made up, and what they answer.
    pub(crate) others: BTreeMap<String, Value>,
    last_conn: ConnId,
    last_token: u64,
    last_start: Duration,
}

impl State {
    pub(crate) fn new(place: &'static Place, payee: Arc<Mutex<Payee>>) -> Self {
        Self {
            place,
            db: Db::new(place),
            world: World {
                height: 108,
                payee,
                resolved: VecDeque::new(),
                foreign: Vec::new(),
                ledger: Vec::new(),
                commits: HashMap::new(),
                own_invoices: 0,
                reconnect: true,
                hold_commits: false,
                gossip: Gossip::of(place),
            },
            process: None,
            faults: Faults::default(),
            handling: 0,
            others: BTreeMap::new(),
            last_conn: 0,
            last_token: 0,
            last_start: Duration::ZERO,
        }
    }

    /// Starts the process; the returned bell rings when it is gone.
    pub(crate) fn boot(&mut self) -> Arc<Notify> {
        assert!(self.process.is_none(), "lightningd is running");
        // Two starts never share a time, however coarse the clock is.
        self.last_start = now().max(self.last_start + Duration::from_nanos(1));
        let gone = Arc::new(Notify::new());
        self.process = Some(Process {
            created_at: format!(
                "{}.{:09}",
                self.last_start.as_secs(),
                self.last_start.subsec_nanos()
            ),
            conns: HashMap::new(),
            noisy: HashSet::new(),
            waiters: Vec::new(),
            uncommitted: VecDeque::new(),
            connected: false,
            plugins: BTreeMap::new(),
            hooked: Vec::new(),
            loading: None,
            gossip_lags: false,
            gone: Arc::clone(&gone),
        });
        if self.world.reconnect {
            self.connect_peers();
        }
        self.replay_arrivals();
        gone
    }

    /// The process dies: whatever is in [`Process`] is lost.
    pub(crate) fn die(&mut self) {
        if let Some(process) = self.process.take() {
            process.gone.notify_one();
        }
        self.faults.forget_withheld();
    }

    /// Registers a connection, if anyone is there to accept it.
    pub(crate) fn accept(&mut self, replies: UnboundedSender<Vec<u8>>) -> Option<ConnId> {
        let process = self.process.as_mut()?;
        self.last_conn += 1;
        process.conns.insert(self.last_conn, replies);
        Some(self.last_conn)
    }

    pub(crate) fn is_connected(&self, conn: ConnId) -> bool {
        self.process
            .as_ref()
            .is_some_and(|process| process.conns.contains_key(&conn))
    }

    /// Cuts a connection, after what has been sent on it.
    pub(crate) fn cut(&mut self, conn: ConnId) {
        if let Some(process) = &mut self.process {
            process.conns.remove(&conn);
        }
    }

    /// Sends bytes; to a connection that is gone, nothing happens.
    pub(crate) fn send(&self, conn: ConnId, bytes: Vec<u8>) {
        if let Some(replies) = self
            .process
            .as_ref()
            .and_then(|process| process.conns.get(&conn))
        {
            // The task at the other end may be about to notice that the client left.
            drop(replies.send(bytes));
        }
    }

    /// Lets a command wait. The token takes it off the list again.
    pub(crate) fn enlist(&mut self, command: &Command, awaited: Awaited) -> u64 {
        self.last_token += 1;
        let waiter = Waiter {
            token: self.last_token,
            command: command.clone(),
            awaited,
        };
        self.running().waiters.push(waiter);
        self.last_token
    }

    /// Answers every waiting command whose wish `met` recognises.
    pub(crate) fn wake(&mut self, answer: &Answer, met: impl Fn(&Awaited) -> bool) {
        let Some(process) = &mut self.process else {
            return;
        };
        let woken: Vec<_> = process
            .waiters
            .extract_if(.., |waiter| met(&waiter.awaited))
            .collect();
        for waiter in woken {
            self.answer(&waiter.command, answer);
        }
    }

    /// The time of one waiting command is up.
    pub(crate) fn time_out(&mut self, token: u64, answer: &Answer) {
        let Some(process) = &mut self.process else {
            return;
        };
        let late = process
            .waiters
            .extract_if(.., |waiter| waiter.token == token)
            .next();
        if let Some(waiter) = late {
            self.answer(&waiter.command, answer);
        }
    }

    /// l4. A test that has panicked still drops its guards.
    pub(crate) fn payee(&self) -> MutexGuard<'_, Payee> {
        let payee = self.world.payee.lock();
        payee.unwrap_or_else(PoisonError::into_inner)
    }

    /// The process, for what only happens while it runs.
    pub(crate) fn running(&mut self) -> &mut Process {
        self.process.as_mut().expect("lightningd is not running")
    }
}

/// The time since 1970.
pub(crate) fn now() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a clock after 1970")
}
