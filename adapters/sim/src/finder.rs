//! A finder that does what it is told, and a node's channels to go with it.

use async_trait::async_trait;
use domain::contract::samples::{msat, node_id, route};
use domain::{
    Funds, Lesson, Msat, Mutex, NoPlan, NodeAway, NodeFunds, OwnChannel, Plan, RouteFinder,
    RouteRequest, Timestamp,
};
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::watch;

/// A simulated finder. Unless told otherwise it splits what is asked for into two parts over the usual
/// route, each for a fee of 1 sat.
pub struct SimFinder {
    state: Mutex<State>,
    asked: watch::Sender<usize>,
    taught: watch::Sender<usize>,
    held: watch::Sender<bool>,
}

#[derive(Default)]
struct State {
    tricks: VecDeque<Trick>,
    requests: Vec<RouteRequest>,
    lessons: Vec<(Lesson, Timestamp)>,
}

/// What the finder does when it is asked next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Trick {
    /// It says that there is no plan.
    None(NoPlan),
    /// The same, also while it keeps its answers to itself.
    NoneAtOnce(NoPlan),
    /// Its plan delivers more than was asked for.
    TooMuch,
    /// Its plan delivers less than was asked for.
    TooLittle,
    /// Its plan goes to somebody else.
    SomebodyElse,
    /// Its plan begins at a channel that is not ours.
    NotOurs,
}

impl SimFinder {
    /// A finder that has been asked nothing.
    pub fn new() -> Arc<SimFinder> {
        Arc::new(SimFinder {
            state: Mutex::default(),
            asked: watch::Sender::new(0),
            taught: watch::Sender::new(0),
            held: watch::Sender::new(false),
        })
    }

    /// What it does when it is asked next, once each.
    pub fn trick(&self, trick: Trick) {
        self.state.lock().tricks.push_back(trick);
    }

    /// Whether it keeps its answers to itself.
    pub fn hold(&self, held: bool) {
        self.held.send_replace(held);
    }

    /// What it was asked.
    pub fn requests(&self) -> Vec<RouteRequest> {
        self.state.lock().requests.clone()
    }

    /// What it was told of parts that have ended, and when they did.
    pub fn lessons(&self) -> Vec<(Lesson, Timestamp)> {
        self.state.lock().lessons.clone()
    }

    /// Returns once it has been asked so often.
    pub async fn was_asked(&self, times: usize) {
        reaches(&self.asked, times).await;
    }

    /// Returns once it has been told of so many parts.
    pub async fn was_taught(&self, times: usize) {
        reaches(&self.taught, times).await;
    }
}

#[async_trait]
impl RouteFinder for SimFinder {
    async fn find(&self, request: &RouteRequest) -> Result<Plan, NoPlan> {
        let trick = {
            let mut state = self.state.lock();
            state.requests.push(request.clone());
            state.tricks.pop_front()
        };
        self.asked.send_modify(|asked| *asked += 1);
        if let Some(Trick::NoneAtOnce(why)) = trick {
            return Err(why);
        }
        let mut held = self.held.subscribe();
        let free = held.wait_for(|held| !held).await;
        free.expect("the finder is here");
        let amount = request.amount.get();
        let own = request.sources.iter();
        let mut own = own.flat_map(|source| &source.funds.channels);
        if !own.any(|channel| channel.usable) {
            return Err(NoPlan::NoFunds {
                spendable: Msat::ZERO,
            });
        }
        let mut plan = split(request, amount);
        match trick {
            None => {}
            Some(Trick::None(why) | Trick::NoneAtOnce(why)) => return Err(why),
            Some(Trick::TooMuch) => plan = split(request, amount + 2),
            Some(Trick::TooLittle) => plan = split(request, amount - 2),
            Some(Trick::SomebodyElse) => {
                let other = domain::contract::samples::route_to(7, amount);
                plan.parts = plan
                    .parts
                    .into_iter()
                    .map(|(node, _)| (node, other.clone()))
                    .collect();
                plan.parts.truncate(1);
            }
            Some(Trick::NotOurs) => {
                let mut stranger = request.clone();
                for source in &mut stranger.sources {
                    source.node = domain::NodeName::new("stranger");
                }
                plan = split(&stranger, amount);
            }
        }
        Ok(plan)
    }

    fn learn(&self, lesson: &Lesson, at: Timestamp) {
        self.state.lock().lessons.push((lesson.clone(), at));
        self.taught.send_modify(|taught| *taught += 1);
    }
}

async fn reaches(counted: &watch::Sender<usize>, times: usize) {
    let mut counted = counted.subscribe();
    let reached = counted.wait_for(|counted| *counted >= times).await;
    reached.expect("the finder is here");
}

fn split(request: &RouteRequest, amount: u64) -> Plan {
    let node = request.sources.first().map(|source| source.node.clone());
    let node = node.expect("nobody asks without a source");
    let half = amount / 2;
    let pieces = if request.max_parts < 2 || half == 0 {
        vec![amount]
    } else {
        vec![amount - half, half]
    };
    let part = |piece: u64| (node.clone(), route(piece));
    Plan {
        parts: pieces.into_iter().map(part).collect(),
        probability_ppm: 900_000,
    }
}

/// The channel at which the usual route begins; or a node that is away, or that peer.
pub struct SimFunds {
    away: watch::Sender<bool>,
    asked: watch::Sender<usize>,
    peer_away: watch::Sender<bool>,
}

impl SimFunds {
    /// A node that is there.
    pub fn new() -> Arc<SimFunds> {
        Arc::new(SimFunds {
            away: watch::Sender::new(false),
            asked: watch::Sender::new(0),
            peer_away: watch::Sender::new(false),
        })
    }

    /// How often it was asked.
    pub fn asked(&self) -> usize {
        *self.asked.borrow()
    }

    /// Whether it cannot be asked.
    pub fn set_away(&self, away: bool) {
        self.away.send_replace(away);
    }

    /// Whether its peer cannot be reached.
    pub fn set_peer_away(&self, away: bool) {
        self.peer_away.send_replace(away);
    }
}

#[async_trait]
impl NodeFunds for SimFunds {
    async fn funds(&self) -> Result<Funds, NodeAway> {
        self.asked.send_modify(|asked| *asked += 1);
        if *self.away.borrow() {
            return Err(NodeAway("simulated absence".into()));
        }
        let usual = route(1);
        let first = usual.first();
        Ok(Funds {
            id: node_id(200),
            channels: vec![OwnChannel {
                peer: first.node,
                channel: first.channel,
                spendable: msat(1_000_000_000),
                htlc_min: Msat::ZERO,
                htlc_max: Msat::MAX,
                usable: !*self.peer_away.borrow(),
            }],
        })
    }
}
