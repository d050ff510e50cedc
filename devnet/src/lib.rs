//! What the methods of the embedded network want of one, so that people can try everything by hand. No
//! port of the domain's: the engine asks for none of it. `rpc` has the methods, and `ldk` the network.

mod invoices;

pub use invoices::{
    InvoiceError, InvoiceFilter, InvoiceStatus, NewInvoice, OwnInvoice, OwnInvoices,
};

use async_trait::async_trait;
use domain::{Msat, NodeId, PaymentHash, PaymentMetadata, PaymentSecret, Route, Timestamp};

/// A network of our own, on which invoices and routes can be had for the asking.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait DevNetwork: Send + Sync {
    /// A BOLT 11 invoice of the named node's (`dave`'s unless said).
    async fn invoice(
        &self,
        amount: Msat,
        description: Option<String>,
        node: Option<String>,
    ) -> Result<DevInvoice, DevError>;

    /// Up to `count` disjoint routes from our node that each deliver `amount`; `destination` is a
    /// node's id or its name.
    fn routes(
        &self,
        destination: &str,
        amount: Msat,
        count: Option<usize>,
    ) -> Result<Vec<Route>, DevError>;

    /// Lets another node than ours (`dave` unless said) pay in the parts that are named, each on its
    /// way when this returns; what is missing to the whole may follow later.
    async fn pay(&self, payment: DevPayment) -> Result<(), DevError>;

    /// Lets so many of LDK's minutes pass, on every node.
    async fn tick(&self, minutes: u32) -> Result<(), DevError>;

    /// Makes dave keep what arrives; off claims what was kept.
    async fn hold(&self, on: bool) -> Result<(), DevError>;
}

/// An invoice, and what it says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DevInvoice {
    /// The invoice itself.
    pub bolt11: String,
    /// Its hash.
    pub payment_hash: PaymentHash,
    /// Its secret.
    pub payment_secret: PaymentSecret,
    /// Who is paid.
    pub destination: NodeId,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// What another node pays, or a share of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DevPayment {
    /// Who pays.
    pub from: Option<String>,
    /// Who is paid.
    pub destination: NodeId,
    /// The invoice's hash.
    pub payment_hash: PaymentHash,
    /// The invoice's secret.
    pub secret: Option<PaymentSecret>,
    /// The invoice's metadata.
    pub metadata: Option<PaymentMetadata>,
    /// What all parts bring together, those that follow included.
    pub total: Msat,
    /// What each part brings.
    pub parts: Vec<Msat>,
}

/// Why the network could not do it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DevError {
    /// No node of that id or name.
    #[error(
        "no node {0} on this network: it has alice, bob, carol, dave, erin, frank, grace, heidi"
    )]
    NoSuchNode(String),
    /// No way there.
    #[error("no route: {0}")]
    NoRoute(String),
    /// LDK would not.
    #[error("the node refused: {0}")]
    Refused(String),
}
