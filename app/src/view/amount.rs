//! Amounts as people write them.

/// Millisatoshi as satoshi: `60,000 sat`, `1.250 sat`.
pub fn sat(msat: u64) -> String {
    let (sat, rest) = (msat / 1_000, msat % 1_000);
    let fraction = if rest == 0 {
        String::new()
    } else {
        format!(".{rest:03}")
    };
    format!("{}{fraction} sat", grouped(sat))
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
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
