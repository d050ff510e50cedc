//! The name under which LDK knows a part: made of the part alone, so that it is never another.

use domain::{NodeId, PartId, PaymentHash};
use lightning::bitcoin::secp256k1::PublicKey;
use lightning::ln::channelmanager::PaymentId;

/// The part's number (big-endian) and the first 24 bytes of its payment's hash.
pub(crate) fn payment_id(part: PartId, hash: PaymentHash) -> PaymentId {
    let mut id = [0; 32];
    id[..8].copy_from_slice(&part.0.to_be_bytes());
    id[8..].copy_from_slice(&hash.0[..24]);
    PaymentId(id)
}

/// The part of that name.
pub(crate) fn part(id: PaymentId) -> PartId {
    let mut number = [0; 8];
    number.copy_from_slice(&id.0[..8]);
    PartId(u64::from_be_bytes(number))
}

/// LDK's public key in the domain's words.
pub(crate) fn node_id(key: &PublicKey) -> NodeId {
    NodeId::new(key.serialize()).expect("a compressed key starts with 2 or 3")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_found_again_in_its_name() {
        let id = payment_id(PartId(0x0102_0304_0506_0708), PaymentHash([9; 32]));
        assert_eq!(part(id), PartId(0x0102_0304_0506_0708));
        assert_eq!(id.0[8..], [9; 24]);
    }
}
