//! `sendonion`.

use serde_json::Value;

use super::error::{Answer, RpcError};
use super::htlc::PartKey;
use super::onion::Onion;
use super::params::{Params, hex_of, msat_of, node_id_of, scid_of, u64_of};
use super::payment::Notes;
use super::send::Outgoing;
use super::state::State;
use super::topology::Hop;

/// `sendonion`'s parameters.
pub(crate) const SENDONION: &str = "onion first_hop payment_hash [label] [shared_secrets] \
     [partid] [bolt11] [amount_msat] [destination] [localinvreqid] [groupid] [description] \
     [total_amount_msat]";

/// What `parse_onionpacket()` finds wrong with anything that is no onion.
const INVALID_ONION_VERSION: u16 = 0xc004;

impl State {
    /// `sendonion`. It compares neither `amount_msat` with the onion nor wants a secret for a
    /// part: that is the caller's affair.
    pub(crate) fn sendonion(&mut self, params: &Params<'_>) -> Answer {
        let bytes = params.bytes("onion")?.unwrap_or_default();
        let first_hop = first_hop(params.required("first_hop"))?;
        let payment_hash = params.hex32("payment_hash")?.unwrap_or_default();
        let secrets = params.get("shared_secrets").map(secrets).transpose()?;
        let partid = params.u64("partid")?.unwrap_or_default();
        let amount_msat = params.msat("amount_msat")?.unwrap_or_default();
        let destination = params.node_id("destination")?;
        params.hex32("localinvreqid")?;
        let groupid = params.u64("groupid")?;
        let total_msat = params.msat("total_amount_msat")?.unwrap_or_default();
        let notes = Notes::of(params)?;

        let groupid = groupid.unwrap_or_else(|| self.db.last_group(&payment_hash) + 1);
        let Some(onion) = Onion::open(&bytes) else {
            return Err(RpcError::params(format!(
                "Could not parse the onion. Parsing failed with failcode={INVALID_ONION_VERSION}"
            )));
        };
        self.send_payment(Outgoing {
            key: PartKey {
                payment_hash,
                partid,
                groupid,
            },
            first_hop,
            amount_msat,
            total_msat,
            destination,
            notes,
            route: None,
            has_secrets: secrets.is_some_and(|secrets| secrets == onion.shared_secrets()),
            onion: Some(onion),
        })
    }
}

/// `param_route_hop()`: a node or a channel may be missing, and stands for zeros then.
fn first_hop(hop: &Value) -> Result<Hop, RpcError> {
    let bad = |expected: &str| RpcError::bad_param("first_hop", expected);
    let (id, channel) = (hop.get("id"), hop.get("channel"));
    if id.is_none() && channel.is_none() {
        return Err(RpcError::params(
            "Either 'id' or 'channel' is required for a route_hop",
        ));
    }
    let required = |name: &str| {
        hop.get(name)
            .ok_or_else(|| RpcError::params(format!("'{name}' is required")))
    };
    let (amount, delay) = (required("amount_msat")?, required("delay")?);
    let id = match id {
        Some(id) => node_id_of(id).ok_or_else(|| bad("should be a node_id"))?,
        None => "00".repeat(33),
    };
    let channel = match channel {
        Some(scid) => scid_of(scid).ok_or_else(|| bad("should be a short_channel_id"))?,
        None => "0x0x0".to_owned(),
    };
    let amount_msat = msat_of(amount).ok_or_else(|| bad("should be a valid amount_msat"))?;
    let delay = u64_of(delay)
        .and_then(|delay| u32::try_from(delay).ok())
        .filter(|delay| *delay > 0)
        .ok_or_else(|| bad("should be a positive, non-zero, number"))?;
    Ok(Hop {
        id,
        channel,
        amount_msat,
        delay,
    })
}

fn secrets(secrets: &Value) -> Result<Vec<String>, RpcError> {
    let name = "shared_secrets";
    let Some(secrets) = secrets.as_array() else {
        return Err(RpcError::bad_param(name, "should be an array of secrets"));
    };
    let secret = |(i, secret): (usize, &Value)| {
        hex_of(secret, 32).ok_or_else(|| {
            let shown = secret
                .as_str()
                .map_or_else(|| secret.to_string(), str::to_owned);
            RpcError::params(format!(
                "'{name}[{i}]' should be a 32 byte hex value, not '{shown}'"
            ))
        })
    };
    secrets.iter().enumerate().map(secret).collect()
}
