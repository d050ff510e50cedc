//! LDK's generics, filled in once.

use super::log::Log;
use super::router::NoRouter;
use crate::chain::Chain;
use crate::store::Staging;
use lightning::chain::Filter;
use lightning::chain::chainmonitor::ChainMonitor;
use lightning::chain::channelmonitor::ChannelMonitor;
use lightning::ln::channelmanager::ChannelManager;
use lightning::ln::peer_handler::{IgnoringMessageHandler, PeerManager};
use lightning::sign::{InMemorySigner, KeysManager};
use lightning_net_tokio::SocketDescriptor;
use std::sync::Arc;

pub(crate) type Keys = Arc<KeysManager>;

pub(crate) type Monitor = ChannelMonitor<InMemorySigner>;

pub(crate) type Monitors = ChainMonitor<
    InMemorySigner,
    Arc<dyn Filter + Send + Sync>,
    Arc<Chain>,
    Arc<Chain>,
    Arc<Log>,
    Arc<Staging>,
    Keys,
>;

pub(crate) type Manager = ChannelManager<
    Arc<Monitors>,
    Arc<Chain>,
    Keys,
    Keys,
    Keys,
    Arc<Chain>,
    Arc<NoRouter>,
    Arc<NoRouter>,
    Arc<Log>,
>;

type Ignore = Arc<IgnoringMessageHandler>;

pub(crate) type Peers = PeerManager<
    SocketDescriptor,
    Arc<Manager>,
    Ignore,
    Ignore,
    Arc<Log>,
    Ignore,
    Keys,
    Arc<Monitors>,
>;
