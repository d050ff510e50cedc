//! The `channel_update` in a failure message (BOLT 4), as far as a way depends on it.

use crate::{ChannelPolicy, DirectedChannel, Msat, ShortChannelId};

/// BOLT 7's message type of a `channel_update`.
const CHANNEL_UPDATE: u16 = 258;
const SIGNATURE: usize = 64;
const CHAIN_HASH: usize = 32;

/// The height that the payee knows, in `incorrect_or_unknown_payment_details`: after the failure code
/// an amount (8 bytes) and a height (4).
pub(super) fn height(raw_message: &[u8]) -> Option<u32> {
    let mut rest = raw_message.get(2..)?;
    take::<8>(&mut rest)?;
    take(&mut rest).map(u32::from_be_bytes)
}

/// The policy that a failure message brings, and of which direction: after the failure code and
/// `before` bytes a length (2 bytes) and the update, with its type or, as old nodes wrote it, without.
pub(super) fn policy(
    raw_message: &[u8],
    before: usize,
) -> Option<(DirectedChannel, ChannelPolicy)> {
    let mut rest = raw_message.get(2 + before..)?;
    let length = usize::from(u16::from_be_bytes(take(&mut rest)?));
    let update = rest.get(..length)?;
    let kind = CHANNEL_UPDATE.to_be_bytes();
    let mut rest = update.strip_prefix(&kind[..]).unwrap_or(update);
    rest = rest.get(SIGNATURE + CHAIN_HASH..)?;
    let channel = ShortChannelId(u64::from_be_bytes(take(&mut rest)?));
    let _timestamp: [u8; 4] = take(&mut rest)?;
    let [_message_flags, flags] = take(&mut rest)?;
    let delay = u32::from(u16::from_be_bytes(take(&mut rest)?));
    let htlc_min = msat(u64::from_be_bytes(take(&mut rest)?));
    let fee_base = u64::from(u32::from_be_bytes(take(&mut rest)?));
    let fee_ppm = u32::from_be_bytes(take(&mut rest)?);
    let htlc_max = take(&mut rest).map_or(Msat::MAX, |most| msat(u64::from_be_bytes(most)));
    let channel = DirectedChannel {
        channel,
        direction: flags & 1,
    };
    let policy = ChannelPolicy {
        enabled: flags & 2 == 0,
        htlc_min,
        htlc_max,
        fee_base: msat(fee_base),
        fee_ppm,
        delay,
    };
    Some((channel, policy))
}

fn msat(number: u64) -> Msat {
    Msat::new(number).unwrap_or(Msat::MAX)
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, left) = rest.split_first_chunk()?;
    *rest = left;
    Some(*taken)
}
