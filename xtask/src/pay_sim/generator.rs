//! A network from a seed, with degrees, capacities and policies distributed as on the public one.

use super::network::{Channel, Half, Network};
use fastrand::Rng;

/// Twentieths of the public network of 2026-02-03, the least and the greatest included: half of all nodes
/// have one channel, and so on. Only enabled directions count.
const DEGREES: [u64; 21] = [
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 4, 5, 8, 17, 300,
];
const SATS: [u64; 21] = [
    1_050,
    20_000,
    20_000,
    50_000,
    100_000,
    200_000,
    318_438,
    500_000,
    1_000_000,
    1_000_000,
    1_283_260,
    2_000_000,
    2_500_000,
    3_157_960,
    5_000_000,
    5_000_000,
    8_000_000,
    10_000_000,
    15_665_544,
    40_000_000,
    1_000_000_000,
];
const PPMS: [u64; 21] = [
    0, 0, 1, 1, 1, 1, 3, 10, 33, 80, 100, 188, 262, 428, 500, 569, 960, 1_113, 2_000, 3_000, 10_000,
];
const BASES: [u64; 21] = [
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 33, 990, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000,
    10_000,
];
const DELAYS: [u64; 21] = [
    10, 34, 40, 40, 40, 40, 80, 80, 80, 80, 80, 80, 80, 80, 100, 100, 120, 144, 144, 144, 288,
];
const MINS: [u64; 21] = [
    0, 1, 1, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000,
    1_000, 1_000, 1_000, 1_000, 100_000, 1_000_000,
];
/// Of the capacity, in hundredths.
const MAXES: [u64; 21] = [
    1, 20, 45, 83, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 100, 100,
];

/// In which hundredth of all capacities the middle one lies of channels whose lesser end has up to so
/// many channels: large nodes have large channels between them.
const MIDDLES: [(usize, u64); 6] = [
    (1, 20),
    (3, 31),
    (10, 42),
    (30, 65),
    (100, 72),
    (usize::MAX, 86),
];

/// A network of so many nodes, and so many more that have no channels yet.
pub(super) fn generate(nodes: usize, more: usize, rng: &mut Rng) -> Network {
    let mut degrees: Vec<usize> = (0..nodes).map(|_| small(&DEGREES, rng)).collect();
    degrees.sort_unstable_by(|a, b| b.cmp(a));
    let mut channels = Vec::new();
    let mut ends: Vec<usize> = (0..nodes)
        .flat_map(|node| vec![node; degrees[node]])
        .collect();
    // The least first: each of them is connected to a larger one, those with many channels more often.
    while let Some(node) = ends.pop() {
        let Some(larger) = ends.iter().rposition(|other| *other != node) else {
            break;
        };
        let place = rng.usize(..=larger);
        let other = ends.remove(place);
        if other != node {
            let lesser = degrees[node].min(degrees[other]);
            channels.push(channel([other, node], lesser, rng));
        }
    }
    Network::new(channels, more)
}

fn channel(ends: [usize; 2], lesser: usize, rng: &mut Rng) -> Channel {
    let middle = MIDDLES.iter().find(|(most, _)| lesser <= *most);
    let middle = middle.map_or(50, |(_, middle)| *middle);
    let place = (middle * 1_000 + rng.u64(..60_000)).saturating_sub(30_000);
    let sats = at(&SATS, place.min(99_900));
    let both_disabled = rng.u8(..100) < 33;
    let mut half = || Half {
        enabled: !both_disabled && rng.u8(..100) >= 3,
        min: drawn(&MINS, rng),
        max: sats * 10 * drawn(&MAXES, rng),
        base: small(&BASES, rng),
        ppm: small(&PPMS, rng),
        delay: small(&DELAYS, rng),
    };
    Channel {
        ends,
        capacity: sats * 1_000,
        halves: [half(), half()],
    }
}

fn small<T: TryFrom<u64>>(twentieths: &[u64; 21], rng: &mut Rng) -> T {
    let drawn = drawn(twentieths, rng);
    T::try_from(drawn).unwrap_or_else(|_| unreachable!("the tables hold small numbers"))
}

fn drawn(twentieths: &[u64; 21], rng: &mut Rng) -> u64 {
    at(twentieths, rng.u64(..100_000))
}

/// What lies at that many thousandths of a hundredth. Between two twentieths, most lie near the lesser.
fn at(twentieths: &[u64; 21], place: u64) -> u64 {
    let step = usize::try_from(place / 5_000).unwrap_or(0).min(19);
    let (low, high) = (twentieths[step], twentieths[step + 1]);
    let into = place % 5_000;
    low + (high - low) * into / 5_000 * into / 5_000
}
