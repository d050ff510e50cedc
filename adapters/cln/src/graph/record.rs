//! One record of a `gossip_store`: a header of twelve bytes, then a message of BOLT 7 or one of
//! lightningd's own (its `common/gossip_store.h` and `gossip_store_wire.csv`).
//!
//! The two messages of BOLT 7 are read here rather than by the `lightning` crate, which a build
//! without the embedded network does not have. Signatures are not checked: lightningd has done that, and
//! the graph is a guess all the same. Nor is the checksum: a record says by a flag that it is complete.

use domain::{ChannelPolicy, DirectedChannel, Msat, NodeId, ShortChannelId};

/// The length of a header: flags and length (two bytes each), checksum and time (four each).
const HEADER: usize = 12;
/// The record was superseded.
const DELETED: u16 = 0x8000;
/// The record is written to its end.
const COMPLETED: u16 = 0x2000;
/// The minor version of the file since which that flag is set.
const HAS_COMPLETED: u8 = 15;

const CHANNEL_ANNOUNCEMENT: u16 = 256;
const CHANNEL_UPDATE: u16 = 258;
const CHANNEL_AMOUNT: u16 = 4101;
const DELETE_CHAN: u16 = 4103;
const ENDED: u16 = 4105;

/// What a record says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Record {
    /// There is a channel. What it holds is in the next record.
    Channel(ShortChannelId, [NodeId; 2]),
    /// What the channel of the record before holds.
    Amount(Msat),
    /// The policy of a direction.
    Policy(DirectedChannel, ChannelPolicy),
    /// A channel is gone. One that is only dying (4106) can still be used, and one that is spliced is
    /// dying too: neither is said.
    Deleted(ShortChannelId),
    /// The file goes on in another one of the same name.
    Ended,
    /// Something else.
    Other,
}

/// What a file begins with after its version byte, or goes on with.
pub(super) enum Next {
    /// A record, and how many bytes it takes up.
    Record(Record, usize),
    /// It is not all there yet.
    Incomplete,
}

/// Reads the first record of a file of that minor version.
pub(super) fn next(bytes: &[u8], minor: u8) -> Next {
    read(bytes, minor).map_or(Next::Incomplete, |(record, length)| {
        Next::Record(record, length)
    })
}

fn read(bytes: &[u8], minor: u8) -> Option<(Record, usize)> {
    let mut header = Bytes(bytes);
    let flags = u16::from_be_bytes(header.take()?);
    let length = usize::from(u16::from_be_bytes(header.take()?));
    if minor >= HAS_COMPLETED && flags & COMPLETED == 0 {
        return None;
    }
    let end = HEADER + length;
    let message = bytes.get(HEADER..end)?;
    let record = if flags & DELETED == 0 {
        said(message).unwrap_or(Record::Other)
    } else {
        Record::Other
    };
    Some((record, end))
}

fn said(message: &[u8]) -> Option<Record> {
    let mut bytes = Bytes(message);
    match u16::from_be_bytes(bytes.take()?) {
        CHANNEL_ANNOUNCEMENT => announcement(bytes),
        CHANNEL_UPDATE => update(bytes),
        CHANNEL_AMOUNT => {
            let sat = u64::from_be_bytes(bytes.take()?);
            let amount = Msat::new(sat.checked_mul(1_000)?).ok()?;
            Some(Record::Amount(amount))
        }
        DELETE_CHAN => Some(Record::Deleted(bytes.channel()?)),
        ENDED => Some(Record::Ended),
        _ => None,
    }
}

/// Four signatures, features, the chain, the channel, its two nodes.
fn announcement(mut bytes: Bytes<'_>) -> Option<Record> {
    bytes.skip(4 * 64)?;
    let features = u16::from_be_bytes(bytes.take()?);
    bytes.skip(usize::from(features))?;
    bytes.skip(32)?;
    let channel = bytes.channel()?;
    let nodes = [bytes.node()?, bytes.node()?];
    let [one, other] = nodes;
    (one < other).then_some(Record::Channel(channel, nodes))
}

/// A signature, the chain, the channel, the time, flags, the policy.
fn update(mut bytes: Bytes<'_>) -> Option<Record> {
    bytes.skip(64 + 32)?;
    let channel = bytes.channel()?;
    bytes.skip(4)?;
    let [message_flags, channel_flags] = bytes.take()?;
    let delay = u16::from_be_bytes(bytes.take()?);
    let htlc_min = bytes.msat()?;
    let fee_base = u32::from_be_bytes(bytes.take()?);
    let fee_ppm = u32::from_be_bytes(bytes.take()?);
    let htlc_max = (message_flags & 1 != 0).then(|| bytes.msat())??;
    let direction = DirectedChannel {
        channel,
        direction: channel_flags & 1,
    };
    let policy = ChannelPolicy {
        enabled: channel_flags & 2 == 0,
        htlc_min,
        htlc_max,
        fee_base: Msat::new(fee_base.into()).ok()?,
        fee_ppm,
        delay: delay.into(),
    };
    Some(Record::Policy(direction, policy))
}

/// What is left of a message.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    fn skip(&mut self, count: usize) -> Option<()> {
        self.0 = self.0.get(count..)?;
        Some(())
    }

    fn channel(&mut self) -> Option<ShortChannelId> {
        Some(ShortChannelId(u64::from_be_bytes(self.take()?)))
    }

    fn node(&mut self) -> Option<NodeId> {
        NodeId::new(self.take()?).ok()
    }

    fn msat(&mut self) -> Option<Msat> {
        Msat::new(u64::from_be_bytes(self.take()?)).ok()
    }
}
