//! What a BOLT 11 invoice says, once an adapter has decoded it and verified its signature.

use crate::{
    Msat, Network, NodeId, PaymentHash, PaymentMetadata, PaymentSecret, RouteHint, Timestamp,
};

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
    /// What the payee wrote in it (BOLT 11 `d`), unless that is empty.
    pub description: Option<String>,
    /// What it demands of every part.
    pub terms: InvoiceTerms,
    /// Channels that lead to the payee, and that the graph may not know (BOLT 11 `r`).
    pub hints: Vec<RouteHint>,
}

/// What an invoice demands of every part of its payment, also of one that does not repeat the invoice.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InvoiceTerms {
    /// The chain that it is for.
    pub network: Network,
    /// No part is accepted afterwards.
    pub expires_at: Timestamp,
    /// The blocks that the HTLC of the last hop must have left at least (BOLT 11 `c`).
    pub min_final_cltv_expiry: u32,
    /// Whether the payee takes several parts (`basic_mpp`).
    pub takes_parts: bool,
    /// SHA256 of a description that the invoice does not hold itself (BOLT 11 `h`).
    pub description_hash: Option<[u8; 32]>,
}

/// Neither the invoice nor its metadata: both tell the secret, or what the payee made of it.
impl std::fmt::Debug for Invoice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Invoice")
            .field("payment_hash", &self.payment_hash)
            .field("amount", &self.amount)
            .field("payee", &self.payee)
            .field("terms", &self.terms)
            .finish_non_exhaustive()
    }
}
