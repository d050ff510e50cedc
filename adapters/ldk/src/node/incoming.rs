//! What comes in at our own node: its invoices, the HTLCs that are there for them, and what was paid.

use super::ask::InvoiceReply;
use super::driver::Driver;
use super::now;
use crate::store::{Arrival, Receipt, Store, StoreError};
use devnet::{InvoiceError, InvoiceFilter, InvoiceStatus, NewInvoice, OwnInvoice};
use domain::{
    IncomingPart, Msat, PaymentHash, PaymentSecret, ReceivedPart, ShortChannelId, Timestamp,
};
use lightning::events::ClaimedHTLC;
use lightning::ln::channel_state::InboundHTLCStateDetails;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};

/// How long an invoice is good for, unless said.
const EXPIRY_SECONDS: u32 = 604_800;

/// An HTLC by its channel and its number there.
type Place = (ShortChannelId, u64);

/// What the driver of our own node keeps in mind of what comes in. The other nodes' is empty.
#[derive(Default)]
pub(super) struct IncomingState {
    /// Whether it is our own node's: only invoices that it knows are paid there.
    pub(super) is_ours: bool,
    /// Invoices that nobody has paid, with when each expires.
    open: HashMap<PaymentHash, Timestamp>,
    /// HTLCs for them that were seen and are not gone.
    arrivals: BTreeMap<Place, Arrival>,
    /// Those of them whose money is being taken.
    claiming: HashSet<PaymentHash>,
}

impl IncomingState {
    pub(super) fn open(store: &Store, is_ours: bool) -> Result<IncomingState, StoreError> {
        let arrivals = store.arrivals()?.into_iter();
        Ok(IncomingState {
            is_ours,
            open: store.open_invoices()?.into_iter().collect(),
            arrivals: arrivals.map(|a| ((a.channel, a.htlc), a)).collect(),
            claiming: HashSet::new(),
        })
    }

    fn is_idle(&self) -> bool {
        self.open.is_empty() && self.arrivals.is_empty()
    }

    /// Whether that may be paid here.
    pub(super) fn takes(&self, hash: PaymentHash) -> bool {
        let good = self.open.get(&hash).is_some_and(|expiry| now() < *expiry);
        !self.is_ours || good
    }

    pub(super) fn claim(&mut self, hash: PaymentHash) {
        if self.open.contains_key(&hash) {
            self.claiming.insert(hash);
        }
    }
}

impl Driver {
    /// Notes the HTLCs that are there for our invoices, before any of them is claimed.
    pub(super) fn note_arrivals(&mut self) {
        if self.desk.is_idle() {
            return;
        }
        for arrival in self.there() {
            let place = (arrival.channel, arrival.htlc);
            if let Entry::Vacant(vacant) = self.desk.arrivals.entry(place) {
                vacant.insert(arrival);
                self.turn.invoices.arrived.push(arrival);
            }
        }
    }

    /// Forgets those that are gone, but not before it is known what became of them.
    pub(super) fn note_departures(&mut self) {
        if self.desk.arrivals.is_empty() {
            return;
        }
        let all = all_inbound(&self.node.manager);
        let arrivals = &self.desk.arrivals;
        // Of what LDK would not claim after all it says nothing; what it did claim it says in time.
        self.desk.claiming.retain(|hash| {
            let mut own = arrivals.values().filter(|a| a.payment_hash == *hash);
            own.any(|a| all.contains(&(a.channel, a.htlc)))
        });
        let gone = self.desk.arrivals.values().filter(|arrival| {
            !all.contains(&(arrival.channel, arrival.htlc))
                && !self.desk.claiming.contains(&arrival.payment_hash)
        });
        let gone: Vec<Place> = gone.map(|a| (a.channel, a.htlc)).collect();
        for place in gone {
            self.desk.arrivals.remove(&place);
            self.turn.invoices.gone.push(place);
        }
    }

    /// The HTLCs that are there for our invoices and are not being claimed.
    fn there(&self) -> Vec<Arrival> {
        let seen_at = now();
        let mut there = Vec::new();
        for channel in self.node.manager.list_channels() {
            let Some(id) = channel.short_channel_id else {
                continue;
            };
            for htlc in channel.pending_inbound_htlcs {
                let payment_hash = PaymentHash(htlc.payment_hash.0);
                let is_committed = htlc.state == Some(InboundHTLCStateDetails::Committed);
                if is_committed && self.desk.open.contains_key(&payment_hash) {
                    there.push(Arrival {
                        channel: ShortChannelId(id),
                        htlc: htlc.htlc_id,
                        payment_hash,
                        amount: htlc.amount_msat,
                        expiry: htlc.cltv_expiry,
                        seen_at,
                    });
                }
            }
        }
        there.retain(|arrival| !self.desk.claiming.contains(&arrival.payment_hash));
        there
    }

    /// `listpartialinvoices`, of this node.
    pub(super) fn arrived(
        &self,
        hash: Option<PaymentHash>,
    ) -> Result<Vec<IncomingPart>, StoreError> {
        if self.desk.is_idle() {
            return Ok(Vec::new());
        }
        let mut parts = Vec::new();
        for arrival in self.there() {
            if hash.is_some_and(|hash| hash != arrival.payment_hash) {
                continue;
            }
            // One that is not noted yet is listed once that is durable: then it stays as it is.
            let Some(known) = self.desk.arrivals.get(&(arrival.channel, arrival.htlc)) else {
                continue;
            };
            let filter = InvoiceFilter {
                payment_hash: Some(arrival.payment_hash),
                limit: 1,
                ..InvoiceFilter::default()
            };
            let invoice = self.store.invoices(&filter)?.pop();
            parts.push(IncomingPart {
                payment_hash: arrival.payment_hash,
                channel: arrival.channel,
                htlc_id: arrival.htlc,
                amount: Msat::new(arrival.amount).unwrap_or(Msat::MAX),
                cltv_expiry: arrival.expiry,
                seen_at: known.seen_at,
                total: invoice.as_ref().and_then(|invoice| invoice.amount),
                label: invoice.as_ref().map(|invoice| invoice.label.clone()),
                bolt11: invoice.map(|invoice| invoice.bolt11),
            });
        }
        Ok(parts)
    }

    /// An invoice of ours was paid, whole.
    pub(super) fn received(
        &mut self,
        payment_hash: PaymentHash,
        preimage: Option<[u8; 32]>,
        amount: u64,
        htlcs: &[ClaimedHTLC],
    ) {
        let Some(preimage) = preimage.filter(|_| self.desk.open.contains_key(&payment_hash)) else {
            return;
        };
        let seen = self.desk.arrivals.values();
        let seen = seen.filter(|arrival| arrival.payment_hash == payment_hash);
        let mut parts: Vec<_> = seen.map(of_arrival).collect();
        if parts.len() != htlcs.len() {
            parts = htlcs.iter().map(|htlc| self.of_claimed(htlc)).collect();
        }
        self.desk.open.remove(&payment_hash);
        self.desk.claiming.remove(&payment_hash);
        self.turn.invoices.paid.push(Receipt {
            payment_hash,
            preimage,
            amount,
            parts,
            paid_at: now(),
        });
    }

    fn of_claimed(&self, htlc: &ClaimedHTLC) -> ReceivedPart {
        let channels = self.node.manager.list_channels();
        let channel = channels.iter().find(|c| c.channel_id == htlc.channel_id);
        ReceivedPart {
            channel: ShortChannelId(channel.and_then(|c| c.short_channel_id).unwrap_or(0)),
            htlc_id: None,
            amount: Msat::new(htlc.value_msat).unwrap_or(Msat::MAX),
            cltv_expiry: Some(htlc.cltv_expiry),
            seen_at: None,
        }
    }

    pub(super) fn make_invoice(&mut self, new: NewInvoice) -> InvoiceReply {
        let labelled = self.labelled(&new.label);
        let labelled = labelled.map_err(|error| InvoiceError::Refused(error.to_string()))?;
        let mut made = self.turn.invoices.made.iter();
        if labelled.is_some() || made.any(|made| made.label == new.label) {
            return Err(InvoiceError::LabelInUse(new.label));
        }
        let expiry = new.expiry.unwrap_or(EXPIRY_SECONDS);
        let invoice = self
            .node
            .bolt11(new.amount, new.description.clone(), expiry);
        let (invoice, expires_at) = invoice.map_err(InvoiceError::Refused)?;
        let made = OwnInvoice {
            id: 0,
            payment_hash: PaymentHash(invoice.payment_hash().0),
            label: new.label,
            description: new.description,
            bolt11: invoice.to_string(),
            amount: new.amount,
            created_at: now(),
            expires_at,
            status: InvoiceStatus::Unpaid,
        };
        self.desk.open.insert(made.payment_hash, made.expires_at);
        self.turn.invoices.made.push(made.clone());
        Ok((made, PaymentSecret::new(invoice.payment_secret().0)))
    }

    /// The same, with the number that the commit gave it.
    pub(super) fn numbered(&self, made: InvoiceReply) -> Result<InvoiceReply, StoreError> {
        let Ok((invoice, secret)) = made else {
            return Ok(made);
        };
        let stored = self.labelled(&invoice.label)?;
        Ok(Ok((stored.unwrap_or(invoice), secret)))
    }

    pub(super) fn delete_invoice(
        &mut self,
        label: &str,
        status: String,
    ) -> Result<OwnInvoice, InvoiceError> {
        let found = self.labelled(label);
        let found = found.map_err(|error| InvoiceError::Refused(error.to_string()))?;
        let invoice = found.ok_or(InvoiceError::Unknown)?;
        let is = invoice.status.as_str();
        if is != status {
            return Err(InvoiceError::OtherStatus { is, wanted: status });
        }
        let hash = invoice.payment_hash;
        let mut arrivals = self.desk.arrivals.values();
        if self.desk.open.contains_key(&hash) && arrivals.any(|a| a.payment_hash == hash) {
            return Err(InvoiceError::Arriving);
        }
        self.desk.open.remove(&hash);
        self.turn.invoices.deleted.push(hash);
        Ok(invoice)
    }

    fn labelled(&self, label: &str) -> Result<Option<OwnInvoice>, StoreError> {
        let filter = InvoiceFilter {
            label: Some(label.to_owned()),
            limit: 1,
            ..InvoiceFilter::default()
        };
        Ok(self.store.invoices(&filter)?.pop())
    }
}

fn of_arrival(arrival: &Arrival) -> ReceivedPart {
    ReceivedPart {
        channel: arrival.channel,
        htlc_id: Some(arrival.htlc),
        amount: Msat::new(arrival.amount).unwrap_or(Msat::MAX),
        cltv_expiry: Some(arrival.expiry),
        seen_at: Some(arrival.seen_at),
    }
}

/// Every HTLC that a channel still holds, whatever becomes of it.
fn all_inbound(manager: &super::types::Manager) -> HashSet<Place> {
    let channels = manager.list_channels().into_iter();
    let places = channels.filter_map(|channel| {
        let id = ShortChannelId(channel.short_channel_id?);
        let htlcs = channel.pending_inbound_htlcs.into_iter();
        Some(htlcs.map(move |htlc| (id, htlc.htlc_id)))
    });
    places.flatten().collect()
}
