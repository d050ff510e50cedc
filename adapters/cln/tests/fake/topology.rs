//! The world around l1: who the nodes are, which channels there are, what the ways cost.
//!
//! A second node of ours has the same neighbours, and the same payee.

use serde_json::{Value, json};

/// Our node.
const L1: &str = "0203f44f72588d7b3b181f9d78e2ae0566fe08a34bbafc05a0b364a83f7d42b38a";
/// Another node of ours.
const WEST_L1: &str = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
/// The first forwarder.
pub(crate) const L2: &str = "03a0c1b9aff3dc617b813bfbe9e947de7d49946af9e1ff53658df591e19aa055c5";
/// The second forwarder.
pub(crate) const L3: &str = "03ff6656e341fc5ab457c0b039adcd191460dea2baff6145be3e485426fc303c1b";
/// The payee: whoever has [`PAYEE_KEY`].
pub(crate) const L4: &str = "0324653eac434488002cc06bbfb7f10fe18991e35f9fe4302dbea6d2353dc0ab1c";
/// What l4 signs its invoices with.
pub(crate) const PAYEE_KEY: [u8; 32] = [0x42; 32];

/// The capacity of every channel.
pub(crate) const CAPACITY_MSAT: u64 = 10_000_000_000;
/// What l1 owns of each of its channels at first.
pub(crate) const TO_US_MSAT: u64 = 6_000_000_000;
/// `cltv_expiry_delta` of every node.
pub(crate) const CLTV_DELTA: u32 = 6;
/// `cltv-final`, the least a payee accepts.
pub(crate) const CLTV_FINAL: u32 = 5;
/// `max_htlc_cltv` of BOLT #4.
pub(crate) const MAX_HTLC_CLTV: u32 = 2016;
/// `fee_base_msat` of every node.
pub(crate) const FEE_BASE_MSAT: u64 = 1;
/// `fee_proportional_millionths` of every node.
pub(crate) const FEE_PPM: u64 = 10;
/// The delay that [`Place::way`] gives the last hop.
const FINAL_DELAY: u32 = 18;

/// A node of ours, and the channels that matter to it: first its own to l2 and l3, then theirs to l4.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) us: &'static str,
    pub(crate) edges: [Edge; 4],
}

/// l1.
pub(crate) static EAST: Place = Place::of(L1, ["104x4x0", "104x3x0"]);

/// The other node of ours.
pub(crate) static WEST: Place = Place::of(WEST_L1, ["105x4x0", "105x3x0"]);

/// A channel between two nodes.
#[derive(Debug)]
pub(crate) struct Edge {
    pub(crate) scid: &'static str,
    from: &'static str,
    to: &'static str,
    /// What a forwarder can send over it at once.
    pub(crate) outgoing_msat: u64,
}

impl Place {
    const fn of(us: &'static str, [to_l2, to_l3]: [&'static str; 2]) -> Self {
        Self {
            us,
            edges: [
                edge(to_l2, us, L2, TO_US_MSAT),
                edge(to_l3, us, L3, TO_US_MSAT),
                edge("104x2x0", L2, L4, 800_000_000),
                edge("104x1x0", L3, L4, 6_000_000_000),
            ],
        }
    }

    /// The way to l4 over l2 (0) or l3 (1).
    pub(crate) fn way(&self, i: usize, amount_msat: u64) -> Vec<Hop> {
        let peer = [L2, L3][i];
        let hop = |id: &str, edge: &Edge, amount_msat, delay| Hop {
            id: id.to_owned(),
            channel: edge.scid.to_owned(),
            amount_msat,
            delay,
        };
        let (sent, delay) = (
            amount_msat + fee_msat(amount_msat),
            FINAL_DELAY + CLTV_DELTA,
        );
        vec![
            hop(peer, &self.edges[i], sent, delay),
            hop(L4, &self.edges[i + 2], amount_msat, FINAL_DELAY),
        ]
    }
}

const fn edge(
    scid: &'static str,
    from: &'static str,
    to: &'static str,
    outgoing_msat: u64,
) -> Edge {
    Edge {
        scid,
        from,
        to,
        outgoing_msat,
    }
}

impl Edge {
    /// Both ends.
    pub(crate) fn ends(&self) -> [&'static str; 2] {
        [self.from, self.to]
    }

    /// The node at the other end, if `node` is at one.
    pub(crate) fn other_end(&self, node: &str) -> Option<&'static str> {
        match node {
            _ if node == self.from => Some(self.to),
            _ if node == self.to => Some(self.from),
            _ => None,
        }
    }
}

/// One hop of a `sendpay` route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// The node at the end of the hop.
    pub id: String,
    /// The channel that leads there.
    pub channel: String,
    /// What the node gets.
    pub amount_msat: u64,
    /// Blocks from now until the HTLC times out there.
    pub delay: u32,
}

impl Hop {
    /// As `sendpay` and `sendonion` take it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "channel": self.channel,
            "amount_msat": self.amount_msat,
            "delay": self.delay,
        })
    }
}

/// The fee for forwarding `amount_msat`.
pub(crate) fn fee_msat(amount_msat: u64) -> u64 {
    let proportional = u128::from(amount_msat) * u128::from(FEE_PPM) / 1_000_000;
    FEE_BASE_MSAT + u64::try_from(proportional).expect("a millionth of what fits")
}

/// BOLT #7's direction: 0 if `from` is the lesser of the two.
pub(crate) fn direction(from: &str, to: &str) -> u8 {
    u8::from(from > to)
}
