//! Amounts as people write them.

use indicatif::HumanCount;

/// Millisatoshi as satoshi: `60,000 sat`, `1.250 sat`.
pub fn sat(msat: u64) -> String {
    let (sat, rest) = (msat / 1_000, msat % 1_000);
    let fraction = if rest == 0 {
        String::new()
    } else {
        format!(".{rest:03}")
    };
    format!("{}{fraction} sat", HumanCount(sat))
}

#[cfg(test)]
mod tests {
    use super::sat;

    #[test]
    fn satoshi_are_grouped_and_nothing_is_rounded() {
        assert_eq!(sat(60_000_000), "60,000 sat");
        assert_eq!(sat(1_250), "1.250 sat");
        assert_eq!(sat(999), "0.999 sat");
        assert_eq!(sat(2_100_000_000_000_000_000), "2,100,000,000,000,000 sat");
    }
}
