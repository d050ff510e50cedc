//! The care of one part: it is offered or looked up until the node has taken charge of it, or it has its outcome.

use super::{Node, ReportedOutcome};
use crate::engine::ledger::{Change, Turn};
use crate::planted::planted;
use crate::{
    Failure, LoadError, LookUp, NextStep, Offer, OfferAnswer, OfferDecision, Outcome, PartId,
    PartialPayment, PaymentHash,
};
use futures::future::{FutureExt, select};
use futures::stream::{FuturesUnordered, StreamExt};
use std::pin::pin;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};
use tracing::{debug, info, warn};

/// A part to take care of until the node has taken charge of it, or it has its outcome.
///
/// The queue is unbounded, yet it holds live parts only, and those have a limit.
pub(in crate::engine) struct Job {
    pub(super) part: PartId,
    hash: PaymentHash,
    step: Step,
    /// Told what the node said first: `sendpay` waits for that.
    answered: Option<oneshot::Sender<FirstAnswer>>,
}

/// What a node said to an offer, as far as `sendpay` cares.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::engine) enum FirstAnswer {
    /// It has taken charge, or may have.
    Offered,
    /// It sent nothing, and the part has failed.
    Refused,
}

/// What to do next about a part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Step {
    /// It is new: offer it.
    Offer,
    /// It may be out: ask.
    LookUp,
}

/// Whether a part is still wanted.
struct Wish<'a> {
    node: &'a Node,
    part: PartId,
}

impl Job {
    /// To offer a new part, and what the node says to that first.
    pub(in crate::engine) fn offer(part: &PartialPayment) -> (Job, oneshot::Receiver<FirstAnswer>) {
        let (answered, answer) = oneshot::channel();
        let job = Job {
            part: part.id,
            hash: part.payment_hash,
            step: Step::Offer,
            answered: Some(answered),
        };
        (job, answer)
    }

    /// To ask what became of a part.
    pub(in crate::engine) fn look_up(part: &PartialPayment) -> Job {
        Job {
            part: part.id,
            hash: part.payment_hash,
            step: Step::LookUp,
            answered: None,
        }
    }

    fn said(&self, outcome: Outcome) -> ReportedOutcome {
        ReportedOutcome {
            hash: self.hash,
            part: self.part,
            outcome,
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

impl Node {
    /// Takes care of each part that comes, all of them side by side.
    pub(super) async fn work(self: Arc<Self>, mut jobs: mpsc::UnboundedReceiver<Job>) {
        let mut under_way = FuturesUnordered::new();
        loop {
            futures::select_biased! {
                () = under_way.select_next_some() => {}
                job = jobs.recv().fuse() => match job {
                    Some(job) => under_way.push(self.take_care(job)),
                    None => return,
                },
            }
        }
    }

    /// Until the node has taken charge of the part, or the part has its outcome.
    async fn take_care(&self, mut job: Job) {
        let (mut backoff, mut was_known) = (self.timing.backoff(), false);
        loop {
            let life = self.in_charge.life();
            let next = self.next(&job).await;
            match self.stored(&mut job, next).await {
                NextStep::Done | NextStep::Store(_) => {
                    job.answer(FirstAnswer::Offered);
                    if self.in_charge.end(job.part, life) {
                        return;
                    }
                    job.step = Step::LookUp;
                }
                NextStep::Offer => {
                    if std::mem::take(&mut was_known) {
                        // It contradicts itself, or has lost the part meanwhile: not at once again.
                        self.timing.pause(&mut backoff).await;
                    }
                    job.step = Step::Offer;
                }
                NextStep::LookUp => {
                    // It has taken charge of the key, now or in an earlier life of this database.
                    info!(payment.hash = %job.hash, part.id = %job.part, node = %self.name,
                        "the node had been offered this part before: it is asked what became of it");
                    job.answer(FirstAnswer::Offered);
                    (job.step, was_known) = (Step::LookUp, true);
                }
                // Nothing was sent, so the step is the same when the node has reached the tip. Until
                // then it is looked at again whether the part is still wanted.
                NextStep::Wait(reason) => {
                    info!(payment.hash = %job.hash, part.id = %job.part, node = %self.name, reason,
                        "the part waits");
                    self.in_charge.doubt(job.part, reason);
                    job.answer(FirstAnswer::Offered);
                    let (tip, pause) = (self.sender.reach_tip(), self.timing.pause(&mut backoff));
                    select(tip, pin!(pause)).await;
                }
                NextStep::InDoubt(reason) => {
                    warn!(payment.hash = %job.hash, part.id = %job.part, node = %self.name, reason,
                        "the node gave no definite answer: the part stays pending");
                    self.in_charge.doubt(job.part, reason);
                    job.step = Step::LookUp;
                    job.answer(FirstAnswer::Offered);
                    self.timing.pause(&mut backoff).await;
                }
            }
        }
    }

    /// Stores the outcome, if that is what comes next. Then nothing is left to do.
    async fn stored(&self, job: &mut Job, next: NextStep) -> NextStep {
        let NextStep::Store(outcome) = next else {
            return next;
        };
        self.resolve(job.said(outcome)).await;
        job.answer(match job.step {
            Step::Offer => FirstAnswer::Refused,
            Step::LookUp => FirstAnswer::Offered,
        });
        NextStep::Done
    }

    async fn next(&self, job: &Job) -> NextStep {
        match (self.readiness.settled().await, job.step) {
            (Err(reason), _) => NextStep::InDoubt(reason),
            (Ok(()), Step::Offer) => self.offer(job).await,
            (Ok(()), Step::LookUp) => self.look_up(job).await,
        }
    }

    /// Offers the part if it is still wanted. Its row is durable: it was read or written before.
    async fn offer(&self, job: &Job) -> NextStep {
        // First the leave to call, then the look at whether it is still wanted: nothing may come
        // in between, or a part could leave long after its payment was complete.
        let _permit = self.calls.acquire().await;
        let offer = match self.wish(job).await {
            Ok(OfferDecision::Offer(offer)) => offer,
            Ok(OfferDecision::Drop(failure)) => return NextStep::Store(Outcome::Failed(failure)),
            Ok(OfferDecision::Resolved) => return NextStep::Done,
            Err(reason) => return NextStep::InDoubt(reason),
        };
        let answer = self.offer_now(&offer).await;
        planted!(
            TimeOutIsFailure,
            if let OfferAnswer::Unknown(_) = answer {
                return crate::engine::planted::no_answer_is_a_no();
            }
        );
        planted!(
            RetriesUnderNewKey,
            if let OfferAnswer::Unknown(_) = answer {
                self.offer_anew(&offer).await;
            }
        );
        if answer == OfferAnswer::Accepted {
            debug!(payment.hash = %job.hash, part.id = %job.part, node = %self.name, "offered");
        }
        answer.into()
    }

    async fn offer_now(&self, offer: &Offer) -> OfferAnswer {
        let answer = self.sender.offer(offer).await;
        self.in_charge.offered(offer.part);
        answer
    }

    async fn look_up(&self, job: &Job) -> NextStep {
        let part = match self.live_part(job).await {
            Ok(Some(part)) => part,
            Ok(None) => return NextStep::Done,
            Err(reason) => return NextStep::InDoubt(reason),
        };
        let found = self.look_up_now(&part).await;
        planted!(
            SilenceIsNeverSeen,
            if let LookUp::Unknown(_) = found {
                return NextStep::Offer;
            }
        );
        found.into()
    }

    async fn look_up_now(&self, part: &PartialPayment) -> LookUp {
        let _permit = self.calls.acquire().await;
        let (id, hash) = (part.id, part.payment_hash);
        self.sender.look_up(id, hash, &part.route).await
    }

    /// The part, unless it has its outcome already.
    async fn live_part(&self, job: &Job) -> Result<Option<PartialPayment>, String> {
        let look = self.ledger.look(job.hash, |payment| {
            let part = payment.and_then(|payment| payment.part(job.part));
            part.filter(|part| part.is_live()).cloned()
        });
        look.await.map_err(|error| error.to_string())
    }

    /// Whether it is still wanted. If it is, it is being offered from now on.
    async fn wish(&self, job: &Job) -> Result<OfferDecision, String> {
        let wish = Wish {
            node: self,
            part: job.part,
        };
        self.ledger.change(job.hash, wish).await
    }
}

/// It changes nothing; but nothing else may change until the part is known to be offered.
impl Change for Wish<'_> {
    type Answer = Result<OfferDecision, String>;

    async fn attempt(&self, turn: &mut Turn<'_>) -> Result<OfferDecision, String> {
        let (node, part) = (self.node, self.part);
        let payment = match turn.payment().await {
            Ok(Some(payment)) => payment,
            Ok(None) | Err(LoadError::Deleted(_)) => return Ok(OfferDecision::Resolved),
            Err(error) => return Err(error.to_string()),
        };
        let invoice = payment.summary().terms.invoice.as_ref();
        let network = invoice.and_then(|_| node.sender.network());
        let now = node.timing.now();
        let wish = payment.wish(part, now, node.offer_window, network.as_ref());
        if let OfferDecision::Offer(_) = wish {
            if let Some(why) = node.unrecorded.unsettled() {
                return Err(why);
            }
            let open = node
                .unrecorded
                .open_part(payment.summary().payment_hash)
                .await;
            if let Some(part) = open.map_err(|why| why.to_string())? {
                return Ok(OfferDecision::Drop(Box::new(Failure::never_sent(part))));
            }
            node.in_charge.offering(part);
        }
        Ok(wish)
    }
}
