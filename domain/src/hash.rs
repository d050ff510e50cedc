//! The hash that names a payment, and the secrets that go with it.

use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;
use zeroize::ZeroizeOnDrop;

/// Not 32 bytes of hex.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("should be 32 bytes of hex (64 digits)")]
pub struct NotHex32;

/// So many bytes, and nothing but their digits: the library would take `0x` before them.
pub(crate) fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = Some(text).filter(|text| text.len() == 2 * N);
    hex::decode_to_array(digits?).ok()
}

/// SHA256 of the preimage: the name of a payment (BOLT 2, `payment_hash`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PaymentHash(pub [u8; 32]);

impl FromStr for PaymentHash {
    type Err = NotHex32;
    fn from_str(text: &str) -> Result<Self, NotHex32> {
        from_hex(text).map(PaymentHash).ok_or(NotHex32)
    }
}

impl fmt::Display for PaymentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(hex::Buffer::<32>::new().format(&self.0))
    }
}

impl fmt::Debug for PaymentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What the payee reveals when it takes the money: the proof of payment.
///
/// It cannot be made without the hash it opens (rule A-6), and it never shows in `Debug`.
#[derive(Clone, PartialEq, Eq, ZeroizeOnDrop)]
pub struct Preimage([u8; 32]);

/// These bytes do not open that hash.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the preimage does not match the payment hash")]
pub struct WrongPreimage;

impl Preimage {
    /// The proof for `hash`: refused unless SHA256 of the bytes is the hash.
    pub fn proving(hash: PaymentHash, bytes: [u8; 32]) -> Result<Preimage, WrongPreimage> {
        if <[u8; 32]>::from(Sha256::digest(bytes)) == hash.0 {
            Ok(Preimage(bytes))
        } else {
            Err(WrongPreimage)
        }
    }

    /// The hash that these bytes open: how fakes and benchmarks make payable hashes.
    pub fn from_secret_bytes(bytes: [u8; 32]) -> (PaymentHash, Preimage) {
        (PaymentHash(Sha256::digest(bytes).into()), Preimage(bytes))
    }

    /// Whether this opens `hash`.
    pub fn opens(&self, hash: PaymentHash) -> bool {
        <[u8; 32]>::from(Sha256::digest(self.0)) == hash.0
    }

    /// The bytes, for storage and for the one reply that may show them.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Preimage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted preimage]")
    }
}

/// The invoice's `payment_secret` (BOLT 11, BOLT 4): the payee takes no part without it.
#[derive(Clone, PartialEq, Eq, ZeroizeOnDrop)]
pub struct PaymentSecret([u8; 32]);

impl PaymentSecret {
    /// Any 32 bytes are a secret.
    pub fn new(bytes: [u8; 32]) -> PaymentSecret {
        PaymentSecret(bytes)
    }

    /// The bytes, for storage and for the onion.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl FromStr for PaymentSecret {
    type Err = NotHex32;
    fn from_str(text: &str) -> Result<Self, NotHex32> {
        from_hex(text).map(PaymentSecret).ok_or(NotHex32)
    }
}

impl fmt::Debug for PaymentSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted payment_secret]")
    }
}

/// The invoice's `payment_metadata` (BOLT 11 `m`), as secret as what the payee may have put into it.
#[derive(Clone, PartialEq, Eq, ZeroizeOnDrop)]
pub struct PaymentMetadata(Vec<u8>);

impl PaymentMetadata {
    /// Any bytes are metadata.
    pub fn new(bytes: Vec<u8>) -> PaymentMetadata {
        PaymentMetadata(bytes)
    }

    /// The bytes, for storage and for the onion.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for PaymentMetadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted payment_metadata]")
    }
}

#[cfg(test)]
mod tests {
    use super::{PaymentMetadata, PaymentSecret, Preimage};

    /// Rule A-15: neither digits nor a list of bytes.
    #[test]
    fn secrets_do_not_show_in_debug() {
        let secrets = (
            Preimage::from_secret_bytes([0xab; 32]).1,
            PaymentSecret::new([0xab; 32]),
            PaymentMetadata::new(vec![0xab; 32]),
        );
        let shown = format!("{secrets:?} {secrets:#?}").to_lowercase();
        assert!(!shown.contains("ab") && !shown.contains("171"), "{shown}");
    }
}
