//! What lightningd's replies say, as far as it matters here. Fields that are not named are ignored, and
//! a word that is not known is kept as text: what it means is for the reader to doubt.

use domain::{PartId, PaymentHash};
use serde::Deserialize;
use serde::de::IgnoredAny;

/// `getinfo`.
#[derive(Deserialize)]
pub(crate) struct GetInfo {
    pub(crate) id: String,
    pub(crate) version: String,
    pub(crate) network: String,
    /// Still growing while it warns.
    pub(crate) blockheight: u32,
    /// Its bitcoind has not loaded the whole chain.
    #[serde(default)]
    pub(crate) warning_bitcoind_sync: Option<IgnoredAny>,
    /// It has not read all blocks that its bitcoind has.
    #[serde(default)]
    pub(crate) warning_lightningd_sync: Option<IgnoredAny>,
}

/// `getlog`: when this lightningd began to log, which is when it started.
#[derive(Deserialize)]
pub(crate) struct GetLog {
    pub(crate) created_at: String,
}

/// `listdatastore`.
#[derive(Deserialize)]
pub(crate) struct ListDatastore {
    pub(crate) datastore: Vec<Entry>,
}

/// A key of the datastore and what it holds.
#[derive(Deserialize)]
pub(crate) struct Entry {
    pub(crate) key: Vec<String>,
    #[serde(default)]
    pub(crate) string: Option<String>,
}

/// `createonion`.
#[derive(Deserialize)]
pub(crate) struct CreateOnion {
    pub(crate) onion: String,
    pub(crate) shared_secrets: Vec<String>,
}

/// `listsendpays`.
#[derive(Deserialize)]
pub(crate) struct ListSendPays {
    pub(crate) payments: Vec<Row>,
}

/// One row of `listsendpays`; `sendonion` and `sendpay` answer with one, too.
#[derive(Clone, Deserialize)]
pub(crate) struct Row {
    pub(crate) created_index: u64,
    #[serde(default)]
    pub(crate) updated_index: Option<u64>,
    pub(crate) payment_hash: String,
    #[serde(default)]
    pub(crate) partid: Option<u64>,
    pub(crate) groupid: u64,
    pub(crate) amount_sent_msat: u64,
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) payment_preimage: Option<String>,
}

/// What a row says of its part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum RowStatus {
    Pending,
    Complete,
    Failed,
    /// A word that lightningd had not yet when this was written.
    Strange,
}

impl Row {
    pub(crate) fn status(&self) -> RowStatus {
        match self.status.as_str() {
            "pending" => RowStatus::Pending,
            "complete" => RowStatus::Complete,
            "failed" => RowStatus::Failed,
            _ => RowStatus::Strange,
        }
    }

    /// The part, if the row is of this group.
    pub(crate) fn part(&self, group: u64) -> Option<PartId> {
        let part = self.partid.filter(|_| self.groupid == group)?;
        Some(PartId(part))
    }

    pub(crate) fn hash(&self) -> Option<PaymentHash> {
        self.payment_hash.parse().ok()
    }

    /// What should be the preimage.
    pub(crate) fn preimage(&self) -> Option<[u8; 32]> {
        let mut bytes = [0; 32];
        let text = self.payment_preimage.as_deref()?;
        hex::decode_to_slice(text, &mut bytes).ok()?;
        Some(bytes)
    }
}

/// Without the preimage.
impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Row")
            .field("created_index", &self.created_index)
            .field("payment_hash", &self.payment_hash)
            .field("groupid", &self.groupid)
            .field("partid", &self.partid)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// `wait`: the counter that was asked for.
#[derive(Deserialize)]
pub(crate) struct Waited {
    #[serde(default)]
    pub(crate) created: u64,
    #[serde(default)]
    pub(crate) updated: u64,
}

/// `waitblockheight`.
#[derive(Deserialize)]
pub(crate) struct WaitBlockHeight {
    pub(crate) blockheight: u32,
}

/// `listhtlcs`.
#[derive(Deserialize)]
pub(crate) struct ListHtlcs {
    pub(crate) htlcs: Vec<Htlc>,
}

/// One HTLC, live or resolved.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Htlc {
    #[serde(default)]
    pub(crate) created_index: u64,
    pub(crate) short_channel_id: String,
    pub(crate) direction: String,
    pub(crate) amount_msat: u64,
    pub(crate) payment_hash: String,
}

impl Htlc {
    /// Whether it is not one that came in, which other words than `in` might also mean.
    pub(crate) fn is_outgoing(&self) -> bool {
        self.direction != "in"
    }
}

/// `listpeerchannels`.
#[derive(Deserialize)]
pub(crate) struct ListPeerChannels {
    pub(crate) channels: Vec<Channel>,
}

/// One channel.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Channel {
    pub(crate) state: String,
    #[serde(default)]
    pub(crate) reestablished: bool,
    #[serde(default)]
    pub(crate) lost_state: bool,
    #[serde(default)]
    pub(crate) short_channel_id: Option<String>,
    #[serde(default)]
    pub(crate) alias: Option<Alias>,
}

/// A channel's other names.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Alias {
    #[serde(default)]
    pub(crate) local: Option<String>,
    #[serde(default)]
    pub(crate) remote: Option<String>,
}

impl Channel {
    /// Whether that is one of its names.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        let alias =
            |of: fn(&Alias) -> &Option<String>| self.alias.as_ref().and_then(|a| of(a).as_deref());
        [
            self.short_channel_id.as_deref(),
            alias(|a| &a.local),
            alias(|a| &a.remote),
        ]
        .contains(&Some(name))
    }
}
