//! `sendpay`.

use serde_json::Value;

use super::error::{Answer, RpcError, code};
use super::htlc::PartKey;
use super::onion::{Layer, Onion};
use super::params::{Params, msat_of, node_id_of, scid_of, u64_of};
use super::payload::Payload;
use super::payment::{Notes, Route};
use super::send::Outgoing;
use super::state::State;
use super::topology::Hop;

/// `sendpay`'s parameters.
pub(crate) const SENDPAY: &str = "route payment_hash [label] [amount_msat] [bolt11] \
     [payment_secret] [partid] [localinvreqid] [groupid] [payment_metadata] [description]";

impl Notes {
    /// `label`, `bolt11` and `description`, which `sendonion` takes as well.
    pub(crate) fn of(params: &Params<'_>) -> Result<Self, RpcError> {
        Ok(Self {
            label: params.string("label")?,
            invstring: params.string("bolt11")?,
            description: params.string("description")?,
        })
    }
}

impl State {
    /// `sendpay`.
    pub(crate) fn sendpay(&mut self, params: &Params<'_>) -> Answer {
        let route = route_hops(params.required("route"))?;
        let payment_hash = params.hex32("payment_hash")?.unwrap_or_default();
        let total_msat = params.msat("amount_msat")?;
        let secret = params.hex32("payment_secret")?;
        let partid = params.u64("partid")?.unwrap_or_default();
        params.hex32("localinvreqid")?;
        let groupid = params.u64("groupid")?;
        let metadata = params.bytes("payment_metadata")?;
        let notes = Notes::of(params)?;
        check(&route, total_msat, partid, secret.as_deref())?;

        let groupid = groupid.unwrap_or_else(|| self.db.last_group(&payment_hash) + 1);
        let amount_msat = route.last().map_or(0, |hop| hop.amount_msat);
        let total_msat = total_msat.unwrap_or(amount_msat);
        let mut last = Payload {
            payment_metadata: metadata,
            ..Payload::default()
        };
        last.payment_data = secret.map(|secret| (secret, total_msat));
        if last.payment_data.is_none() && last.payment_metadata.is_some() {
            let text = "Destination does not support payment_secret";
            return Err(RpcError::new(code::DESTINATION_PERM_FAIL, text));
        }
        self.send_payment(Outgoing {
            onion: Some(self.onion_for(&route, &payment_hash, last)),
            key: PartKey {
                payment_hash,
                partid,
                groupid,
            },
            amount_msat,
            total_msat,
            destination: route.last().map(|hop| hop.id.clone()),
            notes,
            has_secrets: true,
            first_hop: route[0].clone(),
            route: Some(Route {
                nodes: route.iter().map(|hop| hop.id.clone()).collect(),
                channels: route.into_iter().map(|hop| hop.channel).collect(),
            }),
        })
    }

    fn onion_for(&self, route: &[Hop], payment_hash: &str, last: Payload) -> Onion {
        let base = self.base_expiry();
        let ahead = route.iter().skip(1).map(|next| Payload {
            amt_to_forward: next.amount_msat,
            outgoing_cltv: base + next.delay,
            short_channel_id: Some(next.channel.clone()),
            ..Payload::default()
        });
        let end = route.last().map(|hop| Payload {
            amt_to_forward: hop.amount_msat,
            outgoing_cltv: base + hop.delay,
            ..last
        });
        let layer = |(hop, payload): (&Hop, Payload)| Layer {
            pubkey: hop.id.clone(),
            payload: payload.encode(),
        };
        Onion {
            assocdata: hex::decode(payment_hash).expect("a checked hash"),
            layers: route.iter().zip(ahead.chain(end)).map(layer).collect(),
        }
    }
}

/// What `json_sendpay()` checks itself.
fn check(
    route: &[Hop],
    total_msat: Option<u64>,
    partid: u64,
    secret: Option<&str>,
) -> Result<(), RpcError> {
    if partid != 0 && total_msat.is_none() {
        return Err(RpcError::params("Must specify msatoshi with partid"));
    }
    let Some(last) = route.last() else {
        return Err(match (total_msat, partid) {
            (None, _) => RpcError::params("Self-payment requires amount_msat"),
            (_, 1..) => RpcError::params("Self-payment does not allow (non-zero) partid"),
            _ => RpcError::new(code::LIGHTNINGD, "the fake node does not pay itself"),
        });
    };
    let amount = last.amount_msat;
    match total_msat {
        Some(total) if partid == 0 && total != amount => Err(RpcError::params(format!(
            "Do not specify msatoshi ({total}msat) without partid: if you do, it must be exactly \
             the final amount ({amount}msat)"
        ))),
        Some(total) if partid != 0 && amount > total => Err(RpcError::params(format!(
            "Final amount {amount}msat is greater than {total}msat, despite MPP"
        ))),
        _ if partid != 0 && secret.is_none() => {
            Err(RpcError::params("partid requires payment_secret"))
        }
        _ => Ok(()),
    }
}

/// `param_route_hops()`: two names for every member, the new one first.
fn route_hops(route: &Value) -> Result<Vec<Hop>, RpcError> {
    let bad = |expected: &str| RpcError::bad_param("route", expected);
    let Some(hops) = route.as_array() else {
        return Err(bad("must be an array"));
    };
    let hop = |hop: &Value| {
        let either = |new: &str, old: &str| {
            let member = hop.get(new).or_else(|| hop.get(old)).cloned();
            member.ok_or_else(|| bad(&format!("must have either {new} or {old}")))
        };
        let channel = either("short_channel_id_dir", "channel")?;
        let channel = scid_of(&channel).ok_or_else(|| bad("bad short_channel_id"))?;
        let id = either("node_id_out", "id")?;
        let id = node_id_of(&id).ok_or_else(|| bad("bad node_id"))?;
        let amount = either("amount_out_msat", "amount_msat")?;
        let amount_msat = msat_of(&amount).ok_or_else(|| bad("bad amount"))?;
        let delay = either("cltv_out", "delay")?;
        let delay = u64_of(&delay).and_then(|delay| u32::try_from(delay).ok());
        let delay = delay.ok_or_else(|| bad("bad cltv_out/delay"))?;
        Ok(Hop {
            id,
            channel,
            amount_msat,
            delay,
        })
    };
    hops.iter().map(hop).collect()
}
