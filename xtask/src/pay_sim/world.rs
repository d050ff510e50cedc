//! A network whose balances nobody can see, with our own nodes in it.

use super::network::{Channel, Half, Network};
use domain::{DirectedChannel, NodeId, ShortChannelId};
use fastrand::Rng;
use std::collections::{HashMap, HashSet};

/// How the balances of others lie.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(crate) enum Balances {
    /// Anywhere, with the same probability
    Uniform,
    /// Nearly all on one side
    Bimodal,
}

/// What each of our nodes has: so many channels of that size, in msat.
const OWN_CHANNELS: usize = 6;
const OWN_CAPACITY: u64 = 5_000_000_000;

/// What of that is on our side: at least, and how much more it can be.
const OWN_BALANCE: (u64, u64) = (3_500_000_000, 1_200_000_000);

/// A network, our nodes, and what lies on which side of each channel.
pub(super) struct World {
    pub network: Network,
    pub ids: Vec<NodeId>,
    /// Our own nodes.
    pub own: Vec<usize>,
    /// The halves that begin at each node and are enabled.
    pub from: Vec<Vec<Direction>>,
    pub balances: Vec<[u64; 2]>,
    pub places: HashMap<ShortChannelId, usize>,
}

/// A half of a channel.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) struct Direction {
    pub channel: usize,
    pub half: usize,
}

impl World {
    /// The network, with that many of our own nodes connected to some of the largest. The network's last
    /// nodes are ours.
    pub(super) fn new(mut network: Network, own: usize, rng: &mut Rng) -> World {
        let nodes = network.keys.len();
        let largest = network.by_degree();
        let largest = &largest[..(nodes / 50).clamp(12, 300).min(nodes - own)];
        for ours in nodes - own..nodes {
            let mut peers = HashSet::new();
            while peers.len() < OWN_CHANNELS {
                let peer = largest[rng.usize(..largest.len())];
                if peers.insert(peer) {
                    network.channels.push(own_channel([ours, peer]));
                }
            }
        }
        let ids = network.keys.iter();
        let ids = ids.map(|key| NodeId::new(key.serialize()).expect("it is a compressed key"));
        let places = (0..network.channels.len()).map(|place| (number(place), place));
        let mut from = vec![Vec::new(); nodes];
        for (channel, has) in network.channels.iter().enumerate() {
            for half in 0..2 {
                if has.halves[half].enabled {
                    from[has.ends[half]].push(Direction { channel, half });
                }
            }
        }
        World {
            ids: ids.collect(),
            own: (nodes - own..nodes).collect(),
            from,
            balances: vec![[0; 2]; network.channels.len()],
            places: places.collect(),
            network,
        }
    }

    /// Deals the balances anew.
    pub(super) fn deal(&mut self, how: Balances, rng: &mut Rng) {
        for (channel, balances) in self.network.channels.iter().zip(&mut self.balances) {
            let is_own = self.own.contains(&channel.ends[0]);
            let first = match how {
                _ if is_own => OWN_BALANCE.0 + rng.u64(..OWN_BALANCE.1),
                Balances::Uniform => rng.u64(..=channel.capacity),
                Balances::Bimodal => near_one_end(channel.capacity, rng),
            };
            *balances = [first, channel.capacity - first];
        }
    }

    pub(super) fn half(&self, at: Direction) -> &Half {
        &self.network.channels[at.channel].halves[at.half]
    }

    pub(super) fn balance(&self, at: Direction) -> u64 {
        self.balances[at.channel][at.half]
    }

    pub(super) fn capacity(&self, at: Direction) -> u64 {
        self.network.channels[at.channel].capacity
    }

    /// Where a half ends.
    pub(super) fn to(&self, at: Direction) -> usize {
        self.network.channels[at.channel].ends[1 - at.half]
    }

    /// The half of a channel that begins at a node.
    pub(super) fn beginning_at(&self, channel: usize, node: usize) -> Direction {
        let half = usize::from(self.network.channels[channel].ends[0] != node);
        Direction { channel, half }
    }

    /// BOLT 7's name of a half.
    pub(super) fn directed(&self, at: Direction) -> DirectedChannel {
        let [from, to] = {
            let ends = self.network.channels[at.channel].ends;
            [ends[at.half], ends[1 - at.half]].map(|end| self.ids[end])
        };
        DirectedChannel::between(number(at.channel), from, to)
    }

    /// Payees that so much can reach as far as gossip tells: three channels, that hold twice as much.
    pub(super) fn payees(&self, amount: u64, count: usize, rng: &mut Rng) -> Vec<usize> {
        let mut into = vec![(0, 0); self.ids.len()];
        for at in self.from.iter().flatten() {
            let (channels, capacity) = &mut into[self.to(*at)];
            *channels += 1;
            *capacity += self.capacity(*at);
        }
        let others = 0..self.ids.len() - self.own.len();
        let fit: Vec<usize> = others
            .filter(|node| into[*node].0 >= 3 && into[*node].1 >= 2 * amount)
            .collect();
        (0..count)
            .filter_map(|_| rng.choice(fit.iter().copied()))
            .collect()
    }
}

/// The number of the channel at that place.
pub(super) fn number(place: usize) -> ShortChannelId {
    let place = u64::try_from(place).unwrap_or(u64::MAX);
    ShortChannelId((600_000 + (place >> 8)) << 40 | (place & 255) << 16 | 1)
}

fn own_channel(ends: [usize; 2]) -> Channel {
    let half = Half {
        enabled: true,
        min: 1,
        max: OWN_CAPACITY / 100 * 99,
        base: 0,
        ppm: 500,
        delay: 80,
    };
    Channel {
        ends,
        capacity: OWN_CAPACITY,
        halves: [half; 2],
    }
}

/// Exponentially far from either end, a tenth of the capacity on average.
fn near_one_end(capacity: u64, rng: &mut Rng) -> u64 {
    let far = -rng.f64().max(1e-12).ln() / 10.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "0 to 1,000,000"
    )]
    let millionths = (far.min(1.0) * 1e6) as u64;
    let far = u128::from(capacity) * u128::from(millionths) / 1_000_000;
    let far = u64::try_from(far).unwrap_or(capacity);
    if rng.bool() { far } else { capacity - far }
}
