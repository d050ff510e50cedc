//! What attempts have taught about channels, kept over all payments: remote liquidity is everybody's.

use domain::{Bound, DirectedChannel, Msat, Timestamp};
use std::collections::HashMap;
use std::time::Duration;

/// How long a fact is believed. Core Lightning's xpay believes as long.
const AGE_MAX: Duration = Duration::from_secs(3_600);

/// The most directions of which something is known: some 5 MB.
const DIRECTIONS_MAX: usize = 50_000;

/// Between what and what the liquidity of a direction lies, as attempts of the last hour have shown.
#[derive(Default, Debug)]
pub struct Knowledge(HashMap<DirectedChannel, Known>);

/// What is known of one direction, in msat.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Known {
    at_least: Option<Fact>,
    below: Option<Fact>,
}

#[derive(Clone, Copy, Debug)]
struct Fact {
    amount: u64,
    at: Timestamp,
}

impl Knowledge {
    /// Nothing.
    pub fn new() -> Knowledge {
        Knowledge::default()
    }

    /// Takes in what an attempt has shown at that time.
    pub fn learn(&mut self, bound: &Bound, at: Timestamp) {
        if self.0.len() >= DIRECTIONS_MAX && !self.0.contains_key(&bound.channel) {
            self.forget(at);
        }
        self.0.entry(bound.channel).or_default().learn(bound, at);
    }

    /// The amount has gone over that direction for good, so it could come back.
    pub fn moved(&mut self, over: DirectedChannel, amount: Msat) {
        let back = DirectedChannel {
            direction: 1 - (over.direction & 1),
            ..over
        };
        if let Some(known) = self.0.get_mut(&over) {
            known.shift(|had| had.saturating_sub(amount.get()));
        }
        if let Some(known) = self.0.get_mut(&back) {
            known.shift(|had| had.saturating_add(amount.get()));
        }
    }

    /// Of how many directions something is remembered.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// About how many bytes of memory it takes.
    pub fn memory(&self) -> usize {
        self.0.capacity() * (size_of::<(DirectedChannel, Known)>() + 1)
    }

    /// At least this much can go over that direction, and this much cannot, as far as that is known now.
    pub fn bounds(&self, of: DirectedChannel, now: Timestamp) -> (Msat, Option<Msat>) {
        let known = self.0.get(&of).copied().unwrap_or_default().fresh(now);
        let msat = |amount| Msat::new(amount).unwrap_or(Msat::MAX);
        (msat(known.at_least()), known.below().map(msat))
    }

    /// All that is not too old to be believed.
    pub(crate) fn fresh(
        &self,
        now: Timestamp,
    ) -> impl Iterator<Item = (DirectedChannel, Known)> + '_ {
        let all = self.0.iter();
        let fresh = all.map(move |(direction, known)| (*direction, known.fresh(now)));
        fresh.filter(|(_, known)| known.at_least.is_some() || known.below.is_some())
    }

    /// Makes room: what is too old goes, and as much more of the oldest as there must.
    fn forget(&mut self, now: Timestamp) {
        let mut age = AGE_MAX;
        while self.0.len() >= DIRECTIONS_MAX {
            let oldest = now.before(age);
            self.0.retain(|_, known| known.newest() > Some(oldest));
            if age < Duration::from_secs(1) {
                self.0.clear();
            }
            age /= 2;
        }
    }
}

impl Known {
    pub(crate) fn at_least(&self) -> u64 {
        self.at_least.map_or(0, |fact| fact.amount)
    }

    pub(crate) fn below(&self) -> Option<u64> {
        self.below.map(|fact| fact.amount)
    }

    /// A later fact that contradicts an earlier one is believed, and the earlier one forgotten.
    pub(crate) fn learn(&mut self, bound: &Bound, at: Timestamp) {
        let could = bound.at_least.get();
        if could > 0 {
            self.below = self.below.filter(|below| below.amount > could);
            let more = self.at_least.filter(|known| known.amount > could);
            self.at_least = more.or(Some(Fact { amount: could, at }));
        }
        if let Some(could_not) = bound.below.map(Msat::get) {
            self.at_least = self.at_least.filter(|known| known.amount < could_not);
            let less = self.below.filter(|known| known.amount < could_not);
            let amount = could_not;
            self.below = less.or(Some(Fact { amount, at }));
        }
    }

    fn fresh(self, now: Timestamp) -> Known {
        let oldest = now.before(AGE_MAX);
        Known {
            at_least: self.at_least.filter(|fact| fact.at >= oldest),
            below: self.below.filter(|fact| fact.at >= oldest),
        }
    }

    fn newest(&self) -> Option<Timestamp> {
        let facts = [self.at_least, self.below];
        facts.into_iter().flatten().map(|fact| fact.at).max()
    }

    fn shift(&mut self, by: impl Fn(u64) -> u64) {
        for fact in [&mut self.at_least, &mut self.below].into_iter().flatten() {
            fact.amount = by(fact.amount);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ShortChannelId;

    const OVER: DirectedChannel = DirectedChannel {
        channel: ShortChannelId(7),
        direction: 1,
    };
    const NOW: Timestamp = Timestamp(1_000_000_000_000);

    fn msat(amount: u64) -> Msat {
        Msat::new(amount).unwrap()
    }

    fn bound(at_least: u64, below: Option<u64>) -> Bound {
        Bound {
            channel: OVER,
            at_least: msat(at_least),
            below: below.map(msat),
        }
    }

    #[track_caller]
    fn check(bounds: &[Bound], expected: (u64, Option<u64>)) {
        let mut knowledge = Knowledge::new();
        for bound in bounds {
            knowledge.learn(bound, NOW);
        }
        let found = knowledge.bounds(OVER, NOW);
        assert_eq!(found, (msat(expected.0), expected.1.map(msat)));
    }

    #[test]
    fn the_tightest_bounds_are_kept() {
        let bounds = [bound(10, None), bound(5, Some(90)), bound(0, Some(95))];
        check(&bounds, (10, Some(90)));
    }

    #[test]
    fn a_fact_that_contradicts_a_bound_widens_it() {
        check(&[bound(0, Some(50)), bound(50, None)], (50, None));
        check(&[bound(50, None), bound(0, Some(50))], (0, Some(50)));
    }

    #[test]
    fn a_fact_is_forgotten_after_an_hour() {
        let mut knowledge = Knowledge::new();
        knowledge.learn(&bound(10, Some(20)), NOW);
        let later = NOW.after(AGE_MAX);
        assert_eq!(knowledge.bounds(OVER, later), (msat(10), Some(msat(20))));
        let later = later.after(Duration::from_secs(1));
        assert_eq!(knowledge.bounds(OVER, later), (Msat::ZERO, None));
    }

    #[test]
    fn what_was_paid_is_gone_from_one_side_and_there_on_the_other() {
        let mut knowledge = Knowledge::new();
        let back = DirectedChannel {
            direction: 0,
            ..OVER
        };
        knowledge.learn(&bound(10, Some(20)), NOW);
        knowledge.learn(
            &Bound {
                channel: back,
                ..bound(3, None)
            },
            NOW,
        );
        knowledge.moved(OVER, msat(4));
        assert_eq!(knowledge.bounds(OVER, NOW), (msat(6), Some(msat(16))));
        assert_eq!(knowledge.bounds(back, NOW), (msat(7), None));
    }

    #[test]
    fn memory_is_bounded_and_the_oldest_goes_first() {
        let mut knowledge = Knowledge::new();
        for number in 0..150_000 {
            let channel = DirectedChannel {
                channel: ShortChannelId(number),
                direction: 0,
            };
            let at = NOW.after(Duration::from_millis(number));
            let bound = Bound {
                channel,
                ..bound(1, None)
            };
            knowledge.learn(&bound, at);
            assert!(knowledge.len() <= DIRECTIONS_MAX);
            assert_eq!(knowledge.bounds(channel, at).0, msat(1));
        }
        assert!(knowledge.memory() < 10_000_000);
    }
}
