//! A node that does what it is told, and keeps a ledger of what it really sent.

use crate::outcomes::Outcomes;
use async_trait::async_trait;
use domain::contract::node::Fate;
use domain::contract::samples;
use domain::{
    Failure, FailureCode, HtlcListener, HtlcSender, KnownFate, KnownPart, LookUp, Mutex, NodeAway,
    NodeIdentity, Offer, OfferAnswer, Outcome, PartId, PaymentHash, Preimage, Route,
};
use futures::stream::{BoxStream, StreamExt, iter};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, MutexGuard};
use tokio::sync::watch;

/// A simulated node. Unless told otherwise it accepts what it is offered and keeps it.
pub struct SimNode {
    state: Mutex<State>,
    outcomes: Outcomes,
    sent: watch::Sender<usize>,
    lives: watch::Sender<u64>,
    /// The last block it has read, as long as there are more.
    below: watch::Sender<Option<u32>>,
}

/// The last block of the chain.
const TIP: u32 = 699_999;

/// How the next offer goes wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Lapse {
    /// The HTLC goes out, and the answer is lost.
    AnswerLost,
    /// The offer is lost on the way to the node.
    OfferLost,
}

struct State {
    identity: NodeIdentity,
    /// Each key with the HTLCs made of it: never more than one, or the test has found something.
    ledger: BTreeMap<(PartId, PaymentHash), u32>,
    fates: BTreeMap<PaymentHash, Fate>,
    lapses: VecDeque<Lapse>,
    /// Unreachable: every question is answered "unknown".
    down: bool,
}

impl SimNode {
    /// A node that has seen nothing.
    pub fn new() -> Arc<SimNode> {
        Arc::new(SimNode {
            state: Mutex::new(State {
                identity: NodeIdentity::new("simulated"),
                ledger: BTreeMap::new(),
                fates: BTreeMap::new(),
                lapses: VecDeque::new(),
                down: false,
            }),
            outcomes: Outcomes::new(),
            sent: watch::Sender::new(0),
            lives: watch::Sender::new(1),
            below: watch::Sender::new(None),
        })
    }

    /// Outcomes in.
    pub fn listener(&self) -> Box<dyn HtlcListener> {
        Box::new(self.outcomes.clone())
    }

    /// What shall become of this payment's parts when they are offered.
    pub fn fate(&self, hash: PaymentHash, fate: Fate) {
        self.state().fates.insert(hash, fate);
    }

    /// How the next offers go wrong, one each.
    pub fn lapse(&self, lapse: Lapse) {
        self.state().lapses.push_back(lapse);
    }

    /// Whether nobody can reach it.
    pub fn set_down(&self, down: bool) {
        self.state().down = down;
    }

    /// Makes another node of it, as when its state was lost.
    pub fn set_identity(&self, identity: &str) {
        self.state().identity = NodeIdentity::new(identity);
    }

    /// It starts anew, without the HTLCs of these keys, which it has lost on the way.
    pub fn restart_without(&self, lost: &[(PartId, PaymentHash)]) {
        let mut state = self.state();
        for key in lost {
            state.ledger.remove(key);
        }
        drop(state);
        self.lives.send_modify(|life| *life += 1);
    }

    /// It has started anew, and has read the chain up to that block only; or to its tip.
    pub fn set_below(&self, block: Option<u32>) {
        self.below.send_replace(block);
    }

    /// Tells an outcome, true or not.
    pub fn say(&self, part: PartId, hash: PaymentHash, word: Outcome) {
        self.outcomes.push(part, hash, word);
    }

    /// Every key that was really sent, with how often.
    pub fn ledger(&self) -> BTreeMap<(PartId, PaymentHash), u32> {
        self.state().ledger.clone()
    }

    /// Returns once so many HTLCs have gone out.
    pub async fn has_sent(&self, htlcs: usize) {
        let mut sent = self.sent.subscribe();
        let reached = sent.wait_for(|sent| *sent >= htlcs).await;
        reached.expect("the node is here");
    }

    fn known(&self, (part, payment_hash): (PartId, PaymentHash)) -> KnownPart {
        let fate = match self.outcomes.of(part, payment_hash) {
            Some(Outcome::Fulfilled(bytes)) => KnownFate::Fulfilled(bytes),
            Some(Outcome::Failed(_)) => KnownFate::Failed,
            None if self.outcomes.is_forgotten(part, payment_hash) => KnownFate::Lost,
            None => KnownFate::Pending,
        };
        KnownPart {
            part,
            payment_hash,
            amount_sent: None,
            fate,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// The HTLC goes out; what the payee or a node on the way does about it follows at once.
    fn send(&self, state: &mut State, offer: &Offer) {
        let key = (offer.part, offer.payment_hash);
        *state.ledger.entry(key).or_default() += 1;
        match state.fates.get(&offer.payment_hash) {
            Some(Fate::Fulfilled) => {
                let preimage = offer.secret.as_ref().map_or([0; 32], |s| *s.expose());
                self.outcomes
                    .push(key.0, key.1, Outcome::Fulfilled(preimage));
            }
            Some(Fate::FailedOnTheWay) => {
                let word = Outcome::Failed(Box::new(fee_insufficient(offer)));
                self.outcomes.push(key.0, key.1, word);
            }
            Some(Fate::Held | Fate::Refused) | None => {}
        }
        self.sent.send_modify(|sent| *sent += 1);
    }
}

#[async_trait]
impl HtlcSender for SimNode {
    async fn offer(&self, offer: &Offer) -> OfferAnswer {
        let mut state = self.state();
        if state.down {
            return OfferAnswer::Unknown("connection refused".into());
        }
        if state.ledger.contains_key(&(offer.part, offer.payment_hash)) {
            return OfferAnswer::AlreadyOffered;
        }
        if state.fates.get(&offer.payment_hash) == Some(&Fate::Refused) {
            return OfferAnswer::Refused(Box::new(no_first_peer(offer)));
        }
        if let Some(block) = *self.below.borrow() {
            let why = format!("the node is still loading blocks (at {block} of at least {TIP})");
            return OfferAnswer::NotYet(why);
        }
        match state.lapses.pop_front() {
            None => {
                self.send(&mut state, offer);
                OfferAnswer::Accepted
            }
            Some(Lapse::AnswerLost) => {
                self.send(&mut state, offer);
                OfferAnswer::Unknown("the answer was lost".into())
            }
            Some(Lapse::OfferLost) => OfferAnswer::Unknown("the offer was lost".into()),
        }
    }

    async fn look_up(&self, part: PartId, hash: PaymentHash, _: &Route) -> LookUp {
        let state = self.state();
        if state.down {
            return LookUp::Unknown("connection refused".into());
        }
        match self.outcomes.of(part, hash) {
            Some(Outcome::Fulfilled(bytes)) => Preimage::proving(hash, bytes)
                .map_or_else(|e| LookUp::Lost(e.to_string()), LookUp::Fulfilled),
            Some(Outcome::Failed(failure)) => LookUp::Failed(failure),
            None if self.outcomes.is_forgotten(part, hash) => {
                LookUp::Lost("its outcome was told and acknowledged".into())
            }
            None if state.ledger.contains_key(&(part, hash)) => LookUp::Pending,
            None => LookUp::NeverSeen,
        }
    }

    async fn known_parts(&self, after: PartId) -> BoxStream<'static, Result<KnownPart, NodeAway>> {
        let state = self.state();
        if state.down {
            return iter([Err(NodeAway("connection refused".into()))]).boxed();
        }
        let keys = state.ledger.keys().filter(|(part, _)| *part > after);
        let known: Vec<_> = keys.map(|key| Ok(self.known(*key))).collect();
        iter(known).boxed()
    }

    async fn identity(&self) -> Result<NodeIdentity, NodeAway> {
        let state = self.state();
        if state.down {
            return Err(NodeAway("connection refused".into()));
        }
        Ok(state.identity.clone())
    }

    async fn life(&self, known: Option<u64>) -> u64 {
        let mut lives = self.lives.subscribe();
        let another = lives.wait_for(|life| Some(*life) != known).await;
        *another.expect("the node is here")
    }

    async fn reach_tip(&self) {
        let mut below = self.below.subscribe();
        let reached = below.wait_for(Option::is_none).await;
        reached.expect("the node is here");
    }

    fn height(&self) -> Option<u32> {
        self.below.borrow().is_none().then_some(TIP + 1)
    }

    fn network(&self) -> Option<domain::Network> {
        Some(domain::Network::regtest())
    }
}

/// What the first hop says of too small a fee.
fn fee_insufficient(offer: &Offer) -> Failure {
    let next = offer.route.hops().get(1);
    Failure {
        erring_node: Some(offer.route.first().node),
        erring_channel: next.map(|hop| hop.channel),
        ..samples::failure()
    }
}

/// What our own node says of a channel that it does not have.
fn no_first_peer(offer: &Offer) -> Failure {
    Failure {
        erring_index: Some(0),
        failcode: Some(0x400a),
        erring_channel: Some(offer.route.first().channel),
        ..Failure::plain(
            FailureCode::TryOtherRoute,
            "failed: WIRE_UNKNOWN_NEXT_PEER (No connection to first peer found)",
        )
    }
}
