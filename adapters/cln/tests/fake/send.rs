//! `send_payment_core()`: the common end of `sendpay` and `sendonion`.

use serde_json::{Map, Value, json};

use super::channels::Channel;
use super::error::{Answer, RpcError, code};
use super::failure::{Routing, wire};
use super::htlc::{Offer, PartKey};
use super::onion::Onion;
use super::payment::{Notes, Payment, Route, Status};
use super::progress::{OfferDecision, Progress, check_progress};
use super::state::{State, now};
use super::topology::Hop;
use super::wait::{Index, Subsystem};

/// A part, ready to go.
pub(crate) struct Outgoing {
    pub(crate) key: PartKey,
    pub(crate) first_hop: Hop,
    pub(crate) amount_msat: u64,
    pub(crate) total_msat: u64,
    pub(crate) destination: Option<String>,
    pub(crate) notes: Notes,
    pub(crate) route: Option<Route>,
    pub(crate) has_secrets: bool,
    pub(crate) onion: Option<Onion>,
}

impl State {
    /// Writes the row and offers the HTLC, or says why not.
    pub(crate) fn send_payment(&mut self, part: Outgoing) -> Answer {
        let wish = OfferDecision {
            payment_hash: &part.key.payment_hash,
            partid: part.key.partid,
            groupid: part.key.groupid,
            amount_msat: part.amount_msat,
            total_msat: part.total_msat,
            destination: part.destination.as_deref(),
        };
        match check_progress(&self.db, &wish)? {
            Progress::Send => {}
            Progress::Pending(row) => return Ok(row.in_progress()),
            Progress::Complete(row) => return Ok(Value::Object(row.fields())),
        }
        let channel = self
            .channel_for_htlc(&part.first_hop, part.amount_msat)
            .ok_or_else(|| no_first_peer(self.place.us))?
            .clone();
        if !self.is_up(&channel.scid) {
            return Err(not_ready(self.place.us, &channel));
        }
        let offer = Offer {
            key: part.key.clone(),
            scid: channel.scid,
            peer: channel.peer,
            amount_msat: part.first_hop.amount_msat,
            cltv_expiry: self.base_expiry() + part.first_hop.delay,
            onion: part.onion.clone(),
        };
        self.running().uncommitted.push_back(offer);
        Ok(self.add_payment(part).in_progress())
    }

    /// `wallet_add_payment()`.
    fn add_payment(&mut self, part: Outgoing) -> Payment {
        let mut row = Payment {
            id: 0,
            updated_index: 0,
            payment_hash: part.key.payment_hash,
            partid: part.key.partid,
            groupid: part.key.groupid,
            status: Status::Pending,
            destination: part.destination,
            amount_msat: part.amount_msat,
            amount_sent_msat: part.first_hop.amount_msat,
            total_msat: part.total_msat,
            created_at: now().as_secs(),
            completed_at: None,
            preimage: None,
            notes: part.notes,
            route: part.route,
            has_secrets: part.has_secrets,
            failure: None,
        };
        let details = Self::part_details(&row, Status::Pending);
        row.id = self.bump(Subsystem::Sendpays, Index::Created, 1, &details);
        self.db.payments.insert(row.id, row.clone());
        row
    }

    /// Expiries are counted from the next block of bitcoind's, even if the node has not read it yet.
    pub(crate) fn base_expiry(&self) -> u32 {
        self.world.height + 1
    }

    /// A part as `wait` shows it.
    pub(crate) fn part_details(row: &Payment, status: Status) -> Value {
        json!({
            "status": status.name(),
            "partid": row.partid,
            "groupid": row.groupid,
            "payment_hash": row.payment_hash,
        })
    }
}

fn no_first_peer(us: &str) -> RpcError {
    let mut data = Map::new();
    Routing::local(us, wire::UNKNOWN_NEXT_PEER, None).add_to(&mut data);
    RpcError::with_data(
        code::TRY_OTHER_ROUTE,
        "No connection to first peer found",
        &Value::Object(data),
    )
}

fn not_ready(us: &str, channel: &Channel) -> RpcError {
    let blamed = Some((&*channel.scid, &*channel.peer));
    let routing = Routing::local(us, wire::TEMPORARY_CHANNEL_FAILURE, blamed);
    let mut data = Map::new();
    routing.add_to(&mut data);
    RpcError::with_data(
        code::TRY_OTHER_ROUTE,
        routing.text("First peer not ready"),
        &Value::Object(data),
    )
}
