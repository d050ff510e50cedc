//! What the payee sells.

use sha2::{Digest, Sha256};

/// An invoice of l4, as far as a payer needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invoice {
    /// SHA-256 of the preimage.
    pub payment_hash: String,
    /// What every part has to carry.
    pub payment_secret: String,
    /// What the payer gets for it.
    pub preimage: String,
    /// The price.
    pub amount_msat: u64,
}

impl Invoice {
    /// The `n`-th invoice: always the same hashes, so that a run can be repeated.
    pub(crate) fn numbered(n: u64, amount_msat: u64) -> Self {
        let preimage = Sha256::digest(format!("preimage {n}"));
        Self {
            payment_hash: hex::encode(Sha256::digest(preimage)),
            payment_secret: hex::encode(Sha256::digest(format!("secret {n}"))),
            preimage: hex::encode(preimage),
            amount_msat,
        }
    }
}
