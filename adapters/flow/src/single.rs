//! The cheapest single way, searched from the payee backwards, so that every amount on it is exact.

use crate::graph::{Edge, Node};
use crate::net::{Facts, Net};
use crate::price::Taste;
use crate::way::Load;
use domain::HOPS_MAX;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What a single way is wanted for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Aim {
    /// What it delivers, in msat.
    pub amount: u64,
    pub taste: Taste,
    /// How many hundredths of the range in which its liquidity lies a channel may be asked for.
    pub hundredths: u64,
    /// The most that the way may cost, in msat.
    pub fee_max: u64,
    /// The most blocks between what leaves us and what the payee gets.
    pub delay_max: u32,
}

/// The best that is known of getting from a node to the payee.
#[derive(Clone, Copy)]
struct Label {
    cost: u64,
    /// What must arrive at the node.
    carries: u64,
    delay: u32,
    next: Edge,
    hops: u8,
}

const FAR: Label = Label {
    cost: u64::MAX,
    carries: 0,
    delay: 0,
    next: Edge::MAX,
    hops: 0,
};

/// Searches for single ways, one after the other, in the same memory.
pub(crate) struct Single<'n> {
    net: &'n Net<'n>,
    labels: Vec<Label>,
    queue: BinaryHeap<Reverse<(u64, Node)>>,
}

impl<'n> Single<'n> {
    pub(crate) fn new(net: &'n Net<'n>) -> Single<'n> {
        Single {
            net,
            labels: Vec::new(),
            queue: BinaryHeap::new(),
        }
    }

    /// The cheapest way (Dijkstra) beside what others carry already. A node keeps its cheapest continuation
    /// only: one that is a little dearer, but carries less or is shorter, is not looked at.
    pub(crate) fn cheapest(&mut self, load: &Load, aim: &Aim) -> Option<Vec<Edge>> {
        let net = self.net;
        self.labels.clear();
        self.labels.resize(net.nodes() as usize + 1, FAR);
        self.queue.clear();
        self.labels[net.payee as usize] = Label {
            cost: 0,
            carries: aim.amount,
            ..FAR
        };
        self.queue.push(Reverse((0, net.payee)));
        while let Some(Reverse((cost, node))) = self.queue.pop() {
            if node == net.origin {
                return Some(self.walk());
            }
            let label = self.labels[node as usize];
            if cost > label.cost {
                continue;
            }
            for (edge, from) in net.edges_into(node) {
                // No hop costs nothing.
                if self.labels[from as usize].cost <= cost {
                    continue;
                }
                let facts = net.facts(edge);
                let before = facts.and_then(|facts| step(&facts, edge, &label, load, aim));
                if let Some(before) = before
                    && before.cost < self.labels[from as usize].cost
                {
                    self.labels[from as usize] = before;
                    self.queue.push(Reverse((before.cost, from)));
                }
            }
        }
        None
    }

    fn walk(&self) -> Vec<Edge> {
        let mut edges = Vec::new();
        let mut node: Node = self.net.origin;
        while node != self.net.payee {
            let edge = self.labels[node as usize].next;
            edges.push(edge);
            node = self
                .net
                .facts(edge)
                .map_or(self.net.payee, |facts| facts.to);
        }
        edges
    }
}

/// How the way goes on from where the edge begins, if the edge can carry that.
#[inline]
fn step(facts: &Facts, edge: Edge, label: &Label, load: &Load, aim: &Aim) -> Option<Label> {
    let loaded = if load.is_empty() { 0 } else { load.on(edge) };
    let amount = label.carries;
    let total = loaded.checked_add(amount)?;
    let is_fit = (facts.min..=facts.max).contains(&amount)
        && total <= facts.room.within(aim.hundredths)
        && usize::from(label.hops) < HOPS_MAX;
    if !is_fit {
        return None;
    }
    if facts.own {
        let next = edge;
        return Some(Label { next, ..*label });
    }
    let fee = facts.fee(amount)?;
    let carries = amount.checked_add(fee)?;
    let delay = label.delay.checked_add(facts.delay)?;
    if carries - aim.amount > aim.fee_max || delay > aim.delay_max {
        return None;
    }
    let mut risk = facts.room.risk(total, aim.taste.nat);
    if loaded > 0 {
        risk = risk.saturating_sub(facts.room.risk(loaded, aim.taste.nat));
    }
    let price = aim.taste.fee(fee.saturating_mul(1_000_000));
    let price = price
        .saturating_add(risk)
        .saturating_add(aim.taste.hop(facts.delay));
    Some(Label {
        cost: label.cost.saturating_add(price),
        carries,
        delay,
        hops: label.hops + 1,
        next: edge,
    })
}
