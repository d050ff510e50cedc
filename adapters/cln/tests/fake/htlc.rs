//! HTLCs: offered, committed, resolved.

use serde_json::{Value, json};

use super::failure::{Cause, wire};
use super::forward::{Arrival, travel};
use super::onion::Onion;
use super::state::{Sent, State};
use super::wait::{Index, Subsystem};

/// The states on the way to a committed HTLC, after the first.
const ADDED: [&str; 4] = [
    "SENT_ADD_COMMIT",
    "RCVD_ADD_REVOCATION",
    "RCVD_ADD_ACK_COMMIT",
    LIVE,
];
const LIVE: &str = "SENT_ADD_ACK_REVOCATION";
/// The states on the way to its end.
const REMOVED: [&str; 5] = [
    "RCVD_REMOVE_HTLC",
    "RCVD_REMOVE_COMMIT",
    "SENT_REMOVE_REVOCATION",
    "SENT_REMOVE_ACK_COMMIT",
    "RCVD_REMOVE_ACK_REVOCATION",
];

/// The part that an HTLC belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PartKey {
    pub(crate) payment_hash: String,
    pub(crate) partid: u64,
    pub(crate) groupid: u64,
}

/// An HTLC that no commitment holds yet.
#[derive(Debug, Clone)]
pub(crate) struct Offer {
    pub(crate) key: PartKey,
    pub(crate) scid: String,
    pub(crate) peer: String,
    pub(crate) amount_msat: u64,
    pub(crate) cltv_expiry: u32,
    /// Another controller's onion goes nowhere by itself.
    pub(crate) onion: Option<Onion>,
}

/// A row of `channel_htlcs`.
#[derive(Debug, Clone)]
pub(crate) struct Htlc {
    pub(crate) created_index: u64,
    pub(crate) updated_index: u64,
    pub(crate) scid: String,
    id: u64,
    expiry: u32,
    pub(crate) amount_msat: u64,
    key: PartKey,
    state: &'static str,
}

impl Htlc {
    pub(crate) fn is_live(&self) -> bool {
        self.state == LIVE
    }

    /// As `listpeerchannels` shows it.
    pub(crate) fn in_channel(&self) -> Value {
        json!({
            "direction": "out",
            "id": self.id,
            "amount_msat": self.amount_msat,
            "expiry": self.expiry,
            "payment_hash": self.key.payment_hash,
            "state": self.state,
        })
    }

    /// As `listhtlcs` shows it.
    pub(crate) fn to_json(&self) -> Value {
        let mut htlc = self.in_channel();
        htlc["created_index"] = json!(self.created_index);
        htlc["updated_index"] = json!(self.updated_index);
        htlc["short_channel_id"] = json!(self.scid);
        htlc
    }

    /// As `wait` shows it.
    fn details(&self) -> Value {
        json!({
            "state": self.state,
            "short_channel_id": self.scid,
            "direction": "out",
            "htlc_id": self.id,
            "cltv_expiry": self.expiry,
            "payment_hash": self.key.payment_hash,
            "amount_msat": self.amount_msat,
        })
    }
}

/// An HTLC as the rest of the world remembers it: a restored database may not know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HtlcRef {
    /// Whose it is.
    pub(crate) node: &'static str,
    created_index: u64,
    pub(crate) payment_hash: String,
    scid: String,
    id: u64,
}

/// How an HTLC ends.
#[derive(Debug, Clone)]
pub(crate) enum Resolution {
    Fulfilled { preimage: String },
    Failed(Cause),
}

impl State {
    /// Everything that can happen now: HTLCs are committed, resolutions arrive.
    pub(crate) fn settle(&mut self) {
        while !self.world.hold_commits
            && let Some(offer) = self
                .process
                .as_mut()
                .and_then(|it| it.uncommitted.pop_front())
        {
            self.commit(offer);
        }
        let told = self.payee().told(self.place.us);
        self.world.resolved.extend(told);
        let (now, later) = std::mem::take(&mut self.world.resolved)
            .into_iter()
            .partition(|(htlc, _)| self.is_up(&htlc.scid));
        self.world.resolved = later;
        for (htlc, resolution) in now {
            self.resolve(&htlc, &resolution);
        }
    }

    /// Commits an HTLC and lets it travel.
    fn commit(&mut self, offer: Offer) {
        if self.spendable_msat(&offer.scid) < offer.amount_msat {
            let text = "WIRE_TEMPORARY_CHANNEL_FAILURE: Capacity exceeded - HTLC fee: 1626sat";
            let cause = Cause::Local {
                failcode: wire::TEMPORARY_CHANNEL_FAILURE,
                text: text.to_owned(),
            };
            return self.payment_failed(&offer.key, &cause);
        }
        let htlc = self.insert(&offer);
        let Some(onion) = offer.onion else {
            self.world.foreign.push(htlc);
            return;
        };
        let ends = match travel(
            &self.place.edges,
            &onion,
            &offer.peer,
            &offer.key.payment_hash,
            offer.amount_msat,
            offer.cltv_expiry,
            self.world.height,
        ) {
            Arrival::Failed(cause) => vec![(htlc, Resolution::Failed(cause))],
            Arrival::Payee(incoming) => self.payee().arrive(htlc, incoming, self.world.height),
        };
        self.payee().tell(self.place.us, ends);
    }

    fn insert(&mut self, offer: &Offer) -> HtlcRef {
        let channel = self
            .db
            .channels
            .iter_mut()
            .find(|channel| channel.scid == offer.scid);
        let channel = channel.expect("the offer was checked");
        let id = channel.next_htlc_id;
        channel.next_htlc_id += 1;
        *self.world.commits.entry(offer.scid.clone()).or_default() += 1;
        self.record(offer);
        let mut htlc = Htlc {
            created_index: 0,
            updated_index: 0,
            scid: offer.scid.clone(),
            id,
            expiry: offer.cltv_expiry,
            amount_msat: offer.amount_msat,
            key: offer.key.clone(),
            state: "SENT_ADD_HTLC",
        };
        let created = self.bump(Subsystem::Htlcs, Index::Created, 1, &htlc.details());
        htlc.created_index = created;
        self.db.htlcs.insert(created, htlc);
        self.advance(created, &ADDED);
        HtlcRef {
            node: self.place.us,
            created_index: created,
            payment_hash: offer.key.payment_hash.clone(),
            scid: offer.scid.clone(),
            id,
        }
    }

    fn record(&mut self, offer: &Offer) {
        let PartKey {
            payment_hash,
            partid,
            groupid,
        } = offer.key.clone();
        let known = self.world.ledger.iter_mut().find(|sent| {
            (&sent.payment_hash, sent.partid, sent.groupid) == (&payment_hash, partid, groupid)
        });
        if let Some(sent) = known {
            sent.htlcs += 1;
        } else {
            let amount_msat = offer.amount_msat;
            self.world.ledger.push(Sent {
                payment_hash,
                partid,
                groupid,
                amount_msat,
                htlcs: 1,
            });
        }
    }

    /// Takes an HTLC through the states.
    fn advance(&mut self, created_index: u64, states: &[&'static str]) {
        for state in states {
            let mut htlc = self.db.htlcs[&created_index].clone();
            htlc.state = state;
            htlc.updated_index = self.bump(Subsystem::Htlcs, Index::Updated, 1, &htlc.details());
            self.db.htlcs.insert(created_index, htlc);
        }
    }

    fn resolve(&mut self, end: &HtlcRef, resolution: &Resolution) {
        let known = self
            .db
            .htlcs
            .get(&end.created_index)
            .filter(|htlc| htlc.is_live() && (&htlc.scid, htlc.id) == (&end.scid, end.id));
        let Some(htlc) = known.cloned() else { return };
        self.advance(end.created_index, &REMOVED);
        match resolution {
            Resolution::Fulfilled { preimage } => {
                for channel in &mut self.db.channels {
                    if channel.scid == htlc.scid {
                        channel.to_us_msat -= htlc.amount_msat;
                    }
                }
                self.payment_succeeded(&htlc.key, preimage);
            }
            Resolution::Failed(cause) => self.payment_failed(&htlc.key, cause),
        }
    }
}
