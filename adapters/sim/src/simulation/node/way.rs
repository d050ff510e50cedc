//! A part's way: to the node, to the payee, and the word of its outcome back.

use super::failure::Cause;
use super::{Node, VERY_LONG};
use crate::simulation::chance::Fault;
use crate::simulation::executor::Owner;
use crate::simulation::truth::{Arrival, Key, Truth};
use domain::{Failure, FailureCode, Offer, OfferAnswer, Outcome};
use futures::future::FutureExt;
use std::time::Duration;
use tokio::sync::oneshot;

/// How long a payee waits for the rest (BOLT 4: at least 60 s).
const PATIENCE: Duration = Duration::from_secs(60);

impl Node {
    /// An offer's way to the node and back, which goes on when the daemon is dead.
    pub(super) async fn call(self, life: u64, offer: Offer, answer: oneshot::Sender<OfferAnswer>) {
        let world = self.world().clone();
        let key = (offer.part, offer.payment_hash);
        let unknown = |why: &str| OfferAnswer::Unknown(why.into());
        if world.chance.strikes(Fault::LostCall) {
            self.has_come(key, life);
            world.pause(Fault::SlowNode).await;
            let _ = answer.send(unknown("the offer was lost"));
            return;
        }
        let mut answer = Some(answer);
        if world.chance.strikes(Fault::LateCall) {
            let _ = answer.take().map(|a| a.send(unknown("timed out")));
            world.time.sleep(world.chance.up_to(VERY_LONG)).await;
        } else {
            world.pause(Fault::SlowNode).await;
        }
        if !self.has_come(key, life) {
            return;
        }
        let said = if self.state().away {
            unknown("connection refused")
        } else {
            self.take(&offer)
        };
        world.note(Some(key.1), || format!("node: part {} → {said:?}", key.0));
        world.pause(Fault::SlowNode).await;
        let lost = world.chance.strikes(Fault::LostAnswer) || self.state().life != life;
        let said = if lost {
            unknown("the answer was lost")
        } else {
            said
        };
        let _ = answer.map(|answer| answer.send(said));
    }

    /// A call is on its way, in this life.
    pub(super) fn comes(&self, key: Key) -> u64 {
        let mut state = self.state();
        *state.coming.entry(key).or_default() += 1;
        state.life
    }

    /// Whether a call of that life has come: of an earlier life none does.
    fn has_come(&self, key: Key, life: u64) -> bool {
        let mut state = self.state();
        if state.life != life {
            return false;
        }
        let left = state.coming.remove(&key).unwrap_or(1).saturating_sub(1);
        if left > 0 {
            state.coming.insert(key, left);
        }
        true
    }

    /// It takes charge of a part, once.
    fn take(&self, offer: &Offer) -> OfferAnswer {
        let world = self.world();
        let key = (offer.part, offer.payment_hash);
        let told = self.state().words(key).next().is_some();
        if told || world.truth().of(key).is_some() {
            return OfferAnswer::AlreadyOffered;
        }
        if world.chance.strikes(Fault::Refusal) {
            return OfferAnswer::Refused(Box::new(self.refusal()));
        }
        let mut truth = world.truth();
        truth.make(self.index, offer);
        world.judge().made(&truth, offer, world.moves());
        drop(truth);
        world.spawn(Owner::World, self.clone().forward(key).boxed());
        OfferAnswer::Accepted
    }

    /// It sends nothing, and says why.
    fn refusal(&self) -> Failure {
        let world = self.world();
        if world.orders && world.chance.one_in(4) {
            let text = "failed: somebody else pays this hash from here";
            return Failure::plain(FailureCode::InProgressElsewhere, text);
        }
        let text = "failed: WIRE_UNKNOWN_NEXT_PEER (No connection to first peer found)";
        Failure::plain(FailureCode::TryOtherRoute, text)
    }

    /// The HTLC's way to the payee.
    async fn forward(self, key: Key) {
        let world = self.world().clone();
        world.pause(Fault::SlowNode).await;
        if !world.truth().leaves(key) {
            return;
        }
        let route = world.truth().route(key);
        let failed = |cause| world.failed(route.as_ref(), cause);
        if world.chance.strikes(Fault::FalseFailure) || world.ends_late && world.chance.lies() {
            world.judge().lied(key.1);
            self.tell(key, failed(Cause::Somebody));
            if world.ends_late {
                world.time.sleep(VERY_LONG).await;
            }
        }
        world.pause(Fault::SlowNode).await;
        if world.chance.strikes(Fault::HopFails) {
            world.truth().comes_back(key);
            return self.will_tell(key, failed(Cause::Somebody));
        }
        if let Some(cause) = route.as_ref().and_then(|route| world.stops(route)) {
            world.truth().comes_back(key);
            return self.will_tell(key, failed(cause));
        }
        let arrival = world.truth().arrives(key);
        match arrival {
            Arrival::Late => self.will_tell(key, failed(Cause::Refused)),
            Arrival::Held { first: false } => {}
            Arrival::Held { first: true } => {
                world.time.sleep(PATIENCE).await;
                let back = world.truth().gives_up(key.1);
                for (key, index) in back {
                    let route = world.truth().route(key);
                    let timed_out = world.failed(route.as_ref(), Cause::TimedOut);
                    self.at(index).will_tell(key, timed_out);
                }
            }
            Arrival::Taken(taken) => {
                world.note(Some(key.1), || format!("payee: takes {taken:?}"));
                for (key, index) in taken {
                    let proof = Outcome::Fulfilled(Truth::preimage(key.1));
                    self.at(index).will_tell(key, proof);
                }
            }
        }
    }

    /// Tells an outcome, some time, in some way.
    fn will_tell(&self, key: Key, word: Outcome) {
        let node = self.clone();
        let telling = async move {
            let around = node.world().clone();
            around.pause(Fault::LateWord).await;
            let fulfilled = matches!(word, Outcome::Fulfilled(_));
            if fulfilled && around.chance.strikes(Fault::FalseProof) {
                around.judge().lied(key.1);
                node.tell(key, Outcome::Fulfilled([0xff; 32]));
                around.pause(Fault::LateWord).await;
            }
            node.tell(key, word.clone());
            while around.chance.strikes(Fault::WordTwice) {
                around.pause(Fault::LateWord).await;
                node.tell(key, word.clone());
            }
            if fulfilled && around.chance.strikes(Fault::Contradiction) {
                around.judge().lied(key.1);
                around.pause(Fault::LateWord).await;
                let route = around.truth().route(key);
                node.tell(key, around.failed(route.as_ref(), Cause::Somebody));
            }
        };
        self.world().spawn(Owner::World, telling.boxed());
    }
}
