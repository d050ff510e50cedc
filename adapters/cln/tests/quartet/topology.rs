//! The channels l1–l2–l4 and l1–l3–l4: how they come to be, and the ways along them.

use std::time::Duration;

use serde_json::{Value, json};

use super::bitcoin::Bitcoin;
use super::node::Node;
use super::until::until;
use super::way::{Hop, hops};

/// Who funds a channel, and to whom, as the nodes' numbers.
const CHANNELS: [(usize, usize); 4] = [(1, 2), (1, 3), (2, 4), (3, 4)];
/// The size of each channel.
const CAPACITY_SAT: u64 = 10_000_000;
/// What pays for a channel and its transaction.
const COIN_BTC: &str = "0.15";
/// A channel is announced once its funding has as many confirmations.
const ANNOUNCEMENT: u32 = 6;
/// How long any step has.
const STEP: Duration = Duration::from_secs(60);

/// What a way is made from.
#[derive(Debug)]
pub(super) struct Topology {
    ids: [String; 4],
    /// The short channel ids, in the order of [`CHANNELS`].
    scids: [String; 4],
}

impl Topology {
    /// Opens the channels between nodes that have just been started for the first time.
    pub(super) async fn open(nodes: &[Node; 4], bitcoin: &Bitcoin) -> Self {
        endow(nodes, bitcoin).await;
        for (from, to) in CHANNELS {
            let peer = &nodes[to - 1];
            let at = json!({"id": peer.id(), "host": "127.0.0.1", "port": peer.port()});
            nodes[from - 1].ok("connect", at).await;
        }
        let [l1, l2, l3, l4] = nodes;
        let both_of_l1 = async {
            fund(l1, l2).await;
            fund(l1, l3).await;
        };
        tokio::join!(both_of_l1, fund(l2, l4), fund(l3, l4));
        bitcoin.broadcast(CHANNELS.len()).await;
        // A node does not believe an announcement of a block that it does not know: the last one
        // is mined when everybody has the others.
        mine(bitcoin, nodes, ANNOUNCEMENT - 1).await;
        mine(bitcoin, nodes, 1).await;
        tokio::join!(
            l1.reconnected(),
            l2.reconnected(),
            l3.reconnected(),
            l4.reconnected()
        );
        tokio::join!(known(l1), known(l2), known(l3), known(l4));
        let scids = [
            scid(l1, l2).await,
            scid(l1, l3).await,
            scid(l2, l4).await,
            scid(l3, l4).await,
        ];
        Self {
            ids: [l1.id(), l2.id(), l3.id(), l4.id()],
            scids,
        }
    }

    pub(super) fn channel(&self, one: usize, other: usize) -> &str {
        let ends = (one.min(other), one.max(other));
        let index = CHANNELS.iter().position(|channel| *channel == ends);
        let index = index.unwrap_or_else(|| panic!("l{one} and l{other} have no channel"));
        &self.scids[index]
    }

    pub(super) fn way(&self, from: usize, via: usize, amount_msat: u64) -> Vec<Hop> {
        let nodes = match (from, via) {
            (1, 2 | 3) => vec![1, via, 4],
            (2, _) => vec![2, 4],
            _ => panic!("there is no way from l{from} via l{via} to l4"),
        };
        let hop = |ends: &[usize]| {
            (
                self.ids[ends[1] - 1].as_str(),
                self.channel(ends[0], ends[1]),
            )
        };
        let path: Vec<_> = nodes.windows(2).map(hop).collect();
        hops(&path, amount_msat)
    }
}

/// Mines `count` blocks and waits until every node that can has seen them.
pub(super) async fn mine(bitcoin: &Bitcoin, nodes: &[Node; 4], count: u32) {
    bitcoin.mine(count).await;
    synced(bitcoin, nodes).await;
}

async fn synced(bitcoin: &Bitcoin, nodes: &[Node; 4]) {
    let height = bitcoin.height().await;
    for node in nodes.iter().filter(|node| node.answers()) {
        until(
            &format!("{} is at height {height}", node.id()),
            STEP,
            || async {
                let info = node.ok("getinfo", json!({})).await;
                (info["blockheight"].as_u64()? >= height).then_some(())
            },
        )
        .await;
    }
}

/// Gives every funder a coin for each of its channels.
async fn endow(nodes: &[Node; 4], bitcoin: &Bitcoin) {
    let mut addresses = Vec::new();
    for (from, _) in CHANNELS {
        let address = nodes[from - 1]
            .ok("newaddr", json!({"addresstype": "bech32"}))
            .await;
        addresses.push(super::field(&address, "bech32"));
    }
    bitcoin.endow(&addresses, COIN_BTC).await;
    synced(bitcoin, nodes).await;
    for (number, node) in (1..).zip(nodes) {
        let coins = CHANNELS.iter().filter(|(from, _)| *from == number).count();
        until(&format!("l{number} has {coins} coins"), STEP, || async {
            let funds = node.ok("listfunds", json!({})).await;
            let outputs = funds["outputs"].as_array()?;
            let ready = outputs
                .iter()
                .filter(|output| output["status"] == "confirmed");
            (ready.count() == coins).then_some(())
        })
        .await;
    }
}

async fn fund(from: &Node, to: &Node) {
    let params = json!({"id": to.id(), "amount": CAPACITY_SAT, "announce": true});
    from.ok("fundchannel", params).await;
}

/// Waits until `node` knows both directions of all channels.
async fn known(node: &Node) {
    let what = format!("{} knows both directions of all channels", node.id());
    until(&what, STEP, || async {
        let answer = node.ok("listchannels", json!({})).await;
        let active = answer["channels"]
            .as_array()?
            .iter()
            .filter(|half| half["active"] == true);
        (active.count() == 2 * CHANNELS.len()).then_some(())
    })
    .await;
}

async fn scid(from: &Node, to: &Node) -> String {
    let channels = from.channels().await;
    let channel = channels
        .iter()
        .find(|channel| channel["peer_id"] == Value::String(to.id()));
    super::field(
        channel.expect("the channel just opened"),
        "short_channel_id",
    )
}
