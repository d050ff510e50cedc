//! What lightningd's own channels can send now: `listpeerchannels`.

use crate::calls::Alias;
use crate::link::Link;
use async_trait::async_trait;
use domain::{Funds, Msat, NodeAway, NodeFunds, OwnChannel};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

/// Asks lightningd each time, and waits for as long as it takes to answer.
pub(crate) struct Purse {
    pub(crate) link: Arc<Link>,
}

#[async_trait]
impl NodeFunds for Purse {
    async fn funds(&self) -> Result<Funds, NodeAway> {
        let session = self.link.session().await;
        let session = session.map_err(|away| NodeAway(away.to_string()))?;
        let id = &session.life.node_id;
        let id = id.parse();
        let id = id.map_err(|_| NodeAway("lightningd's node id is none".to_owned()))?;
        let listed = session.ask("listpeerchannels", &json!({})).await;
        let List { channels } = listed.map_err(|error| NodeAway(error.to_string()))?;
        Ok(Funds {
            id,
            channels: channels.iter().filter_map(Channel::own).collect(),
        })
    }
}

#[derive(Deserialize)]
struct List {
    channels: Vec<Channel>,
}

/// A channel, as far as it can send.
#[derive(Deserialize)]
struct Channel {
    peer_id: String,
    peer_connected: bool,
    state: String,
    /// Missing while the peer is away.
    #[serde(default)]
    reestablished: bool,
    #[serde(default)]
    lost_state: bool,
    #[serde(default)]
    short_channel_id: Option<String>,
    #[serde(default)]
    alias: Option<Alias>,
    #[serde(default)]
    spendable_msat: u64,
    #[serde(default)]
    minimum_htlc_out_msat: u64,
    #[serde(default)]
    maximum_htlc_out_msat: Option<u64>,
    /// What the peer allows to be out at once (25.02 and later).
    #[serde(default)]
    their_max_htlc_value_in_flight_msat: Option<u64>,
}

impl Channel {
    /// `None` for a channel that is being opened or closed, or that no route could name.
    fn own(&self) -> Option<OwnChannel> {
        // The two states in which lightningd adds HTLCs (its `channel_state_can_add_htlc`).
        if !["CHANNELD_NORMAL", "CHANNELD_AWAITING_SPLICE"].contains(&self.state.as_str()) {
            return None;
        }
        let local = self.alias.as_ref().and_then(|alias| alias.local.as_ref());
        let number = self.short_channel_id.as_ref().or(local)?;
        let spendable = msat(self.spendable_msat);
        let limits = [
            self.maximum_htlc_out_msat,
            self.their_max_htlc_value_in_flight_msat,
        ];
        let htlc_max = limits.into_iter().flatten().min();
        Some(OwnChannel {
            peer: self.peer_id.parse().ok()?,
            channel: number.parse().ok()?,
            spendable,
            htlc_min: msat(self.minimum_htlc_out_msat),
            htlc_max: htlc_max.map_or(spendable, msat),
            usable: self.peer_connected && self.reestablished && !self.lost_state,
        })
    }
}

fn msat(amount: u64) -> Msat {
    Msat::new(amount).unwrap_or(Msat::MAX)
}
