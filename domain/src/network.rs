//! The chain that a node or an invoice is on.

use std::fmt;

/// The name of a chain, as lightningd writes it: `bitcoin`, `testnet`, `signet`, `regtest`, ….
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Network(String);

impl Network {
    /// The chain of that name. Names that BOLT 11 does not tell apart are one: testnet 3 and 4 share
    /// the prefix `lntb`.
    pub fn named(name: &str) -> Network {
        Network(match name {
            "main" | "mainnet" => "bitcoin".to_owned(),
            "test" | "testnet3" | "testnet4" => "testnet".to_owned(),
            other => other.to_owned(),
        })
    }

    /// The chain on which everything is made up.
    pub fn regtest() -> Network {
        Network("regtest".to_owned())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Network;

    #[test]
    fn chains_that_share_an_invoice_prefix_are_one() {
        assert_eq!(Network::named("testnet4"), Network::named("testnet"));
        assert_eq!(Network::named("mainnet").as_str(), "bitcoin");
        assert_ne!(Network::named("signet"), Network::named("testnet"));
        assert_eq!(Network::named("regtest"), Network::regtest());
    }
}
