//! Invoices of our own node, where a node is inside the process.

use async_trait::async_trait;
use domain::{Msat, PaymentHash, PaymentSecret, Preimage, Timestamp};

/// Makes, lists and deletes invoices of our own node.
#[async_trait]
pub trait OwnInvoices: Send + Sync {
    /// Makes one. It is durable when this returns.
    async fn make(&self, new: NewInvoice) -> Result<(OwnInvoice, PaymentSecret), InvoiceError>;

    /// A page of them, by number.
    async fn list(&self, filter: InvoiceFilter) -> Result<Vec<OwnInvoice>, InvoiceError>;

    /// Deletes the one of that label, if its status is called so (`unpaid`, `paid` or `expired`), and says
    /// what it was. What was paid stays in the history of payments.
    async fn delete(&self, label: String, status: String) -> Result<OwnInvoice, InvoiceError>;
}

/// An invoice to make.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewInvoice {
    /// What to ask for; none leaves that to the payer.
    pub amount: Option<Msat>,
    /// Our own name for it: no two have the same.
    pub label: String,
    /// What the payer reads.
    pub description: String,
    /// For how many seconds it is good.
    pub expiry: Option<u32>,
}

/// An invoice of ours.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwnInvoice {
    /// Its number.
    pub id: u64,
    /// Its hash.
    pub payment_hash: PaymentHash,
    /// Our own name for it.
    pub label: String,
    /// What the payer reads.
    pub description: String,
    /// The invoice.
    pub bolt11: String,
    /// What it asks for.
    pub amount: Option<Msat>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
    /// Where it stands.
    pub status: InvoiceStatus,
}

/// Where an invoice stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum InvoiceStatus {
    /// Nobody has paid it yet.
    Unpaid,
    /// It was paid.
    Paid {
        /// Its place among all that were paid, from 1.
        place: u64,
        /// What was given for the money.
        preimage: Preimage,
        /// What came.
        received: Msat,
        /// When.
        at: Timestamp,
    },
    /// Nobody has paid it in time.
    Expired,
}

impl InvoiceStatus {
    /// The word in the RPC.
    pub fn as_str(&self) -> &'static str {
        match self {
            InvoiceStatus::Unpaid => "unpaid",
            InvoiceStatus::Paid { .. } => "paid",
            InvoiceStatus::Expired => "expired",
        }
    }
}

/// Which invoices to list.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct InvoiceFilter {
    /// Only the one of that name.
    pub label: Option<String>,
    /// Only that one's.
    pub payment_hash: Option<PaymentHash>,
    /// Only this number and later ones.
    pub start: Option<u64>,
    /// At most so many.
    pub limit: u32,
}

/// Why it could not be done. Nothing changed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InvoiceError {
    /// The label is in use.
    #[error("Duplicate label '{0}'")]
    LabelInUse(String),
    /// There is none of that label.
    #[error("Unknown invoice")]
    Unknown,
    /// It has another status.
    #[error("Invoice status is {is} not {wanted}")]
    OtherStatus {
        /// What it is.
        is: &'static str,
        /// What it was said to be.
        wanted: String,
    },
    /// HTLCs for it are there now.
    #[error("parts of its payment have arrived: they are in listpartialinvoices")]
    Arriving,
    /// The node would not.
    #[error("the node refused: {0}")]
    Refused(String),
}
