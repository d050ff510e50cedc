//! What an amount is split into.

use crate::net::Facts;
use crate::price::Taste;

/// What pieces are wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pieces {
    /// The size of each, in msat.
    pub size: u64,
    pub count: u16,
    pub taste: Taste,
    /// The share of an edge's room that amounts may take which do not contain the fees behind it yet:
    /// numerator and denominator.
    pub room: (u64, u64),
}

/// What pieces cost on an edge, with what is the same for all edges computed once.
pub(super) struct Prices {
    pieces: Pieces,
    /// The room that one piece more needs on an edge that carries so many.
    needs: Vec<u64>,
}

impl Pieces {
    /// How many of them, and the fees behind them, fit into so much.
    pub(crate) fn within(&self, room: u64) -> u64 {
        let (numerator, denominator) = self.room;
        let share = u128::from(room) * u128::from(numerator) / u128::from(denominator.max(1));
        u64::try_from(share).unwrap_or(u64::MAX) / self.size.max(1)
    }

    /// The least room into which so many of them fit, and the fees behind them.
    fn needs(&self, pieces: u16) -> u64 {
        let (numerator, denominator) = self.room;
        let amount = u128::from(self.size) * u128::from(pieces);
        let room = (amount * u128::from(denominator)).div_ceil(u128::from(numerator.max(1)));
        u64::try_from(room).unwrap_or(u64::MAX)
    }
}

impl Prices {
    pub(super) fn new(pieces: Pieces) -> Prices {
        let needs = (1..=pieces.count).map(|count| pieces.needs(count));
        Prices {
            pieces,
            needs: needs.collect(),
        }
    }

    /// What one more piece costs on an edge that carries so many; nothing if it does not fit.
    #[inline]
    pub(super) fn next(&self, facts: &Facts, carried: u16) -> Option<u64> {
        let Pieces { size, taste, .. } = self.pieces;
        let needed = *self.needs.get(usize::from(carried))?;
        if !self.takes_one(facts) || total_max(facts) < needed {
            return None;
        }
        if facts.own {
            return Some(0);
        }
        let fee = size.saturating_mul(u64::from(facts.ppm));
        let fee = facts.base.saturating_mul(1_000_000).saturating_add(fee);
        let risk = |pieces: u64| facts.room.risk(size.saturating_mul(pieces), taste.nat);
        let carried = u64::from(carried);
        let mut more = risk(carried + 1);
        if carried > 0 {
            more = more.saturating_sub(risk(carried));
        }
        let price = taste.fee(fee).saturating_add(more);
        Some(price.saturating_add(taste.hop(facts.delay)))
    }

    /// How many pieces an edge takes at most.
    pub(super) fn most(&self, facts: &Facts) -> usize {
        if !self.takes_one(facts) {
            return 0;
        }
        let most = total_max(facts);
        self.needs.partition_point(|needed| *needed <= most)
    }

    #[inline]
    fn takes_one(&self, facts: &Facts) -> bool {
        let one = self.needs.first();
        self.pieces.size >= facts.min && one.is_some_and(|one| facts.max >= *one)
    }
}

/// A node that lets less pass at once than it has would rather not be asked for all of that.
#[inline]
fn total_max(facts: &Facts) -> u64 {
    if facts.own {
        facts.room.high
    } else {
        facts.room.high.min(facts.max)
    }
}
