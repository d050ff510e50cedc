//! What is asked of the network beyond a node, and what it answers.

use domain::{
    Msat, NodeId, Notes, Offer, PartId, PaymentHash, PaymentMetadata, PaymentSecret, Route,
    Timestamp,
};

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

impl DevPayment {
    /// One part of it, on that way.
    pub(super) fn part(&self, part: PartId, route: Route) -> Offer {
        Offer {
            part,
            payment_hash: self.payment_hash,
            total: self.total,
            route,
            secret: self.secret.clone(),
            metadata: self.metadata.clone(),
            notes: Notes::default(),
        }
    }
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
