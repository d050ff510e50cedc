//! The open orders: one task each, which asks the payment what its order needs next, and does it.
//!
//! A task keeps nothing that a restart would miss: what was tried and what that taught is in the stored
//! parts. It holds the payment's turn only to decide. A plan that was made for another version of the
//! payment is thrown away.

mod absent;
mod driving;
mod peers;
mod planning;
mod request;

use self::absent::{Absences, Absent};
use self::driving::Driver;
use self::planning::{Closing, Planning, Sent};
use self::request::Unfound;
use super::board::Board;
use super::ledger::Ledger;
use super::nodes::Nodes;
use super::shared::Shared;
use super::tasks::Tasks;
use super::timing::Timing;
use super::unrecorded::Unrecorded;
use super::{Policy, Ways};
use crate::planted::planted;
use crate::{
    ApiError, Mutex, Need, Next, NoPlan, Order, Payment, PaymentHash, PaymentSummary, Plan, Terms,
    Unavailable, Why,
};
use std::collections::HashSet;
use std::sync::{Arc, MutexGuard};
use std::time::Duration;
use tracing::{debug, info};

/// How long a finder may take.
const FINDING: Duration = Duration::from_secs(30);
/// Open orders that are read at once.
const PAGE: u32 = 500;

/// The open orders, and what ways are found with.
pub(super) struct Orders {
    ways: Option<Ways>,
    nodes: Arc<Nodes>,
    ledger: Arc<Ledger>,
    board: Arc<Board>,
    unrecorded: Arc<Unrecorded>,
    pub(super) timing: Timing,
    tasks: Arc<Tasks>,
    live_parts_max: usize,
    /// Those that have a task.
    driven: Mutex<HashSet<PaymentHash>>,
    absences: Absences,
}

/// What the order of a payment needs, with what does not change while it is open.
pub(super) struct Step {
    next: Next,
    order: Order,
    terms: Terms,
    /// The payment's version for which this is so.
    version: u64,
}

/// What came of planning.
enum Planned {
    /// The ways are parts now, or the payment has changed meanwhile.
    Sent,
    /// There is no way now; a live part may make room when it ends.
    Wait,
    /// There is no way, and nothing is live.
    NoWay(NoPlan),
    /// The same, and there would be one if peers of ours came back.
    PeersAway(NoPlan),
    /// Whether there are ways is not known before one of these has answered.
    Absent(Vec<Absent>, String),
    /// The order cannot go on now.
    Later(String),
}

impl Orders {
    pub(super) fn new(
        ways: Option<Ways>,
        nodes: Arc<Nodes>,
        policy: &Policy,
        shared: &Shared,
    ) -> Orders {
        Orders {
            ways,
            nodes,
            ledger: shared.ledger.clone(),
            board: shared.board.clone(),
            unrecorded: shared.unrecorded.clone(),
            timing: shared.timing.clone(),
            tasks: shared.tasks.clone(),
            live_parts_max: policy.live_parts_max,
            driven: Mutex::default(),
            absences: Absences::new(shared.timing.clone()),
        }
    }

    /// The payments that have an open order.
    pub(super) async fn open(&self) -> Result<Vec<PaymentHash>, Unavailable> {
        let (mut after, mut open) = (None, Vec::new());
        loop {
            let page = self.ledger.store().open_orders(after, PAGE).await?;
            open.extend(page.iter().map(|(_, hash)| *hash));
            match page.last() {
                Some((id, _)) => after = Some(*id),
                None => return Ok(open),
            }
        }
    }

    /// Resumes open orders. Look-ups of their live parts are queued before; a part without an answer counts as
    /// live.
    pub(super) fn resume(self: &Arc<Self>, open: &[PaymentHash]) {
        planted!(DeadlineRestarts, self.restart_deadlines());
        for hash in open {
            self.drive(*hash);
        }
        if !open.is_empty() {
            info!(orders = open.len(), "resumed the open orders");
        }
    }

    /// Starts the task of a payment's order, unless it has one.
    pub(super) fn drive(self: &Arc<Self>, hash: PaymentHash) {
        if !self.driven().insert(hash) {
            return;
        }
        let orders = self.clone();
        self.tasks
            .spawn_until_closed(async move { while orders.drive_on(hash).await {} });
    }

    /// Whether the task is needed again: an order may have been opened at the moment at which it ended.
    async fn drive_on(&self, hash: PaymentHash) -> bool {
        Driver::new(self, hash).follow().await;
        self.driven().remove(&hash);
        let is_open = |payment: Option<&Payment>| {
            payment.is_some_and(|payment| payment.summary().order.is_some())
        };
        let is_open = self.ledger.look(hash, is_open).await.unwrap_or(false);
        is_open && self.driven().insert(hash)
    }

    /// What the order needs next, if there is a payment.
    fn step(&self, payment: Option<&Payment>) -> Option<Step> {
        let payment = payment?;
        planted!(DeadlineRestarts, return self.step_anew(payment));
        self.step_of(payment)
    }

    pub(super) fn step_of(&self, payment: &Payment) -> Option<Step> {
        let order = payment.order()?.clone();
        let next = payment.next(self.timing.now(), self.height(&order));
        if next == Next::Rest {
            // After a commit in doubt nobody may have been told yet.
            self.board.tell_of_payment(payment);
        }
        Some(Step {
            next,
            terms: payment.summary().terms.clone(),
            version: payment.summary().version,
            order,
        })
    }

    /// The highest block that one of the order's nodes knows.
    fn height(&self, order: &Order) -> Option<u32> {
        let nodes = order.terms.nodes.iter();
        let nodes = nodes.filter_map(|name| self.nodes.named(name));
        nodes.filter_map(|node| node.sender.height()).max()
    }

    /// Finds ways, and makes parts of them.
    async fn plan(&self, hash: PaymentHash, step: &Step, need: &Need, relaxed: bool) -> Planned {
        let (sources, away) = self.sources(&step.order.terms.nodes).await;
        if sources.is_empty() {
            return away.planned();
        }
        let mut request = request::of(&step.order, &step.terms, need, sources);
        request.relaxed = relaxed;
        match self.find(&request).await {
            Ok(plan) => self.send(hash, step, need, plan).await,
            Err(Unfound::Absent(reason)) => {
                planted!(AwayIsNoRoute, return Planned::NoWay(NoPlan::Away(reason)));
                Planned::Absent(vec![Absent::Finder], reason)
            }
            Err(Unfound::Later(reason)) => Planned::Later(reason),
            Err(Unfound::NoWay(why)) if need.is_live => {
                debug!(payment.hash = %hash, reason = %why, "no way now: the order waits for its live parts");
                Planned::Wait
            }
            // What another node could carry is not known.
            Err(Unfound::NoWay(_)) if !away.nodes.is_empty() => away.planned(),
            Err(Unfound::NoWay(why)) if self.would_find(&request).await => Planned::PeersAway(why),
            Err(Unfound::NoWay(why)) => Planned::NoWay(why),
        }
    }

    /// All of the plan's parts in one turn, and only then the nodes are asked to send them.
    async fn send(&self, hash: PaymentHash, step: &Step, need: &Need, plan: Plan) -> Planned {
        let planning = Planning {
            orders: self,
            hash,
            terms: &step.terms,
            version: need.version,
            plan: &plan,
        };
        match self.ledger.change(hash, planning).await {
            Sent::All => Planned::Sent,
            Sent::Stale => {
                debug!(payment.hash = %hash, "a plan is out of date");
                Planned::Sent
            }
            Sent::Stopped(reason) => Planned::Later(reason),
        }
    }

    /// No new part is sent; what is live ends by itself. The payment as it is then, if there is one. Nothing
    /// changes if the reason was found for another version of it.
    pub(super) async fn close(
        &self,
        hash: PaymentHash,
        why: &Why,
        version: Option<u64>,
    ) -> Result<Option<PaymentSummary>, ApiError> {
        let closing = Closing {
            orders: self,
            hash,
            why,
            version,
        };
        self.ledger.change(hash, closing).await
    }

    fn driven(&self) -> MutexGuard<'_, HashSet<PaymentHash>> {
        self.driven.lock()
    }
}
