//! l1's channels, and `listpeerchannels`.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::arrival::Arrival;
use super::error::Answer;
use super::failure::{Cause, wire};
use super::gossip::HTLC_MAX_MSAT;
use super::htlc::Htlc;
use super::params::Params;
use super::state::State;
use super::topology::{CAPACITY_MSAT, FEE_BASE_MSAT, FEE_PPM, Hop, Place, TO_US_MSAT, direction};
use super::wait::{Index, Subsystem};

/// `listpeerchannels`' parameters.
pub(crate) const LISTPEERCHANNELS: &str = "[id]";

/// Neither side can spend the last hundredth.
const RESERVE_MSAT: u64 = CAPACITY_MSAT / 100;

/// `enum channel_state`, as far as the fake goes. A channel that is `CLOSED` is no longer here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChannelState {
    Normal,
    /// It goes on while a splice waits for its blocks.
    AwaitingSplice,
    /// The peer has told us that our database is old.
    AwaitingUnilateral,
    Onchain,
}

impl ChannelState {
    fn name(self) -> &'static str {
        match self {
            Self::Normal => "CHANNELD_NORMAL",
            Self::AwaitingSplice => "CHANNELD_AWAITING_SPLICE",
            Self::AwaitingUnilateral => "AWAITING_UNILATERAL",
            Self::Onchain => "ONCHAIN",
        }
    }

    /// `channel_state_can_add_htlc()`.
    fn can_add_htlc(self) -> bool {
        matches!(self, Self::Normal | Self::AwaitingSplice)
    }
}

/// A channel as the database has it.
#[derive(Debug, Clone)]
pub(crate) struct Channel {
    pub(crate) scid: String,
    pub(crate) peer: String,
    pub(crate) state: ChannelState,
    pub(crate) to_us_msat: u64,
    pub(crate) next_htlc_id: u64,
    /// Whether its funding has too few blocks for a number of its own: it goes by its alias.
    pub(crate) is_young: bool,
}

impl Channel {
    /// The node's channels when everything begins.
    pub(crate) fn all(place: &Place) -> Vec<Self> {
        let edges = place.edges.iter();
        let ours = edges.filter_map(|edge| Some((edge.scid, edge.other_end(place.us)?)));
        ours.map(|(scid, peer)| Self {
            scid: scid.to_owned(),
            peer: peer.to_owned(),
            state: ChannelState::Normal,
            to_us_msat: TO_US_MSAT,
            next_htlc_id: 0,
            is_young: false,
        })
        .collect()
    }

    pub(crate) fn channel_id(&self) -> String {
        hex::encode(Sha256::digest(&self.scid))
    }

    /// Any alias will do, as long as it is no real channel's.
    pub(crate) fn alias(&self) -> String {
        let block = self.scid.replace('x', "");
        format!("{block}x{block}x1")
    }

    fn answers_to(&self, scid: &str) -> bool {
        self.scid == scid || self.alias() == scid
    }
}

impl State {
    /// `find_channel_for_htlc_add()`; `0x0x0` stands for any channel with that peer.
    pub(crate) fn channel_for_htlc(&self, hop: &Hop, amount_msat: u64) -> Option<&Channel> {
        let is_any = hop.channel == "0x0x0";
        self.db.channels.iter().find(|channel| {
            channel.peer == hop.id
                && channel.state.can_add_htlc()
                && if is_any {
                    channel.to_us_msat > amount_msat
                } else {
                    channel.answers_to(&hop.channel)
                }
        })
    }

    /// Whether a channel can be used just now.
    pub(crate) fn is_up(&self, scid: &str) -> bool {
        let channel = self.db.channel(scid);
        self.process
            .as_ref()
            .is_some_and(|process| process.connected)
            && channel.is_some_and(|channel| channel.state.can_add_htlc())
    }

    /// What is ours, less the reserve and less what is under way.
    pub(crate) fn spendable_msat(&self, scid: &str) -> u64 {
        let Some(channel) = self.db.channel(scid) else {
            return 0;
        };
        let live = self
            .db
            .htlcs
            .values()
            .filter(|htlc| htlc.is_live() && htlc.scid == scid);
        let under_way: u64 = live.map(|htlc| htlc.amount_msat).sum();
        channel
            .to_us_msat
            .saturating_sub(RESERVE_MSAT)
            .saturating_sub(under_way)
    }

    /// The peers are back and compare notes: one that knows of HTLCs which our database does not
    /// know has caught us with an old backup, and the channel is lost.
    pub(crate) fn connect_peers(&mut self) {
        self.running().connected = true;
        for channel in &mut self.db.channels {
            let theirs = self
                .world
                .commits
                .get(&channel.scid)
                .copied()
                .unwrap_or_default();
            if channel.next_htlc_id < theirs && channel.state == ChannelState::Normal {
                channel.state = ChannelState::AwaitingUnilateral;
            }
        }
        self.settle();
    }

    /// The peers are away; what was not committed fails (`destroy_hout_subd_died()`).
    pub(crate) fn disconnect_peers(&mut self) {
        let process = self.running();
        process.connected = false;
        let cause = Cause::Local {
            failcode: wire::TEMPORARY_CHANNEL_FAILURE,
            text: "Outgoing subdaemon died".to_owned(),
        };
        for offer in std::mem::take(&mut process.uncommitted) {
            self.payment_failed(&offer.key, &cause);
        }
    }

    /// Closes a channel on chain; the second time, it is forgotten.
    pub(crate) fn close_channel(&mut self, scid: &str) {
        let place = self
            .db
            .channels
            .iter()
            .position(|channel| channel.scid == scid);
        let place = place.expect("the channel has been forgotten already");
        let channel = &mut self.db.channels[place];
        if channel.state != ChannelState::Onchain {
            channel.state = ChannelState::Onchain;
            return;
        }
        self.db.channels.remove(place);
        let htlcs = self
            .db
            .htlcs
            .values()
            .filter(|htlc| htlc.scid == scid)
            .count();
        if htlcs > 0 {
            let by = u64::try_from(htlcs).expect("a count");
            let details = json!({"short_channel_id": scid});
            self.bump(Subsystem::Htlcs, Index::Deleted, by, &details);
        }
    }

    pub(crate) fn channel_mut(&mut self, scid: &str) -> &mut Channel {
        let mut channels = self.db.channels.iter_mut();
        let found = channels.find(|channel| channel.scid == scid);
        found.expect("the channel has been forgotten already")
    }

    /// `listpeerchannels`.
    pub(crate) fn listpeerchannels(&self, params: &Params<'_>) -> Answer {
        let peer = params.node_id("id")?;
        let channels = self.db.channels.iter();
        let asked = channels.filter(|channel| peer.as_ref().is_none_or(|id| *id == channel.peer));
        let shown: Vec<_> = asked.map(|channel| self.shown(channel)).collect();
        Ok(json!({"channels": shown}))
    }

    fn shown(&self, channel: &Channel) -> Value {
        let is_connected = self
            .process
            .as_ref()
            .is_some_and(|process| process.connected);
        let htlcs = self.db.htlcs.values();
        let live = htlcs.filter(|htlc| htlc.is_live() && htlc.scid == channel.scid);
        let arrived = self.db.arrivals.values();
        let arrived = arrived.filter(|htlc| htlc.is_in(&channel.scid));
        let arrived = arrived.map(Arrival::in_channel);
        let mut shown = json!({
            "peer_id": channel.peer,
            "peer_connected": is_connected,
            "state": channel.state.name(),
            "lost_state": channel.state == ChannelState::AwaitingUnilateral,
            "short_channel_id": channel.scid,
            "direction": direction(self.place.us, &channel.peer),
            "channel_id": channel.channel_id(),
            "private": false,
            "opener": "local",
            "alias": {"local": channel.alias()},
            "to_us_msat": channel.to_us_msat,
            "total_msat": CAPACITY_MSAT,
            "fee_base_msat": FEE_BASE_MSAT,
            "fee_proportional_millionths": FEE_PPM,
            "our_reserve_msat": RESERVE_MSAT,
            "their_reserve_msat": RESERVE_MSAT,
            "spendable_msat": self.spendable_msat(&channel.scid),
            "receivable_msat": CAPACITY_MSAT - channel.to_us_msat,
            "minimum_htlc_out_msat": 0,
            "maximum_htlc_out_msat": HTLC_MAX_MSAT,
            "their_max_htlc_value_in_flight_msat": u64::MAX,
            "max_accepted_htlcs": 483,
            "htlcs": live.map(Htlc::in_channel).chain(arrived).collect::<Vec<_>>(),
        });
        if channel.is_young {
            shown
                .as_object_mut()
                .and_then(|all| all.remove("short_channel_id"));
        }
        if is_connected {
            shown["reestablished"] = json!(self.is_up(&channel.scid));
        }
        if self.is_up(&channel.scid) {
            shown["owner"] = json!("channeld");
        }
        shown
    }
}
