//! One node's work: parts out. (Outcomes in: `hearing`.)

use super::NodePorts;
use super::core::Core;
use super::hearing::listen;
use super::in_charge::InCharge;
use super::outcome::ReportedOutcome;
use super::readiness::ReadinessSignal;
use crate::planted::planted;
use crate::{
    Cursor, Failure, HtlcListener, HtlcSender, LookUp, NextStep, NodeAway, NodeName, OfferAnswer,
    OfferDecision, Outcome, PartId, PartialPayment, PaymentHash,
};
use futures::future::{Either, FutureExt, select};
use futures::stream::{FuturesUnordered, StreamExt};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tracing::{debug, info, warn};

/// How long a node may take to answer what it is asked once, or to go on, before it counts as away.
const PATIENCE: Duration = Duration::from_secs(30);

/// A node, as the rest of the engine sees it.
pub(super) struct Node {
    pub(super) name: NodeName,
    pub(super) sender: Arc<dyn HtlcSender>,
    pub(super) readiness: ReadinessSignal,
    /// It has shown to be the one that its parts were meant for: that does not change.
    pub(super) is_met: AtomicBool,
    pub(super) in_charge: InCharge,
    jobs: mpsc::UnboundedSender<Job>,
    calls: Semaphore,
}

/// The half of a node that its own tasks take with them.
pub(super) struct Worker {
    pub(super) name: NodeName,
    listener: Box<dyn HtlcListener>,
    jobs: mpsc::UnboundedReceiver<Job>,
}

/// A part to take care of until the node has taken charge of it, or it has its outcome.
///
/// The queue is unbounded, yet it holds live parts only, and those have a limit.
pub(super) struct Job {
    pub(super) part: PartId,
    pub(super) hash: PaymentHash,
    pub(super) step: Step,
    /// Told what the node said first: `sendpay` waits for that.
    pub(super) answered: Option<oneshot::Sender<FirstAnswer>>,
}

/// What a node said to an offer, as far as `sendpay` cares.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum FirstAnswer {
    /// It has taken charge, or may have.
    Offered,
    /// It sent nothing, and the part has failed.
    Refused,
}

/// What to do next about a part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Step {
    /// It is new: offer it.
    Offer,
    /// It may be out: ask.
    LookUp,
}

impl Node {
    pub(super) fn new(ports: NodePorts, calls_max: usize) -> (Node, Worker) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let node = Node {
            name: ports.name.clone(),
            sender: ports.sender,
            readiness: ReadinessSignal::new(),
            is_met: AtomicBool::new(false),
            in_charge: InCharge::default(),
            jobs: sender,
            calls: Semaphore::new(calls_max),
        };
        let worker = Worker {
            name: ports.name,
            listener: ports.listener,
            jobs: receiver,
        };
        (node, worker)
    }

    /// One job a part at a time: two of them could offer what the other has just given up.
    pub(super) fn enqueue(&self, job: Job) {
        if self.in_charge.begin(job.part) {
            // It fails only when the engine has stopped, and then the part stays pending.
            let _ = self.jobs.send(job);
        }
    }

    async fn offer(&self, offer: &crate::Offer) -> OfferAnswer {
        let answer = self.sender.offer(offer).await;
        self.in_charge.offered(offer.part);
        answer
    }

    async fn look_up(&self, part: &PartialPayment) -> LookUp {
        let _permit = self.calls.acquire().await;
        self.sender
            .look_up(part.id, part.payment_hash, &part.route)
            .await
    }
}

impl Job {
    /// To ask what became of a part.
    pub(super) fn look_up(part: &PartialPayment) -> Job {
        Job {
            part: part.id,
            hash: part.payment_hash,
            step: Step::LookUp,
            answered: None,
        }
    }

    fn said(&self, node: &Node, word: Outcome) -> ReportedOutcome {
        ReportedOutcome {
            node: node.name.clone(),
            hash: self.hash,
            part: self.part,
            word,
            cursor: None,
        }
    }

    fn answer(&mut self, answer: FirstAnswer) {
        if let Some(answered) = self.answered.take() {
            // Nobody listens where `sendpartialpay` asked.
            let _ = answered.send(answer);
        }
    }
}

impl Worker {
    /// Starts the node's tasks, which end when the engine closes.
    pub(super) fn start(self, core: &Arc<Core>, from: Option<Cursor>) {
        let Worker {
            name,
            listener,
            jobs,
        } = self;
        core.spawn_until_closed(work(core.clone(), jobs, name.clone()).boxed());
        core.spawn_until_closed(live_on(core.clone(), name.clone()).boxed());
        core.spawn_until_closed(listen(core.clone(), listener, name, from).boxed());
    }
}

/// Takes care of each part that comes, all of them side by side.
async fn work(core: Arc<Core>, mut jobs: mpsc::UnboundedReceiver<Job>, name: NodeName) {
    let node = core.node(&name);
    let mut under_way = FuturesUnordered::new();
    loop {
        futures::select_biased! {
            () = under_way.select_next_some() => {}
            job = jobs.recv().fuse() => match job {
                Some(job) => under_way.push(core.take_care(node, job)),
                None => return,
            },
        }
    }
}

/// Whenever the node starts anew, every live part that it had taken charge of is looked up again: it
/// may have lost some. In its first life they are looked up anyway.
async fn live_on(core: Arc<Core>, name: NodeName) {
    let node = core.node(&name);
    let mut life = node.sender.life(None).await;
    loop {
        let another = node.sender.life(Some(life)).await;
        if another == life {
            // It has nothing else to tell.
            return;
        }
        life = another;
        info!(node = %name, "the node has started anew: its live parts are looked up again");
        node.in_charge.another_life();
        let mut backoff = core.backoff();
        while let Err(unavailable) = core.look_up_again(node).await {
            warn!(node = %name, reason = %unavailable, "live parts cannot be read");
            core.pause(&mut backoff).await;
        }
    }
}

impl Core {
    /// What a node answers, if it does so before it counts as away.
    pub(super) async fn patiently<T>(
        &self,
        answer: impl Future<Output = T>,
    ) -> Result<T, NodeAway> {
        let patience = self.clock.sleep_until(self.clock.now().after(PATIENCE));
        match select(pin!(answer), patience).await {
            Either::Left((answer, _)) => Ok(answer),
            Either::Right(_) => {
                let why = format!("no answer within {} s", PATIENCE.as_secs());
                Err(NodeAway(why))
            }
        }
    }

    /// A worker's own node.
    pub(super) fn node(&self, name: &NodeName) -> &Node {
        self.node_named(name).expect("a worker belongs to a node")
    }

    /// Until the node has taken charge of the part, or the part has its outcome.
    async fn take_care(&self, node: &Node, mut job: Job) {
        let (mut backoff, mut was_known) = (self.backoff(), false);
        loop {
            let life = node.in_charge.life();
            let next = self.next(node, &job).await;
            match self.stored(node, &mut job, next).await {
                NextStep::Done | NextStep::Store(_) => {
                    job.answer(FirstAnswer::Offered);
                    if node.in_charge.end(job.part, life) {
                        return;
                    }
                    job.step = Step::LookUp;
                }
                NextStep::Offer => {
                    if std::mem::take(&mut was_known) {
                        // It contradicts itself, or has lost the part meanwhile: not at once again.
                        self.pause(&mut backoff).await;
                    }
                    job.step = Step::Offer;
                }
                NextStep::LookUp => {
                    // It has taken charge of the key, now or in an earlier life of this database.
                    info!(payment.hash = %job.hash, part.id = %job.part, node = %node.name,
                        "the node had been offered this part before: it is asked what became of it");
                    job.answer(FirstAnswer::Offered);
                    (job.step, was_known) = (Step::LookUp, true);
                }
                // Nothing was sent, so the step is the same when the node has reached the tip. Until
                // then it is looked at again whether the part is still wanted.
                NextStep::Wait(reason) => {
                    info!(payment.hash = %job.hash, part.id = %job.part, node = %node.name, reason,
                        "the part waits");
                    node.in_charge.doubt(job.part, reason);
                    job.answer(FirstAnswer::Offered);
                    let (tip, pause) = (node.sender.reach_tip(), self.pause(&mut backoff));
                    select(tip, pin!(pause)).await;
                }
                NextStep::InDoubt(reason) => {
                    warn!(payment.hash = %job.hash, part.id = %job.part, node = %node.name, reason,
                        "the node gave no definite answer: the part stays pending");
                    node.in_charge.doubt(job.part, reason);
                    job.step = Step::LookUp;
                    job.answer(FirstAnswer::Offered);
                    self.pause(&mut backoff).await;
                }
            }
        }
    }

    /// Stores the outcome, if that is what comes next. Then nothing is left to do.
    async fn stored(&self, node: &Node, job: &mut Job, next: NextStep) -> NextStep {
        let NextStep::Store(word) = next else {
            return next;
        };
        self.resolve(job.said(node, word)).await;
        job.answer(match job.step {
            Step::Offer => FirstAnswer::Refused,
            Step::LookUp => FirstAnswer::Offered,
        });
        NextStep::Done
    }

    async fn next(&self, node: &Node, job: &Job) -> NextStep {
        match (node.readiness.settled().await, job.step) {
            (Err(reason), _) => NextStep::InDoubt(reason),
            (Ok(()), Step::Offer) => self.offer(node, job).await,
            (Ok(()), Step::LookUp) => self.look_up(node, job).await,
        }
    }

    /// Offers the part if it is still wanted. Its row is durable: it was read or written before.
    async fn offer(&self, node: &Node, job: &Job) -> NextStep {
        // First the leave to call, then the look at whether it is still wanted: nothing may come
        // in between, or a part could leave long after its payment was complete.
        let _permit = node.calls.acquire().await;
        let offer = match self.wish(node, job).await {
            Ok(OfferDecision::Offer(offer)) => offer,
            Ok(OfferDecision::Drop(failure)) => return NextStep::Store(Outcome::Failed(failure)),
            Ok(OfferDecision::Resolved) => return NextStep::Done,
            Err(reason) => return NextStep::InDoubt(reason),
        };
        let answer = node.offer(&offer).await;
        planted!(
            TimeOutIsFailure,
            if let OfferAnswer::Unknown(_) = answer {
                return super::planted::no_answer_is_a_no();
            }
        );
        planted!(
            RetriesUnderNewKey,
            if let OfferAnswer::Unknown(_) = answer {
                node.offer_anew(&offer).await;
            }
        );
        if answer == OfferAnswer::Accepted {
            debug!(payment.hash = %job.hash, part.id = %job.part, node = %node.name, "offered");
        }
        answer.into()
    }

    async fn look_up(&self, node: &Node, job: &Job) -> NextStep {
        let part = match self.live_part(job).await {
            Ok(Some(part)) => part,
            Ok(None) => return NextStep::Done,
            Err(reason) => return NextStep::InDoubt(reason),
        };
        let found = node.look_up(&part).await;
        planted!(
            SilenceIsNeverSeen,
            if let LookUp::Unknown(_) = found {
                return NextStep::Offer;
            }
        );
        found.into()
    }

    /// The part, unless it has its outcome already.
    async fn live_part(&self, job: &Job) -> Result<Option<PartialPayment>, String> {
        let cell = self.ledger.cell(job.hash);
        let mut turn = cell.turn().await;
        let payment = turn.with_parts(&*self.store).await;
        let payment = payment.map_err(|error| error.to_string())?;
        let part = payment.and_then(|payment| payment.part(job.part));
        Ok(part.filter(|part| part.is_live()).cloned())
    }

    /// Whether it is still wanted. If it is, it is being offered from now on.
    async fn wish(&self, node: &Node, job: &Job) -> Result<OfferDecision, String> {
        let cell = self.ledger.cell(job.hash);
        let mut turn = cell.turn().await;
        let payment = turn.with_parts(&*self.store).await;
        let payment = payment.map_err(|error| error.to_string())?;
        let wish = payment.map_or(OfferDecision::Resolved, |payment| {
            let invoice = payment.summary().terms.invoice.as_ref();
            let network = invoice.and_then(|_| node.sender.network());
            let now = self.clock.now();
            payment.wish(job.part, now, self.policy.offer_window, network.as_ref())
        });
        if let OfferDecision::Offer(_) = wish {
            if let Some(why) = self.stock.unsettled() {
                return Err(why);
            }
            let open = self.open_part(job.hash).await;
            if let Some(part) = open.map_err(|why| why.to_string())? {
                return Ok(OfferDecision::Drop(Box::new(Failure::never_sent(part))));
            }
            node.in_charge.offering(job.part);
        }
        Ok(wish)
    }
}
