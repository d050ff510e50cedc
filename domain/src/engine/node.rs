//! One node's work: parts out. (Outcomes in: `hearing`.)

use super::NodePorts;
use super::core::Core;
use super::hearing::listen;
use super::outcome::Said;
use crate::{
    Cursor, HtlcListener, HtlcSender, LookUp, NodeName, Offer, OfferAnswer, PartId, PaymentHash,
    Wish, Word,
};
use futures::future::FutureExt;
use futures::stream::{FuturesUnordered, StreamExt};
use std::sync::Arc;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tracing::{debug, info, warn};

/// A node, as the rest of the engine sees it.
pub(super) struct Node {
    pub(super) name: NodeName,
    pub(super) sender: Arc<dyn HtlcSender>,
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

    pub(super) fn enqueue(&self, job: Job) {
        // It fails only when the engine has stopped, and then the part stays pending.
        let _ = self.jobs.send(job);
    }

    async fn offer(&self, offer: &Offer) -> OfferAnswer {
        let _permit = self.calls.acquire().await;
        self.sender.offer(offer).await
    }

    async fn look_up(&self, part: PartId, hash: PaymentHash) -> LookUp {
        let _permit = self.calls.acquire().await;
        self.sender.look_up(part, hash).await
    }
}

impl Job {
    fn said(&self, word: Word) -> Said {
        Said {
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
    /// Starts the node's two tasks, which end when the engine closes.
    pub(super) fn start(self, core: &Arc<Core>, from: Option<Cursor>) {
        let Worker {
            name,
            listener,
            jobs,
        } = self;
        core.spawn_until_closed(work(core.clone(), jobs, name.clone()).boxed());
        core.spawn_until_closed(listen(core.clone(), listener, name, from).boxed());
    }
}

/// Takes care of each part that comes, all of them side by side.
async fn work(core: Arc<Core>, mut jobs: mpsc::UnboundedReceiver<Job>, name: NodeName) {
    let node = core.nodes.iter().find(|n| n.name == name);
    let node = node.expect("a worker belongs to a node");
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

impl Core {
    /// Until the node has taken charge of the part, or the part has its outcome.
    async fn take_care(&self, node: &Node, mut job: Job) {
        let mut backoff = self.backoff();
        loop {
            let next = match job.step {
                Step::Offer => self.offer(node, &job).await,
                Step::LookUp => self.look_up(node, &job).await,
            };
            match next {
                Next::Done(answer) => return job.answer(answer),
                Next::Again(step) => job.step = step,
                Next::Unknown(reason) => {
                    warn!(payment.hash = %job.hash, part.id = %job.part, node = %node.name, reason,
                        "the node gave no definite answer: the part stays pending");
                    job.step = Step::LookUp;
                    job.answer(FirstAnswer::Offered);
                    self.pause(&mut backoff).await;
                }
            }
        }
    }

    /// Offers the part if it is still wanted. Its row is durable: it was read or written before.
    async fn offer(&self, node: &Node, job: &Job) -> Next {
        let failure = match self.wish(job).await {
            Ok(Wish::Offer(offer)) => match node.offer(&offer).await {
                OfferAnswer::Accepted => {
                    debug!(payment.hash = %job.hash, part.id = %job.part, node = %node.name,
                        "offered");
                    return Next::Done(FirstAnswer::Offered);
                }
                OfferAnswer::AlreadyOffered => {
                    info!(payment.hash = %job.hash, part.id = %job.part, node = %node.name,
                        "the node had been offered this part before");
                    return Next::Done(FirstAnswer::Offered);
                }
                OfferAnswer::Unknown(reason) => return Next::Unknown(reason),
                OfferAnswer::Refused(failure) => failure,
            },
            Ok(Wish::Drop(failure)) => failure,
            Ok(Wish::Resolved) => return Next::Done(FirstAnswer::Offered),
            Err(reason) => return Next::Unknown(reason),
        };
        let word = Word::Failed(failure);
        self.resolve(job.said(word)).await;
        Next::Done(FirstAnswer::Refused)
    }

    async fn look_up(&self, node: &Node, job: &Job) -> Next {
        let word = match node.look_up(job.part, job.hash).await {
            LookUp::Pending => return Next::Done(FirstAnswer::Offered),
            LookUp::NeverSeen => return Next::Again(Step::Offer),
            LookUp::Unknown(reason) => return Next::Unknown(reason),
            LookUp::Fulfilled(preimage) => Word::Fulfilled(*preimage.expose()),
            LookUp::Failed(failure) => Word::Failed(failure),
        };
        self.resolve(job.said(word)).await;
        Next::Done(FirstAnswer::Offered)
    }

    async fn wish(&self, job: &Job) -> Result<Wish, String> {
        let cell = self.cells.get(job.hash);
        let mut turn = cell.turn().await;
        let payment = turn.payment(&*self.store).await;
        let payment = payment.map_err(|error| error.to_string())?;
        Ok(payment.map_or(Wish::Resolved, |payment| {
            payment.wish(job.part, self.clock.now(), self.policy.offer_window)
        }))
    }
}

/// What comes after a step.
enum Next {
    Done(FirstAnswer),
    Again(Step),
    Unknown(String),
}
