//! A small graph to ask in, and what every plan in it must keep. It shares no code with the finder.

use domain::{
    Avoid, ChannelPolicy, Clock, DirectedChannel, Funds, GraphChange, HintHop, Msat, NoPlan,
    NodeId, NodeName, OwnChannel, Plan, Route, RouteFinder, RouteHint, RouteRequest,
    ShortChannelId, Source, Timestamp,
};
use flow::{Finder, Graph};
use std::collections::HashMap;
use std::sync::Arc;

/// The payee, unless a test says otherwise.
pub(crate) const PAYEE: u8 = 99;

/// What is enough for any test that is not about fees.
const FEE_MAX: u64 = 1_000_000;

/// A clock that stands still.
pub(crate) struct Still;

#[async_trait::async_trait]
impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp(1_800_000_000_000_000)
    }

    async fn sleep_until(&self, _: Timestamp) {
        unreachable!("nobody sleeps here")
    }
}

/// The public graph, and what is asked in it.
pub(crate) struct World {
    changes: Vec<GraphChange>,
    directions: HashMap<DirectedChannel, (Msat, ChannelPolicy)>,
    pub(crate) request: RouteRequest,
}

pub(crate) fn node(number: u8) -> NodeId {
    let mut bytes = [number; 33];
    bytes[0] = 2;
    NodeId::new(bytes).unwrap()
}

pub(crate) fn msat(amount: u64) -> Msat {
    Msat::new(amount).unwrap()
}

/// From one node to another over that channel.
pub(crate) fn over(channel: u64, from: u8, to: u8) -> DirectedChannel {
    DirectedChannel::between(ShortChannelId(channel), node(from), node(to))
}

/// One hop of a hint, at no fee.
pub(crate) fn hint(from: u8, channel: u64) -> HintHop {
    HintHop {
        node: node(from),
        channel: ShortChannelId(channel),
        fee_base: Msat::ZERO,
        fee_ppm: 0,
        delay: 40,
    }
}

/// A policy that costs so much and takes anything.
pub(crate) fn policy(fee_base: u64, fee_ppm: u32) -> ChannelPolicy {
    ChannelPolicy {
        enabled: true,
        htlc_min: msat(1),
        htlc_max: Msat::MAX,
        fee_base: msat(fee_base),
        fee_ppm,
        delay: 40,
    }
}

impl World {
    /// A graph of nothing, and a request for so much to [`PAYEE`].
    pub(crate) fn new(amount: u64) -> World {
        let request = RouteRequest {
            sources: Vec::new(),
            payee: node(PAYEE),
            amount: msat(amount),
            max_fee: msat(FEE_MAX),
            max_parts: 10,
            max_delay: 2_016,
            final_cltv: 18,
            hints: Vec::new(),
            avoid: Avoid::default(),
            knowledge: Vec::new(),
            policies: Vec::new(),
            held: Vec::new(),
            relaxed: false,
        };
        World {
            changes: Vec::new(),
            directions: HashMap::new(),
            request,
        }
    }

    /// A channel that so much can go over from one node to another, and nothing back.
    pub(crate) fn channel(&mut self, id: u64, ends: [u8; 2], capacity: u64, policy: ChannelPolicy) {
        let mut nodes = ends.map(node);
        nodes.sort();
        let channel = ShortChannelId(id);
        let capacity = msat(capacity);
        self.changes.push(GraphChange::Channel {
            channel,
            nodes,
            capacity,
        });
        let direction = over(id, ends[0], ends[1]);
        self.directions.insert(direction, (capacity, policy));
        self.changes.push(GraphChange::Policy(direction, policy));
    }

    /// A channel of a node of ours.
    pub(crate) fn own(&mut self, ours: u8, id: u64, peer: u8, spendable: u64) -> &mut OwnChannel {
        let name = NodeName::new(format!("node {ours}"));
        let mut sources = self.request.sources.iter();
        let index = sources.position(|source| source.node == name);
        let index = index.unwrap_or_else(|| {
            let funds = Funds {
                id: node(ours),
                channels: Vec::new(),
            };
            self.request.sources.push(Source { node: name, funds });
            self.request.sources.len() - 1
        });
        let channels = &mut self.request.sources[index].funds.channels;
        channels.push(OwnChannel {
            peer: node(peer),
            channel: ShortChannelId(id),
            spendable: msat(spendable),
            htlc_min: msat(1),
            htlc_max: Msat::MAX,
            usable: true,
        });
        channels.last_mut().unwrap()
    }

    pub(crate) fn hint(&mut self, hops: &[HintHop]) {
        self.request.hints.push(RouteHint(hops.to_vec()));
    }

    /// What tells a graph of it, from the beginning.
    pub(crate) fn changes(&self) -> Vec<GraphChange> {
        let changes = self.changes.iter().cloned();
        changes.chain([GraphChange::Loaded]).collect()
    }

    /// A finder that knows the graph.
    pub(crate) fn finder(&self) -> Finder {
        let mut graph = Graph::new();
        for change in self.changes() {
            graph.apply(&change);
        }
        Finder::new(graph, Arc::new(Still), 7)
    }

    /// What the finder says. A plan keeps every rule.
    pub(crate) fn find(&self) -> Result<Plan, NoPlan> {
        self.find_with(&self.finder())
    }

    pub(crate) fn find_with(&self, finder: &Finder) -> Result<Plan, NoPlan> {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.build().unwrap();
        let plan = runtime.block_on(finder.find(&self.request))?;
        self.check(&plan);
        Ok(plan)
    }

    /// The nodes of each way.
    pub(crate) fn ways(&self) -> Vec<Vec<u8>> {
        let plan = self.find().unwrap();
        let nodes = |route: &Route| route.hops().iter().map(|hop| hop.node.bytes()[1]).collect();
        plan.parts.iter().map(|(_, route)| nodes(route)).collect()
    }

    /// Hop by hop, against the graph, the request, and all that is held.
    pub(crate) fn check(&self, plan: &Plan) {
        assert_eq!(self.request.check(plan), Ok(()));
        let mut carried: HashMap<DirectedChannel, u64> = HashMap::new();
        for held in &self.request.held {
            *carried.entry(held.channel).or_default() += held.amount.get();
        }
        for (name, route) in &plan.parts {
            let mut sources = self.request.sources.iter();
            let source = sources.find(|source| source.node == *name).unwrap();
            self.check_hops(source, route);
            for (direction, hop) in route.directed(source.funds.id) {
                *carried.entry(direction).or_default() += hop.amount.get();
            }
        }
        for (direction, carried) in carried {
            let room = self.room(direction);
            assert!(carried <= room, "{direction} carries {carried} of {room}");
        }
        assert!(plan.probability_ppm <= 1_000_000);
    }

    fn check_hops(&self, source: &Source, route: &Route) {
        let hops: Vec<_> = route.directed(source.funds.id).collect();
        let mut own = source.funds.channels.iter();
        let first = route.first();
        let own = own.find(|own| own.channel == first.channel && own.peer == first.node);
        let own = own.unwrap();
        assert!(own.usable && own.htlc_min <= first.amount && first.amount <= own.htlc_max);
        for pair in hops.windows(2) {
            let [(_, before), (direction, hop)] = pair else {
                unreachable!("windows of two")
            };
            let policy = self.policy(*direction);
            assert!(policy.enabled, "{direction} is disabled");
            assert!(policy.htlc_min <= hop.amount && hop.amount <= policy.htlc_max);
            let fee = policy.fee(hop.amount).unwrap();
            assert_eq!(hop.amount.checked_add(fee), Some(before.amount));
            assert_eq!(hop.delay + policy.delay, before.delay);
        }
        let ours = self.request.sources.iter().map(|source| source.funds.id);
        let ours: Vec<_> = ours.collect();
        let middle = &route.hops()[..route.hops().len() - 1];
        assert!(!middle.iter().any(|hop| ours.contains(&hop.node)));
    }

    fn policy(&self, direction: DirectedChannel) -> ChannelPolicy {
        let told = self.request.policies.iter().rev();
        let told = told
            .filter(|(of, _)| *of == direction)
            .map(|(_, policy)| *policy);
        let known = self.directions.get(&direction).map(|(_, policy)| *policy);
        told.chain(known).next().unwrap_or_else(|| {
            let hops = self.request.hints.iter().flat_map(|hint| &hint.0);
            let mut hops = hops.filter(|hop| hop.channel == direction.channel);
            let hop = hops.next().unwrap();
            ChannelPolicy {
                fee_base: hop.fee_base,
                fee_ppm: hop.fee_ppm,
                delay: hop.delay,
                ..policy(0, 0)
            }
        })
    }

    fn room(&self, direction: DirectedChannel) -> u64 {
        let sources = self.request.sources.iter();
        let own =
            sources.flat_map(|source| source.funds.channels.iter().map(move |own| (source, own)));
        let mut own = own.filter(|(source, own)| {
            DirectedChannel::between(own.channel, source.funds.id, own.peer) == direction
        });
        match (own.next(), self.directions.get(&direction)) {
            (Some((_, own)), _) => own.spendable.get(),
            (None, Some((capacity, _))) => capacity.get(),
            (None, None) => Msat::MAX.get(),
        }
    }
}
