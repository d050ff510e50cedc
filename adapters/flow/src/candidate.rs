//! Ways that deliver the amount, and what is to be thought of them.

use crate::graph::Edge;
use crate::net::Net;
use crate::price::Taste;
use crate::split::Pieces;
use crate::way::{Load, Way};

/// What one more part is worth, in millionths of a nat: each part can fail by itself, holds a slot on
/// every channel, and is a piece of knowledge that the next plan would be shattered by.
const PART: u64 = 60_000;

/// Ways that together deliver the amount, each with exact amounts, over channels that have room for all.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub ways: Vec<Way>,
    /// What they cost in all, in msat.
    pub fee: u64,
    load: Load,
}

impl Candidate {
    /// Those ways, if the channels take them.
    pub(crate) fn new(net: &Net, ways: Vec<Way>) -> Option<Candidate> {
        let mut load = Load::default();
        let mut fee = 0u64;
        for way in &ways {
            load.add(net, way)?;
            fee = fee.checked_add(way.fee())?;
        }
        (!ways.is_empty()).then_some(Candidate { ways, fee, load })
    }

    /// The ways that these pieces take, which deliver exactly `amount`: a little less than the pieces.
    pub(crate) fn of_pieces(
        net: &Net,
        ways: Vec<(Vec<Edge>, u16)>,
        pieces: &Pieces,
        amount: u64,
    ) -> Option<Candidate> {
        let mut parts = Vec::new();
        for (edges, count) in ways {
            // No part may be larger than an HTLC may be.
            let htlc = edges.iter().filter_map(|edge| Some(net.facts(*edge)?.max));
            let each_max = pieces.within(htlc.min()?).max(1);
            let mut left = u64::from(count);
            while left > 0 {
                let part = left.min(each_max);
                left -= part;
                parts.push((edges.clone(), part.checked_mul(pieces.size)?));
            }
        }
        let total = parts.iter().map(|(_, amount)| *amount).sum::<u64>();
        let excess = total.checked_sub(amount)?;
        let largest = parts.iter_mut().max_by_key(|(_, amount)| *amount)?;
        largest.1 = largest.1.checked_sub(excess)?;
        let ways = parts
            .into_iter()
            .map(|(edges, amount)| Way::new(net, edges, amount));
        Candidate::new(net, ways.collect::<Option<_>>()?)
    }

    /// The longest time between what leaves us and what the payee gets, in blocks.
    pub(crate) fn delay(&self) -> u32 {
        self.ways.iter().map(|way| way.delay).max().unwrap_or(0)
    }

    /// Its fees, its risk and its parts, in millionths of a msat: the less the better.
    pub(crate) fn score(&self, net: &Net, taste: &Taste) -> u128 {
        let hops: usize = self.ways.iter().map(|way| way.edges.len() - 1).sum();
        let hops = hops as u128 * u128::from(taste.nat) * u128::from(taste.hop);
        let fee = u128::from(self.fee) * 1_000_000;
        self.risk(net, taste) + Candidate::parts_price(self.ways.len(), taste) + hops + fee
    }

    /// What its risk is worth, in millionths of a msat.
    pub(crate) fn risk(&self, net: &Net, taste: &Taste) -> u128 {
        let facts = |(edge, load)| net.facts(edge).map(|facts| (facts, load));
        let loads = self.load.edges().filter_map(facts);
        loads
            .map(|(facts, load)| u128::from(facts.room.risk(load, taste.nat)))
            .sum()
    }

    /// What so many parts are worth, in millionths of a msat.
    pub(crate) fn parts_price(parts: usize, taste: &Taste) -> u128 {
        parts as u128 * u128::from(taste.nat) * u128::from(PART)
    }

    /// How likely it is that every channel has what it is asked for, in millionths.
    pub(crate) fn probability_ppm(&self, net: &Net) -> u32 {
        let facts = |(edge, load)| net.facts(edge).map(|facts| (facts, load));
        let each = self.load.edges().filter_map(facts);
        let each = each.map(|(facts, load)| facts.room.probability_ppm(load));
        each.fold(1_000_000, |all, one| {
            let both = u64::from(all) * u64::from(one) / 1_000_000;
            u32::try_from(both).unwrap_or(0)
        })
    }
}
