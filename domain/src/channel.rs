//! The public graph, as far as ways are found over it: channels, directions, policies (BOLT 7).

use crate::{Msat, NodeId, ShortChannelId};
use std::fmt;
use std::str::FromStr;

/// One direction of a channel: `SCID/DIRECTION`, as Core Lightning writes it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DirectedChannel {
    /// The channel.
    pub channel: ShortChannelId,
    /// BOLT 7's direction bit: 0 from the node with the lesser id, 1 from the other.
    pub direction: u8,
}

/// Not `BxTxO/0` or `BxTxO/1`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("should be a channel and a direction like 103x1x0/1")]
pub struct NotDirectedChannel;

impl DirectedChannel {
    /// The direction of a channel that leads from one node to another.
    pub fn between(channel: ShortChannelId, from: NodeId, to: NodeId) -> DirectedChannel {
        DirectedChannel {
            channel,
            direction: u8::from(from > to),
        }
    }
}

impl FromStr for DirectedChannel {
    type Err = NotDirectedChannel;
    fn from_str(text: &str) -> Result<Self, NotDirectedChannel> {
        let (channel, direction) = text.split_once('/').ok_or(NotDirectedChannel)?;
        let direction = match direction {
            "0" => 0,
            "1" => 1,
            _ => return Err(NotDirectedChannel),
        };
        let channel = channel.parse().map_err(|_| NotDirectedChannel)?;
        Ok(DirectedChannel { channel, direction })
    }
}

impl fmt::Display for DirectedChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.channel, self.direction)
    }
}

/// What a node demands of an HTLC that goes on over one direction of a channel (BOLT 7 `channel_update`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ChannelPolicy {
    /// Whether it takes HTLCs at all.
    pub enabled: bool,
    /// The least that an HTLC may carry.
    pub htlc_min: Msat,
    /// The most that an HTLC may carry.
    pub htlc_max: Msat,
    /// The fixed part of the fee.
    pub fee_base: Msat,
    /// The fee for each million.
    pub fee_ppm: u32,
    /// Blocks that it wants between what comes in and what goes out (`cltv_expiry_delta`).
    pub delay: u32,
}

impl ChannelPolicy {
    /// The fee for letting that much go on, or `None` if it is beyond any amount.
    pub fn fee(&self, amount: Msat) -> Option<Msat> {
        let share = u128::from(amount.get()) * u128::from(self.fee_ppm) / 1_000_000;
        let share = Msat::new(u64::try_from(share).ok()?).ok()?;
        self.fee_base.checked_add(share)
    }
}

/// A channel that only the invoice tells of (BOLT 11 `r`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct HintHop {
    /// The node at the beginning of the channel.
    pub node: NodeId,
    /// The channel.
    pub channel: ShortChannelId,
    /// The fixed part of the fee.
    pub fee_base: Msat,
    /// The fee for each million.
    pub fee_ppm: u32,
    /// `cltv_expiry_delta`.
    pub delay: u32,
}

/// Channels one after the other, the last of which leads to the payee.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct RouteHint(pub Vec<HintHop>);

/// One of our own channels, as its node sees it now.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct OwnChannel {
    /// The node at the other end.
    pub peer: NodeId,
    /// The number by which a route names it: its own, or the alias that we use.
    pub channel: ShortChannelId,
    /// What can leave over it now. HTLCs that are out are not in it.
    pub spendable: Msat,
    /// The least that an HTLC may carry.
    pub htlc_min: Msat,
    /// The most that an HTLC may carry.
    pub htlc_max: Msat,
    /// Whether the peer is connected, and the channel takes HTLCs.
    pub usable: bool,
}

/// What happened to the graph.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum GraphChange {
    /// A channel is there, between these two nodes (the lesser id first).
    Channel {
        /// Its place in the chain.
        channel: ShortChannelId,
        /// Its ends.
        nodes: [NodeId; 2],
        /// What it holds.
        capacity: Msat,
    },
    /// A direction has this policy from now on.
    Policy(DirectedChannel, ChannelPolicy),
    /// A channel is gone.
    Closed(ShortChannelId),
    /// All that was known at the beginning has been told.
    Loaded,
}
