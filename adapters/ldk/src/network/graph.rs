//! The public graph of the network. It was made with the network and never changes.

use super::{Channel, Network};
use crate::funds::msat;
use crate::node::Node;
use async_trait::async_trait;
use domain::{ChannelPolicy, DirectedChannel, GraphChange, GraphSource, ShortChannelId};
use futures::stream::{self, BoxStream, StreamExt};
use lightning::ln::channel_state::ChannelDetails;
use std::sync::Arc;

/// The public channels as they were when the network had started.
pub(crate) struct Graph {
    changes: Vec<GraphChange>,
    ours: Arc<Node>,
}

impl Graph {
    pub(super) fn of(network: &Network) -> Graph {
        let channels = network.layout.channels.iter().zip(&network.channels);
        let public = channels.filter(|(channel, _)| channel.is_public);
        let changes = public.flat_map(|(channel, id)| told(network, channel, *id));
        Graph {
            changes: changes.collect(),
            ours: network.nodes[0].clone(),
        }
    }
}

#[async_trait]
impl GraphSource for Graph {
    async fn follow(self: Box<Self>) -> BoxStream<'static, GraphChange> {
        let mut life = self.ours.last_outcome();
        let until_the_end = stream::once(async move { while life.changed().await.is_ok() {} });
        let nothing = until_the_end.filter_map(|()| async { None });
        let loaded = stream::once(async { GraphChange::Loaded });
        let known = stream::iter(self.changes);
        known.chain(loaded).chain(nothing).boxed()
    }
}

/// A channel, and its policies from both ends.
fn told(network: &Network, channel: &Channel, id: ShortChannelId) -> Vec<GraphChange> {
    let ends = [&network.nodes[channel.from], &network.nodes[channel.to]];
    let mut nodes = ends.map(|node| node.id());
    nodes.sort_unstable();
    let mut changes = vec![GraphChange::Channel {
        channel: id,
        nodes,
        capacity: msat(channel.capacity.saturating_mul(1_000)),
    }];
    for [from, to] in [ends, [ends[1], ends[0]]] {
        let seen = from.manager.list_channels_with_counterparty(&to.key);
        let mut seen = seen.iter();
        let seen = seen.find(|seen| seen.short_channel_id == Some(id.0));
        if let Some(policy) = seen.and_then(policy) {
            let direction = DirectedChannel::between(id, from.id(), to.id());
            changes.push(GraphChange::Policy(direction, policy));
        }
    }
    changes
}

/// What LDK says in the `channel_update` of that end: at most nine tenths of the channel.
fn policy(seen: &ChannelDetails) -> Option<ChannelPolicy> {
    let config = seen.config?;
    let peer = &seen.counterparty;
    let most = seen.channel_value_satoshis.saturating_mul(900);
    Some(ChannelPolicy {
        enabled: true,
        htlc_min: msat(peer.outbound_htlc_minimum_msat?),
        htlc_max: msat(most.min(peer.outbound_htlc_maximum_msat?)),
        fee_base: msat(config.forwarding_fee_base_msat.into()),
        fee_ppm: config.forwarding_fee_proportional_millionths,
        delay: config.cltv_expiry_delta.into(),
    })
}
