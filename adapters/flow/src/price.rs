//! What it costs to use a channel: fees, and the risk that it has not what is asked of it.
//!
//! Costs are in millionths of a msat, so that a fee of one part in a million of 1 msat still counts.

/// What a search may cost at most, in all: fees that are beyond any money, and nothing overflows.
pub(crate) const COST_MAX: u64 = 100_000_000_000_000_000;

/// The most that a nat of risk may be worth, in msat.
const NAT_MAX: u64 = 10_000_000_000;

/// What is known of the liquidity of an edge, in msat: `low` can go, more than `high` cannot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Room {
    pub low: u64,
    pub high: u64,
}

/// What the finder would pay to avoid a risk or a wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Taste {
    /// What a nat (−ln of a probability) is worth, in msat.
    pub nat: u64,
    /// What each hop is worth in millionths of a nat, whatever its channel holds.
    pub hop: u64,
    /// What a block of delay is worth, in msat.
    pub block: u64,
    /// Whether fees count at all.
    pub fees: bool,
}

/// How much of the range between `low` and `high` a piece takes, in hundredths, and the risk at its end
/// in millionths of a nat: −ln(1 − x). The last one stands for certain failure, at a finite price.
const PIECES: [(u64, u64); 4] = [
    (50, 693_147),
    (80, 1_609_438),
    (95, 2_995_732),
    (100, 4_605_170),
];

impl Room {
    /// The risk that so much cannot go, in millionths of a nat, times `nat`; the liquidity is taken to be
    /// anywhere between the bounds with equal probability. Convex, in straight pieces.
    pub(crate) fn risk(self, amount: u64, nat: u64) -> u64 {
        if amount <= self.low {
            return 0;
        }
        let range = u128::from(self.high.saturating_sub(self.low)).max(1);
        let beyond = u128::from(amount - self.low) * 100;
        let (mut start, mut risk) = (0, 0);
        for (end, risk_at_end) in PIECES {
            if beyond <= u128::from(end) * range || end == 100 {
                let into = beyond - u128::from(start) * range;
                let slope = u128::from(nat) * u128::from(risk_at_end - risk);
                let part = slope * into / (u128::from(end - start) * range);
                return cost(part + u128::from(nat) * u128::from(risk));
            }
            (start, risk) = (end, risk_at_end);
        }
        COST_MAX
    }

    /// The probability that so much can go, in millionths.
    pub(crate) fn probability_ppm(self, amount: u64) -> u32 {
        if amount <= self.low {
            return 1_000_000;
        }
        if amount > self.high {
            return 0;
        }
        let share = u128::from(self.high - amount + 1) * 1_000_000;
        let share = share / u128::from(self.high - self.low + 1);
        u32::try_from(share).unwrap_or(1_000_000)
    }

    /// The most that goes within that many hundredths of the range.
    pub(crate) fn within(self, hundredths: u64) -> u64 {
        let range = u128::from(self.high.saturating_sub(self.low));
        let share = range * u128::from(hundredths.min(100)) / 100;
        self.low
            .min(self.high)
            .saturating_add(u64::try_from(share).unwrap_or(u64::MAX))
    }
}

impl Taste {
    /// How a payer feels who would pay `nat` msat to avoid a nat of risk.
    pub(crate) fn new(nat: u64) -> Taste {
        Taste {
            nat: nat.min(NAT_MAX),
            hop: 20_000,
            block: 0,
            fees: true,
        }
    }

    /// The price of a hop beside its fee and the risk of its channel. It is never nothing, so that a
    /// search never goes in circles.
    pub(crate) fn hop(&self, delay: u32) -> u64 {
        let hop = u128::from(self.nat) * u128::from(self.hop);
        let wait = u128::from(self.block) * u128::from(delay) * 1_000_000;
        cost(hop + wait).saturating_add(1)
    }

    /// The price of a fee of so many millionths of a msat.
    pub(crate) fn fee(&self, millionths: u128) -> u64 {
        if self.fees { cost(millionths) } else { 0 }
    }
}

fn cost(millionths: u128) -> u64 {
    u64::try_from(millionths).map_or(COST_MAX, |cost| cost.min(COST_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: Room = Room {
        low: 1_000,
        high: 2_000,
    };

    #[test]
    fn what_is_known_to_be_there_bears_no_risk() {
        assert_eq!(ROOM.risk(1_000, 5), 0);
        assert_eq!(ROOM.probability_ppm(1_000), 1_000_000);
    }

    #[test]
    fn risk_is_the_logarithm_at_each_pivot() {
        for (amount, nat) in [(1_500, 693_147), (1_800, 1_609_438), (2_000, 4_605_170)] {
            assert_eq!(ROOM.risk(amount, 1), nat);
        }
        assert_eq!(ROOM.risk(1_250, 2), 693_147);
    }

    #[test]
    fn risk_grows_ever_faster() {
        let risks: Vec<_> = (1_000..=2_000).map(|n| ROOM.risk(n, 1_000)).collect();
        let steps: Vec<_> = risks.windows(2).map(|pair| pair[1] - pair[0]).collect();
        // A msat's share of a piece is rounded.
        assert!(steps.windows(2).all(|pair| pair[1] + 1 >= pair[0]));
    }

    #[test]
    fn a_share_of_the_range_lies_within_it() {
        assert_eq!(ROOM.within(0), 1_000);
        assert_eq!(ROOM.within(50), 1_500);
        assert_eq!(ROOM.within(100), 2_000);
        assert_eq!(ROOM.probability_ppm(2_001), 0);
    }

    #[test]
    fn no_price_overflows() {
        let room = Room {
            low: 0,
            high: u64::MAX,
        };
        let mut taste = Taste::new(u64::MAX);
        assert!(room.risk(u64::MAX, taste.nat) <= COST_MAX);
        taste.block = u64::MAX;
        assert_eq!(taste.hop(u32::MAX), COST_MAX + 1);
        assert_eq!(taste.fee(u128::MAX), COST_MAX);
    }
}
