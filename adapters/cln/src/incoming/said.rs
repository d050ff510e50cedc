//! What lightningd's replies say of what comes in. Fields that are not named are ignored.

use crate::calls::Alias;
use crate::connection::CallError;
use domain::Msat;
use serde::Deserialize;

/// `listpeerchannels`, as far as HTLCs are on the channels.
#[derive(Deserialize)]
pub(crate) struct ListLive {
    pub(crate) channels: Vec<LiveChannel>,
}

/// A channel with the HTLCs that are on it now.
#[derive(Deserialize)]
pub(crate) struct LiveChannel {
    #[serde(default)]
    short_channel_id: Option<String>,
    #[serde(default)]
    alias: Option<Alias>,
    #[serde(default)]
    pub(crate) htlcs: Vec<LiveHtlc>,
}

impl LiveChannel {
    /// Its name, as lightningd itself uses it: the chain's, or our own as long as that has none.
    pub(crate) fn name(&self) -> Option<&str> {
        let local = || self.alias.as_ref()?.local.as_deref();
        self.short_channel_id.as_deref().or_else(local)
    }
}

/// An HTLC on a channel.
#[derive(Deserialize)]
pub(crate) struct LiveHtlc {
    direction: String,
    pub(crate) id: u64,
    pub(crate) amount_msat: u64,
    pub(crate) expiry: u32,
    pub(crate) payment_hash: String,
    state: String,
}

impl LiveHtlc {
    /// Whether it has come in for good and nothing has been decided about it: the state before is on
    /// the way in, the one after (`SENT_REMOVE_HTLC`) is written when it is claimed or failed.
    pub(crate) fn is_waiting(&self) -> bool {
        self.direction == "in" && self.state == "RCVD_ADD_ACK_REVOCATION"
    }
}

/// `listinvoices`.
#[derive(Deserialize)]
pub(crate) struct ListInvoices {
    pub(crate) invoices: Vec<Invoice>,
}

/// An invoice of the node's own; `waitanyinvoice` answers with one, too.
#[derive(Deserialize)]
pub(crate) struct Invoice {
    pub(crate) payment_hash: String,
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) label: Option<String>,
    #[serde(default)]
    pub(crate) description: Option<String>,
    #[serde(default)]
    bolt11: Option<String>,
    #[serde(default)]
    bolt12: Option<String>,
    #[serde(default)]
    amount_msat: Option<u64>,
    #[serde(default)]
    pub(crate) pay_index: Option<u64>,
    #[serde(default)]
    pub(crate) amount_received_msat: Option<u64>,
    #[serde(default)]
    pub(crate) paid_at: Option<u64>,
    #[serde(default)]
    pub(crate) payment_preimage: Option<String>,
}

impl Invoice {
    /// What it asks for, unless that is left to the payer.
    pub(crate) fn asked(&self) -> Result<Option<Msat>, CallError> {
        let amount = self.amount_msat.filter(|amount| *amount > 0);
        amount.map(super::msat).transpose()
    }

    /// As the payer was given it.
    pub(crate) fn text(&self) -> Option<String> {
        self.bolt11.clone().or_else(|| self.bolt12.clone())
    }
}

/// `listhtlcs`.
#[derive(Deserialize)]
pub(crate) struct ListHtlcs {
    pub(crate) htlcs: Vec<Htlc>,
}

/// An HTLC that was, or is.
#[derive(Deserialize)]
pub(crate) struct Htlc {
    pub(crate) created_index: u64,
    pub(crate) short_channel_id: String,
    pub(crate) id: u64,
    pub(crate) expiry: u32,
    pub(crate) direction: String,
    pub(crate) amount_msat: u64,
    pub(crate) payment_hash: String,
}
