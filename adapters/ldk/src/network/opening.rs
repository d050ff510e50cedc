//! Making a network that does not exist yet, and waiting for one that does.
//!
//! The chain is written last, when all channels are usable. A directory without it holds the remains
//! of a start that was cut short: nobody was told of that network, so it is made anew.

use super::{CHAIN_FILE, Channel, Layout, Network, StartError, file_name};
use crate::chain::{COINS_PER_BLOCK, Chain};
use crate::node::{Ask, user_config};
use crate::store::Blocks;
use domain::ShortChannelId;
use lightning::bitcoin::Block;
use lightning::ln::channel_state::ChannelDetails;
use std::io;
use std::path::Path;
use std::time::Duration;

/// LDK announces a channel, and forwards over it, from six confirmations. From seven on its invoices
/// leave public channels to the graph, and name private ones only.
const CONFIRMATIONS: u32 = 7;
/// How long anything at the start may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// For what LDK changes without a turn of a driver.
const GLANCE: Duration = Duration::from_millis(5);

/// The stored chain and the lock on the directory.
pub(super) fn open_chain(dir: Option<&Path>) -> Result<(Vec<Block>, Option<Blocks>), StartError> {
    let Some(dir) = dir else {
        return Ok((Vec::new(), None));
    };
    std::fs::create_dir_all(dir).map_err(|e| StartError::System("no directory", e))?;
    let failed = |error| StartError::storage("the chain", Some(dir), &error);
    let lock = Blocks::open(&dir.join(CHAIN_FILE)).map_err(failed)?;
    let blocks = lock.load().map_err(failed)?;
    if blocks.is_empty() {
        remove_remains(dir).map_err(|e| StartError::System("cannot clear the directory", e))?;
    }
    Ok((blocks, Some(lock)))
}

fn remove_remains(dir: &Path) -> io::Result<()> {
    for name in Layout::names() {
        for suffix in ["", "-wal", "-shm", "-journal"] {
            match std::fs::remove_file(dir.join(file_name(name) + suffix)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
    }
    Ok(())
}

/// One coin a channel.
pub(super) fn mine_coins(chain: &Chain, channels: usize) {
    for _ in 0..channels.div_ceil(COINS_PER_BLOCK) {
        chain.mine();
    }
}

impl Network {
    /// Opens the channels and buries them.
    pub(super) async fn open_channels(&self, chain: &Chain) -> Result<(), StartError> {
        self.until("peers", Network::all_connected).await?;
        for channel in self.layout.channels {
            self.open(channel)?;
        }
        let count = self.layout.channels.len();
        self.until("funding transactions", |_| chain.waiting() == count)
            .await?;
        for _ in 0..CONFIRMATIONS {
            let (height, block) = chain.mine();
            for node in &self.nodes {
                node.connect_block(height, &block);
            }
        }
        Ok(())
    }

    fn open(&self, channel: &Channel) -> Result<(), StartError> {
        let (node, peer) = (&self.nodes[channel.from], self.nodes[channel.to].key);
        let config = user_config(self.layout.members[channel.from].fees, channel.is_public);
        let push_msat = channel.pushed * 1_000;
        let opened =
            node.manager
                .create_channel(peer, channel.capacity, push_msat, 0, None, Some(config));
        opened.map(drop).map_err(|error| {
            tracing::error!(node = node.name, ?error, "a channel could not be opened");
            StartError::NotReady("a channel")
        })
    }

    /// Waits until every channel can be used from both ends, and remembers their numbers.
    pub(super) async fn become_usable(&mut self) -> Result<(), StartError> {
        self.until("usable channels", |network| network.usable().is_some())
            .await?;
        self.channels = self
            .usable()
            .ok_or(StartError::NotReady("usable channels"))?;
        self.nodes.iter().for_each(|node| node.begin_forwarding());
        Ok(())
    }

    /// Makes the network one that is started again, not anew: the nodes' files first, then the chain.
    pub(super) async fn keep(&self, chain: &Chain, dir: Option<&Path>) -> Result<(), StartError> {
        let hardened = self.nodes.iter().map(|node| node.ask(Ask::Harden));
        if futures::future::join_all(hardened).await.contains(&None) {
            return Err(StartError::NotReady("the nodes' files"));
        }
        let mut lock = self.lock.lock();
        let Some(blocks) = lock.as_mut() else {
            return Ok(());
        };
        let saved = blocks.save(&chain.after(0));
        saved.map_err(|error| StartError::storage("the chain", dir, &error))
    }

    fn all_connected(&self) -> bool {
        let know = |a: usize, b: usize| {
            self.nodes[a]
                .peers
                .peer_by_node_id(&self.nodes[b].key)
                .is_some()
        };
        self.layout
            .channels
            .iter()
            .all(|c| know(c.from, c.to) && know(c.to, c.from))
    }

    pub(super) fn usable(&self) -> Option<Vec<ShortChannelId>> {
        let usable = |channel: &Channel| {
            let there = self.usable_between(channel.from, channel.to)?;
            let back = self.usable_between(channel.to, channel.from)?;
            (there == back).then_some(there)
        };
        self.layout.channels.iter().map(usable).collect()
    }

    fn usable_between(&self, from: usize, to: usize) -> Option<ShortChannelId> {
        let manager = &self.nodes[from].manager;
        let channels = manager.list_channels_with_counterparty(&self.nodes[to].key);
        // An invoice can name a private channel once the peer has told its policy.
        let is_told = |channel: &ChannelDetails| {
            channel.is_announced || channel.counterparty.forwarding_info.is_some()
        };
        let mut channels = channels.iter();
        let usable = channels.find(|channel| channel.is_usable && is_told(channel))?;
        usable.short_channel_id.map(ShortChannelId)
    }

    /// Waits for `done`, looking after each turn of any node.
    pub(super) async fn until(
        &self,
        what: &'static str,
        done: impl Fn(&Network) -> bool,
    ) -> Result<(), StartError> {
        let mut pulse = self.pulse.clone();
        let waited = tokio::time::timeout(PATIENCE, async {
            loop {
                pulse.borrow_and_update();
                if done(self) {
                    return;
                }
                _ = tokio::time::timeout(GLANCE, pulse.changed()).await;
            }
        });
        waited.await.map_err(|_| StartError::NotReady(what))
    }
}
