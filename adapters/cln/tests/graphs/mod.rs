//! A graph that the fake lightningd knows, and one who follows it.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "each test file uses a part of it"
)]

use crate::fake::{GossipStore, Lightningd, Message, PublicPolicy};
use crate::support::{GROUP, msat};
use async_trait::async_trait;
use cln::{OfferBy, Options};
use domain::contract::graph::GraphHarness;
use domain::{
    ChannelPolicy, DirectedChannel, GraphChange, GraphSource, Msat, NodeId, ShortChannelId,
};
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

/// More than the minutes between two questions: the clock stands still in the tests that wait for them.
const PATIENCE: Duration = Duration::from_secs(600);

/// A lightningd whose `gossip_store` nobody can read.
pub struct InLists {
    pub lightningd: Lightningd,
    folder: TempDir,
}

/// One with a file.
pub struct InFile {
    pub lightningd: Lightningd,
    store: GossipStore,
    folder: TempDir,
}

impl InLists {
    pub fn new() -> InLists {
        let folder = tempfile::tempdir().unwrap();
        let lightningd = Lightningd::start(&folder.path().join("lightning-rpc"));
        InLists { lightningd, folder }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl InFile {
    pub fn new() -> InFile {
        let InLists { lightningd, folder } = InLists::new();
        InFile {
            store: GossipStore::create(folder.path(), &lightningd.gossip()),
            lightningd,
            folder,
        }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn disable(&mut self) -> PublicPolicy {
        let said = self.lightningd.disable(0);
        self.store.append(&[Message::Update(said.clone())]);
        said
    }
}

#[async_trait]
impl GraphHarness for InFile {
    fn source(&mut self) -> Box<dyn GraphSource> {
        source(&self.lightningd)
    }

    fn channels(&self) -> BTreeMap<ShortChannelId, ([NodeId; 2], Msat)> {
        known(&self.lightningd)
    }

    async fn change(&mut self) -> Option<(DirectedChannel, ChannelPolicy)> {
        let said = self.lightningd.set_fee(1, 4_321);
        self.store.append(&[Message::Update(said.clone())]);
        Some(policy(&said))
    }

    async fn close(&mut self) -> Option<ShortChannelId> {
        let gone = self.lightningd.close_publicly(0);
        self.store.append(&[Message::Delete(gone.clone())]);
        Some(gone.parse().unwrap())
    }
}

#[async_trait]
impl GraphHarness for InLists {
    fn source(&mut self) -> Box<dyn GraphSource> {
        source(&self.lightningd)
    }

    fn channels(&self) -> BTreeMap<ShortChannelId, ([NodeId; 2], Msat)> {
        known(&self.lightningd)
    }

    async fn change(&mut self) -> Option<(DirectedChannel, ChannelPolicy)> {
        Some(policy(&self.lightningd.set_fee(1, 4_321)))
    }

    async fn close(&mut self) -> Option<ShortChannelId> {
        Some(self.lightningd.close_publicly(0).parse().unwrap())
    }
}

fn source(lightningd: &Lightningd) -> Box<dyn GraphSource> {
    let options = Options {
        socket: lightningd.rpc_file().to_owned(),
        group: GROUP,
        offer_by: OfferBy::SendOnion,
    };
    cln::Lightningd::new(options).graph()
}

fn known(lightningd: &Lightningd) -> BTreeMap<ShortChannelId, ([NodeId; 2], Msat)> {
    let channels = lightningd.public_channels().into_iter();
    let known = channels.map(|channel| {
        let nodes = channel.nodes.map(|node| node.parse().unwrap());
        (
            channel.scid.parse().unwrap(),
            (nodes, msat(channel.capacity_msat)),
        )
    });
    known.collect()
}

/// In the domain's words.
pub fn policy(said: &PublicPolicy) -> (DirectedChannel, ChannelPolicy) {
    let direction = DirectedChannel {
        channel: said.scid.parse().unwrap(),
        direction: said.direction,
    };
    let policy = ChannelPolicy {
        enabled: said.is_enabled,
        htlc_min: Msat::ZERO,
        htlc_max: msat(said.htlc_max_msat),
        fee_base: msat(said.fee_base_msat.into()),
        fee_ppm: said.fee_ppm,
        delay: said.delay.into(),
    };
    (direction, policy)
}

pub fn closed(scid: &str) -> GraphChange {
    GraphChange::Closed(scid.parse().unwrap())
}

/// Somebody follows from now on.
pub fn changes(lightningd: &Lightningd) -> Changes {
    let source = source(lightningd);
    let following = async move { source.follow().await };
    Changes(following.flatten_stream().boxed())
}

/// What is told of a graph.
pub struct Changes(BoxStream<'static, GraphChange>);

impl Changes {
    pub async fn next(&mut self) -> GraphChange {
        let next = tokio::time::timeout(PATIENCE, self.0.next()).await;
        let next = next.expect("a change of the graph in time");
        next.expect("a source that goes on")
    }

    /// What has been told already.
    pub fn now(&mut self) -> Option<GraphChange> {
        self.0.next().now_or_never().flatten()
    }

    /// What comes before the end of the beginning.
    pub async fn loaded(&mut self) -> Vec<GraphChange> {
        let mut known = Vec::new();
        loop {
            match self.next().await {
                GraphChange::Loaded => return known,
                change => known.push(change),
            }
        }
    }
}
