//! From one JSON value to one of the domain's types: never through a float, never by a guess.

#[cfg(feature = "dev-network")]
mod dev;
mod msat;
mod pay;

#[cfg(feature = "dev-network")]
pub(crate) use dev::{invoice_description, invoice_status, msat_or_any, msats, on_off};
pub(crate) use msat::{msat, some_msat};
pub(crate) use pay::{Percent, anything, are_some, exclude, max_parts, node_names, percent};

use domain::{
    Direction, Ended, NodeId, NodeName, PartId, PaymentHash, PaymentMetadata, PaymentSecret,
    RequestId, ShortChannelId, StatusKind,
};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::time::Duration;

/// Why a value cannot be used.
#[derive(Debug)]
pub(crate) enum Invalid {
    /// What it should be.
    Should(Cow<'static, str>),
    /// All that is to be said.
    Message(String),
}

/// `should be …`
pub(crate) fn should<T>(what: &'static str) -> Result<T, Invalid> {
    Err(Invalid::Should(Cow::Borrowed(what)))
}

impl Invalid {
    /// Core Lightning's sentence. A value is shown only if it is short and cannot be a secret that
    /// slipped into the wrong place.
    pub(crate) fn at(self, name: &str, raw: &RawValue, secret: bool) -> String {
        const SHOWN: usize = 32;
        let what = match self {
            Invalid::Message(message) => return message,
            Invalid::Should(what) => what,
        };
        let token = text_of(raw).unwrap_or_else(|| Cow::Borrowed(raw.get()));
        if secret {
            format!("{name}: {what}: invalid token (not shown, it may be a secret)")
        } else if token.len() > SHOWN || token.contains(char::is_control) {
            let length = token.len();
            format!("{name}: {what}: invalid token of {length} bytes")
        } else {
            format!("{name}: {what}: invalid token '{token}'")
        }
    }
}

/// A string's text, or a bare word's: `lightning-cli` sends whatever looks like a number as one.
pub(crate) fn text_of(raw: &RawValue) -> Option<Cow<'_, str>> {
    let text = raw.get();
    match text.as_bytes().first()? {
        b'"' if text.contains('\\') => serde_json::from_str::<String>(text).ok().map(Cow::Owned),
        b'"' => text.get(1..text.len() - 1).map(Cow::Borrowed),
        b'{' | b'[' | b'n' => None,
        _ => Some(Cow::Borrowed(text)),
    }
}

/// What is wrong with a string that is none: half of a surrogate pair, which JSON can write and Unicode does
/// not have.
pub(crate) fn lone_surrogate(raw: &RawValue) -> Option<String> {
    let text = raw.get();
    let why = match text.as_bytes() {
        [b'"', ..] if text.contains("\\u") => serde_json::from_str::<String>(text).err()?,
        _ => return None,
    };
    let place = why.column();
    Some(format!(
        "should be Unicode text: it has one half of a surrogate pair alone (\\ud800 to \\udfff), which is no \
         character, before its byte {place}"
    ))
}

/// Text that a reader sees: a caller's own. (What an invoice says is kept as it is.)
fn without_controls(text: Cow<'_, str>) -> Result<Cow<'_, str>, Invalid> {
    match text.char_indices().find(|(_, c)| c.is_control()) {
        None => Ok(text),
        Some((place, c)) => Err(Invalid::Should(Cow::Owned(format!(
            "should be text without control characters: U+{:04X} is at its byte {place}",
            u32::from(c)
        )))),
    }
}

fn parsed<T: std::str::FromStr>(raw: &RawValue, what: &'static str) -> Result<T, Invalid> {
    let value = text_of(raw).and_then(|text| text.parse().ok());
    value.map_or_else(|| should(what), Ok)
}

/// Digits only: Rust's own parser takes a plus sign too.
fn digits(raw: &RawValue) -> Option<u64> {
    let text = text_of(raw)?;
    let only_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    only_digits.then(|| text.parse().ok()).flatten()
}

pub(crate) fn u64(raw: &RawValue) -> Result<u64, Invalid> {
    digits(raw).map_or_else(|| should("should be an unsigned 64 bit integer"), Ok)
}

pub(crate) fn u32(raw: &RawValue) -> Result<u32, Invalid> {
    let number = digits(raw).and_then(|n| u32::try_from(n).ok());
    number.map_or_else(|| should("should be an unsigned 32 bit integer"), Ok)
}

/// A number of rows from 1 to `max`.
pub(crate) fn limit(max: u32) -> impl Fn(&RawValue) -> Result<u32, Invalid> {
    move |raw| {
        let number = digits(raw).and_then(|n| u32::try_from(n).ok());
        number.filter(|n| (1..=max).contains(n)).ok_or_else(|| {
            Invalid::Should(Cow::Owned(format!("should be an integer from 1 to {max}")))
        })
    }
}

pub(crate) fn seconds(raw: &RawValue) -> Result<Duration, Invalid> {
    u64(raw).map(Duration::from_secs)
}

pub(crate) fn part_id(raw: &RawValue) -> Result<PartId, Invalid> {
    u64(raw).map(PartId)
}

pub(crate) fn hash(raw: &RawValue) -> Result<PaymentHash, Invalid> {
    parsed(raw, "should be a 32 byte hex value")
}

pub(crate) fn secret(raw: &RawValue) -> Result<PaymentSecret, Invalid> {
    parsed(raw, "should be a 32 byte hex value")
}

pub(crate) fn preimage(raw: &RawValue) -> Result<[u8; 32], Invalid> {
    let mut bytes = [0; 32];
    let text = text_of(raw).unwrap_or_default();
    match hex::decode_to_slice(&*text, &mut bytes) {
        Ok(()) => Ok(bytes),
        Err(_) => should("should be a 32 byte hex value"),
    }
}

pub(crate) fn node_id(raw: &RawValue) -> Result<NodeId, Invalid> {
    parsed(raw, "should be a node id")
}

/// `BxTxO`, `B:T:O`, and either with the direction that `getroutes` adds.
pub(crate) fn channel(raw: &RawValue) -> Result<ShortChannelId, Invalid> {
    let text = text_of(raw).unwrap_or_default();
    let without_direction = text.strip_suffix("/0").or_else(|| text.strip_suffix("/1"));
    let channel = without_direction.unwrap_or(&text).parse();
    channel.or_else(|_| should("should be a short_channel_id of form NxNxN"))
}

pub(crate) fn status(raw: &RawValue) -> Result<StatusKind, Invalid> {
    parsed(raw, "should be pending, complete or failed")
}

pub(crate) fn direction(raw: &RawValue) -> Result<Direction, Invalid> {
    let direction = text_of(raw).and_then(|text| Direction::from_name(&text));
    direction.map_or_else(|| should("should be outgoing, incoming or all"), Ok)
}

/// How a part ends by hand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum EndByHand {
    /// Its money is back, or never left.
    Failed,
    /// It was paid.
    Complete,
}

pub(crate) fn end_by_hand(raw: &RawValue) -> Result<EndByHand, Invalid> {
    match text_of(raw).as_deref() {
        Some("failed") => Ok(EndByHand::Failed),
        Some("complete") => Ok(EndByHand::Complete),
        _ => should("should be failed or complete"),
    }
}

/// How a payment has ended: what is pending has not.
pub(crate) fn ended(raw: &RawValue) -> Result<Ended, Invalid> {
    match text_of(raw).as_deref() {
        Some("failed") => Ok(Ended::Failed),
        Some("complete") => Ok(Ended::Complete),
        Some("all") => Ok(Ended::Either),
        _ => should("should be failed, complete or all"),
    }
}

/// What an onion can carry is the most that makes sense (BOLT 4: 1,300 bytes).
pub(crate) fn metadata(raw: &RawValue) -> Result<PaymentMetadata, Invalid> {
    // The library would take `0x` before the digits.
    let text = text_of(raw).filter(|text| !text.starts_with("0x") && !text.starts_with("0X"));
    let bytes = text.and_then(|text| hex::decode(&*text).ok());
    let bytes = bytes.filter(|bytes| bytes.len() <= 1300);
    let metadata = bytes.map(PaymentMetadata::new);
    metadata.map_or_else(|| should("should be a hex value of at most 1300 bytes"), Ok)
}

/// Text of at most `max` bytes, without control characters.
pub(crate) fn text(max: usize) -> impl Fn(&RawValue) -> Result<String, Invalid> {
    move |raw| {
        let text = text_of(raw).filter(|text| text.len() <= max);
        let text = text.ok_or_else(|| {
            Invalid::Should(Cow::Owned(format!(
                "should be a string of at most {max} bytes"
            )))
        })?;
        without_controls(text).map(Cow::into_owned)
    }
}

pub(crate) fn node_name(raw: &RawValue) -> Result<NodeName, Invalid> {
    text(64)(raw).map(NodeName::new)
}

pub(crate) fn request_id(raw: &RawValue) -> Result<RequestId, Invalid> {
    let id = text_of(raw).and_then(|text| RequestId::new(text).ok());
    let id = id.map_or_else(|| should("should be a string of 1 to 128 bytes"), Ok)?;
    without_controls(Cow::Borrowed(id.as_str()))?;
    Ok(id)
}

pub(crate) fn boolean(raw: &RawValue) -> Result<bool, Invalid> {
    parsed(raw, "should be 'true' or 'false'")
}

/// A word for another method to make sense of.
pub(crate) fn word(raw: &RawValue) -> Result<String, Invalid> {
    let word = text_of(raw).map_or_else(|| should("should be a string"), Ok)?;
    without_controls(word).map(Cow::into_owned)
}

pub(crate) fn invoice(raw: &RawValue) -> Result<domain::Invoice, Invalid> {
    let Some(text) = text_of(raw) else {
        return should("should be a string");
    };
    crate::invoice::decode(&text).map_err(Invalid::Message)
}
