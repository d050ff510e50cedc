//! Payments on SQLite.
//!
//! # Map, in reading order
//!
//! - [`SqliteStore`]: the port. [`Options`]: its limits. [`migrate`]: the schema's history.
//! - `writer`: the one thread that writes. It commits whatever has queued up, and only then
//!   answers. `batch`: what one batch does on a connection; `statements`: its hot statements.
//! - `readers`: the threads that read. `queries`: what they ask.
//! - [`backup`]: a whole copy of a running store's database. [`check`]: whether a file is whole.
//! - `birth`: whether a file may be taken for a new database.
//! - `checkpoint`, `list_throttle`, `log`: how the write-ahead log stays short, and as long as it has to be.
//! - `changes` (domain → row), `rows` and `fields` (row → domain, where nothing is believed),
//!   `route_codec`, `codes`, `schema`: how things are stored.
//!
//! # Absent
//!
//! Above `batch`, `queries`, `migrate` and `pragma` nothing knows what SQLite is told.

#![warn(clippy::print_stderr, clippy::print_stdout)]

pub mod backup;
mod batch;
mod birth;
mod changes;
pub mod check;
mod checkpoint;
mod codes;
mod copies;
mod error;
mod fields;
mod list_throttle;
mod lock;
mod log;
pub mod migrate;
mod options;
mod orders;
mod pragma;
mod queries;
mod readers;
mod route_codec;
mod rows;
mod schema;
mod statements;
mod store;
mod unrecorded;
mod writer;

#[cfg(feature = "fuzz")]
pub use rows::fuzz;

pub use error::{MigrateError, OpenError};
pub use options::Options;
pub use store::SqliteStore;
