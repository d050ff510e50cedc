//! What a BOLT 11 invoice says, once an adapter has decoded it and verified its signature.

use crate::{Msat, NodeId, PaymentHash, PaymentMetadata, PaymentSecret, Timestamp};

/// A decoded invoice.
#[derive(Clone, PartialEq, Eq)]
pub struct Invoice {
    /// The invoice itself.
    pub bolt11: String,
    /// Its hash.
    pub payment_hash: PaymentHash,
    /// What it asks for; an invoice may leave it to the payer.
    pub amount: Option<Msat>,
    /// Who signed it, and so who is paid.
    pub payee: NodeId,
    /// The secret that each part must carry.
    pub secret: PaymentSecret,
    /// What the payee wants to see again in the final onion payload.
    pub metadata: Option<PaymentMetadata>,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// Neither the invoice nor its metadata: both tell the secret, or what the payee made of it.
impl std::fmt::Debug for Invoice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Invoice")
            .field("payment_hash", &self.payment_hash)
            .field("amount", &self.amount)
            .field("payee", &self.payee)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
