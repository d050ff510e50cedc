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

/// How much of the range between `low` and `high` a piece takes, and the risk at its end in nats:
/// −ln(1 − x). The last one stands for certain failure, at a finite price.
const PIECES: [(f64, f64); 4] = [
    (0.5, std::f64::consts::LN_2),
    (0.8, 1.609_438),
    (0.95, 2.995_732),
    (1.0, 4.605_170),
];

impl Room {
    /// The risk that so much cannot go, in millionths of a nat, times `nat`; the liquidity is taken to be
    /// anywhere between the bounds with equal probability. Convex, in straight pieces.
    #[inline]
    pub(crate) fn risk(self, amount: u64, nat: u64) -> u64 {
        if amount <= self.low {
            return 0;
        }
        let range = float(self.high.saturating_sub(self.low).max(1));
        let share = float(amount - self.low) / range;
        let (mut start, mut risk) = (0.0, 0.0);
        for (end, risk_at_end) in PIECES {
            if share <= end || end >= 1.0 {
                let slope = (risk_at_end - risk) / (end - start);
                risk += (share - start) * slope;
                break;
            }
            (start, risk) = (end, risk_at_end);
        }
        rounded(float(nat) * (risk * 1e6))
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
        let range = self.high.saturating_sub(self.low);
        let hundredths = hundredths.min(100);
        // Of what is more than all money, the part of a hundred does not count.
        let share = match range.checked_mul(hundredths) {
            Some(share) => share / 100,
            None => range / 100 * hundredths,
        };
        self.low.min(self.high).saturating_add(share)
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
    #[inline]
    pub(crate) fn hop(&self, delay: u32) -> u64 {
        let hop = self.nat.saturating_mul(self.hop);
        let block = self.block.saturating_mul(1_000_000);
        let wait = block.saturating_mul(u64::from(delay));
        hop.saturating_add(wait).min(COST_MAX) + 1
    }

    /// The price of a fee of so many millionths of a msat.
    #[inline]
    pub(crate) fn fee(&self, millionths: u64) -> u64 {
        if self.fees {
            millionths.min(COST_MAX)
        } else {
            0
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a risk is a guess: its fifteen digits are more than enough"
)]
#[inline]
fn float(amount: u64) -> f64 {
    amount as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "neither negative nor more than the most"
)]
#[inline]
fn rounded(cost: f64) -> u64 {
    (cost + 0.5).min(float(COST_MAX)) as u64
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
        assert_eq!(taste.fee(u64::MAX), COST_MAX);
    }
}
