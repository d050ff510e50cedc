//! What l1 knows of the public graph: who asks with `listchannels`, and what is in its `gossip_store`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::error::Answer;
use super::gossip_store::Message;
use super::lightningd::Lightningd;
use super::params::Params;
use super::state::State;
use super::topology::{CAPACITY_MSAT, CLTV_DELTA, Edge, FEE_BASE_MSAT, FEE_PPM, Place, direction};

/// `listchannels`' parameters.
pub(crate) const LISTCHANNELS: &str = "[short_channel_id] [source] [destination]";

/// A node takes no more in one HTLC.
pub(crate) const HTLC_MAX_MSAT: u64 = CAPACITY_MSAT / 100 * 98;

/// The graph, as far as it has changed since everything began.
#[derive(Debug)]
pub(crate) struct Gossip {
    place: &'static Place,
    closed: BTreeSet<&'static str>,
    /// Base fees that are not the usual one.
    fees: BTreeMap<(&'static str, u8), u32>,
    /// Directions that are disabled.
    disabled: BTreeSet<(&'static str, u8)>,
}

/// A channel of the graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicChannel {
    /// Its number.
    pub scid: String,
    /// Its ends, the lesser id first.
    pub nodes: [String; 2],
    /// What it holds.
    pub capacity_msat: u64,
}

/// A direction of a channel, and what its node demands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicPolicy {
    /// The channel.
    pub scid: String,
    /// BOLT #7's direction bit.
    pub direction: u8,
    /// The fixed part of the fee.
    pub fee_base_msat: u32,
    /// The fee for each million.
    pub fee_ppm: u32,
    /// `cltv_expiry_delta`.
    pub delay: u16,
    /// `htlc_maximum_msat`; the minimum is 0.
    pub htlc_max_msat: u64,
    /// Whether it takes HTLCs.
    pub is_enabled: bool,
}

impl Gossip {
    /// What is known of the channels of that place.
    pub(crate) fn of(place: &'static Place) -> Self {
        Self {
            place,
            closed: BTreeSet::new(),
            fees: BTreeMap::new(),
            disabled: BTreeSet::new(),
        }
    }

    fn edges(&self) -> impl Iterator<Item = &'static Edge> {
        let edges = self.place.edges.iter();
        edges.filter(|edge| !self.closed.contains(edge.scid))
    }

    fn policy(&self, edge: &Edge, direction: u8) -> PublicPolicy {
        let usual = u32::try_from(FEE_BASE_MSAT).expect("a small number");
        let key = (edge.scid, direction);
        PublicPolicy {
            scid: edge.scid.to_owned(),
            direction,
            fee_base_msat: self.fees.get(&key).copied().unwrap_or(usual),
            fee_ppm: u32::try_from(FEE_PPM).expect("a small number"),
            delay: u16::try_from(CLTV_DELTA).expect("a small number"),
            htlc_max_msat: HTLC_MAX_MSAT,
            is_enabled: !self.disabled.contains(&key),
        }
    }

    /// What a `gossip_store` says of it.
    fn messages(&self) -> Vec<Message> {
        let of_edge = |edge: &'static Edge| {
            let updates = [0, 1].map(|direction| Message::Update(self.policy(edge, direction)));
            let mut all = vec![Message::Announcement(public(edge)), Message::Amount];
            all.extend(updates);
            all.push(Message::Node);
            all
        };
        self.edges().flat_map(of_edge).collect()
    }
}

fn public(edge: &Edge) -> PublicChannel {
    let mut nodes = edge.ends().map(str::to_owned);
    nodes.sort_unstable();
    PublicChannel {
        scid: edge.scid.to_owned(),
        nodes,
        capacity_msat: CAPACITY_MSAT,
    }
}

impl State {
    /// `listchannels`.
    pub(crate) fn listchannels(&self, params: &Params<'_>) -> Answer {
        let wanted = [
            ("short_channel_id", params.string("short_channel_id")?),
            ("source", params.node_id("source")?),
            ("destination", params.node_id("destination")?),
        ];
        let gossip = &self.world.gossip;
        let listed = gossip.edges().flat_map(|edge| {
            let [one, other] = edge.ends();
            [(one, other), (other, one)].map(|(from, to)| {
                let policy = gossip.policy(edge, direction(from, to));
                json!({
                    "source": from,
                    "destination": to,
                    "short_channel_id": edge.scid,
                    "direction": policy.direction,
                    "public": true,
                    "amount_msat": CAPACITY_MSAT,
                    "message_flags": 1,
                    "channel_flags": policy.direction | u8::from(!policy.is_enabled) << 1,
                    "active": policy.is_enabled,
                    "last_update": 1_780_000_000,
                    "base_fee_millisatoshi": policy.fee_base_msat,
                    "fee_per_millionth": policy.fee_ppm,
                    "delay": policy.delay,
                    "htlc_minimum_msat": 0,
                    "htlc_maximum_msat": policy.htlc_max_msat,
                    "features": "",
                })
            })
        });
        // Two nodes have opened a channel that l1 alone is told of.
        let mut listed: Vec<_> = listed.collect();
        let mut private = listed[0].clone();
        private["short_channel_id"] = json!("16000000x1x1");
        private["public"] = json!(false);
        listed.push(private);
        let is_wanted = |(name, value): &(&str, Option<String>), entry: &Value| {
            value.as_ref().is_none_or(|value| entry[name] == **value)
        };
        listed.retain(|entry| wanted.iter().all(|wanted| is_wanted(wanted, entry)));
        Ok(json!({"channels": listed}))
    }
}

/// The graph.
impl Lightningd {
    /// The channels that everybody knows.
    #[must_use]
    pub fn public_channels(&self) -> Vec<PublicChannel> {
        self.with(|state| state.world.gossip.edges().map(public).collect())
    }

    /// The messages that a `gossip_store` has in its order.
    #[must_use]
    pub fn gossip(&self) -> Vec<Message> {
        self.with(|state| state.world.gossip.messages())
    }

    /// A node asks for another fee over one direction of the first channel of all.
    pub fn set_fee(&self, direction: u8, fee_base_msat: u32) -> PublicPolicy {
        self.with(|state| {
            let gossip = &mut state.world.gossip;
            let edge = &gossip.place.edges[0];
            gossip.fees.insert((edge.scid, direction), fee_base_msat);
            gossip.policy(edge, direction)
        })
    }

    /// A node disables one direction of the first channel of all.
    pub fn disable(&self, direction: u8) -> PublicPolicy {
        self.with(|state| {
            let gossip = &mut state.world.gossip;
            let edge = &gossip.place.edges[0];
            gossip.disabled.insert((edge.scid, direction));
            gossip.policy(edge, direction)
        })
    }

    /// A channel is closed, and gossipd has waited its twelve blocks; which of the four is said by its
    /// place.
    pub fn close_publicly(&self, i: usize) -> String {
        self.with(|state| {
            let gossip = &mut state.world.gossip;
            let scid = gossip.place.edges[i].scid;
            gossip.closed.insert(scid);
            scid.to_owned()
        })
    }
}
