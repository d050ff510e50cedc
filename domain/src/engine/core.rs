//! What the engine works on.

use super::cells::Cells;
use super::node::{Job, Node, Worker};
use super::persist::PaymentEnd;
use super::stock::Stock;
use super::violations::Violations;
use super::waiters::Waiters;
use super::{Incoming, Policy, Ports, StartError};
use crate::invariant::{Rule, Violation};
use crate::{
    ApiError, Clock, NodeName, PartId, PartialPayment, Payment, PaymentHash, PaymentStore,
    PaymentSummary, Spawner, StatusKind, UnrecordedStore,
};
use futures::future::{BoxFuture, FutureExt, select};
use std::collections::{HashMap, HashSet};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Semaphore, watch};
use tracing::error;

/// Everything that the engine's work shares.
pub(super) struct Core {
    pub(super) store: Arc<dyn PaymentStore>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) spawner: Arc<dyn Spawner>,
    pub(super) policy: Policy,
    pub(super) nodes: Vec<Node>,
    pub(super) incoming: Option<Incoming>,
    pub(super) unrecorded: Arc<dyn UnrecordedStore>,
    pub(super) stock: Stock,
    pub(super) cells: Cells,
    pub(super) part_waiters: Waiters<PartId, PartialPayment>,
    pub(super) payment_waiters: Waiters<PaymentHash, PaymentEnd>,
    /// Those who wait until no part of a payment is live.
    pub(super) settled_waiters: Waiters<PaymentHash, PaymentSummary>,
    /// Those who follow the history: one payment's, or all of it.
    pub(super) followers: Waiters<Option<PaymentHash>, ()>,
    /// A permit a decision.
    pub(super) decisions: Arc<Semaphore>,
    /// Nothing more is accepted.
    pub(super) stopping: AtomicBool,
    /// The nodes' tasks end.
    pub(super) closing: watch::Sender<bool>,
    live: Mutex<Live>,
    damaged: Mutex<HashMap<PaymentHash, String>>,
    pub(super) alarms: AtomicU64,
    violations: Violations,
}

/// What has no end yet, so that a waiter need not ask the store.
#[derive(Default)]
struct Live {
    parts: HashMap<PartId, PaymentHash>,
    payments: HashSet<PaymentHash>,
}

impl Core {
    pub(super) fn new(ports: Ports, policy: Policy) -> Result<(Core, Vec<Worker>), StartError> {
        let mut nodes: Vec<Node> = Vec::new();
        let mut workers = Vec::new();
        for ports in ports.nodes {
            if nodes.iter().any(|node| node.name == ports.name) {
                return Err(StartError::SameName(ports.name));
            }
            let (node, worker) = Node::new(ports, policy.node_calls_max);
            nodes.push(node);
            workers.push(worker);
        }
        if nodes.is_empty() {
            return Err(StartError::NoNode);
        }
        let permits = usize::try_from(policy.decisions_max).unwrap_or(Semaphore::MAX_PERMITS);
        let core = Core {
            store: ports.store,
            clock: ports.clock,
            spawner: ports.spawner,
            nodes,
            incoming: ports.incoming,
            unrecorded: ports.unrecorded,
            stock: Stock::default(),
            cells: Cells::default(),
            part_waiters: Waiters::new(),
            payment_waiters: Waiters::new(),
            settled_waiters: Waiters::new(),
            followers: Waiters::new(),
            decisions: Arc::new(Semaphore::new(permits)),
            stopping: AtomicBool::new(false),
            closing: watch::Sender::new(false),
            live: Mutex::default(),
            damaged: Mutex::default(),
            alarms: AtomicU64::new(0),
            violations: Violations::default(),
            policy,
        };
        Ok((core, workers))
    }

    /// Hands a part to its node's worker.
    pub(super) fn enqueue(&self, node: &NodeName, job: Job) {
        match self.nodes.iter().find(|n| n.name == *node) {
            Some(node) => node.enqueue(job),
            None => self.alarm(
                job.hash,
                &format!(
                    "part {} is pending at node {node}, which is not configured",
                    job.part
                ),
            ),
        }
    }

    /// Something that must not happen has happened, to one payment.
    pub(super) fn alarm(&self, hash: PaymentHash, what: &str) {
        self.alarms.fetch_add(1, Ordering::Relaxed);
        error!(payment.hash = %hash, alarm = true, "{what}");
    }

    /// A bug: what was decided breaks a rule. It is counted, and nothing is written.
    pub(super) fn violated(&self, hash: PaymentHash, violation: &Violation) {
        self.violations.count(violation.rule);
        self.alarm(hash, &format!("a decision breaks a rule: {violation}"));
    }

    /// How often each rule was about to be broken.
    pub(super) fn violations(&self) -> Vec<(Rule, u64)> {
        self.violations.counted()
    }

    /// A stored payment breaks a rule: it is left alone, everybody who asks is told so, and the alarm
    /// is raised once.
    pub(super) fn damage(&self, hash: PaymentHash, reason: String) -> ApiError {
        let known = self.damaged().insert(hash, reason.clone());
        if known.is_none() {
            self.alarm(
                hash,
                &format!("the stored payment is damaged: {reason} (A-15)"),
            );
        }
        ApiError::Quarantined { hash, reason }
    }

    /// Payments found damaged since the start, and what is wrong with them.
    pub(super) fn damaged(&self) -> MutexGuard<'_, HashMap<PaymentHash, String>> {
        self.damaged.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn alarms(&self) -> u64 {
        self.alarms.load(Ordering::Relaxed)
    }

    /// Remembers whether the part, and its payment, still have no end.
    pub(super) fn remember(&self, payment: &Payment, part: &PartialPayment) {
        let hash = payment.summary().payment_hash;
        let mut live = self.live();
        if part.is_live() {
            live.parts.insert(part.id, hash);
        } else {
            live.parts.remove(&part.id);
        }
        if payment.status() == StatusKind::Pending {
            live.payments.insert(hash);
        } else {
            live.payments.remove(&hash);
        }
    }

    pub(super) fn is_part_live(&self, part: PartId) -> bool {
        self.live().parts.contains_key(&part)
    }

    /// What is in the way of knowing more of a live part.
    pub(super) fn doubted(&self, part: &PartialPayment) -> Option<String> {
        let node = self.nodes.iter().find(|node| node.name == part.node);
        match node {
            Some(node) => node.care.doubted(part.id),
            None => Some(format!("node {} is not configured", part.node)),
        }
    }

    pub(super) fn is_payment_pending(&self, hash: PaymentHash) -> bool {
        self.live().payments.contains(&hash)
    }

    pub(super) fn live_parts(&self) -> usize {
        self.live().parts.len()
    }

    /// Starts work that ends when the engine closes.
    pub(super) fn spawn_until_closed(&self, work: BoxFuture<'static, ()>) {
        let mut closing = self.closing.subscribe();
        let until_closed = async move {
            let closed = pin!(async {
                // An error means that the engine is gone.
                let _ = closing.wait_for(|closing| *closing).await;
            });
            select(work, closed).await;
        };
        self.spawner.spawn(until_closed.boxed());
    }

    pub(super) async fn close(&self) {
        self.stopping.store(true, Ordering::Release);
        let all = self.policy.decisions_max;
        if let Ok(permits) = self.decisions.acquire_many(all).await {
            permits.forget();
        }
        self.decisions.close();
        self.closing.send_replace(true);
        self.part_waiters.dismiss();
        self.payment_waiters.dismiss();
        self.settled_waiters.dismiss();
        self.followers.dismiss();
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(all(test, feature = "contract", feature = "mock"))]
mod tests {
    use super::*;
    use crate::contract::samples;
    use crate::engine::trial::{complete, core, live};

    #[test]
    fn what_would_break_a_rule_is_counted_and_alarms() {
        let core = core();
        assert_eq!((core.violations(), core.alarms()), (vec![], 0));
        for times in 1..=2 {
            let violation = Violation {
                rule: Rule::NeverTwice,
                what: "a test".to_owned(),
            };
            core.violated(samples::hash(1), &violation);
            assert_eq!(core.violations(), [(Rule::NeverTwice, times)]);
            assert_eq!(core.alarms(), times);
        }
    }

    #[test]
    fn what_has_no_end_is_known_without_asking_storage() {
        let (core, hash, part) = (core(), samples::hash(1), PartId(1));
        let known = || {
            let (part, payment) = (core.is_part_live(part), core.is_payment_pending(hash));
            (part, payment, core.live_parts())
        };
        assert_eq!(known(), (false, false, 0));
        let payment = live();
        core.remember(&payment, payment.part(part).expect("it has one"));
        assert_eq!(known(), (true, true, 1));
        let payment = complete();
        core.remember(&payment, payment.part(part).expect("it has one"));
        assert_eq!(known(), (false, false, 0));
    }
}
