//! The real programs on the embedded network, seen from outside: through the socket, the command
//! line, signals and files.
//!
//! One test binary, because each links the whole of LDK and SQLite. Nothing sleeps: a test waits for
//! the daemon's own word, with [`support::PATIENCE`] as its upper bound.

#![expect(
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is what it is for"
)]

mod backup;
mod cli;
mod configuration;
mod contract;
mod corpus;
mod crash;
mod daemon;
mod deletions;
mod demo;
mod docs;
mod drop_in;
mod events;
mod export;
#[path = "../../../adapters/cln/tests/fake/mod.rs"]
mod fake;
mod flood;
mod hook;
mod hostile;
mod incoming;
#[path = "../lightning/mod.rs"]
mod lightning;
mod lightningd;
mod log;
mod ourselves;
mod panics;
mod pay;
mod pay_cli;
mod pay_lightningd;
mod plugin_output;
mod privacy;
mod proposal;
mod pyln;
mod quarantine;
mod race;
mod refusals;
mod restart;
mod restored;
mod secrets;
mod sendpay;
mod stages;
mod stopping;
mod support;
mod tip;
mod two_nodes;
mod waits;
