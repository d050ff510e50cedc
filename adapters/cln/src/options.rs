//! What the adapter is told.

use std::path::PathBuf;

/// Which lightningd, and how parts are offered to it.
#[derive(Clone, Debug)]
pub struct Options {
    /// lightningd's `lightning-rpc`.
    pub socket: PathBuf,
    /// The `groupid` of all parts that are offered on behalf of one Ampere database: no other
    /// controller of the node, and no other Ampere, may have it. Below 2^53, for the sake of those who
    /// read JSON numbers as doubles.
    pub group: u64,
    /// By which method.
    pub offer_by: OfferBy,
}

/// By which of lightningd's methods parts are offered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum OfferBy {
    /// `createonion` and `sendonion`, without a total: the one form that a row which is pending for
    /// ever (a dead row) never blocks.
    #[default]
    SendOnion,
    /// `sendpay`, with the payment's total: lightningd guards the total as well, and a dead row that
    /// covers it blocks the payment for good.
    SendPay,
}
