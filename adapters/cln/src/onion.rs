//! What each hop of a part is told: BOLT 4's payloads, as `createonion` takes them.

use domain::{Offer, PaymentSecret, Route};
use serde::Serialize;

/// BOLT 4: `amt_to_forward`, `outgoing_cltv_value`, `short_channel_id`, `payment_data`,
/// `payment_metadata`.
const AMT_TO_FORWARD: u8 = 2;
const OUTGOING_CLTV_VALUE: u8 = 4;
const SHORT_CHANNEL_ID: u8 = 6;
const PAYMENT_DATA: u8 = 8;
const PAYMENT_METADATA: u8 = 16;

/// One hop of `createonion`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct HopPayload {
    pubkey: String,
    payload: String,
}

/// The payload of each hop. Delays count from `base`, the height that lightningd itself counts from.
pub(crate) fn payloads(offer: &Offer, base: u32) -> Vec<HopPayload> {
    let hops = offer.route.hops();
    let next = hops.iter().skip(1).map(Some).chain([None]);
    let payload = |(hop, next): (&domain::Hop, Option<&domain::Hop>)| {
        let stream = match next {
            Some(next) => {
                let mut stream = amount_and_expiry(next.amount.get(), base, next.delay);
                record(&mut stream, SHORT_CHANNEL_ID, &next.channel.0.to_be_bytes());
                stream
            }
            None => final_payload(offer, base),
        };
        HopPayload {
            pubkey: hop.node.to_string(),
            payload: hex::encode(with_length(&stream)),
        }
    };
    hops.iter().zip(next).map(payload).collect()
}

fn final_payload(offer: &Offer, base: u32) -> Vec<u8> {
    let last = Route::last(&offer.route);
    let mut stream = amount_and_expiry(last.amount.get(), base, last.delay);
    if let Some(secret) = &offer.secret {
        let data = payment_data(secret, offer.total.get());
        record(&mut stream, PAYMENT_DATA, &data);
    }
    if let Some(metadata) = &offer.metadata {
        record(&mut stream, PAYMENT_METADATA, metadata.expose());
    }
    stream
}

fn amount_and_expiry(amount_msat: u64, base: u32, delay: u32) -> Vec<u8> {
    let mut stream = Vec::new();
    record(&mut stream, AMT_TO_FORWARD, &truncated(amount_msat));
    let expiry = u64::from(base).saturating_add(u64::from(delay));
    record(&mut stream, OUTGOING_CLTV_VALUE, &truncated(expiry));
    stream
}

fn payment_data(secret: &PaymentSecret, total_msat: u64) -> Vec<u8> {
    let mut data = secret.expose().to_vec();
    data.extend(truncated(total_msat));
    data
}

/// BOLT 1: type, length, value.
fn record(stream: &mut Vec<u8>, kind: u8, value: &[u8]) {
    stream.push(kind);
    stream.extend(with_length(value));
}

/// BOLT 1: behind its length, as a `BigSize`.
fn with_length(bytes: &[u8]) -> Vec<u8> {
    let mut all = match u8::try_from(bytes.len()) {
        Ok(length) if length < 0xfd => vec![length],
        _ => {
            // An onion has 1,300 bytes: longer ones are refused by `createonion`.
            let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
            let [high, low] = length.to_be_bytes();
            vec![0xfd, high, low]
        }
    };
    all.extend_from_slice(bytes);
    all
}

/// BOLT 1: a `tu64`, without leading zeros.
fn truncated(number: u64) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    let first = bytes.iter().position(|byte| *byte != 0);
    first.map_or_else(Vec::new, |first| bytes[first..].to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::contract::samples;
    use domain::{Hop, Notes, PartId, ShortChannelId};

    fn offer() -> Offer {
        let hop = |n, channel, amount, delay| Hop {
            node: samples::node_id(n),
            channel: ShortChannelId(channel),
            amount: samples::msat(amount),
            delay,
        };
        let hops = vec![
            hop(2, (104 << 40) | (4 << 16), 601, 24),
            hop(4, (104 << 40) | (2 << 16), 600, 18),
        ];
        Offer {
            part: PartId(1),
            payment_hash: samples::hash(1),
            total: samples::msat(1_000),
            route: Route::new(hops).unwrap(),
            secret: Some(PaymentSecret::new([0xaa; 32])),
            metadata: None,
            notes: Notes::default(),
        }
    }

    /// The bytes that a real lightningd took, and its payee paid out on, but for the secret.
    #[test]
    fn payloads_are_those_of_bolt_4() {
        let [forward, last] = &payloads(&offer(), 114)[..] else {
            panic!("two hops, two payloads");
        };
        assert_eq!(
            forward.payload,
            "11020202580401840608000068000002 0000".replace(' ', "")
        );
        let secret = "aa".repeat(32);
        assert_eq!(last.payload, format!("2b020202580401840822{secret}03e8"));
        assert_eq!(last.pubkey, samples::node_id(4).to_string());
    }

    #[test]
    fn metadata_follows_and_long_payloads_have_a_long_length() {
        let long = Offer {
            metadata: Some(domain::PaymentMetadata::new(vec![7; 300])),
            secret: None,
            ..offer()
        };
        let last = payloads(&long, 114).pop().unwrap();
        assert!(
            last.payload.starts_with(
                "fd0137020202580401841 0fd012c0707"
                    .replace(' ', "")
                    .as_str()
            ),
            "{}",
            last.payload
        );
    }

    #[test]
    fn zero_is_truncated_to_nothing() {
        assert!(truncated(0).is_empty());
        assert_eq!(truncated(256), [1, 0]);
    }
}
