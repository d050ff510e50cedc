//! `listchannels`: one entry for each direction that has a policy.

use domain::{ChannelPolicy, DirectedChannel, GraphChange, Msat, NodeId, ShortChannelId};
use serde::Deserialize;

/// The answer.
#[derive(Deserialize)]
pub(super) struct Channels {
    channels: Vec<Direction>,
}

#[derive(Deserialize)]
struct Direction {
    source: String,
    destination: String,
    short_channel_id: String,
    public: bool,
    amount_msat: u64,
    active: bool,
    base_fee_millisatoshi: u64,
    fee_per_millionth: u32,
    delay: u32,
    htlc_minimum_msat: u64,
    #[serde(default)]
    htlc_maximum_msat: Option<u64>,
}

impl Channels {
    /// The public ones. An entry that cannot be understood is left out.
    pub(super) fn changes(&self) -> Vec<GraphChange> {
        let public = self.channels.iter().filter(|entry| entry.public);
        public.filter_map(Direction::changes).flatten().collect()
    }
}

impl Direction {
    fn changes(&self) -> Option<[GraphChange; 2]> {
        let channel: ShortChannelId = self.short_channel_id.parse().ok()?;
        let from: NodeId = self.source.parse().ok()?;
        let to: NodeId = self.destination.parse().ok()?;
        let most = self.htlc_maximum_msat.unwrap_or(self.amount_msat);
        let policy = ChannelPolicy {
            enabled: self.active,
            htlc_min: Msat::new(self.htlc_minimum_msat).ok()?,
            htlc_max: Msat::new(most).ok()?,
            fee_base: Msat::new(self.base_fee_millisatoshi).ok()?,
            fee_ppm: self.fee_per_millionth,
            delay: self.delay,
        };
        let told = GraphChange::Channel {
            channel,
            nodes: [from.min(to), from.max(to)],
            capacity: Msat::new(self.amount_msat).ok()?,
        };
        let direction = DirectedChannel::between(channel, from, to);
        Some([told, GraphChange::Policy(direction, policy)])
    }
}
