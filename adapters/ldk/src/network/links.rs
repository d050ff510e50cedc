//! Who listens, who calls whom, and calling again.

use super::Channel;
use crate::node::Node;
use domain::Backoff;
use lightning::bitcoin::secp256k1::PublicKey;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::Instant;

/// The pause after a call that could not be taken.
const PAUSE: Duration = Duration::from_millis(10);
/// The first and the longest pause before a peer is called again.
const BACKOFF: Backoff = Backoff::new(Duration::from_millis(10), Duration::from_secs(5));
/// A connection that lasted this long was a good one.
const LASTED: Duration = Duration::from_secs(1);

/// The tasks that keep the nodes connected. They end when this is dropped.
pub(super) struct Links {
    _tasks: JoinSet<()>,
}

impl Links {
    /// Lets every node listen on loopback, and the opener of each channel call its peer.
    pub(super) async fn make(nodes: &[Arc<Node>], channels: &[Channel]) -> io::Result<Links> {
        let mut tasks = JoinSet::new();
        let mut addresses = Vec::new();
        for node in nodes {
            let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await?;
            addresses.push(listener.local_addr()?);
            tasks.spawn(accept(node.clone(), listener));
        }
        for channel in channels {
            let (caller, peer) = (nodes[channel.from].clone(), nodes[channel.to].key);
            tasks.spawn(call(caller, peer, addresses[channel.to]));
        }
        Ok(Links { _tasks: tasks })
    }
}

async fn accept(node: Arc<Node>, listener: TcpListener) {
    loop {
        match listener
            .accept()
            .await
            .and_then(|(stream, _)| prompt(stream))
        {
            // It runs by itself; the future only tells when it has ended.
            Ok(stream) => drop(lightning_net_tokio::setup_inbound(
                node.peers.clone(),
                stream,
            )),
            Err(error) => {
                tracing::warn!(node = node.name, %error, "a call could not be taken");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

async fn call(node: Arc<Node>, peer: PublicKey, address: SocketAddr) {
    let mut backoff = BACKOFF;
    loop {
        let called = Instant::now();
        match TcpStream::connect(address).await.and_then(prompt) {
            Ok(stream) => {
                lightning_net_tokio::setup_outbound(node.peers.clone(), peer, stream).await;
            }
            Err(error) => tracing::warn!(node = node.name, %error, "a peer could not be called"),
        }
        if called.elapsed() >= LASTED {
            backoff.reset();
        }
        let pause = backoff.next_pause();
        tracing::debug!(node = node.name, %peer, ?pause, "not connected, calling again");
        tokio::time::sleep(pause).await;
    }
}

/// A socket for LDK that sends at once: Nagle's algorithm costs 40 ms a hop and direction.
fn prompt(stream: TcpStream) -> io::Result<std::net::TcpStream> {
    stream.set_nodelay(true)?;
    stream.into_std()
}
