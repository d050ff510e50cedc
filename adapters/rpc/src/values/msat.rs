//! Amounts as Core Lightning's users write them: `1000`, `"1000msat"`, `"1sat"`, `"1.500sat"`,
//! `"0.00000001btc"`.

use super::{Invalid, should, text_of};
use domain::Msat;
use serde_json::value::RawValue;

/// An amount; more than all bitcoin is none.
pub(crate) fn msat(raw: &RawValue) -> Result<Msat, Invalid> {
    let amount = text_of(raw).and_then(|text| amount(&text));
    let amount = amount.and_then(|msat| Msat::new(msat).ok());
    amount.map_or_else(|| should("should be a millisatoshi amount"), Ok)
}

/// An amount that is worth sending.
pub(crate) fn some_msat(raw: &RawValue) -> Result<Msat, Invalid> {
    match msat(raw)? {
        Msat::ZERO => should("should be at least 1 msat"),
        some => Ok(some),
    }
}

/// Digits, perhaps a point and more digits, then the unit.
pub(super) fn amount(text: &str) -> Option<u64> {
    let unit_at = text.find(|c: char| !c.is_ascii_digit() && c != '.');
    let (number, unit) = text.split_at(unit_at.unwrap_or(text.len()));
    let (whole, decimals) = match number.split_once('.') {
        Some((whole, decimals)) => (whole, Some(decimals)),
        None => (number, None),
    };
    let places = decimals.map_or(0, str::len);
    match (unit, decimals.is_some(), places) {
        ("" | "msat", false, _) => scaled(whole, "", 0),
        ("sat", false, _) | ("sat", true, 3) => scaled(whole, decimals.unwrap_or(""), 3),
        ("btc", false, _) | ("btc", true, 1..=11) => scaled(whole, decimals.unwrap_or(""), 11),
        _ => None,
    }
}

/// The digits with the point moved `places` to the right.
fn scaled(whole: &str, decimals: &str, places: usize) -> Option<u64> {
    if whole.is_empty() || decimals.contains('.') {
        return None;
    }
    let zeros = std::iter::repeat_n('0', places.checked_sub(decimals.len())?);
    let digits: String = whole.chars().chain(decimals.chars()).chain(zeros).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::amount;

    #[test]
    fn amounts_are_read_as_core_lightning_writes_them() {
        for (text, expected) in [
            ("0", Some(0)),
            ("1000", Some(1000)),
            ("1000msat", Some(1000)),
            ("1sat", Some(1000)),
            ("1.500sat", Some(1500)),
            ("1.5sat", None),
            ("0.00000001btc", Some(1000)),
            ("0.00000000001btc", Some(1)),
            ("1.23456789012btc", Some(123_456_789_012)),
            ("1.123456789012btc", None),
            ("1btc", Some(100_000_000_000)),
            ("", None),
            ("msat", None),
            ("1.0", None),
            ("1.0msat", None),
            (".5btc", None),
            ("1..0btc", None),
            ("-1", None),
            ("+1", None),
            ("1e3", None),
            ("1 msat", None),
            ("99999999999999999999999", None),
            ("99999999999999999999btc", None),
        ] {
            assert_eq!(amount(text), expected, "{text:?}");
        }
    }
}
