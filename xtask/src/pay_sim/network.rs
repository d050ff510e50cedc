//! A public network: channels between numbered nodes, as gossip tells of them.

use lightning::bitcoin::secp256k1::{PublicKey, Secp256k1, SecretKey};

/// Channels, and the key of each node.
#[derive(Clone)]
pub(super) struct Network {
    pub keys: Vec<PublicKey>,
    pub channels: Vec<Channel>,
}

/// A channel, in msat. The first half leads from the first end to the second.
#[derive(Clone, Debug)]
pub(super) struct Channel {
    pub ends: [usize; 2],
    pub capacity: u64,
    pub halves: [Half; 2],
}

/// What a node demands of those who go over its half of a channel.
#[derive(Clone, Copy, Debug)]
pub(super) struct Half {
    pub enabled: bool,
    pub min: u64,
    pub max: u64,
    pub base: u32,
    pub ppm: u32,
    pub delay: u16,
}

impl Network {
    /// The network of these channels, and so many nodes more that have none yet.
    pub(super) fn new(channels: Vec<Channel>, more: usize) -> Network {
        let ends = channels.iter().flat_map(|channel| channel.ends);
        let nodes = ends.max().map_or(0, |last| last + 1) + more;
        let curve = Secp256k1::signing_only();
        let key = |number: usize| {
            let mut secret = [1; 32];
            secret[..8].copy_from_slice(&number.to_le_bytes());
            let secret = SecretKey::from_slice(&secret).expect("a small number is a key");
            PublicKey::from_secret_key(&curve, &secret)
        };
        Network {
            keys: (0..nodes).map(key).collect(),
            channels,
        }
    }

    /// The nodes, those with the most channels first.
    pub(super) fn by_degree(&self) -> Vec<usize> {
        let mut degrees = vec![0; self.keys.len()];
        for channel in &self.channels {
            for end in channel.ends {
                degrees[end] += 1;
            }
        }
        let mut nodes: Vec<usize> = (0..self.keys.len()).collect();
        nodes.sort_by_key(|node| (std::cmp::Reverse(degrees[*node]), *node));
        nodes
    }
}
