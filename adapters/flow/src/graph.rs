//! The public graph in memory: numbers in place of ids, so that a search walks over vectors.

use domain::{ChannelPolicy, DirectedChannel, GraphChange, Msat, NodeId, ShortChannelId};
use std::collections::HashMap;

/// The public graph: channels, their ends, and the policy of each direction.
///
/// 50,000 channels between 17,000 nodes take some 10 MB.
#[derive(Default, Debug)]
pub struct Graph {
    nodes: Vec<NodeId>,
    numbers: HashMap<NodeId, Node>,
    /// The number of the channel at each place.
    channels: Vec<ShortChannelId>,
    places: HashMap<ShortChannelId, u32>,
    /// Both directions of each channel.
    lines: Vec<[Line; 2]>,
    /// Places of closed channels, to be used again.
    free: Vec<u32>,
    /// Each node's channels.
    around: Vec<Vec<Near>>,
    loaded: bool,
}

/// A node's number.
pub(crate) type Node = u32;

/// One direction of a channel: its place doubled, plus BOLT 7's direction bit.
pub(crate) type Edge = u32;

/// All that a search asks of an edge, side by side in memory: a search waits for memory most of all.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    pub from: Node,
    pub to: Node,
    pub capacity: u64,
    /// What a direction demands of which nobody has told is never asked for.
    pub policy: ChannelPolicy,
}

/// An edge that begins at a node, and where it leads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Near {
    pub edge: Edge,
    pub to: Node,
}

/// A direction of which nobody has told.
const UNTOLD: ChannelPolicy = ChannelPolicy {
    enabled: false,
    htlc_min: Msat::ZERO,
    htlc_max: Msat::ZERO,
    fee_base: Msat::ZERO,
    fee_ppm: 0,
    delay: 0,
};

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
        let near: usize = self.around.iter().map(Vec::capacity).sum();
        self.nodes.capacity() * size_of::<NodeId>()
            + self.numbers.capacity() * (size_of::<(NodeId, Node)>() + 1)
            + self.channels.capacity() * size_of::<ShortChannelId>()
            + self.lines.capacity() * size_of::<[Line; 2]>()
            + self.places.capacity() * (size_of::<(ShortChannelId, u32)>() + 1)
            + self.around.capacity() * size_of::<Vec<Near>>()
            + near * size_of::<Near>()
            + self.free.capacity() * size_of::<u32>()
    }

    pub(crate) fn node(&self, id: NodeId) -> Option<Node> {
        self.numbers.get(&id).copied()
    }

    pub(crate) fn id(&self, node: Node) -> NodeId {
        self.nodes[node as usize]
    }

    /// One more than the greatest edge.
    pub(crate) fn edges(&self) -> usize {
        self.lines.len() * 2
    }

    pub(crate) fn edge(&self, direction: DirectedChannel) -> Option<Edge> {
        let place = self.places.get(&direction.channel)?;
        Some(place * 2 + Edge::from(direction.direction & 1))
    }

    pub(crate) fn channel_of(&self, edge: Edge) -> ShortChannelId {
        self.channels[(edge / 2) as usize]
    }

    #[inline]
    pub(crate) fn line(&self, edge: Edge) -> &Line {
        &self.lines[(edge / 2) as usize][(edge & 1) as usize]
    }

    /// The edges that begin at a node. Each, with its lowest bit turned over, ends there.
    #[inline]
    pub(crate) fn from(&self, node: Node) -> &[Near] {
        self.around.get(node as usize).map_or(&[], Vec::as_slice)
    }

    fn open(&mut self, id: ShortChannelId, mut nodes: [NodeId; 2], capacity: u64) {
        nodes.sort();
        if nodes[0] == nodes[1] {
            return;
        }
        let [low, high] = nodes.map(|node| self.number(node));
        if let Some(place) = self.places.get(&id) {
            let lines = &mut self.lines[*place as usize];
            if (lines[0].from, lines[0].to) == (low, high) {
                for line in lines {
                    line.capacity = capacity;
                }
                return;
            }
            self.close(id);
        }
        let line = |from, to| Line {
            from,
            to,
            capacity,
            policy: UNTOLD,
        };
        let place = self.place(id, [line(low, high), line(high, low)]);
        self.places.insert(id, place);
        for (direction, from, to) in [(0, low, high), (1, high, low)] {
            let edge = place * 2 + direction;
            self.around[from as usize].push(Near { edge, to });
        }
    }

    fn place(&mut self, id: ShortChannelId, lines: [Line; 2]) -> u32 {
        if let Some(place) = self.free.pop() {
            self.channels[place as usize] = id;
            self.lines[place as usize] = lines;
            return place;
        }
        self.channels.push(id);
        self.lines.push(lines);
        u32::try_from(self.lines.len() - 1).expect("fewer than 2³¹ channels fit in memory")
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
            self.lines[(edge / 2) as usize][(edge & 1) as usize].policy = policy;
        }
    }

    fn close(&mut self, id: ShortChannelId) {
        let Some(place) = self.places.remove(&id) else {
            return;
        };
        let lines = &mut self.lines[place as usize];
        for line in lines {
            line.policy = UNTOLD;
            self.around[line.from as usize].retain(|near| near.edge / 2 != place);
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
        assert_eq!((graph.channels(), graph.from(0).len()), (0, 0));
        graph.apply(&channel(8, [3, 2]));
        let near = graph.from(graph.node(node(3)).unwrap())[0];
        assert_eq!(near.to, graph.node(node(2)).unwrap());
        assert!(!graph.line(near.edge).policy.enabled);
        assert_eq!(graph.edges(), 2, "the place is used again");
    }

    #[test]
    fn a_change_told_twice_changes_nothing() {
        let mut graph = Graph::new();
        for change in [channel(7, [1, 2]), policy(7, 0), channel(7, [1, 2])] {
            graph.apply(&change);
        }
        assert_eq!(graph.channels(), 1);
        assert!(graph.line(0).policy.enabled);
        assert_eq!(graph.from(0).len(), 1);
    }
}
