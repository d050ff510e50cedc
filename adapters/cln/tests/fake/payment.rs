//! A row of the `payments` table, and how lightningd shows it.

use serde_json::{Map, Value, json};

use super::failure::Recorded;

/// `enum payment_status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Pending,
    Complete,
    Failed,
}

impl Status {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Complete => "complete",
            Self::Failed => "failed",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Pending, Self::Complete, Self::Failed]
            .into_iter()
            .find(|status| status.name() == name)
    }
}

/// What a caller tells lightningd to remember with a part, and nothing else.
#[derive(Debug, Clone, Default)]
pub(crate) struct Notes {
    pub(crate) label: Option<String>,
    pub(crate) invstring: Option<String>,
    pub(crate) description: Option<String>,
}

/// The way a part takes, known only if lightningd made the onion itself.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    pub(crate) nodes: Vec<String>,
    pub(crate) channels: Vec<String>,
}

/// One part.
#[allow(
    clippy::struct_field_names,
    reason = "the column is called payment_hash"
)]
#[derive(Debug, Clone)]
pub(crate) struct Payment {
    pub(crate) id: u64,
    pub(crate) updated_index: u64,
    pub(crate) payment_hash: String,
    pub(crate) partid: u64,
    pub(crate) groupid: u64,
    pub(crate) status: Status,
    pub(crate) destination: Option<String>,
    pub(crate) amount_msat: u64,
    pub(crate) amount_sent_msat: u64,
    pub(crate) total_msat: u64,
    pub(crate) created_at: u64,
    pub(crate) completed_at: Option<u64>,
    pub(crate) preimage: Option<String>,
    pub(crate) notes: Notes,
    pub(crate) route: Option<Route>,
    /// Whether lightningd can decrypt a failure of this part.
    pub(crate) has_secrets: bool,
    pub(crate) failure: Option<Recorded>,
}

impl Payment {
    /// `json_add_payment_fields()`.
    pub(crate) fn fields(&self) -> Map<String, Value> {
        let mut fields = Map::new();
        let mut add = |name: &str, value: Value| {
            fields.insert(name.to_owned(), value);
        };
        add("created_index", json!(self.id));
        add("id", json!(self.id));
        add("payment_hash", json!(self.payment_hash));
        add("groupid", json!(self.groupid));
        add("amount_sent_msat", json!(self.amount_sent_msat));
        add("created_at", json!(self.created_at));
        add("status", json!(self.status.name()));
        // Zero stands for "not known" in these three.
        for (name, value) in [
            ("updated_index", self.updated_index),
            ("partid", self.partid),
            ("amount_msat", self.amount_msat),
        ] {
            if value != 0 {
                add(name, json!(value));
            }
        }
        if let Some(completed_at) = self.completed_at {
            add("completed_at", json!(completed_at));
        }
        let bolt = match &self.notes.invstring {
            Some(invstring) if invstring.starts_with("lni") => "bolt12",
            _ => "bolt11",
        };
        for (name, value) in [
            ("destination", &self.destination),
            ("payment_preimage", &self.preimage),
            ("label", &self.notes.label),
            (bolt, &self.notes.invstring),
            ("description", &self.notes.description),
        ] {
            if let Some(value) = value {
                add(name, json!(value));
            }
        }
        if let Some(onionreply) = self.failure.as_ref().and_then(Recorded::onionreply) {
            add("erroronion", json!(onionreply));
        }
        fields
    }

    /// `json_sendpay_in_progress()`.
    pub(crate) fn in_progress(&self) -> Value {
        let mut fields = self.fields();
        fields.insert(
            "message".to_owned(),
            json!("Monitor status with listpays or waitsendpay"),
        );
        Value::Object(fields)
    }
}
