//! What `pay` is asked for.

use super::{Invalid, digits, should, text_of};
use domain::{Avoid, DirectedChannel, Msat, NodeId, NodeName};
use serde_json::value::RawValue;

/// A hundredth of an amount, in millionths: 0.5 is 500,000.
const MILLIONTHS: u32 = 6;

/// A share of an amount, as people write it: digits, and a point with more of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Percent(u64);

impl Percent {
    /// Half of a hundredth: what lightningd's `pay` allows for fees.
    pub(crate) const HALF: Percent = Percent(500_000);

    /// A hundredth: what lightningd's `xpay` allows.
    pub(crate) const ONE: Percent = Percent(1_000_000);

    /// That share, rounded down; as much as there is if it is beyond any amount.
    pub(crate) fn of(self, amount: Msat) -> Msat {
        let whole = u128::from(amount.get()).saturating_mul(u128::from(self.0));
        let share = u64::try_from(whole / 100_000_000).ok();
        share
            .and_then(|share| Msat::new(share).ok())
            .unwrap_or(Msat::MAX)
    }
}

pub(crate) fn percent(raw: &RawValue) -> Result<Percent, Invalid> {
    let text = text_of(raw).unwrap_or_default();
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let places = usize::try_from(MILLIONTHS).unwrap_or(0);
    let is_written = (!whole.is_empty() || !decimals.is_empty())
        && are_digits(whole)
        && are_digits(decimals)
        && decimals.len() <= places;
    let digits = format!("{whole}{decimals:0<places$}");
    let millionths = digits.parse().ok().filter(|_| is_written);
    let percent = millionths.filter(|percent| *percent <= 100_000_000_000);
    percent.map_or_else(
        || should("should be a percentage like 0.5, with at most 6 decimals"),
        |percent| Ok(Percent(percent)),
    )
}

/// Channels with their direction, and nodes.
pub(crate) fn exclude(raw: &RawValue) -> Result<Avoid, Invalid> {
    const WHAT: &str = "should be a list of channels with their direction (103x1x0/1) and node ids";
    let Ok(texts) = serde_json::from_str::<Vec<String>>(raw.get()) else {
        return should(WHAT);
    };
    let mut avoid = Avoid::default();
    for text in texts {
        if let Ok(channel) = text.parse::<DirectedChannel>() {
            avoid.channels.insert(channel);
        } else if let Ok(node) = text.parse::<NodeId>() {
            avoid.nodes.insert(node);
        } else {
            return should(WHAT);
        }
    }
    Ok(avoid)
}

/// Whether a list has anything in it.
pub(crate) fn are_some(raw: &RawValue) -> Result<bool, Invalid> {
    serde_json::from_str::<Vec<&RawValue>>(raw.get()).map_or_else(
        |_| should("should be an array"),
        |list| Ok(!list.is_empty()),
    )
}

/// Whatever it is: nobody looks at it.
#[expect(clippy::unnecessary_wraps, reason = "it reads as its neighbours do")]
pub(crate) fn anything(_: &RawValue) -> Result<(), Invalid> {
    Ok(())
}

/// One name, or several.
pub(crate) fn node_names(raw: &RawValue) -> Result<Vec<NodeName>, Invalid> {
    if raw.get().starts_with('[') {
        let Ok(names) = serde_json::from_str::<Vec<String>>(raw.get()) else {
            return should("should be the name of a configured node, or a list of them");
        };
        return Ok(names.into_iter().map(NodeName::new).collect());
    }
    super::node_name(raw).map(|name| vec![name])
}

/// At least one.
pub(crate) fn max_parts(raw: &RawValue) -> Result<u16, Invalid> {
    let number = digits(raw).and_then(|number| u16::try_from(number).ok());
    let number = number.filter(|number| *number > 0);
    number.map_or_else(|| should("should be an integer from 1 to 65535"), Ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<u64> {
        let raw = RawValue::from_string(text.to_owned()).expect("JSON");
        let share = percent(&raw).ok()?;
        Some(share.of(Msat::new(1_000_000).expect("small")).get())
    }

    #[test]
    fn percentages_are_exact() {
        for (text, share) in [("0.5", 5_000), ("\"0.5\"", 5_000), ("0", 0), ("1", 10_000)] {
            assert_eq!(read(text), Some(share), "{text}");
        }
        assert_eq!(read("0.000100"), Some(1));
        assert_eq!(read("100"), Some(1_000_000));
        for text in ["-1", "\"\"", "1e3", "0.0000001", "\".\"", "[1]", "\"1,5\""] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn zero_is_zero() {
        let zero = RawValue::from_string("0".to_owned()).expect("JSON");
        let share = percent(&zero).expect("a percentage");
        assert_eq!(share.of(Msat::MAX), Msat::ZERO);
    }
}
