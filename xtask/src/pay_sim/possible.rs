//! Whether anybody who knows all balances could pay, fees aside: a max flow.

use super::world::{Direction, World};
use std::collections::{HashMap, VecDeque};

/// What is told apart: a flow of less than a sat does not count.
const SAT: u64 = 1_000;

/// Whether so much can flow from our nodes to that one, in augmenting ways that halve in size.
pub(super) fn is_possible(world: &World, payee: usize, amount: u64) -> bool {
    let mut flow: HashMap<Direction, u64> = HashMap::new();
    let mut left = amount;
    let mut size = amount;
    while left > 0 && size >= SAT {
        match augment(world, &flow, payee, size.min(left)) {
            None => size /= 2,
            Some((way, room)) => {
                let sent = room.min(left);
                for at in way {
                    put(&mut flow, at, sent);
                }
                left -= sent;
            }
        }
    }
    left < SAT
}

/// The shortest way that has room for so much, and how much room it has.
fn augment(
    world: &World,
    flow: &HashMap<Direction, u64>,
    payee: usize,
    size: u64,
) -> Option<(Vec<Direction>, u64)> {
    let mut came: Vec<Option<Direction>> = vec![None; world.ids.len()];
    let mut queue: VecDeque<usize> = world.own.iter().copied().collect();
    while let Some(node) = queue.pop_front() {
        if node == payee {
            return Some(walk(world, flow, &came, payee));
        }
        for at in &world.from[node] {
            let to = world.to(*at);
            let is_new = came[to].is_none() && !world.own.contains(&to);
            if is_new && room(world, flow, *at) >= size {
                came[to] = Some(*at);
                queue.push_back(to);
            }
        }
    }
    None
}

fn walk(
    world: &World,
    flow: &HashMap<Direction, u64>,
    came: &[Option<Direction>],
    payee: usize,
) -> (Vec<Direction>, u64) {
    let mut way = Vec::new();
    let (mut node, mut least) = (payee, u64::MAX);
    while let Some(at) = came[node] {
        least = least.min(room(world, flow, at));
        way.push(at);
        node = world.network.channels[at.channel].ends[at.half];
    }
    (way, least)
}

fn room(world: &World, flow: &HashMap<Direction, u64>, at: Direction) -> u64 {
    let on = |at| flow.get(&at).copied().unwrap_or(0);
    world.balance(at) + on(back(at)) - on(at)
}

/// What flows back undoes what flows.
fn put(flow: &mut HashMap<Direction, u64>, at: Direction, amount: u64) {
    let opposite = flow.entry(back(at)).or_default();
    let undone = amount.min(*opposite);
    *opposite -= undone;
    *flow.entry(at).or_default() += amount - undone;
}

fn back(at: Direction) -> Direction {
    Direction {
        half: 1 - at.half,
        ..at
    }
}
