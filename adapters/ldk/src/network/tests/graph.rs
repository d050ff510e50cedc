//! The domain's contract of `GraphSource`, and whether the graph says what the nodes do.

use super::{Network, network};
use async_trait::async_trait;
use domain::contract::graph::GraphHarness;
use domain::{
    ChannelPolicy, DirectedChannel, GraphChange, GraphSource, Msat, NodeId, ShortChannelId,
};
use futures::StreamExt;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

struct Harness(Arc<Network>);

#[async_trait]
impl GraphHarness for Harness {
    fn source(&mut self) -> Box<dyn GraphSource> {
        self.0.graph()
    }

    fn channels(&self) -> BTreeMap<ShortChannelId, ([NodeId; 2], Msat)> {
        let channels = self.0.layout.channels.iter().zip(&self.0.channels);
        let public = channels.filter(|(channel, _)| channel.is_public);
        let entry = public.map(|(channel, id)| {
            let mut nodes = [channel.from, channel.to].map(|at| self.0.nodes[at].id());
            nodes.sort_unstable();
            (*id, (nodes, Msat::new(channel.capacity * 1_000).unwrap()))
        });
        entry.collect()
    }

    async fn change(&mut self) -> Option<(DirectedChannel, ChannelPolicy)> {
        None
    }

    async fn close(&mut self) -> Option<ShortChannelId> {
        None
    }
}

domain::graph_contract!(Harness(network().await));

/// What one end of a channel tells the other in its `channel_update`, once that has come.
async fn told(network: &Network, channel: ShortChannelId, from: NodeId) -> (u32, u32, u16) {
    let comes = async {
        loop {
            if let Some(told) = told_by_now(network, channel, from) {
                return told;
            }
            tokio::task::yield_now().await;
        }
    };
    let came = tokio::time::timeout(Duration::from_secs(20), comes).await;
    came.expect("an update comes")
}

fn told_by_now(
    network: &Network,
    channel: ShortChannelId,
    from: NodeId,
) -> Option<(u32, u32, u16)> {
    let mut seen = network
        .nodes
        .iter()
        .flat_map(|node| node.manager.list_channels());
    let seen = seen.find(|seen| {
        seen.short_channel_id == Some(channel.0)
            && crate::key::node_id(&seen.counterparty.node_id) == from
    });
    let told = seen
        .expect("there is that channel")
        .counterparty
        .forwarding_info?;
    let fees = (told.fee_base_msat, told.fee_proportional_millionths);
    Some((fees.0, fees.1, told.cltv_expiry_delta))
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_are_those_that_the_nodes_tell_their_peers() {
    let network = network().await;
    let mut ends = BTreeMap::new();
    let changes = network.graph().follow().await;
    let known = changes.take_while(|change| {
        let goes_on = *change != GraphChange::Loaded;
        async move { goes_on }
    });
    let known: Vec<_> = known.collect().await;
    let mut dear = 0;
    for change in &known {
        match change {
            GraphChange::Channel { channel, nodes, .. } => _ = ends.insert(*channel, *nodes),
            GraphChange::Policy(direction, policy) => {
                let from = ends[&direction.channel][usize::from(direction.direction)];
                let (base, ppm, delay) = told(&network, direction.channel, from).await;
                assert_eq!(policy.fee_base.get(), u64::from(base));
                assert_eq!((policy.fee_ppm, policy.delay), (ppm, u32::from(delay)));
                dear += usize::from(Some(from) == network.node_id("grace") && ppm == 5_000);
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((ends.len(), dear), (10, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn graph_ends_with_the_network() {
    let network = network().await;
    let changes = network.graph().follow().await;
    network.stop().await;
    let all: Vec<_> = changes.collect().await;
    assert_eq!(all.last(), Some(&GraphChange::Loaded));
}
