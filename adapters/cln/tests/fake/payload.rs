//! The payload of one hop: the TLV stream of BOLT #4.

/// What a hop reads in the onion.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Payload {
    pub(crate) amt_to_forward: u64,
    pub(crate) outgoing_cltv: u32,
    /// The next channel; the last hop has none.
    pub(crate) short_channel_id: Option<String>,
    /// The payment secret and the total of the whole payment.
    pub(crate) payment_data: Option<(String, u64)>,
    pub(crate) payment_metadata: Option<Vec<u8>>,
}

impl Payload {
    /// With the length in front, as `createonion` takes it.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut stream = Vec::new();
        let mut tlv = |kind: u8, value: &[u8]| {
            stream.push(kind);
            stream.extend(bigsize(value.len()));
            stream.extend_from_slice(value);
        };
        tlv(2, &truncated(self.amt_to_forward));
        tlv(4, &truncated(u64::from(self.outgoing_cltv)));
        if let Some(scid) = &self.short_channel_id {
            tlv(6, &scid_bytes(scid));
        }
        if let Some((secret, total_msat)) = &self.payment_data {
            let mut data = hex::decode(secret).expect("a checked secret");
            data.extend(truncated(*total_msat));
            tlv(8, &data);
        }
        if let Some(metadata) = &self.payment_metadata {
            tlv(16, metadata);
        }
        [bigsize(stream.len()), stream].concat()
    }

    /// Reads a payload with its length; `None` if the stream is no good.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let (len, mut rest) = read_bigsize(bytes)?;
        if rest.len() != len {
            return None;
        }
        let mut payload = Self::default();
        let mut last = 0;
        let (mut has_amount, mut has_cltv) = (false, false);
        while !rest.is_empty() {
            let (kind, after) = read_bigsize(rest)?;
            let (len, after) = read_bigsize(after)?;
            let (value, after) = after.split_at_checked(len)?;
            if kind <= last {
                return None;
            }
            (last, rest) = (kind, after);
            match kind {
                2 => (payload.amt_to_forward, has_amount) = (read_truncated(value)?, true),
                4 => {
                    let cltv = u32::try_from(read_truncated(value)?).ok()?;
                    (payload.outgoing_cltv, has_cltv) = (cltv, true);
                }
                6 => payload.short_channel_id = Some(read_scid(value)?),
                8 => {
                    let (secret, total) = value.split_at_checked(32)?;
                    payload.payment_data = Some((hex::encode(secret), read_truncated(total)?));
                }
                16 => payload.payment_metadata = Some(value.to_vec()),
                odd if odd % 2 == 1 => {}
                _ => return None,
            }
        }
        (has_amount && has_cltv).then_some(payload)
    }
}

/// Whether the length in front is that of the rest.
pub(crate) fn has_length(payload: &[u8]) -> bool {
    read_bigsize(payload).is_some_and(|(len, rest)| len == rest.len())
}

fn bigsize(value: usize) -> Vec<u8> {
    match (u8::try_from(value), u16::try_from(value)) {
        (Ok(short), _) if short < 0xfd => vec![short],
        (_, Ok(long)) => [&[0xfd][..], &long.to_be_bytes()].concat(),
        _ => panic!("no payload is as long as {value}"),
    }
}

fn read_bigsize(bytes: &[u8]) -> Option<(usize, &[u8])> {
    match bytes {
        [0xfd, high, low, rest @ ..] => {
            let value = u16::from_be_bytes([*high, *low]);
            (value >= 0xfd).then_some((usize::from(value), rest))
        }
        [short, rest @ ..] if *short < 0xfd => Some((usize::from(*short), rest)),
        _ => None,
    }
}

/// `tu64`: big-endian without leading zeros.
fn truncated(value: u64) -> Vec<u8> {
    value
        .to_be_bytes()
        .into_iter()
        .skip_while(|byte| *byte == 0)
        .collect()
}

fn read_truncated(bytes: &[u8]) -> Option<u64> {
    if bytes.len() > 8 || bytes.first() == Some(&0) {
        return None;
    }
    Some(
        bytes
            .iter()
            .fold(0, |value, byte| value << 8 | u64::from(*byte)),
    )
}

/// The eight bytes of a short channel id.
pub(crate) fn scid_bytes(scid: &str) -> [u8; 8] {
    let parts: Vec<u64> = scid
        .split('x')
        .map(|part| part.parse().expect("a checked scid"))
        .collect();
    (parts[0] << 40 | parts[1] << 16 | parts[2]).to_be_bytes()
}

fn read_scid(bytes: &[u8]) -> Option<String> {
    let value = u64::from_be_bytes(bytes.try_into().ok()?);
    Some(format!(
        "{}x{}x{}",
        value >> 40,
        value >> 16 & 0xff_ffff,
        value & 0xffff
    ))
}
