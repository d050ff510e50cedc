//! The public graph in memory: numbers in place of ids, so that a search walks over vectors.

use domain::{ChannelPolicy, DirectedChannel, GraphChange, NodeId, ShortChannelId};
use std::collections::HashMap;

/// The public graph: channels, their ends, and the policy of each direction.
///
/// 50,000 channels between 17,000 nodes take some 10 MB.
#[derive(Default, Debug)]
pub struct Graph {
    nodes: Vec<NodeId>,
    numbers: HashMap<NodeId, Node>,
    channels: Vec<Channel>,
    places: HashMap<ShortChannelId, u32>,
    /// Places of closed channels, to be used again.
    free: Vec<u32>,
    /// The places of each node's channels.
    around: Vec<Vec<u32>>,
    loaded: bool,
}

/// A node's number.
pub(crate) type Node = u32;

/// One direction of a channel: its place doubled, plus BOLT 7's direction bit.
pub(crate) type Edge = u32;

#[derive(Debug)]
struct Channel {
    id: ShortChannelId,
    ends: [Node; 2],
    capacity: u64,
    policies: [Option<ChannelPolicy>; 2],
}

impl Graph {
    /// A graph of nothing, which is not loaded.
    pub fn new() -> Graph {
        Graph::default()
    }

    /// Takes a change in. A change that was told before changes nothing. A policy of an unknown channel
    /// is dropped: its source tells it again after the channel.
    pub fn apply(&mut self, change: &GraphChange) {
        match change {
            GraphChange::Channel {
                channel,
                nodes,
                capacity,
            } => self.open(*channel, *nodes, capacity.get()),
            GraphChange::Policy(direction, policy) => self.set_policy(*direction, *policy),
            GraphChange::Closed(channel) => self.close(*channel),
            GraphChange::Loaded => self.loaded = true,
        }
    }

    /// Whether all that was known at the beginning has been taken in.
    pub fn is_loaded(&self) -> bool {
        self.loaded
    }

    /// How many channels there are.
    pub fn channels(&self) -> usize {
        self.places.len()
    }

    /// How many nodes there are or were.
    pub fn nodes(&self) -> usize {
        self.nodes.len()
    }

    /// About how many bytes of memory it takes.
    pub fn memory(&self) -> usize {
        let lists: usize = self.around.iter().map(Vec::capacity).sum();
        self.nodes.capacity() * size_of::<NodeId>()
            + self.numbers.capacity() * (size_of::<(NodeId, Node)>() + 1)
            + self.channels.capacity() * size_of::<Channel>()
            + self.places.capacity() * (size_of::<(ShortChannelId, u32)>() + 1)
            + self.around.capacity() * size_of::<Vec<u32>>()
            + (self.free.capacity() + lists) * size_of::<u32>()
    }

    pub(crate) fn node(&self, id: NodeId) -> Option<Node> {
        self.numbers.get(&id).copied()
    }

    pub(crate) fn id(&self, node: Node) -> NodeId {
        self.nodes[node as usize]
    }

    /// One more than the greatest edge.
    pub(crate) fn edges(&self) -> usize {
        self.channels.len() * 2
    }

    pub(crate) fn edge(&self, direction: DirectedChannel) -> Option<Edge> {
        let place = self.places.get(&direction.channel)?;
        Some(place * 2 + Edge::from(direction.direction & 1))
    }

    pub(crate) fn channel_of(&self, edge: Edge) -> ShortChannelId {
        self.channel(edge).id
    }

    /// Where the edge begins, and where it ends.
    pub(crate) fn ends(&self, edge: Edge) -> (Node, Node) {
        let [low, high] = self.channel(edge).ends;
        if edge & 1 == 0 {
            (low, high)
        } else {
            (high, low)
        }
    }

    pub(crate) fn capacity(&self, edge: Edge) -> u64 {
        self.channel(edge).capacity
    }

    pub(crate) fn policy(&self, edge: Edge) -> Option<&ChannelPolicy> {
        self.channel(edge).policies[(edge & 1) as usize].as_ref()
    }

    /// The edges that begin at a node. Each, with its lowest bit turned over, ends there.
    pub(crate) fn from(&self, node: Node) -> impl Iterator<Item = Edge> {
        let around = self.around.get(node as usize);
        let places = around.into_iter().flatten();
        places.map(move |place| {
            let is_low = self.channels[*place as usize].ends[0] == node;
            place * 2 + Edge::from(!is_low)
        })
    }

    fn channel(&self, edge: Edge) -> &Channel {
        &self.channels[(edge / 2) as usize]
    }

    fn open(&mut self, id: ShortChannelId, mut nodes: [NodeId; 2], capacity: u64) {
        nodes.sort();
        if nodes[0] == nodes[1] {
            return;
        }
        let ends = nodes.map(|node| self.number(node));
        if let Some(place) = self.places.get(&id) {
            let channel = &mut self.channels[*place as usize];
            if channel.ends == ends {
                channel.capacity = capacity;
                return;
            }
            self.close(id);
        }
        let channel = Channel {
            id,
            ends,
            capacity,
            policies: [None, None],
        };
        let place = self.place(channel);
        self.places.insert(id, place);
        for end in ends {
            self.around[end as usize].push(place);
        }
    }

    fn place(&mut self, channel: Channel) -> u32 {
        if let Some(place) = self.free.pop() {
            self.channels[place as usize] = channel;
            return place;
        }
        self.channels.push(channel);
        u32::try_from(self.channels.len() - 1).expect("fewer than 2³¹ channels fit in memory")
    }

    fn number(&mut self, id: NodeId) -> Node {
        if let Some(number) = self.numbers.get(&id) {
            return *number;
        }
        let number = Node::try_from(self.nodes.len()).expect("fewer than 2³² nodes fit in memory");
        self.nodes.push(id);
        self.around.push(Vec::new());
        self.numbers.insert(id, number);
        number
    }

    fn set_policy(&mut self, direction: DirectedChannel, policy: ChannelPolicy) {
        if let Some(edge) = self.edge(direction) {
            let channel = &mut self.channels[(edge / 2) as usize];
            channel.policies[(edge & 1) as usize] = Some(policy);
        }
    }

    fn close(&mut self, id: ShortChannelId) {
        let Some(place) = self.places.remove(&id) else {
            return;
        };
        let channel = &mut self.channels[place as usize];
        channel.policies = [None, None];
        for end in channel.ends {
            self.around[end as usize].retain(|other| *other != place);
        }
        self.free.push(place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Msat;

    fn node(n: u8) -> NodeId {
        let mut bytes = [n; 33];
        bytes[0] = 2;
        NodeId::new(bytes).unwrap()
    }

    fn channel(id: u64, nodes: [u8; 2]) -> GraphChange {
        GraphChange::Channel {
            channel: ShortChannelId(id),
            nodes: nodes.map(node),
            capacity: Msat::new(1_000).unwrap(),
        }
    }

    fn policy(channel: u64, direction: u8) -> GraphChange {
        let channel = ShortChannelId(channel);
        let policy = ChannelPolicy {
            enabled: true,
            htlc_min: Msat::ZERO,
            htlc_max: Msat::MAX,
            fee_base: Msat::ZERO,
            fee_ppm: 1,
            delay: 1,
        };
        GraphChange::Policy(DirectedChannel { channel, direction }, policy)
    }

    #[test]
    fn a_closed_channel_takes_its_policies_along() {
        let mut graph = Graph::new();
        for change in [channel(7, [1, 2]), policy(7, 0), policy(7, 1)] {
            graph.apply(&change);
        }
        graph.apply(&GraphChange::Closed(ShortChannelId(7)));
        assert_eq!((graph.channels(), graph.from(0).count()), (0, 0));
        graph.apply(&channel(8, [3, 2]));
        let edge = graph.from(graph.node(node(3)).unwrap()).next().unwrap();
        assert_eq!(graph.ends(edge).1, graph.node(node(2)).unwrap());
        assert!(graph.policy(edge).is_none());
        assert_eq!(graph.edges(), 2, "the place is used again");
    }

    #[test]
    fn a_change_told_twice_changes_nothing() {
        let mut graph = Graph::new();
        for change in [channel(7, [1, 2]), policy(7, 0), channel(7, [1, 2])] {
            graph.apply(&change);
        }
        assert_eq!(graph.channels(), 1);
        assert!(graph.policy(0).is_some());
        assert_eq!(graph.from(0).count(), 1);
    }
}
