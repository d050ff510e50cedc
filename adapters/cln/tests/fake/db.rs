//! What lightningd's database holds. It survives the process; a copy of it is a backup.

use std::collections::BTreeMap;

use super::arrival::Arrival;
use super::channels::Channel;
use super::htlc::Htlc;
use super::own_invoice::OwnInvoice;
use super::payment::{Payment, Status};
use super::topology::Place;
use super::wait::{Index, Subsystem};

/// The value and the generation of a datastore key.
#[derive(Debug, Clone)]
pub(crate) struct Datum {
    pub(crate) data: Vec<u8>,
    pub(crate) generation: u64,
}

/// The database.
#[derive(Debug, Clone)]
pub(crate) struct Db {
    pub(crate) payments: BTreeMap<u64, Payment>,
    pub(crate) htlcs: BTreeMap<u64, Htlc>,
    pub(crate) counters: BTreeMap<(Subsystem, Index), u64>,
    pub(crate) datastore: BTreeMap<Vec<String>, Datum>,
    pub(crate) channels: Vec<Channel>,
    /// HTLCs that came in; their numbers are from the same count as the outgoing ones'.
    pub(crate) arrivals: BTreeMap<u64, Arrival>,
    /// l1's own invoices, by `created_index`.
    pub(crate) invoices: BTreeMap<u64, OwnInvoice>,
    pub(crate) last_pay_index: u64,
}

impl Db {
    pub(crate) fn new(place: &Place) -> Self {
        Self {
            payments: BTreeMap::new(),
            htlcs: BTreeMap::new(),
            counters: BTreeMap::new(),
            datastore: BTreeMap::new(),
            channels: Channel::all(place),
            arrivals: BTreeMap::new(),
            invoices: BTreeMap::new(),
            last_pay_index: 0,
        }
    }

    pub(crate) fn counter(&self, subsystem: Subsystem, index: Index) -> u64 {
        self.counters
            .get(&(subsystem, index))
            .copied()
            .unwrap_or_default()
    }

    /// All rows of a hash, by id.
    pub(crate) fn rows<'a>(&'a self, payment_hash: &'a str) -> impl Iterator<Item = &'a Payment> {
        self.payments
            .values()
            .filter(move |row| row.payment_hash == payment_hash)
    }

    /// The row of one part.
    pub(crate) fn part(&self, payment_hash: &str, partid: u64, groupid: u64) -> Option<&Payment> {
        self.payments.values().find(|row| {
            (&*row.payment_hash, row.partid, row.groupid) == (payment_hash, partid, groupid)
        })
    }

    /// `MAX(groupid)` of a hash, 0 without rows.
    pub(crate) fn last_group(&self, payment_hash: &str) -> u64 {
        self.rows(payment_hash)
            .map(|row| row.groupid)
            .max()
            .unwrap_or_default()
    }

    /// Whether a row is there that a HTLC's end would settle.
    pub(crate) fn pending_id(&self, key: &super::htlc::PartKey) -> Option<u64> {
        self.part(&key.payment_hash, key.partid, key.groupid)
            .filter(|row| row.status == Status::Pending)
            .map(|row| row.id)
    }

    pub(crate) fn channel(&self, scid: &str) -> Option<&Channel> {
        self.channels.iter().find(|channel| channel.scid == scid)
    }
}
