//! The channels of a world with orders: which ways there are, what they cost, and how much each can carry
//! beyond ours, which nobody is told and which changes.

use super::chance::Chance;
use super::node::NODES;
use domain::contract::samples::{msat, node_id};
use domain::{Funds, Hop, Msat, Mutex, NodeId, OwnChannel, Route, ShortChannelId};
use std::collections::BTreeMap;

/// Each begins at one of our nodes and ends at the payee: the channels, and the node to which each leads.
const WAYS: [(usize, &[(u64, u8)]); 6] = [
    (0, &[(100, 1), (101, PAYEE)]),
    (0, &[(110, 2), (111, PAYEE)]),
    (0, &[(100, 1), (121, 2), (111, PAYEE)]),
    (1, &[(120, 3), (131, PAYEE)]),
    (1, &[(130, 1), (101, PAYEE)]),
    (1, &[(140, PAYEE)]),
];
/// Who is paid, as by those who bring their own routes.
const PAYEE: u8 = 9;
/// The blocks that each node on the way wants.
const DELAY: u32 = 40;

/// A way.
#[derive(Clone, Copy)]
pub(super) struct Way {
    pub(super) node: usize,
    steps: &'static [(u64, u8)],
}

/// What the channels beyond ours can carry now.
pub(super) struct Graph {
    carry: Mutex<BTreeMap<ShortChannelId, u64>>,
}

impl Graph {
    pub(super) fn new(chance: &Chance) -> Graph {
        let beyond = WAYS.iter().flat_map(|(_, steps)| steps.iter().skip(1));
        let mut carry = BTreeMap::new();
        for (channel, _) in beyond {
            carry.insert(scid(*channel), anything(chance));
        }
        Graph {
            carry: Mutex::new(carry),
        }
    }

    /// The first hop that cannot carry that part, if there is one: counted from 0. What it can may be another
    /// amount from then on.
    pub(super) fn short(&self, route: &Route, chance: &Chance) -> Option<usize> {
        let mut carry = self.carry.lock();
        let mut hops = route.hops().iter().enumerate();
        let (index, hop) = hops.find(|(_, hop)| {
            let most = carry.get(&hop.channel);
            most.is_some_and(|most| hop.amount.get() > *most)
        })?;
        if chance.one_in(2) {
            carry.insert(hop.channel, anything(chance));
        }
        Some(index)
    }
}

fn anything(chance: &Chance) -> u64 {
    chance.pick(&[350, 700, 1_200, 5_000, 5_000, 5_000])
}

/// Every way there is.
pub(super) fn ways() -> impl Iterator<Item = Way> {
    WAYS.into_iter().map(|(node, steps)| Way { node, steps })
}

/// What a node of ours says of its channels.
pub(super) fn funds(index: usize) -> Funds {
    let own = WAYS.iter().filter(|(node, _)| *node == index);
    let mut firsts: Vec<(u64, u8)> = own
        .filter_map(|(_, steps)| steps.first().copied())
        .collect();
    firsts.dedup();
    let channel = |(channel, peer)| OwnChannel {
        peer: node_id(peer),
        channel: scid(channel),
        spendable: msat(1_000_000_000),
        htlc_min: Msat::ZERO,
        htlc_max: Msat::MAX,
        usable: true,
    };
    Funds {
        id: own_id(index),
        channels: firsts.into_iter().map(channel).collect(),
    }
}

/// The id of a node of ours.
fn own_id(index: usize) -> NodeId {
    node_id([200, 201].into_iter().take(NODES).nth(index).unwrap_or(202))
}

impl Way {
    /// What those on the way want for that amount.
    pub(super) fn fee(self, amount: u64) -> u64 {
        let others = u64::try_from(self.steps.len() - 1).unwrap_or(0);
        others * (10 + amount / 50)
    }

    /// Whether a fee is paid on it.
    pub(super) fn has_fee(self) -> bool {
        self.steps.len() > 1
    }

    /// The way with these amounts, and so many blocks for the last hop.
    pub(super) fn route(self, payee: NodeId, amount: u64, fee: u64, last: u32) -> Option<Route> {
        let count = self.steps.len();
        let hop = |(index, (channel, to)): (usize, &(u64, u8))| {
            let left = count - 1 - index;
            let fee = match left {
                0 => 0,
                _ if index == 0 => fee,
                _ => fee / 2,
            };
            let is_last = left == 0;
            Some(Hop {
                node: if is_last { payee } else { node_id(*to) },
                channel: scid(*channel),
                amount: Msat::new(amount.checked_add(fee)?).ok()?,
                delay: last + DELAY * u32::try_from(left).ok()?,
            })
        };
        let hops: Option<Vec<Hop>> = self.steps.iter().enumerate().map(hop).collect();
        Route::new(hops?).ok()
    }
}

fn scid(channel: u64) -> ShortChannelId {
    ShortChannelId(channel << 40)
}
