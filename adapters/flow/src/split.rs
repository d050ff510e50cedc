//! A min-cost flow of equal pieces: successive shortest paths with potentials.
//!
//! Every piece is as large as the others, so a part is never smaller than a piece, and there are at most
//! as many parts as pieces. What a piece costs on an edge grows with the pieces that the edge carries
//! already (the risk is convex), so the cheapest flow is found one piece at a time, if a piece may also
//! take the place of an earlier one and send it elsewhere.
//!
//! Potentials are distances to the payee, from one search backwards.

mod pieces;
mod sending;

pub(crate) use pieces::Pieces;

use crate::graph::{Edge, Node};
use crate::net::{Facts, Net};
use crate::price::Taste;
use pieces::Prices;
use sending::Reached;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Searches for flows, one after the other, in the same memory.
pub(crate) struct Split<'n> {
    net: &'n Net<'n>,
    prices: Prices,
    /// How many pieces go over each edge.
    carried: Vec<u16>,
    /// The edges that carry some, or did; and whether any of them begins or ends at a node.
    used: Vec<Edge>,
    is_used: Vec<bool>,
    /// The distance of each node to the payee, or anything that keeps every edge's cost, reduced by the
    /// potentials of its ends, from being negative.
    potential: Vec<i64>,
    reached: Vec<Reached>,
    touched: Vec<Node>,
    settled: Vec<(Node, u64)>,
    queue: BinaryHeap<Reverse<(u64, i64, Node)>>,
}

/// The edges of a way, and how many pieces take it.
pub(crate) type Taken = (Vec<Edge>, u16);

impl<'n> Split<'n> {
    pub(crate) fn new(net: &'n Net<'n>) -> Split<'n> {
        let nodes = net.nodes() as usize + 1;
        let nothing = Pieces {
            size: 0,
            count: 0,
            taste: Taste::new(0),
            room: (1, 1),
        };
        Split {
            net,
            prices: Prices::new(nothing),
            carried: vec![0; net.edges()],
            used: Vec::new(),
            is_used: vec![false; nodes],
            potential: vec![0; nodes],
            reached: vec![Reached::NOT; nodes],
            touched: Vec::new(),
            settled: Vec::new(),
            queue: BinaryHeap::new(),
        }
    }

    /// The cheapest flow of these pieces.
    pub(crate) fn cheapest(&mut self, pieces: Pieces) -> Option<Vec<Taken>> {
        self.prices = Prices::new(pieces);
        for edge in self.used.drain(..) {
            self.carried[edge as usize] = 0;
        }
        self.is_used.fill(false);
        if !self.may_fit(pieces.count) {
            return None;
        }
        self.distances()?;
        for _ in 0..pieces.count {
            self.send_one()?;
        }
        Some(self.ways())
    }

    /// Whether so many can leave us and arrive: it is quickly seen, and it is what most often cannot be.
    fn may_fit(&self, count: u16) -> bool {
        let most = |edge: Edge| {
            let facts = self.net.facts(edge);
            facts.map_or(0, |facts| self.prices.most(&facts))
        };
        let leave = self.net.edges_from(self.net.origin);
        let leave: usize = leave.map(|(edge, _)| most(edge)).sum();
        let arrive = self.net.edges_into(self.net.payee);
        let arrive: usize = arrive.map(|(edge, _)| most(edge)).sum();
        leave.min(arrive) >= usize::from(count)
    }

    /// Makes the distance of every node to the payee its potential; of those beyond the origin, the
    /// origin's.
    fn distances(&mut self) -> Option<()> {
        let net = self.net;
        self.potential.fill(i64::MAX);
        self.queue.clear();
        self.potential[net.payee as usize] = 0;
        self.queue.push(Reverse((0, 0, net.payee)));
        while let Some(Reverse((_, distance, node))) = self.queue.pop() {
            if node == net.origin {
                for other in &mut self.potential {
                    *other = distance.min(*other);
                }
                return Some(());
            }
            if distance > self.potential[node as usize] {
                continue;
            }
            for (edge, from) in net.edges_into(node) {
                // A hop costs something, so this node is not on the way from there.
                if self.potential[from as usize] <= distance {
                    continue;
                }
                let Some(price) = self.next_price(edge) else {
                    continue;
                };
                let farther = distance.saturating_add_unsigned(price);
                if farther < self.potential[from as usize] {
                    self.potential[from as usize] = farther;
                    let key = farther.unsigned_abs();
                    self.queue.push(Reverse((key, farther, from)));
                }
            }
        }
        None
    }

    #[inline]
    fn next_price(&self, edge: Edge) -> Option<u64> {
        let facts = self.net.facts(edge)?;
        self.prices.next(&facts, self.carried[edge as usize])
    }

    fn carry(&mut self, edge: Edge, facts: &Facts) {
        let carried = &mut self.carried[edge as usize];
        *carried += 1;
        if *carried == 1 && !self.used.contains(&edge) {
            self.used.push(edge);
            for end in [facts.from, facts.to] {
                self.is_used[end as usize] = true;
            }
        }
    }

    /// Takes the flow apart: the widest way first.
    fn ways(&mut self) -> Vec<Taken> {
        let mut ways: Vec<Taken> = Vec::new();
        while let Some(way) = self.widest() {
            let pieces = way.iter().map(|edge| self.carried[*edge as usize]).min();
            let pieces = pieces.unwrap_or(0);
            for edge in &way {
                self.carried[*edge as usize] -= pieces;
            }
            ways.push((way, pieces));
        }
        ways
    }

    /// The way that follows the fullest edge from each node; what goes round in a circle is dropped.
    fn widest(&mut self) -> Option<Vec<Edge>> {
        let mut way: Vec<Edge> = Vec::new();
        let mut nodes = vec![self.net.origin];
        while nodes.last() != Some(&self.net.payee) {
            let node = *nodes.last()?;
            let full = self.used.iter().copied();
            let full = full.filter(|edge| self.carried[*edge as usize] > 0);
            let full = full.filter_map(|edge| Some((edge, self.net.facts(edge)?)));
            let full = full.filter(|(_, facts)| facts.from == node);
            let key = |(edge, _): &(Edge, Facts)| (self.carried[*edge as usize], Reverse(*edge));
            let (edge, facts) = full.max_by_key(key)?;
            let to = facts.to;
            way.push(edge);
            if let Some(index) = nodes.iter().position(|node| *node == to) {
                for edge in way.drain(index..) {
                    self.carried[edge as usize] -= 1;
                }
                nodes.truncate(index + 1);
            } else {
                nodes.push(to);
            }
        }
        Some(way)
    }
}
