//! Invoices for tests: written field by field, as no payee's software would, and truly signed.

use bech32::primitives::iter::Fe32IterExt;
use bech32::{Fe32, Hrp};
use bitcoin::hashes::{Hash, sha256};
use bitcoin::secp256k1::{Message, Secp256k1, SecretKey};
use lightning_invoice::Bolt11Bech32;

/// An invoice to be.
#[derive(Clone, Debug)]
pub struct Forge {
    prefix: String,
    key: [u8; 32],
    groups: Vec<u8>,
}

impl Forge {
    /// An empty invoice of that human-readable part (`lnbcrt20u`, …), made at that Unix time.
    pub fn new(prefix: &str, made_at: u64) -> Forge {
        Forge {
            prefix: prefix.to_owned(),
            key: [0x42; 32],
            groups: number(made_at, 7),
        }
    }

    /// One that is good: over `prefix`'s amount, with hash, secret and description, for a year, for
    /// parts. `made_at` is a Unix time.
    pub fn sound(prefix: &str, made_at: u64, hash: &[u8; 32]) -> Forge {
        Forge::new(prefix, made_at)
            .bytes('p', hash)
            .bytes('s', &[0x11; 32])
            .bytes('d', b"coffee")
            .groups('x', &number(31_536_000, 5))
            .features(&[8, 14, 17])
    }

    /// Signed by another key.
    #[must_use]
    pub fn by(self, key: [u8; 32]) -> Forge {
        Forge { key, ..self }
    }

    /// With a field of bytes.
    #[must_use]
    pub fn bytes(self, tag: char, bytes: &[u8]) -> Forge {
        let groups = regrouped(bytes, 8, 5);
        self.groups(tag, &groups)
    }

    /// With a field of groups of five bits, as they are.
    #[must_use]
    pub fn groups(mut self, tag: char, groups: &[u8]) -> Forge {
        let length = u64::try_from(groups.len()).expect("a field is short");
        let tag = Fe32::from_char(tag).expect("a letter of bech32");
        self.groups.push(tag.to_u8());
        self.groups.extend(number(length, 2));
        self.groups.extend(groups);
        self
    }

    /// With these feature bits.
    #[must_use]
    pub fn features(self, bits: &[usize]) -> Forge {
        let length = bits.iter().max().map_or(0, |bit| bit / 5 + 1);
        let mut groups = vec![0; length];
        for bit in bits {
            groups[length - 1 - bit / 5] |= 1 << (bit % 5);
        }
        self.groups('9', &groups)
    }

    /// With its payee's key as a field.
    #[must_use]
    pub fn naming(self, key: [u8; 32]) -> Forge {
        let named = public(&key);
        self.bytes('n', &named)
    }

    /// The key that signs it, in hex: who is paid.
    pub fn payee(&self) -> String {
        hex::encode(public(&self.key))
    }

    /// The invoice.
    pub fn signed(&self) -> String {
        let mut preimage = self.prefix.clone().into_bytes();
        preimage.extend(regrouped(&self.groups, 5, 8));
        let digest = sha256::Hash::hash(&preimage).to_byte_array();
        let secp = Secp256k1::new();
        let key = SecretKey::from_slice(&self.key).expect("a sane key");
        let signature = secp.sign_ecdsa_recoverable(&Message::from_digest(digest), &key);
        let (id, compact) = signature.serialize_compact();
        let id = u8::try_from(id.to_i32()).expect("0 to 3");
        let mut groups = self.groups.clone();
        groups.extend(regrouped(&[&compact[..], &[id]].concat(), 8, 5));
        let letters = groups
            .into_iter()
            .map(|group| Fe32::try_from(group).expect("five bits"));
        let prefix = Hrp::parse(&self.prefix).expect("a sane prefix");
        letters
            .with_checksum::<Bolt11Bech32>(&prefix)
            .chars()
            .collect()
    }
}

fn public(key: &[u8; 32]) -> [u8; 33] {
    let key = SecretKey::from_slice(key).expect("a sane key");
    key.public_key(&Secp256k1::new()).serialize()
}

/// A number as so many groups of five bits.
fn number(number: u64, groups: u32) -> Vec<u8> {
    let group = |place| u8::try_from(number >> (5 * place) & 31).expect("five bits");
    (0..groups).rev().map(group).collect()
}

/// Bits in groups of another size, filled up with zeros.
fn regrouped(from: &[u8], size: u32, wanted: u32) -> Vec<u8> {
    let (mut bits, mut held, mut to) = (0_u32, 0, Vec::new());
    let mask = (1 << wanted) - 1;
    for group in from {
        bits = bits << size | u32::from(*group);
        held += size;
        while held >= wanted {
            held -= wanted;
            to.push(u8::try_from(bits >> held & mask).expect("at most eight bits"));
        }
        bits &= (1 << held) - 1;
    }
    if held > 0 {
        to.push(u8::try_from(bits << (wanted - held) & mask).expect("at most eight bits"));
    }
    to
}
