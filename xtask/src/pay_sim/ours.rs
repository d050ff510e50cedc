//! Our own finder, asked as `pay` asks it.

use super::attempt::{Order, Router, Way};
use super::world::{Direction, World, number};
use domain::{
    Avoid, Bound, ChannelPolicy, Clock, Funds, GraphChange, Held, Lesson, Msat, NodeName,
    OwnChannel, Route, RouteFinder, RouteRequest, Source, Timestamp,
};
use flow::{Finder, Graph};
use std::sync::Arc;
use tokio::runtime::Runtime;

/// The most parts that may be under way.
const PARTS_MAX: usize = 100;

/// Our finder, and what the payment under way has learnt.
pub(super) struct Ours {
    finder: Finder,
    runtime: Runtime,
    knowledge: Vec<Bound>,
    /// Whether payments learn from those before them.
    is_warm: bool,
}

/// A clock that stands still.
struct Still;

#[async_trait::async_trait]
impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp(1_800_000_000_000_000)
    }

    async fn sleep_until(&self, _: Timestamp) {}
}

impl Ours {
    /// A finder that knows the network's channels, but not ours.
    pub(super) fn new(world: &World, is_warm: bool) -> Ours {
        let mut graph = Graph::new();
        for change in changes(world) {
            graph.apply(&change);
        }
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        Ours {
            finder: Finder::new(graph, Arc::new(Still), 1),
            runtime: runtime.expect("a runtime of one thread starts"),
            knowledge: Vec::new(),
            is_warm,
        }
    }

    /// What the graph and the knowledge take, in bytes.
    pub(super) fn memory(&self) -> usize {
        self.finder.memory()
    }

    fn learn(&mut self, bounds: Vec<Bound>) {
        if self.is_warm {
            let lesson = Lesson {
                bounds: bounds.clone(),
                moved: Vec::new(),
            };
            self.finder.learn(&lesson, Still.now());
        }
        self.knowledge.extend(bounds);
    }
}

impl Router for Ours {
    fn begins(&mut self, _: &World) {
        self.knowledge.clear();
    }

    fn ways(&mut self, world: &World, order: &Order) -> Vec<Way> {
        let request = request(world, order, &self.knowledge);
        let plan = self.runtime.block_on(self.finder.find(&request));
        let Ok(plan) = plan else {
            return Vec::new();
        };
        let way = |(node, route): &(NodeName, Route)| {
            let ours: usize = node.as_str().parse().expect("nodes are named by number");
            let mut from = world.own[ours];
            let hop = |hop: &domain::Hop| {
                let at = world.beginning_at(world.places[&hop.channel], from);
                from = world.to(at);
                (at, hop.amount.get())
            };
            let hops = route.hops().iter().map(hop).collect();
            Way { hops }
        };
        plan.parts.iter().map(way).collect()
    }

    fn hears(&mut self, world: &World, order: &Order, _: usize, way: &Way, failed: Option<usize>) {
        let passed = way.hops.iter().take(failed.unwrap_or(0)).skip(1);
        let mut bounds: Vec<Bound> = passed.map(|hop| at_least(world, order, hop)).collect();
        if let Some((at, amount)) = failed.and_then(|hop| way.hops.get(hop)) {
            bounds.push(Bound {
                channel: world.directed(*at),
                at_least: Msat::ZERO,
                below: Some(msat(order.held_on(*at) + amount)),
            });
        }
        self.learn(bounds);
    }

    fn has_paid(&mut self, world: &World, order: &Order) {
        let others = order.held.iter().filter(|(at, _)| !is_own(world, **at));
        let bounds = others.map(|(at, held)| Bound {
            channel: world.directed(*at),
            at_least: msat(*held),
            below: None,
        });
        self.learn(bounds.collect());
    }
}

fn at_least(world: &World, order: &Order, (at, amount): &(Direction, u64)) -> Bound {
    Bound {
        channel: world.directed(*at),
        at_least: msat(order.held_on(*at) + amount),
        below: None,
    }
}

fn changes(world: &World) -> Vec<GraphChange> {
    let mut changes = Vec::new();
    for (place, channel) in world.network.channels.iter().enumerate() {
        let mut nodes = channel.ends.map(|end| world.ids[end]);
        nodes.sort();
        changes.push(GraphChange::Channel {
            channel: number(place),
            nodes,
            capacity: msat(channel.capacity),
        });
        for half in 0..2 {
            let at = Direction {
                channel: place,
                half,
            };
            changes.push(GraphChange::Policy(world.directed(at), policy(world, at)));
        }
    }
    changes.push(GraphChange::Loaded);
    changes
}

fn policy(world: &World, at: Direction) -> ChannelPolicy {
    let half = world.half(at);
    ChannelPolicy {
        enabled: half.enabled,
        htlc_min: msat(half.min),
        htlc_max: msat(half.max),
        fee_base: msat(u64::from(half.base)),
        fee_ppm: half.ppm,
        delay: u32::from(half.delay),
    }
}

fn request(world: &World, order: &Order, knowledge: &[Bound]) -> RouteRequest {
    let held = order.held.iter().filter(|(at, _)| !is_own(world, **at));
    let held = held.map(|(at, amount)| Held {
        channel: world.directed(*at),
        amount: msat(*amount),
    });
    let parts_left = PARTS_MAX.saturating_sub(order.arrived.len());
    RouteRequest {
        sources: (0..world.own.len())
            .map(|ours| source(world, order, ours))
            .collect(),
        payee: world.ids[order.payee],
        amount: msat(order.left),
        max_fee: msat(order.fee_left),
        max_parts: u16::try_from(parts_left).unwrap_or(u16::MAX),
        max_delay: 2_016,
        final_cltv: 18,
        hints: Vec::new(),
        avoid: Avoid::default(),
        knowledge: knowledge.to_vec(),
        policies: Vec::new(),
        held: held.collect(),
        relaxed: false,
    }
}

fn source(world: &World, order: &Order, ours: usize) -> Source {
    let node = world.own[ours];
    let channels = world.from[node].iter().map(|at| {
        let half = world.half(*at);
        OwnChannel {
            peer: world.ids[world.to(*at)],
            channel: number(at.channel),
            spendable: msat(world.balance(*at) - order.held_on(*at)),
            htlc_min: msat(half.min),
            htlc_max: msat(half.max),
            usable: true,
        }
    });
    Source {
        node: NodeName::new(ours.to_string()),
        funds: Funds {
            id: world.ids[node],
            channels: channels.collect(),
        },
    }
}

fn is_own(world: &World, at: Direction) -> bool {
    let ends = world.network.channels[at.channel].ends;
    world.own.contains(&ends[0])
}

fn msat(amount: u64) -> Msat {
    Msat::new(amount).expect("a simulated amount is less than all bitcoin")
}
