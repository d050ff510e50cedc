//! Millisatoshi, and nothing else that could be mistaken for them.

use std::fmt;

/// An amount in millisatoshi, at most all the bitcoin there will ever be (2.1·10¹⁸ msat).
///
/// Arithmetic is checked: there is no `+`, no `-`, no float and no cast.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Msat(u64);

/// More millisatoshi than can exist.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0} msat is more than all bitcoin")]
pub struct AmountTooLarge(pub u64);

impl Msat {
    /// No money.
    pub const ZERO: Msat = Msat(0);
    /// 21 million bitcoin.
    pub const MAX: Msat = Msat(21_000_000 * 100_000_000 * 1_000);

    /// An amount, refused when it is more than all bitcoin.
    pub const fn new(msat: u64) -> Result<Msat, AmountTooLarge> {
        if msat > Self::MAX.0 {
            Err(AmountTooLarge(msat))
        } else {
            Ok(Msat(msat))
        }
    }

    /// The plain number, for the edges of the program.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The sum, if there can be so much.
    pub fn checked_add(self, other: Msat) -> Option<Msat> {
        Msat::new(self.0.checked_add(other.0)?).ok()
    }

    /// The difference, if it is not negative.
    pub fn checked_sub(self, other: Msat) -> Option<Msat> {
        self.0.checked_sub(other.0).map(Msat)
    }

    /// The difference, or nothing when it would be negative.
    pub fn saturating_sub(self, other: Msat) -> Msat {
        Msat(self.0.saturating_sub(other.0))
    }

    /// Whether `self` is at least `base` and at most twice it: how far BOLT 4 lets a payer overpay.
    pub fn is_within_twice(self, base: Msat) -> bool {
        self >= base && self.0 <= base.0.saturating_mul(2)
    }
}

impl fmt::Display for Msat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
