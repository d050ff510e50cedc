//! The graph as one request sees it: with our own channels, the invoice's hints, and what is known.

mod hints;
mod own;
mod special;

use crate::graph::{Edge, Graph, Node};
use crate::knowledge::Knowledge;
use crate::price::Room;
use domain::{
    ChannelPolicy, DirectedChannel, NodeId, NodeName, OwnChannel, RouteRequest, ShortChannelId,
    Timestamp,
};
use special::{Special, Specials};
use std::collections::HashMap;

/// The graph of one request. Edges beyond the public graph's are hints, and then our own channels, all of
/// which begin at [`Net::origin`]: so all of our nodes together are where ways begin.
#[derive(Clone, Debug)]
pub(crate) struct Net<'a> {
    graph: &'a Graph,
    are_funds_boundless: bool,
    pub payee: Node,
    pub origin: Node,
    /// Nodes that the graph does not know, numbered on from its own.
    strangers: Vec<NodeId>,
    /// Of each node, what a search must know before it looks at its edges.
    marks: Vec<Mark>,
    extra: Vec<Extra<'a>>,
    extra_into: HashMap<Node, Vec<(Edge, Node)>>,
    extra_from: HashMap<Node, Vec<(Edge, Node)>>,
    specials: Specials,
}

#[derive(Clone, Copy, Default, Debug)]
struct Mark {
    /// No way may touch it: it is ours, or to be avoided.
    is_shut: bool,
    /// An edge that the graph does not know begins or ends there.
    has_extra: bool,
}

/// All that a search asks of an edge, in msat and blocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    pub from: Node,
    pub to: Node,
    /// What a single HTLC may carry.
    pub min: u64,
    pub max: u64,
    pub base: u64,
    pub ppm: u32,
    pub delay: u32,
    /// What all HTLCs together may carry.
    pub room: Room,
    /// Our own channel: its room is exact, and it costs nothing.
    pub own: bool,
}

#[derive(Clone, Debug)]
struct Extra<'a> {
    from: Node,
    to: Node,
    direction: DirectedChannel,
    kind: Kind<'a>,
}

#[derive(Clone, Debug)]
enum Kind<'a> {
    /// A channel of the invoice, of which nobody says what it holds: this much is assumed.
    Hint(ChannelPolicy, u64),
    /// A channel of that node of ours.
    Own(&'a NodeName, &'a OwnChannel),
}

impl<'a> Net<'a> {
    /// `now` is what the age of the shared knowledge is counted to.
    pub(crate) fn new(
        graph: &'a Graph,
        shared: &Knowledge,
        request: &'a RouteRequest,
        now: Timestamp,
    ) -> Net<'a> {
        let mut net = Net {
            graph,
            are_funds_boundless: false,
            payee: 0,
            origin: 0,
            strangers: Vec::new(),
            marks: vec![Mark::default(); graph.nodes()],
            extra: Vec::new(),
            extra_into: HashMap::new(),
            extra_from: HashMap::new(),
            specials: Specials::default(),
        };
        net.payee = net.number(request.payee);
        net.shut_nodes(request);
        net.add_hints(request);
        net.add_own(request);
        net.specials = Specials::new(net.edges());
        net.add_special(shared, request, now);
        net
    }

    /// How many nodes there are, the origin not counted.
    pub(crate) fn nodes(&self) -> Node {
        Node::try_from(self.marks.len()).expect("fewer than 2³² nodes fit in memory")
    }

    pub(crate) fn edges(&self) -> usize {
        self.graph.edges() + self.extra.len()
    }

    /// Whether the payee may be paid at all.
    pub(crate) fn is_payee_open(&self) -> bool {
        !self.is_shut(self.payee)
    }

    /// What there is to know about an edge, or `None` if no way may go over it.
    #[inline]
    pub(crate) fn facts(&self, edge: Edge) -> Option<Facts> {
        if (edge as usize) >= self.graph.edges() || self.specials.has(edge) {
            return self.special_facts(edge);
        }
        let line = self.graph.line(edge);
        let room = Room {
            low: 0,
            high: line.capacity,
        };
        self.others(line.from, line.to, &line.policy, room)
    }

    /// The edges that begin at a node, and where each leads. Some of them may be closed.
    #[inline]
    pub(crate) fn edges_from(&self, node: Node) -> impl Iterator<Item = (Edge, Node)> {
        let extra = self.extra_of(&self.extra_from, node);
        let public = self.graph.from(node).iter();
        public.map(|near| (near.edge, near.to)).chain(extra)
    }

    /// The edges that end at a node, and where each begins. Some of them may be closed.
    #[inline]
    pub(crate) fn edges_into(&self, node: Node) -> impl Iterator<Item = (Edge, Node)> {
        let extra = self.extra_of(&self.extra_into, node);
        let public = self.graph.from(node).iter();
        public.map(|near| (near.edge ^ 1, near.to)).chain(extra)
    }

    fn extra_of<'n>(
        &'n self,
        extra: &'n HashMap<Node, Vec<(Edge, Node)>>,
        node: Node,
    ) -> impl Iterator<Item = (Edge, Node)> + 'n {
        // The origin has no mark, and nothing but extra edges.
        let mark = self.marks.get(node as usize);
        let has_extra = mark.is_none_or(|mark| mark.has_extra);
        let extra = has_extra.then(|| extra.get(&node)).flatten();
        extra.into_iter().flatten().copied()
    }

    #[inline(never)]
    fn special_facts(&self, edge: Edge) -> Option<Facts> {
        let special = self.specials.of(edge);
        if special.is_some_and(|special| special.avoided) {
            return None;
        }
        let Some(index) = (edge as usize).checked_sub(self.graph.edges()) else {
            return self.public(edge, special);
        };
        let extra = &self.extra[index];
        match &extra.kind {
            Kind::Hint(policy, assumed) => {
                let policy = special.and_then(|s| s.policy).unwrap_or(*policy);
                let room = Self::room(special, None, *assumed);
                self.others(extra.from, extra.to, &policy, room)
            }
            Kind::Own(_, channel) => Some(self.own(extra.to, channel)),
        }
    }

    /// The number of the channel, and the node that the edge leads to.
    pub(crate) fn hop(&self, edge: Edge) -> (ShortChannelId, NodeId) {
        let Some(index) = (edge as usize).checked_sub(self.graph.edges()) else {
            let to = self.graph.line(edge).to;
            return (self.graph.channel_of(edge), self.graph.id(to));
        };
        let extra = &self.extra[index];
        (extra.direction.channel, self.id(extra.to))
    }

    #[inline]
    fn is_shut(&self, node: Node) -> bool {
        self.marks[node as usize].is_shut
    }

    fn id(&self, node: Node) -> NodeId {
        match (node as usize).checked_sub(self.graph.nodes()) {
            Some(index) => self.strangers[index],
            None => self.graph.id(node),
        }
    }

    fn public(&self, edge: Edge, special: Option<&Special>) -> Option<Facts> {
        let line = self.graph.line(edge);
        let policy = special.and_then(|special| special.policy.as_ref());
        let policy = policy.unwrap_or(&line.policy);
        let back = special.and_then(|_| self.specials.of(edge ^ 1));
        let room = Self::room(special, back, line.capacity);
        self.others(line.from, line.to, policy, room)
    }

    #[inline]
    fn others(&self, from: Node, to: Node, policy: &ChannelPolicy, room: Room) -> Option<Facts> {
        if !policy.enabled || self.is_shut(from) || self.is_shut(to) {
            return None;
        }
        Some(Facts {
            from,
            to,
            min: policy.htlc_min.get(),
            max: policy.htlc_max.get(),
            base: policy.fee_base.get(),
            ppm: policy.fee_ppm,
            delay: policy.delay,
            room,
            own: false,
        })
    }

    fn number(&mut self, id: NodeId) -> Node {
        if let Some(node) = self.known(id) {
            return node;
        }
        self.strangers.push(id);
        self.marks.push(Mark::default());
        self.nodes() - 1
    }

    fn known(&self, id: NodeId) -> Option<Node> {
        let stranger = || self.strangers.iter().position(|stranger| *stranger == id);
        let stranger = || stranger().and_then(|i| Node::try_from(self.graph.nodes() + i).ok());
        self.graph.node(id).or_else(stranger)
    }

    fn shut_nodes(&mut self, request: &RouteRequest) {
        let ours = request.sources.iter().map(|source| source.funds.id);
        let ours = ours.filter(|id| *id != request.payee);
        for id in ours.chain(request.avoid.nodes.iter().copied()) {
            let node = self.number(id);
            self.marks[node as usize].is_shut = true;
        }
    }

    fn add(&mut self, from: Node, to: Node, direction: DirectedChannel, kind: Kind<'a>) {
        let edge = Edge::try_from(self.edges()).expect("fewer than 2³² edges fit in memory");
        self.extra.push(Extra {
            from,
            to,
            direction,
            kind,
        });
        for end in [from, to] {
            if let Some(mark) = self.marks.get_mut(end as usize) {
                mark.has_extra = true;
            }
        }
        self.extra_from.entry(from).or_default().push((edge, to));
        self.extra_into.entry(to).or_default().push((edge, from));
    }
}
