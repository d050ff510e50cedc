//! Our node as what it can send over is asked for.

use crate::key;
use crate::node::Node;
use async_trait::async_trait;
use domain::{Funds, Msat, NodeAway, NodeFunds, OwnChannel, ShortChannelId};
use lightning::ln::channel_state::ChannelDetails;
use std::sync::Arc;

/// Answers from LDK's memory, which an accepted offer has changed already.
pub(crate) struct Purse(pub(crate) Arc<Node>);

#[async_trait]
impl NodeFunds for Purse {
    async fn funds(&self) -> Result<Funds, NodeAway> {
        if self.0.has_ended() {
            return Err(NodeAway(self.0.stopped()));
        }
        let channels = self.0.manager.list_channels();
        Ok(Funds {
            id: self.0.id(),
            channels: channels.iter().filter_map(own).collect(),
        })
    }
}

/// A channel that no HTLC could name yet is left out.
fn own(channel: &ChannelDetails) -> Option<OwnChannel> {
    let most = channel.counterparty.outbound_htlc_maximum_msat;
    let can = channel.next_outbound_htlc_limit_msat;
    Some(OwnChannel {
        peer: key::node_id(&channel.counterparty.node_id),
        channel: ShortChannelId(channel.get_outbound_payment_scid()?),
        spendable: msat(can.min(channel.outbound_capacity_msat)),
        htlc_min: msat(channel.next_outbound_htlc_minimum_msat),
        htlc_max: msat(most.unwrap_or(can)),
        usable: channel.is_usable,
    })
}

pub(crate) fn msat(amount: u64) -> Msat {
    Msat::new(amount).unwrap_or(Msat::MAX)
}
