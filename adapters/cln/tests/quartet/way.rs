//! The hops of a payment to l4, with exact fees.

use serde_json::{Value, json};

/// `--fee-base`
const FEE_BASE_MSAT: u64 = 1;
/// `--fee-per-satoshi`
const FEE_PROPORTIONAL_MILLIONTHS: u64 = 10;
/// `--cltv-delta`
const CLTV_EXPIRY_DELTA: u32 = 6;
/// `--cltv-final`
const MIN_FINAL_CLTV_EXPIRY: u32 = 18;

/// A hop as `sendpay` wants it: the node it leads to, by which channel, and what arrives there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// The node this hop leads to.
    pub id: String,
    /// The short channel id of the channel it takes.
    pub channel: String,
    /// What that node is given.
    pub amount_msat: u64,
    /// In how many blocks from now the HTLC to that node expires.
    pub delay: u32,
}

/// `hops` as the `route` of `sendpay`.
pub fn route(hops: &[Hop]) -> Value {
    let hop = |hop: &Hop| {
        json!({
            "id": hop.id,
            "channel": hop.channel,
            "amount_msat": hop.amount_msat,
            "delay": hop.delay,
        })
    };
    hops.iter().map(hop).collect()
}

/// The hops along `path`, a node and the channel to it each, by which `amount_msat` arrives.
pub(super) fn hops(path: &[(&str, &str)], amount_msat: u64) -> Vec<Hop> {
    let mut amount_msat = amount_msat;
    let mut delay = MIN_FINAL_CLTV_EXPIRY;
    let mut hops = Vec::new();
    for (id, channel) in path.iter().rev() {
        let (id, channel) = ((*id).to_owned(), (*channel).to_owned());
        hops.push(Hop {
            id,
            channel,
            amount_msat,
            delay,
        });
        // What the one before charges for this hop.
        amount_msat += FEE_BASE_MSAT + amount_msat * FEE_PROPORTIONAL_MILLIONTHS / 1_000_000;
        delay += CLTV_EXPIRY_DELTA;
    }
    hops.reverse();
    hops
}
