//! Payments on SQLite.
//!
//! # Map, in reading order
//!
//! - [`SqliteStore`]: the port. [`Options`]: its limits. [`migrate`]: the schema's history.
//! - `writer`: the one thread that writes. It commits whatever has queued up, and only then
//!   answers. `batch`: what one batch does on a connection; `statements`: its hot statements.
//! - `readers`: the threads that read. `queries`: what they ask.
//! - `checkpoint`, `truce`, `log`: how the write-ahead log stays short, and as long as it has to be.
//! - `changes` (domain → row), `rows` and `fields` (row → domain, where nothing is believed),
//!   `route_codec`, `codes`, `schema`: how things are stored.
//!
//! # Absent
//!
//! Above `batch`, `queries`, `migrate` and `pragma` nothing knows what SQLite is told.

mod batch;
mod changes;
mod checkpoint;
mod codes;
mod error;
mod fields;
mod lock;
mod log;
pub mod migrate;
mod options;
mod pragma;
mod queries;
mod readers;
mod route_codec;
mod rows;
mod schema;
mod statements;
mod store;
mod truce;
mod unrecorded;
mod writer;

#[cfg(feature = "fuzz")]
pub use rows::fuzz;

pub use error::{MigrateError, OpenError};
pub use options::Options;
pub use store::SqliteStore;
