//! What the two programs are made of: `ampered`, the daemon, and `ampere`, the command line.
//!
//! # Map, in reading order
//!
//! - [`daemon`]: store, node, engine and socket wired together. The only place that names adapters.
//! - [`plugin`]: the same daemon, started by lightningd and asked by way of its socket.
//! - [`config`], [`data_dir`], [`privacy`], [`logging`], [`shutdown`], [`descriptors`]: what a daemon needs
//!   around that.
//! - [`clock`], [`spawner`]: the two ports that are ours to implement.
//! - [`cli`]: the command line. [`view`]: payments drawn in a terminal. [`demo`]: the tour.
//!
//! # Absent
//!
//! No rule about money: this crate carries questions to the engine and answers back.

pub mod cli;
pub mod clock;
pub mod config;
pub mod daemon;
pub mod data_dir;
pub mod demo;
pub mod descriptors;
pub mod escape;
pub mod exit;
#[cfg(feature = "fuzz")]
pub use config::fuzz;
pub mod logging;
pub mod plugin;
pub mod privacy;
pub mod shutdown;
pub mod spawner;
pub mod trouble;
pub mod view;

/// Rows are made in the engine's threads and freed in the storage's: this allocator is made for that,
/// and half of the engine's speed beside its disk depends on it (`cargo xtask bench` uses it too).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
