//! The way of an HTLC through l2 or l3: what the forwarders check, and what they answer.

use sha2::{Digest, Sha256};

use super::failure::{Cause, wire};
use super::onion::Onion;
use super::payload::{Payload, scid_bytes};
use super::topology::{CLTV_DELTA, Edge, FEE_BASE_MSAT, FEE_PPM, L4, MAX_HTLC_CLTV, fee_msat};

/// The chain hash of regtest.
const REGTEST: &str = "06226e46111a0b59caaf126043eb5bbf28c34f3a5e332a1fc7b2b73cf188910f";

/// An HTLC that has reached the payee.
#[derive(Debug, Clone)]
pub(crate) struct Incoming {
    /// The payee's place in the route, counted from the peer.
    pub(crate) origin: usize,
    pub(crate) amount_msat: u64,
    pub(crate) cltv_expiry: u32,
    pub(crate) payload: Payload,
}

/// Where an HTLC got to.
pub(crate) enum Arrival {
    Payee(Incoming),
    Failed(Cause),
}

/// Sends an HTLC on its way.
pub(crate) fn travel(
    edges: &[Edge],
    onion: &Onion,
    peer: &str,
    payment_hash: &str,
    mut amount_msat: u64,
    mut cltv_expiry: u32,
    height: u32,
) -> Arrival {
    let is_ours = onion
        .layers
        .first()
        .is_some_and(|layer| layer.pubkey == peer);
    if !is_ours || hex::encode(&onion.assocdata) != payment_hash {
        return Arrival::Failed(Cause::Malformed {
            message: bad_hmac(onion),
        });
    }
    let mut node = peer;
    for (origin, layer) in onion.layers.iter().enumerate() {
        let failed = |message| Arrival::Failed(Cause::Remote { origin, message });
        let Some(payload) = Payload::decode(&layer.payload) else {
            return failed(bad_payload());
        };
        let Some(scid) = &payload.short_channel_id else {
            if node != L4 {
                return failed(unknown_details(amount_msat, height));
            }
            return Arrival::Payee(Incoming {
                origin,
                amount_msat,
                cltv_expiry,
                payload,
            });
        };
        let next = edges.iter().find(|edge| edge.scid == *scid);
        let Some((edge, other)) = next.and_then(|edge| Some((edge, edge.other_end(node)?))) else {
            return failed(wire::UNKNOWN_NEXT_PEER.to_be_bytes().to_vec());
        };
        if let Some(message) = refuse(edge, &payload, amount_msat, cltv_expiry, height) {
            return failed(message);
        }
        let meant = onion.layers.get(origin + 1);
        if meant.is_none_or(|layer| layer.pubkey != other) {
            return failed(bad_hmac(onion));
        }
        (node, amount_msat, cltv_expiry) = (other, payload.amt_to_forward, payload.outgoing_cltv);
    }
    unreachable!("the last layer either ends the way or has no next one")
}

/// `forward_htlc()`'s checks, in its order.
fn refuse(
    edge: &Edge,
    payload: &Payload,
    amount_msat: u64,
    cltv_expiry: u32,
    height: u32,
) -> Option<Vec<u8>> {
    let (out, cltv_out) = (payload.amt_to_forward, payload.outgoing_cltv);
    let with_update = |failcode: u16, fields: &[u8]| {
        let update = channel_update(edge.scid);
        let len = u16::try_from(update.len()).expect("a short message");
        [
            &failcode.to_be_bytes()[..],
            fields,
            &len.to_be_bytes(),
            &update,
        ]
        .concat()
    };
    let incoming = amount_msat.to_be_bytes();
    if out
        .checked_add(fee_msat(out))
        .is_none_or(|needed| amount_msat < needed)
    {
        return Some(with_update(wire::FEE_INSUFFICIENT, &incoming));
    }
    if out == 0 {
        return Some(with_update(wire::AMOUNT_BELOW_MINIMUM, &incoming));
    }
    if cltv_expiry < CLTV_DELTA.saturating_add(cltv_out) {
        return Some(with_update(
            wire::INCORRECT_CLTV_EXPIRY,
            &cltv_expiry.to_be_bytes(),
        ));
    }
    if height >= cltv_out {
        return Some(with_update(wire::EXPIRY_TOO_SOON, &[]));
    }
    if height + MAX_HTLC_CLTV < cltv_out {
        return Some(wire::EXPIRY_TOO_FAR.to_be_bytes().to_vec());
    }
    (out > edge.outgoing_msat).then(|| with_update(wire::TEMPORARY_CHANNEL_FAILURE, &[]))
}

/// `failmsg_incorrect_or_unknown()`: the amount of the HTLC and the height of the chain.
pub(crate) fn unknown_details(amount_msat: u64, height: u32) -> Vec<u8> {
    let failcode = wire::INCORRECT_OR_UNKNOWN_PAYMENT_DETAILS.to_be_bytes();
    [
        &failcode[..],
        &amount_msat.to_be_bytes(),
        &height.to_be_bytes(),
    ]
    .concat()
}

fn bad_hmac(onion: &Onion) -> Vec<u8> {
    let hash = Sha256::digest(onion.shared_secrets().concat());
    [&wire::INVALID_ONION_HMAC.to_be_bytes()[..], &hash].concat()
}

/// Which record is wrong, and where, a real node says; this one does not.
fn bad_payload() -> Vec<u8> {
    [&wire::INVALID_ONION_PAYLOAD.to_be_bytes()[..], &[0, 0, 0]].concat()
}

/// A `channel_update`, with zeros for the signature.
fn channel_update(scid: &str) -> Vec<u8> {
    let mut update = 258_u16.to_be_bytes().to_vec();
    update.extend([0; 64]);
    update.extend(hex::decode(REGTEST).expect("a constant"));
    update.extend(scid_bytes(scid));
    update.extend(1_795_341_600_u32.to_be_bytes());
    update.extend([1, 1]);
    update.extend(u16::try_from(CLTV_DELTA).expect("a constant").to_be_bytes());
    update.extend(0_u64.to_be_bytes());
    update.extend(
        u32::try_from(FEE_BASE_MSAT)
            .expect("a constant")
            .to_be_bytes(),
    );
    update.extend(u32::try_from(FEE_PPM).expect("a constant").to_be_bytes());
    update.extend(9_900_000_000_u64.to_be_bytes());
    update
}
