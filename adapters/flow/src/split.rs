//! A min-cost flow of equal pieces: successive shortest paths with potentials.
//!
//! Every piece is as large as the others, so a part is never smaller than a piece, and there are at most
//! as many parts as pieces. What a piece costs on an edge grows with the pieces that the edge carries
//! already (the risk is convex), so the cheapest flow is found one piece at a time, if a piece may also
//! take the place of an earlier one and send it elsewhere.
//!
//! Potentials are distances to the payee, from one search backwards. With them, each search from the
//! origin walks almost straight to the payee.

use crate::graph::{Edge, Node};
use crate::net::{Facts, Net};
use crate::price::Taste;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What pieces are wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pieces {
    /// The size of each, in msat.
    pub size: u64,
    pub count: u16,
    pub taste: Taste,
    /// The share of an edge's room that amounts may take which do not contain the fees behind it yet:
    /// numerator and denominator.
    pub room: (u64, u64),
}

impl Pieces {
    /// How many of them, and the fees behind them, fit into so much.
    pub(crate) fn within(&self, room: u64) -> u64 {
        let (numerator, denominator) = self.room;
        let share = u128::from(room) * u128::from(numerator) / u128::from(denominator.max(1));
        u64::try_from(share).unwrap_or(u64::MAX) / self.size.max(1)
    }
}

/// How many pieces go over each edge.
pub(crate) struct Split<'n> {
    net: &'n Net<'n>,
    pieces: Pieces,
    carried: Vec<u16>,
    /// The distance of each node to the payee, or something less that keeps every edge's cost, reduced by
    /// the potentials of its ends, from being negative.
    potential: Vec<u64>,
}

/// How a search has reached a node.
#[derive(Clone, Copy)]
enum Step {
    Nowhere,
    /// Over an edge.
    Along(Edge),
    /// Over an edge backwards: a piece that came over it goes elsewhere.
    Back(Edge),
}

impl<'n> Split<'n> {
    /// The cheapest flow of these pieces, if there is one.
    pub(crate) fn cheapest(net: &'n Net<'n>, pieces: Pieces) -> Option<Split<'n>> {
        let mut split = Split {
            net,
            pieces,
            carried: vec![0; net.edges()],
            potential: Vec::new(),
        };
        split.potential = split.distances()?;
        for _ in 0..pieces.count {
            split.send_one()?;
        }
        Some(split)
    }

    /// The edges of each way and how many pieces take it. Takes the flow apart: the widest first.
    pub(crate) fn ways(mut self) -> Vec<(Vec<Edge>, u16)> {
        let mut ways: Vec<(Vec<Edge>, u16)> = Vec::new();
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

    /// The distance of every node to the payee; of those beyond the origin, the origin's.
    fn distances(&self) -> Option<Vec<u64>> {
        let net = self.net;
        let mut distances = vec![u64::MAX; net.nodes() as usize + 1];
        let mut queue = BinaryHeap::new();
        distances[net.payee as usize] = 0;
        queue.push(Reverse((0, net.payee)));
        while let Some(Reverse((distance, node))) = queue.pop() {
            if node == net.origin {
                for other in &mut distances {
                    *other = distance.min(*other);
                }
                return Some(distances);
            }
            if distance > distances[node as usize] {
                continue;
            }
            for edge in net.edges_into(node) {
                let Some((facts, price)) = self.next_price(edge) else {
                    continue;
                };
                let farther = distance.saturating_add(price);
                if farther < distances[facts.from as usize] {
                    distances[facts.from as usize] = farther;
                    queue.push(Reverse((farther, facts.from)));
                }
            }
        }
        None
    }

    /// Sends one more piece over the cheapest way that there is now.
    fn send_one(&mut self) -> Option<()> {
        let net = self.net;
        let mut reached = vec![(u64::MAX, Step::Nowhere); net.nodes() as usize + 1];
        let mut settled = Vec::new();
        let mut queue = BinaryHeap::new();
        reached[net.origin as usize].0 = 0;
        queue.push(Reverse((0, net.origin)));
        while let Some(Reverse((distance, node))) = queue.pop() {
            if node == net.payee {
                self.raise(distance, &settled);
                self.take(&reached);
                return Some(());
            }
            if distance > reached[node as usize].0 {
                continue;
            }
            settled.push((node, distance));
            for (to, price, step) in self.steps(node) {
                let farther = distance.saturating_add(price);
                if farther < reached[to as usize].0 {
                    reached[to as usize] = (farther, step);
                    queue.push(Reverse((farther, to)));
                }
            }
        }
        None
    }

    /// Where a piece can go from a node, at which reduced cost.
    fn steps(&self, node: Node) -> impl Iterator<Item = (Node, u64, Step)> {
        let along = self.net.edges_from(node).filter_map(move |edge| {
            let (facts, price) = self.next_price(edge)?;
            let price = self.reduced(node, facts.to, i128::from(price));
            Some((facts.to, price, Step::Along(edge)))
        });
        let full = self.net.edges_into(node);
        let full = full.filter(|edge| self.carried[*edge as usize] > 0);
        let back = full.filter_map(move |edge| {
            let facts = self.net.facts(edge)?;
            let last = self.carried[edge as usize] - 1;
            let price = self.price(&facts, last)?;
            let price = self.reduced(node, facts.from, -i128::from(price));
            Some((facts.from, price, Step::Back(edge)))
        });
        along.chain(back)
    }

    /// Never negative but for rounding, which is taken for nothing.
    fn reduced(&self, from: Node, to: Node, price: i128) -> u64 {
        let of = |node: Node| i128::from(self.potential[node as usize]);
        u64::try_from(price - of(from) + of(to)).unwrap_or(0)
    }

    fn next_price(&self, edge: Edge) -> Option<(Facts, u64)> {
        let facts = self.net.facts(edge)?;
        let price = self.price(&facts, self.carried[edge as usize])?;
        Some((facts, price))
    }

    /// What one more piece costs on an edge that carries so many.
    fn price(&self, facts: &Facts, carried: u16) -> Option<u64> {
        let Pieces { size, taste, .. } = self.pieces;
        let total_max = if facts.own {
            facts.room.high
        } else {
            // A node that lets less pass at once than it has would rather not be asked for all of that.
            facts.room.high.min(facts.max)
        };
        let next = u64::from(carried) + 1;
        let is_fit = size >= facts.min
            && self.pieces.within(facts.max) >= 1
            && self.pieces.within(total_max) >= next;
        if !is_fit {
            return None;
        }
        if facts.own {
            return Some(0);
        }
        let fee = u128::from(facts.base) * 1_000_000 + u128::from(size) * u128::from(facts.ppm);
        let risk = |pieces: u64| facts.room.risk(size.saturating_mul(pieces), taste.nat);
        let risk = risk(next).saturating_sub(risk(next - 1));
        let price = taste.fee(fee).saturating_add(risk);
        Some(price.saturating_add(taste.hop(facts.delay)))
    }

    /// What the search passed is farther from the payee now, for the next piece.
    fn raise(&mut self, distance: u64, settled: &[(Node, u64)]) {
        for (node, at) in settled {
            let potential = &mut self.potential[*node as usize];
            *potential = potential.saturating_add(distance - at);
        }
    }

    fn take(&mut self, reached: &[(u64, Step)]) {
        let mut node = self.net.payee;
        while node != self.net.origin {
            let (edge, more) = match reached[node as usize].1 {
                Step::Nowhere => return,
                Step::Along(edge) => (edge, true),
                Step::Back(edge) => (edge, false),
            };
            let Some(facts) = self.net.facts(edge) else {
                return;
            };
            let carried = &mut self.carried[edge as usize];
            if more {
                *carried += 1;
                node = facts.from;
            } else {
                *carried -= 1;
                node = facts.to;
            }
        }
    }

    /// The way that follows the fullest edge from each node; what goes round in a circle is dropped.
    fn widest(&mut self) -> Option<Vec<Edge>> {
        let mut way: Vec<Edge> = Vec::new();
        let mut nodes = vec![self.net.origin];
        while nodes.last() != Some(&self.net.payee) {
            let node = *nodes.last()?;
            let full = self.net.edges_from(node);
            let full = full.filter(|edge| self.carried[*edge as usize] > 0);
            let edge = full.max_by_key(|edge| (self.carried[*edge as usize], Reverse(*edge)))?;
            let to = self.net.facts(edge)?.to;
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
