//! Any small graph, and all of its single ways.

use crate::world::{PAYEE, World, msat, node, over};
use domain::{Bound, ChannelPolicy, Held, Msat, Route};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

const SEED: u64 = 7;

/// So many cases, the same ones each time.
pub(crate) fn fixed(cases: u32) -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(SEED),
        ..ProptestConfig::with_cases(cases)
    }
}

/// A graph of some nodes, the first of which is the payee, and what is asked in it.
#[derive(Clone, Debug)]
pub(crate) struct Wild {
    channels: Vec<Channel>,
    own: Vec<Own>,
    amount: u64,
    max_fee: u64,
    max_parts: u16,
    max_delay: u32,
}

#[derive(Clone, Debug)]
struct Channel {
    ends: [u8; 2],
    capacity: u64,
    policies: [Option<ChannelPolicy>; 2],
    /// At least, and below, in thousandths of the capacity.
    known: Option<(u64, Option<u64>)>,
    held: Option<u64>,
}

#[derive(Clone, Debug)]
struct Own {
    ours: u8,
    peer: u8,
    spendable: u64,
    htlc_max: Option<u64>,
}

/// A single way with exact amounts.
#[derive(Clone, Debug)]
pub(crate) struct Way {
    pub(crate) fee: u64,
    pub(crate) hops: u32,
    pub(crate) delay: u32,
    /// −ln of its probability.
    pub(crate) nats: f64,
}

/// Nodes from 2 on; the payee is one of them.
fn some_node(nodes: u8) -> impl Strategy<Value = u8> {
    (0..nodes).prop_map(|number| if number == 0 { PAYEE } else { number + 1 })
}

fn some_policy() -> impl Strategy<Value = ChannelPolicy> {
    let min = prop_oneof![4 => Just(1), 1 => Just(1_000), 1 => Just(200_000)];
    let max = prop_oneof![3 => Just(Msat::MAX.get()), 1 => 100_000u64..2_000_000];
    let fees = (prop_oneof![Just(0u64), 0u64..3_000], 0u32..10_000);
    (prop::bool::weighted(0.9), min, max, fees, 0u32..200).prop_map(
        |(enabled, min, max, (base, fee_ppm), delay)| ChannelPolicy {
            enabled,
            htlc_min: msat(min),
            htlc_max: msat(max),
            fee_base: msat(base),
            fee_ppm,
            delay,
        },
    )
}

fn some_channel(nodes: u8) -> impl Strategy<Value = Channel> {
    let policies = [(); 2].map(|()| option::weighted(0.9, some_policy()));
    let known = (0u64..1_000, option::of(0u64..1_000));
    let known = known.prop_map(|(could, could_not)| (could, could_not.map(|more| could + more)));
    (
        [some_node(nodes), some_node(nodes)],
        100_000u64..5_000_000,
        policies,
        option::weighted(0.3, known),
        option::weighted(0.1, 1u64..500_000),
    )
        .prop_map(|(ends, capacity, policies, known, held)| Channel {
            ends,
            capacity,
            policies,
            known,
            held,
        })
}

pub(crate) fn wild(nodes: u8) -> impl Strategy<Value = Wild> {
    let own = (
        prop_oneof![3 => Just(1u8), 1 => Just(200)],
        some_node(nodes),
        1u64..3_000_000,
        option::weighted(0.2, 1u64..1_000_000),
    );
    let own = own.prop_map(|(ours, peer, spendable, htlc_max)| Own {
        ours,
        peer,
        spendable,
        htlc_max,
    });
    let amount = prop_oneof![1u64..1_000, 1u64..1_000_000, 1u64..4_000_000];
    (
        vec(some_channel(nodes), 0..14),
        vec(own, 1..5),
        amount,
        0u64..50_000,
        1u16..12,
        20u32..800,
    )
        .prop_map(
            |(channels, own, amount, max_fee, max_parts, max_delay)| Wild {
                channels,
                own,
                amount,
                max_fee,
                max_parts,
                max_delay,
            },
        )
}

impl Wild {
    pub(crate) fn world(&self) -> World {
        let mut world = World::new(self.amount);
        for (id, channel) in (500..).zip(&self.channels) {
            let [a, b] = channel.ends;
            if a == b {
                continue;
            }
            for (ends, policy) in [[a, b], [b, a]].into_iter().zip(channel.policies) {
                if let Some(policy) = policy {
                    world.channel(id, ends, channel.capacity, policy);
                }
            }
            let channel_id = over(id, a, b);
            if let Some((could, could_not)) = channel.known {
                let share = |thousandths| msat(channel.capacity * thousandths / 1_000);
                world.request.knowledge.push(Bound {
                    channel: channel_id,
                    at_least: share(could),
                    below: could_not.map(|thousandths| msat(share(thousandths).get() + 1)),
                });
            }
            if let Some(held) = channel.held {
                world.request.held.push(Held {
                    channel: channel_id,
                    amount: msat(held.min(channel.capacity)),
                });
            }
        }
        for (id, own) in (100..).zip(&self.own) {
            let channel = world.own(own.ours, id, own.peer, own.spendable);
            if let Some(most) = own.htlc_max {
                channel.htlc_max = msat(most);
            }
        }
        world.request.max_fee = msat(self.max_fee);
        world.request.max_parts = self.max_parts;
        world.request.max_delay = self.max_delay;
        world
    }

    /// What our nodes can spend, usable or not.
    pub(crate) fn spendable(&self) -> u64 {
        self.own.iter().map(|own| own.spendable).sum()
    }

    /// Whether a channel takes no HTLC as small as the amount.
    pub(crate) fn is_any_coarse(&self) -> bool {
        let policies = self.channels.iter().flat_map(|channel| channel.policies);
        policies
            .flatten()
            .any(|policy| policy.htlc_min.get() > self.amount)
    }

    /// Every single way that delivers the amount, whatever it costs and how long it takes.
    pub(crate) fn ways(&self) -> Vec<Way> {
        let mut ways = Vec::new();
        for own in &self.own {
            let mut nodes = vec![own.peer];
            self.walk(own, &mut nodes, &mut Vec::new(), &mut ways);
        }
        ways
    }

    /// What a brute force thinks of a way that was found.
    pub(crate) fn found(&self, route: &Route) -> Way {
        let hops = &route.hops()[1..];
        let mut from = route.first().node;
        let mut edges = Vec::new();
        for hop in hops {
            let index = usize::try_from(hop.channel.0 - 500).unwrap();
            let is_back = node(self.channels[index].ends[0]) != from;
            edges.push((index, usize::from(is_back)));
            from = hop.node;
        }
        let mut own = (100..).zip(&self.own);
        let own = own
            .find(|(id, _)| *id == route.first().channel.0)
            .unwrap()
            .1;
        self.price(own, &edges).unwrap()
    }

    fn walk(
        &self,
        own: &Own,
        nodes: &mut Vec<u8>,
        edges: &mut Vec<(usize, usize)>,
        ways: &mut Vec<Way>,
    ) {
        let last = *nodes.last().unwrap();
        if last == PAYEE {
            ways.extend(self.price(own, edges));
            return;
        }
        for (index, channel) in self.channels.iter().enumerate() {
            for direction in 0..2 {
                let (from, to) = (channel.ends[direction], channel.ends[1 - direction]);
                if from == last && !nodes.contains(&to) {
                    nodes.push(to);
                    edges.push((index, direction));
                    self.walk(own, nodes, edges, ways);
                    nodes.pop();
                    edges.pop();
                }
            }
        }
    }

    fn price(&self, own: &Own, edges: &[(usize, usize)]) -> Option<Way> {
        let (mut amount, mut delay, mut nats) = (self.amount, 0, 0.0);
        for (index, direction) in edges.iter().rev() {
            let channel = &self.channels[*index];
            let policy = channel.policies[*direction].filter(|policy| policy.enabled)?;
            let (low, high) = channel.room(*direction == 0);
            let htlc = policy.htlc_min.get()..=policy.htlc_max.get();
            if !htlc.contains(&amount) || amount > high {
                return None;
            }
            nats += nats_of(amount, low, high);
            amount += policy.fee(msat(amount)).unwrap().get();
            delay += policy.delay;
        }
        let most = own.spendable.min(own.htlc_max.unwrap_or(u64::MAX));
        (amount <= most).then_some(Way {
            fee: amount - self.amount,
            hops: u32::try_from(edges.len()).unwrap() + 1,
            delay,
            nats,
        })
    }
}

impl Channel {
    /// What lies between what is known of one direction, or of the other. What is known, and what is
    /// held, is of the first.
    fn room(&self, is_first: bool) -> (u64, u64) {
        let share = |thousandths: u64| self.capacity * thousandths / 1_000;
        let (could, could_not) = self.known.unwrap_or((0, None));
        let low = share(could);
        // What was said last is believed.
        let high = could_not.map_or(self.capacity, share);
        let held = self.held.map_or(0, |held| held.min(self.capacity));
        if is_first {
            let high = high.min(self.capacity);
            return (
                low.min(high).saturating_sub(held),
                high.saturating_sub(held),
            );
        }
        let least = self.capacity.saturating_sub(high + 1);
        let least = could_not.map_or(0, |_| least.saturating_sub(self.capacity / 50));
        let most = self.capacity - low;
        (least.min(most), most)
    }
}

fn nats_of(amount: u64, low: u64, high: u64) -> f64 {
    if amount <= low {
        return 0.0;
    }
    let float = |amount: u64| f64::from(u32::try_from(amount).unwrap());
    let probability = float(high - amount + 1) / float(high - low + 1);
    (-probability.ln()).min(4.605)
}
