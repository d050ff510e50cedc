//! Nodes that tell of what became of the money: late, twice, wrongly or not at all.

mod failure;
mod way;

use super::chance::Fault;
use super::executor::Owner;
use super::graph;
use super::truth::Key;
use super::world::{World, lock};
use async_trait::async_trait;
use domain::{
    Cursor, Funds, Heard, HtlcListener, HtlcSender, KnownFate, KnownPart, LookUp, Mutex, NodeAway,
    NodeFunds, NodeIdentity, NodeName, Offer, OfferAnswer, Outcome, PartId, PaymentHash, Preimage,
    Route,
};
use futures::future::FutureExt;
use futures::stream::{BoxStream, StreamExt, iter, unfold};
use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::{Arc, MutexGuard};
use std::time::Duration;
use tokio::sync::{Notify, oneshot};

/// How long a call that was given up may take to arrive all the same, and a node may be away.
const VERY_LONG: Duration = Duration::from_secs(200);
/// How many nodes there are.
pub(super) const NODES: usize = 2;

/// All of them.
pub(super) struct Nodes {
    world: Arc<World>,
    states: [Mutex<State>; NODES],
    /// Something was told, or a node lives another life.
    changed: [Notify; NODES],
}

struct State {
    life: u64,
    away: bool,
    /// It forgets an outcome that was heard.
    forgetful: bool,
    /// What it told, in its order.
    log: Vec<Heard>,
    /// How much of that was heard.
    heard: usize,
    /// Offers on their way to it.
    coming: BTreeMap<Key, u32>,
}

/// One of them.
#[derive(Clone)]
pub(super) struct Node {
    nodes: Arc<Nodes>,
    index: usize,
}

impl Nodes {
    pub(super) fn new(world: &Arc<World>) -> Arc<Nodes> {
        let state = |_| {
            Mutex::new(State {
                life: 1,
                away: false,
                forgetful: world.chance.one_in(2),
                log: Vec::new(),
                heard: 0,
                coming: BTreeMap::new(),
            })
        };
        Arc::new(Nodes {
            world: world.clone(),
            states: [0, 1].map(state),
            changed: [Notify::new(), Notify::new()],
        })
    }

    /// The name of one of them.
    pub(super) fn name(index: usize) -> NodeName {
        NodeName::new(["alice", "anna"][index])
    }

    pub(super) fn each(self: &Arc<Nodes>) -> [Node; NODES] {
        [0, 1].map(|index| Node {
            nodes: self.clone(),
            index,
        })
    }
}

impl Node {
    pub(super) fn name(&self) -> NodeName {
        Nodes::name(self.index)
    }

    /// It starts anew: calls to it break, and what had not left is lost.
    pub(super) fn restart(&self) {
        let mut state = self.state();
        state.life += 1;
        state.coming.clear();
        drop(state);
        let lost = self.world().truth().restarts(self.index);
        let name = self.name();
        self.world().note(None, || {
            format!("node {}: starts anew, and has lost {lost:?}", name.as_str())
        });
        self.changed().notify_waiters();
    }

    /// It cannot be reached for a while.
    pub(super) fn go_away(&self) {
        self.state().away = true;
        let node = self.clone();
        let name = self.name();
        self.world()
            .note(None, || format!("node {}: away", name.as_str()));
        let back = async move {
            let world = node.world();
            world.time.sleep(world.chance.up_to(VERY_LONG)).await;
            node.state().away = false;
        };
        self.world().spawn(Owner::World, back.boxed());
    }

    fn world(&self) -> &Arc<World> {
        &self.nodes.world
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.nodes.states[self.index])
    }

    fn changed(&self) -> &Notify {
        &self.nodes.changed[self.index]
    }

    fn known(&self, key: Key) -> KnownPart {
        let fate = match self.state().words(key).last() {
            Some((_, Outcome::Fulfilled(bytes))) => KnownFate::Fulfilled(*bytes),
            Some((_, Outcome::Failed(_))) => KnownFate::Failed,
            None => KnownFate::Pending,
        };
        KnownPart {
            part: key.0,
            payment_hash: key.1,
            amount_sent: None,
            fate,
        }
    }

    fn at(&self, index: usize) -> Node {
        Node {
            nodes: self.nodes.clone(),
            index,
        }
    }

    fn tell(&self, (part, payment_hash): Key, outcome: Outcome) {
        let name = self.name();
        self.world().note(Some(payment_hash), || {
            format!("node {}: part {part} {outcome:?}", name.as_str())
        });
        let mut state = self.state();
        let cursor = Cursor(u64::try_from(state.log.len()).unwrap_or(u64::MAX) + 1);
        state.log.push(Heard {
            cursor,
            part,
            payment_hash,
            outcome,
        });
        drop(state);
        self.changed().notify_waiters();
    }

    /// What it has told after that, once there is something.
    async fn news(&self, heard: usize) -> Vec<Heard> {
        loop {
            let mut changed = pin!(self.changed().notified());
            changed.as_mut().enable();
            let news = self.state().log.get(heard..).map(<[Heard]>::to_vec);
            match news {
                Some(news) if !news.is_empty() => return news,
                _ => changed.await,
            }
        }
    }

    /// What it says to a question at this moment.
    fn say(&self, key: Key) -> LookUp {
        let world = self.world();
        let state = self.state();
        let unknown = |why: &str| LookUp::Unknown(why.into());
        if state.away || world.chance.strikes(Fault::LostCall) {
            return unknown("connection refused");
        }
        let last = state.words(key).last();
        match last {
            Some((index, _)) if state.forgetful && index < state.heard => {
                LookUp::Lost("its outcome was told and heard".into())
            }
            Some((_, Outcome::Failed(failure))) => LookUp::Failed(failure.clone()),
            Some((_, Outcome::Fulfilled(bytes))) => Preimage::proving(key.1, *bytes)
                .map_or_else(|wrong| unknown(&wrong.to_string()), LookUp::Fulfilled),
            None if world.truth().of(key).is_some() => LookUp::Pending,
            // Not yet a proof: it may still arrive.
            None if state.coming.contains_key(&key) => unknown("an earlier call is under way"),
            None => LookUp::NeverSeen,
        }
    }
}

impl State {
    /// What was told of a part, each with its place in the log.
    fn words(&self, key: Key) -> impl Iterator<Item = (usize, &Outcome)> {
        let log = self.log.iter().enumerate();
        let own = log.filter(move |(_, heard)| (heard.part, heard.payment_hash) == key);
        own.map(|(index, heard)| (index, &heard.outcome))
    }
}

#[async_trait]
impl HtlcSender for Node {
    async fn offer(&self, offer: &Offer) -> OfferAnswer {
        let (world, key) = (self.world(), (offer.part, offer.payment_hash));
        world.note(Some(key.1), || format!("engine: offers part {}", key.0));
        world.judge().offered(offer, world.moves());
        let life = self.comes(key);
        let (answer, heard) = oneshot::channel();
        let call = self.clone().call(life, offer.clone(), answer);
        world.spawn(Owner::World, call.boxed());
        let broken = |_| OfferAnswer::Unknown("the connection broke".into());
        heard.await.unwrap_or_else(broken)
    }

    async fn look_up(&self, part: PartId, hash: PaymentHash, _: &Route) -> LookUp {
        let world = self.world();
        world.pause(Fault::SlowNode).await;
        let said = self.say((part, hash));
        world.note(Some(hash), || format!("node: part {part}? {said:?}"));
        world.pause(Fault::SlowNode).await;
        if world.chance.strikes(Fault::LostAnswer) {
            return LookUp::Unknown("the answer was lost".into());
        }
        said
    }

    /// Without luck, so that the seeds that were kept stay what they were: no copy is ever put back here.
    async fn known_parts(&self, after: PartId) -> BoxStream<'static, Result<KnownPart, NodeAway>> {
        if self.state().away {
            return iter([Err(NodeAway("connection refused".into()))]).boxed();
        }
        let keys = self.world().truth().keys(self.index);
        let later = keys.into_iter().filter(|(part, _)| *part > after);
        let known: Vec<_> = later.map(|key| Ok(self.known(key))).collect();
        iter(known).boxed()
    }

    async fn identity(&self) -> Result<NodeIdentity, NodeAway> {
        self.world().pause(Fault::SlowNode).await;
        if self.state().away {
            return Err(NodeAway("connection refused".into()));
        }
        Ok(NodeIdentity::new(self.name().as_str()))
    }

    async fn life(&self, known: Option<u64>) -> u64 {
        loop {
            let mut changed = pin!(self.changed().notified());
            changed.as_mut().enable();
            let life = self.state().life;
            if Some(life) != known {
                return life;
            }
            changed.await;
        }
    }

    fn height(&self) -> Option<u32> {
        // It may be anything: nothing about money may depend on it.
        let heights = [None, Some(0), Some(700_000), Some(u32::MAX)];
        self.world().chance.pick(&heights)
    }

    fn network(&self) -> Option<domain::Network> {
        Some(domain::Network::regtest())
    }
}

#[async_trait]
impl NodeFunds for Node {
    async fn funds(&self) -> Result<Funds, NodeAway> {
        self.world().pause(Fault::SlowNode).await;
        if self.state().away {
            return Err(NodeAway("connection refused".into()));
        }
        Ok(graph::funds(self.index))
    }
}

#[async_trait]
impl HtlcListener for Node {
    async fn listen(self: Box<Self>, from: Option<Cursor>) -> BoxStream<'static, Heard> {
        let heard = from.map_or(0, |cursor| usize::try_from(cursor.0).unwrap_or(usize::MAX));
        let mut state = self.state();
        state.heard = state.heard.max(heard);
        drop(state);
        let words = unfold((*self, heard), |(node, heard)| async move {
            let words = node.news(heard).await;
            node.world().pause(Fault::SlowNode).await;
            let heard = heard + words.len();
            Some((futures::stream::iter(words), (node, heard)))
        });
        words.flatten().boxed()
    }
}
