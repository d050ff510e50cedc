//! Making a network that does not exist yet, and waiting for one that does.
//!
//! The chain is written last, when all channels are usable. A directory without it holds the remains
//! of a start that was cut short: nobody was told of that network, so it is made anew.

use super::{CHAIN_FILE, CHANNELS, NAMES, Network, StartError, file_name};
use crate::chain::Chain;
use crate::node::Ask;
use crate::store::Blocks;
use domain::ShortChannelId;
use lightning::bitcoin::Block;
use std::io;
use std::path::Path;
use std::time::Duration;

/// LDK announces a channel, and forwards over it, from six confirmations.
const CONFIRMATIONS: u32 = 6;
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
    for name in NAMES {
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
pub(super) fn mine_coins(chain: &Chain) {
    for _ in &CHANNELS {
        chain.mine();
    }
}

impl Network {
    /// Opens the four channels and buries them.
    pub(super) async fn open_channels(&self, chain: &Chain) -> Result<(), StartError> {
        self.until("peers", Network::all_connected).await?;
        for channel in &CHANNELS {
            let (node, peer) = (&self.nodes[channel.from], self.nodes[channel.to].key);
            let push_msat = channel.capacity / 4 * 1_000;
            let opened =
                node.manager
                    .create_channel(peer, channel.capacity, push_msat, 0, None, None);
            if let Err(error) = opened {
                tracing::error!(node = node.name, ?error, "a channel could not be opened");
                return Err(StartError::NotReady("a channel"));
            }
        }
        self.until("funding transactions", |_| {
            chain.waiting() == CHANNELS.len()
        })
        .await?;
        for _ in 0..CONFIRMATIONS {
            let (height, block) = chain.mine();
            for node in &self.nodes {
                node.connect_block(height, &block);
            }
        }
        Ok(())
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
        CHANNELS
            .iter()
            .all(|c| know(c.from, c.to) && know(c.to, c.from))
    }

    pub(super) fn usable(&self) -> Option<[ShortChannelId; CHANNELS.len()]> {
        let mut found = [ShortChannelId(0); CHANNELS.len()];
        for (found, channel) in found.iter_mut().zip(&CHANNELS) {
            let there = self.usable_between(channel.from, channel.to)?;
            self.usable_between(channel.to, channel.from)
                .filter(|back| *back == there)?;
            *found = there;
        }
        Some(found)
    }

    fn usable_between(&self, from: usize, to: usize) -> Option<ShortChannelId> {
        let manager = &self.nodes[from].manager;
        let channels = manager.list_channels_with_counterparty(&self.nodes[to].key);
        let usable = channels.iter().find(|channel| channel.is_usable)?;
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
