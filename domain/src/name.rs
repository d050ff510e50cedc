//! Names and numbers: one type for each, so that none can stand in for another.

use crate::hash::from_hex;
use std::fmt;
use std::str::FromStr;

/// A Lightning node's public key (33 bytes, compressed; BOLT 7 `node_id`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId([u8; 33]);

/// Not a compressed public key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("should be a node id (33 bytes of hex that start with 02 or 03)")]
pub struct NotNodeId;

impl NodeId {
    /// A compressed public key. That it lies on the curve is the node's to check.
    pub fn new(bytes: [u8; 33]) -> Result<NodeId, NotNodeId> {
        matches!(bytes[0], 2 | 3)
            .then_some(NodeId(bytes))
            .ok_or(NotNodeId)
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8; 33] {
        &self.0
    }
}

impl FromStr for NodeId {
    type Err = NotNodeId;
    fn from_str(text: &str) -> Result<Self, NotNodeId> {
        NodeId::new(from_hex(text).ok_or(NotNodeId)?)
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(hex::Buffer::<33>::new().format(&self.0))
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A channel's place in the chain (BOLT 7): block, transaction, output.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ShortChannelId(pub u64);

/// Not `BxTxO`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("should be a short channel id like 103x1x0")]
pub struct NotShortChannelId;

impl FromStr for ShortChannelId {
    type Err = NotShortChannelId;

    /// `BxTxO`, or `B:T:O` as in 2018.
    fn from_str(text: &str) -> Result<Self, NotShortChannelId> {
        let separator = if text.contains('x') { 'x' } else { ':' };
        let numbers: Vec<u64> = text
            .split(separator)
            .map(|n| n.parse().map_err(|_| NotShortChannelId))
            .collect::<Result<_, _>>()?;
        match numbers[..] {
            [block, transaction, output]
                if block < 1 << 24 && transaction < 1 << 24 && output < 1 << 16 =>
            {
                Ok(ShortChannelId(block << 40 | transaction << 16 | output))
            }
            _ => Err(NotShortChannelId),
        }
    }
}

impl fmt::Display for ShortChannelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (block, transaction) = (self.0 >> 40, self.0 >> 16 & 0x00ff_ffff);
        write!(f, "{block}x{transaction}x{}", self.0 & 0xffff)
    }
}

/// The row of a payment, from 1 upwards. Never used again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PaymentId(pub u64);

/// A partial payment's number, from 1 upwards. Never used again, so it is also the key under
/// which the node knows the part (rule A-4).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct PartId(pub u64);

impl fmt::Display for PaymentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for PartId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What the configuration calls one of the nodes that Ampere drives.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NodeName(String);

impl NodeName {
    /// Any text names a node; whether one of that name is configured is the engine's to say.
    pub fn new(name: impl Into<String>) -> NodeName {
        NodeName(name.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a node is, for ever: never that of another node, nor of another life of the same one whose
/// state was lost. A part may be looked up only at the node that it was meant for: at any other,
/// "never seen" proves nothing (rules ).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct NodeIdentity(String);

impl NodeIdentity {
    /// Any text that no other node has.
    pub fn new(identity: impl Into<String>) -> NodeIdentity {
        NodeIdentity(identity.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NodeIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A caller's idempotency key: the same key and parameters are the same request (rule A-14).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RequestId(String);

/// An idempotency key has 1 to 128 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("should be a string of 1 to 128 bytes")]
pub struct NotRequestId;

impl RequestId {
    /// A key of 1 to 128 bytes.
    pub fn new(key: impl Into<String>) -> Result<RequestId, NotRequestId> {
        let key = key.into();
        ((1..=128).contains(&key.len()))
            .then_some(RequestId(key))
            .ok_or(NotRequestId)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Microseconds since 1970 (UTC).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// Whole seconds since 1970, as the RPC shows them.
    pub fn seconds(self) -> u64 {
        self.0 / 1_000_000
    }

    /// A moment `duration` later; the end of time rather than an overflow.
    pub fn after(self, duration: std::time::Duration) -> Timestamp {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        Timestamp(self.0.saturating_add(micros))
    }

    /// A moment `duration` earlier; the beginning of time rather than an overflow.
    pub fn before(self, duration: std::time::Duration) -> Timestamp {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        Timestamp(self.0.saturating_sub(micros))
    }
}
