//! What the methods of the embedded network alone are given.

use super::msat::amount;
use super::{Invalid, should, some_msat, text, text_of};
use domain::Msat;
use serde_json::value::RawValue;

/// An amount, or `any` for none in particular.
pub(crate) fn msat_or_any(raw: &RawValue) -> Result<Option<Msat>, Invalid> {
    if text_of(raw).as_deref() == Some("any") {
        return Ok(None);
    }
    let amount = some_msat(raw);
    amount.map_or_else(
        |_| should("should be millisatoshis or 'any'"),
        |amount| Ok(Some(amount)),
    )
}

/// Some amounts: an array, or text with commas between them.
pub(crate) fn msats(raw: &RawValue) -> Result<Vec<Msat>, Invalid> {
    const MAX: usize = 64;
    let what = "should be an array of 1 to 64 millisatoshi amounts";
    let listed: Option<Vec<Msat>> = match serde_json::from_str::<Vec<&RawValue>>(raw.get()) {
        Ok(items) => items.into_iter().map(|item| some_msat(item).ok()).collect(),
        Err(_) => text_of(raw).and_then(|text| {
            let amounts = text.split(',').map(|item| amount(item.trim()));
            let amounts = amounts.map(|msat| msat.and_then(|msat| Msat::new(msat).ok()));
            amounts
                .map(|msat| msat.filter(|msat| *msat > Msat::ZERO))
                .collect()
        }),
    };
    let listed = listed.filter(|amounts| (1..=MAX).contains(&amounts.len()));
    listed.map_or_else(|| should(what), Ok)
}

pub(crate) fn invoice_status(raw: &RawValue) -> Result<String, Invalid> {
    match text_of(raw).as_deref() {
        Some(status @ ("unpaid" | "paid" | "expired")) => Ok(status.to_owned()),
        _ => should("should be unpaid, paid or expired"),
    }
}

/// The description of an invoice, which holds no more (BOLT 11: 1,023 words of 5 bits).
pub(crate) fn invoice_description(max: usize) -> impl Fn(&RawValue) -> Result<String, Invalid> {
    const BOLT11_BYTES: usize = 639;
    text(max.min(BOLT11_BYTES))
}

pub(crate) fn on_off(raw: &RawValue) -> Result<bool, Invalid> {
    match text_of(raw).as_deref() {
        Some("on" | "true") => Ok(true),
        Some("off" | "false") => Ok(false),
        _ => should("should be 'on' or 'off'"),
    }
}
