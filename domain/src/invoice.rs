//! What a BOLT 11 invoice says, once an adapter has decoded it and verified its signature.

use crate::{Msat, NodeId, PaymentHash, PaymentSecret, Timestamp};

/// A decoded invoice.
#[derive(Clone, PartialEq, Eq, Debug)]
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
    pub metadata: Option<Vec<u8>>,
    /// When it expires.
    pub expires_at: Timestamp,
}
