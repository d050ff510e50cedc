//! What the two programs are made of: `ampered`, the daemon, and `ampere`, the command line.
//!
//! # Map, in reading order
//!
//! - [`daemon`]: store, node, engine and socket wired together. The only place that names adapters.
//! - [`plugin`]: the same daemon, started by lightningd and asked by way of its socket.
//! - [`config`], [`data_dir`], [`used`], [`privacy`], [`logging`], [`shutdown`], [`descriptors`]: what a daemon needs
//!   around that.
//! - [`lines`], [`say`], [`crash`]: words that may be lost, and bugs that may not.
//! - [`clock`], [`spawner`]: the two ports that are ours to implement.
//! - [`cli`]: the command line. [`view`]: payments drawn in a terminal. [`demo`]: the tour.
//!
//! # Absent
//!
//! No rule about money: this crate carries questions to the engine and answers back.

// They panic when nobody reads, or a disk is full: `say` does not.
#![warn(clippy::print_stderr, clippy::print_stdout)]

pub mod cli;
pub mod clock;
pub mod config;
pub mod crash;
pub mod daemon;
pub mod data_dir;
#[cfg(feature = "dev-network")]
pub mod demo;
pub mod descriptors;
pub mod escape;
pub mod exit;
#[cfg(feature = "fuzz")]
pub use config::fuzz;
pub mod lines;
pub mod logging;
pub mod plugin;
pub mod privacy;
pub mod say;
pub mod shutdown;
pub mod spawner;
pub mod trouble;
pub mod used;
pub mod view;

/// Rows are made in the engine's threads and freed in the storage's: this allocator is made for that,
/// and half of the engine's speed beside its disk depends on it (`cargo xtask bench` uses it too).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
