//! A way with exact amounts: what each channel carries, so that each node on it gets its fee.

use crate::graph::Edge;
use crate::net::{Facts, Net};
use domain::HOPS_MAX;
use std::collections::BTreeMap;

/// Edges from the origin to the payee, and what each of them carries, in msat.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Way {
    pub edges: Vec<Edge>,
    pub amounts: Vec<u64>,
    /// Blocks between what leaves us and what the payee gets.
    pub delay: u32,
}

/// What ways of one plan carry together over each edge.
#[derive(Clone, Default, Debug)]
pub(crate) struct Load(BTreeMap<Edge, u64>);

impl Way {
    /// The way over these edges that delivers so much, if each of them takes an HTLC like that, and an
    /// onion so many hops (BOLT 7: `fee_base_msat + amount * fee_proportional_millionths / 1000000`).
    pub(crate) fn new(net: &Net, edges: Vec<Edge>, delivers: u64) -> Option<Way> {
        if edges.is_empty() || edges.len() > HOPS_MAX || delivers == 0 {
            return None;
        }
        let mut amounts = vec![0; edges.len()];
        let (mut amount, mut delay) = (delivers, 0u32);
        for (edge, at) in edges.iter().zip(&mut amounts).rev() {
            let facts = net.facts(*edge)?;
            if amount < facts.min || amount > facts.max {
                return None;
            }
            *at = amount;
            amount = amount.checked_add(facts.fee(amount)?)?;
            delay = delay.checked_add(facts.delay)?;
        }
        Some(Way {
            edges,
            amounts,
            delay,
        })
    }

    /// What leaves our node.
    pub(crate) fn sent(&self) -> u64 {
        self.amounts.first().copied().unwrap_or(0)
    }

    /// What arrives.
    pub(crate) fn delivered(&self) -> u64 {
        self.amounts.last().copied().unwrap_or(0)
    }

    pub(crate) fn fee(&self) -> u64 {
        self.sent() - self.delivered()
    }

    /// The most that one HTLC over these edges delivers beside that load, if each channel gives no more
    /// than so many hundredths of the range in which its liquidity lies.
    pub(crate) fn most(net: &Net, edges: &[Edge], load: &Load, hundredths: u64) -> Option<u64> {
        let mut comes = u64::MAX;
        for edge in edges {
            let facts = net.facts(*edge)?;
            let room = facts.room.within(hundredths);
            let room = room.saturating_sub(load.on(*edge)).min(facts.max);
            comes = facts.goes_on(comes).min(room);
        }
        Some(comes)
    }
}

impl Load {
    pub(crate) fn on(&self, edge: Edge) -> u64 {
        self.0.get(&edge).copied().unwrap_or(0)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Puts a way on its channels, or says that one of them has no room left.
    pub(crate) fn add(&mut self, net: &Net, way: &Way) -> Option<()> {
        for (edge, amount) in way.edges.iter().zip(&way.amounts) {
            let load = self.0.entry(*edge).or_default();
            *load = load.checked_add(*amount)?;
            if *load > net.facts(*edge)?.room.high {
                return None;
            }
        }
        Some(())
    }

    /// The edges that carry something, and how much.
    pub(crate) fn edges(&self) -> impl Iterator<Item = (Edge, u64)> + '_ {
        self.0.iter().map(|(edge, load)| (*edge, *load))
    }
}

impl Facts {
    /// The fee for letting so much go over this edge. Nothing for our own.
    #[inline]
    pub(crate) fn fee(&self, amount: u64) -> Option<u64> {
        // As good as always it fits into 64 bits, whose division is quick.
        let share = if let Some(millionths) = amount.checked_mul(u64::from(self.ppm)) {
            millionths / 1_000_000
        } else {
            let millionths = u128::from(amount) * u128::from(self.ppm);
            u64::try_from(millionths / 1_000_000).ok()?
        };
        self.base.checked_add(share)
    }

    /// The most that can go over this edge out of what comes in before it.
    fn goes_on(&self, comes: u64) -> u64 {
        if self.own {
            return comes;
        }
        let share = u128::from(comes.saturating_sub(self.base)) * 1_000_000;
        let share = share / (1_000_000 + u128::from(self.ppm));
        let goes = u64::try_from(share).unwrap_or(u64::MAX);
        // The fee is rounded down, so one more may go.
        let needs = |goes: u64| goes.checked_add(self.fee(goes)?);
        let more = goes.saturating_add(1);
        if needs(more).is_some_and(|needed| needed <= comes) {
            more
        } else {
            goes
        }
    }
}
