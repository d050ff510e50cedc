//! The channels that only the invoice tells of.

use super::{Kind, Net};
use domain::{ChannelPolicy, DirectedChannel, HintHop, Msat, NodeId, RouteHint, RouteRequest};
use std::collections::HashSet;

/// How many times the amount a channel is assumed to hold of which nobody says what it holds.
const ASSUMED: u64 = 16;

impl Net<'_> {
    /// Adds what a payer can use of the hints. A hint that goes in a circle is left out, and so is what
    /// leads to one of our own nodes: ways begin there anyway. Where the graph knows a channel, the graph
    /// is believed.
    pub(super) fn add_hints(&mut self, request: &RouteRequest) {
        let assumed = request.amount.get().saturating_mul(ASSUMED);
        let mut seen = HashSet::new();
        for hint in &request.hints {
            for (hop, from, to) in usable(hint, request) {
                let direction = DirectedChannel::between(hop.channel, from, to);
                if seen.insert((direction, from, to)) && !self.knows(direction, from, to) {
                    let (from, to) = (self.number(from), self.number(to));
                    let kind = Kind::Hint(policy(hop), assumed);
                    self.add(from, to, direction, kind);
                }
            }
        }
    }

    /// Whether the graph has a usable channel of that number between the same nodes.
    fn knows(&self, direction: DirectedChannel, from: NodeId, to: NodeId) -> bool {
        self.graph.edge(direction).is_some_and(|edge| {
            let line = self.graph.line(edge);
            let is_same = self.graph.id(line.from) == from && self.graph.id(line.to) == to;
            is_same && line.policy.enabled
        })
    }
}

/// The hops of a hint behind the last of our own nodes, each with its ends; none if it goes in a circle.
fn usable<'h>(hint: &'h RouteHint, request: &RouteRequest) -> Vec<(&'h HintHop, NodeId, NodeId)> {
    let RouteHint(hops) = hint;
    let mut nodes: Vec<NodeId> = hops.iter().map(|hop| hop.node).collect();
    nodes.push(request.payee);
    let mut met = HashSet::new();
    if !nodes.iter().all(|node| met.insert(*node)) {
        return Vec::new();
    }
    let is_ours = |node: &NodeId| request.sources.iter().any(|s| s.funds.id == *node);
    let before = nodes[..hops.len()].iter().rposition(is_ours);
    let first = before.map_or(0, |index| index + 1);
    let ends = nodes.windows(2).map(|pair| (pair[0], pair[1]));
    let hops = hops.iter().zip(ends).skip(first);
    hops.map(|(hop, (from, to))| (hop, from, to)).collect()
}

/// A hint says neither the least nor the most that an HTLC may carry.
fn policy(hop: &HintHop) -> ChannelPolicy {
    ChannelPolicy {
        enabled: true,
        htlc_min: Msat::ZERO,
        htlc_max: Msat::MAX,
        fee_base: hop.fee_base,
        fee_ppm: hop.fee_ppm,
        delay: hop.delay,
    }
}
