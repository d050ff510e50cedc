//! Blocks on top, so that the delay that the last nodes see does not tell how near the payee is (BOLT 7,
//! "Recommendations for Routing": shadow routes).

use crate::graph::Graph;
use domain::NodeId;
use fastrand::Rng;

/// How many hops the way seems to go on behind the payee, at most.
const HOPS_MAX: usize = 3;

/// The most blocks on top: three days. LDK's payees and payers agree on as many.
const BLOCKS_MAX: u32 = 432;

/// What a hop seems to want if the payee has no channels that are known.
const UNKNOWN: [u32; 4] = [34, 40, 80, 144];

/// The blocks of a walk that goes on from the payee, as far as `room` lets it.
pub(crate) fn blocks(graph: &Graph, payee: NodeId, room: u32, rng: &mut Rng) -> u32 {
    let room = room.min(BLOCKS_MAX);
    let mut node = graph.node(payee);
    let mut blocks: u32 = 0;
    for _ in 0..rng.usize(1..=HOPS_MAX) {
        let delays = node.map(|node| next(graph, node)).unwrap_or_default();
        let (delay, to) = match rng.choice(delays) {
            Some((delay, to)) => (delay, Some(to)),
            None => (UNKNOWN[rng.usize(..UNKNOWN.len())], None),
        };
        let Some(more) = blocks.checked_add(delay).filter(|more| *more <= room) else {
            break;
        };
        (blocks, node) = (more, to);
    }
    blocks
}

/// The delay of each edge that goes on from a node, and where it leads.
fn next(graph: &Graph, node: u32) -> Vec<(u32, u32)> {
    let policies = graph.from(node).iter();
    let policies = policies.map(|near| (graph.line(near.edge).policy, near.to));
    let enabled = policies.filter(|(policy, _)| policy.enabled);
    enabled.map(|(policy, to)| (policy.delay, to)).collect()
}
