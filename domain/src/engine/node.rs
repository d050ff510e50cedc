//! One node: it offers its parts, stores its outcomes, and records what it was paid. It uses the ledger and the
//! board, and nothing above itself.

mod care;
mod hearing;
mod in_charge;
mod meeting;
mod outcome;
mod paid;
mod readiness;
mod stock;
mod unrecorded;

pub(super) use self::care::{FirstAnswer, Job};
pub(super) use self::meeting::{LIVE_PAGE, Stranger};
pub(super) use self::outcome::ReportedOutcome;
pub(super) use self::paid::Receiver;
pub(super) use self::stock::Untold;

use self::in_charge::InCharge;
use self::readiness::{Readiness, ReadinessSignal};
use super::board::Board;
use super::ledger::Ledger;
use super::lessons::Lessons;
use super::shared::Shared;
use super::tasks::Tasks;
use super::timing::Timing;
use super::unrecorded::Unrecorded;
use super::{NodePorts, Policy};
use crate::{Cursor, HtlcListener, HtlcSender, NodeAway, NodeName, PartId, Route};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};
use tracing::{info, warn};

/// A configured node, and the care of its parts.
pub(super) struct Node {
    pub(super) name: NodeName,
    pub(super) sender: Arc<dyn HtlcSender>,
    readiness: ReadinessSignal,
    /// It has shown to be the one that its parts were meant for: that does not change.
    is_met: AtomicBool,
    in_charge: InCharge,
    jobs: mpsc::UnboundedSender<Job>,
    /// A permit a call.
    calls: Semaphore,
    /// How long after it was asked for a part may still leave for the first time.
    offer_window: Duration,
    /// Where it is recorded what it was paid, if that is to be listed.
    receiver: Option<Receiver>,
    ledger: Arc<Ledger>,
    board: Arc<Board>,
    unrecorded: Arc<Unrecorded>,
    lessons: Arc<Lessons>,
    timing: Timing,
    tasks: Arc<Tasks>,
}

/// What a node's tasks take with them once they start.
pub(super) struct Worker {
    pub(super) node: Arc<Node>,
    listener: Box<dyn HtlcListener>,
    jobs: mpsc::UnboundedReceiver<Job>,
}

impl Node {
    /// One job a part at a time: two of them could offer what the other has just given up.
    pub(super) fn enqueue(&self, job: Job) {
        if self.in_charge.begin(job.part) {
            // It fails only when the engine has stopped, and then the part stays pending.
            let _ = self.jobs.send(job);
        }
    }

    /// The block at which a part's first HTLC runs out, if it left now; unless the node's height is unknown.
    pub(super) fn cltv_expiry(&self, route: &Route) -> Option<u32> {
        self.sender.height()?.checked_add(route.first().delay)
    }

    /// What is in the way of knowing more of that part.
    pub(super) fn doubted(&self, part: PartId) -> Option<String> {
        self.in_charge.doubted(part)
    }

    /// Whether that part is being offered at this moment.
    pub(super) fn is_offering(&self, part: PartId) -> bool {
        self.in_charge.is_offering(part)
    }

    /// Whether it is there now: asked once, at this moment.
    pub(super) async fn reachable(&self) -> Result<(), NodeAway> {
        match self.readiness.now() {
            Readiness::Ready => self.sender.identity().await.map(drop),
            Readiness::Starting => Err(NodeAway("it is being asked what it is".to_owned())),
            Readiness::Away(reason) => Err(NodeAway(reason)),
        }
    }

    /// Whenever the node starts anew, every live part that it had taken charge of is looked up again: it
    /// may have lost some. In its first life they are looked up anyway.
    async fn live_on(self: Arc<Self>) {
        let mut life = self.sender.life(None).await;
        loop {
            let another = self.sender.life(Some(life)).await;
            if another == life {
                // It has nothing else to tell.
                return;
            }
            life = another;
            info!(node = %self.name, "the node has started anew: its live parts are looked up again");
            self.in_charge.another_life();
            let mut backoff = self.timing.backoff();
            while let Err(unavailable) = self.look_up_again().await {
                warn!(node = %self.name, reason = %unavailable, "live parts cannot be read");
                self.timing.pause(&mut backoff).await;
            }
        }
    }
}

impl Worker {
    /// The node, of which nothing runs yet.
    pub(super) fn new(
        ports: NodePorts,
        receiver: Option<Receiver>,
        policy: &Policy,
        shared: &Shared,
    ) -> Worker {
        let (sender, jobs) = mpsc::unbounded_channel();
        let node = Node {
            name: ports.name,
            sender: ports.sender,
            readiness: ReadinessSignal::new(),
            is_met: AtomicBool::new(false),
            in_charge: InCharge::default(),
            jobs: sender,
            calls: Semaphore::new(policy.node_calls_max),
            offer_window: policy.offer_window,
            receiver,
            ledger: shared.ledger.clone(),
            board: shared.board.clone(),
            unrecorded: shared.unrecorded.clone(),
            lessons: shared.lessons.clone(),
            timing: shared.timing.clone(),
            tasks: shared.tasks.clone(),
        };
        Worker {
            node: Arc::new(node),
            listener: ports.listener,
            jobs,
        }
    }

    /// Starts the node's tasks, which end when the engine closes.
    pub(super) fn start(self, from: Option<Cursor>) {
        let Worker {
            node,
            listener,
            jobs,
        } = self;
        let tasks = &node.tasks;
        tasks.spawn_until_closed(node.clone().work(jobs));
        tasks.spawn_until_closed(node.clone().live_on());
        tasks.spawn_until_closed(node.clone().listen(listener, from));
    }
}
