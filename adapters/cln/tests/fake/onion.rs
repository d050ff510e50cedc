//! The fake's onion: 1366 bytes that are not encrypted, but carry what a real one would.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::error::{Answer, RpcError, code};
use super::params::{Params, node_id_of};
use super::payload::has_length;

/// The length of a payment onion.
const ONION_LEN: usize = 1366;
/// The room for payloads, each with the 32 bytes of its HMAC.
const ROUTING_INFO_LEN: usize = 1300;

/// One layer.
#[derive(Debug, Clone)]
pub(crate) struct Layer {
    pub(crate) pubkey: String,
    /// With its length in front.
    pub(crate) payload: Vec<u8>,
}

/// An onion, opened.
#[derive(Debug, Clone)]
pub(crate) struct Onion {
    pub(crate) assocdata: Vec<u8>,
    pub(crate) layers: Vec<Layer>,
}

impl Onion {
    /// The bytes that go to the peer.
    fn seal(&self) -> Option<Vec<u8>> {
        let mut bytes = vec![0];
        push(&mut bytes, &self.assocdata)?;
        bytes.push(u8::try_from(self.layers.len()).ok()?);
        for layer in &self.layers {
            push(&mut bytes, &hex::decode(&layer.pubkey).ok()?)?;
            push(&mut bytes, &layer.payload)?;
        }
        (bytes.len() <= ONION_LEN).then(|| {
            bytes.resize(ONION_LEN, 0);
            bytes
        })
    }

    /// Reads what [`Onion::seal`] wrote.
    pub(crate) fn open(bytes: &[u8]) -> Option<Self> {
        let [0, rest @ ..] = bytes else { return None };
        if bytes.len() != ONION_LEN {
            return None;
        }
        let (assocdata, rest) = pull(rest)?;
        let (count, mut rest) = rest.split_first()?;
        let mut layers = Vec::new();
        for _ in 0..*count {
            let (pubkey, after) = pull(rest)?;
            let (payload, after) = pull(after)?;
            rest = after;
            layers.push(Layer {
                pubkey: hex::encode(pubkey),
                payload: payload.to_vec(),
            });
        }
        Some(Self {
            assocdata: assocdata.to_vec(),
            layers,
        })
    }

    /// The secrets shared with the hops, one each.
    pub(crate) fn shared_secrets(&self) -> Vec<String> {
        let secret = |(index, layer): (usize, &Layer)| {
            let mut hash = Sha256::new();
            hash.update(index.to_be_bytes());
            hash.update(&self.assocdata);
            hash.update(&layer.pubkey);
            hash.update(&layer.payload);
            hex::encode(hash.finalize())
        };
        self.layers.iter().enumerate().map(secret).collect()
    }
}

fn push(bytes: &mut Vec<u8>, part: &[u8]) -> Option<()> {
    bytes.extend(u16::try_from(part.len()).ok()?.to_be_bytes());
    bytes.extend_from_slice(part);
    Some(())
}

fn pull(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*len)))
}

/// `createonion`'s parameters.
pub(crate) const CREATEONION: &str = "hops assocdata [session_key] [onion_size]";

/// `createonion`.
pub(crate) fn createonion(params: &Params<'_>) -> Answer {
    let layers = layers(params.required("hops"))?;
    let assocdata = params.bytes("assocdata")?.unwrap_or_default();
    let mut size = 0;
    for (i, layer) in layers.iter().enumerate() {
        if !has_length(&layer.payload) {
            return Err(RpcError::params(format!(
                "hops[{i}] payload is not prefixed with length!"
            )));
        }
        size += layer.payload.len() + 32;
    }
    if size > ROUTING_INFO_LEN {
        return Err(RpcError::params(
            "Payloads exceed maximum onion packet size.",
        ));
    }
    let onion = Onion { assocdata, layers };
    let Some(sealed) = onion.seal() else {
        return Err(RpcError::new(
            code::LIGHTNINGD,
            "Could not create onion packet",
        ));
    };
    Ok(json!({
        "onion": hex::encode(sealed),
        "shared_secrets": onion.shared_secrets(),
    }))
}

fn layers(hops: &Value) -> Result<Vec<Layer>, RpcError> {
    let Some(hops) = hops.as_array() else {
        return Err(RpcError::bad_param("hops", "should be an array of hops"));
    };
    if hops.is_empty() {
        return Err(RpcError::params("At least one hop must be specified."));
    }
    let layer = |(i, hop): (usize, &Value)| {
        let member = |name| {
            hop.get(name)
                .ok_or_else(|| RpcError::params(format!("Hop {i} does not have a {name}")))
        };
        let (pubkey, payload) = (member("pubkey")?, member("payload")?);
        let pubkey =
            node_id_of(pubkey).ok_or_else(|| RpcError::bad_param("hops", "should be a pubkey"))?;
        let payload = payload
            .as_str()
            .and_then(|payload| hex::decode(payload).ok())
            .ok_or_else(|| RpcError::bad_param("hops", "should be hex"))?;
        Ok(Layer { pubkey, payload })
    };
    hops.iter().enumerate().map(layer).collect()
}
