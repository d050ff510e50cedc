//! The socket: what callers ask of a [`domain::PaymentApi`], as JSON-RPC in the dialect of Core
//! Lightning, so that `lightning-cli`, pyln-client and cln-rpc work as they are.
//!
//! # Map, in reading order
//!
//! - [`Server`]: the socket file, the connections, the end.
//! - `peer`: who may ask.
//! - `connection`: one task per connection; `frames` and `request` are what it reads.
//! - `dispatch`: from a request to its method, and from its answer to a reply.
//! - `stream`: what goes on being told after an answer.
//! - [`PassOn`]: what is not ours, and lightningd's.
//! - [`InProcess`]: the same methods without a socket, for a transport that is elsewhere.
//! - [`methods`]: one file per method, and the table of all of them. `params`, `values`, `route` and
//!   `invoice` are how they read their parameters; `reply` writes what they answer, `views` is how that shows
//!   parts and payments; `page` and `scribe` write lists where they hold up no payment.
//! - [`contained`]: a bug that is one caller's.
//! - `unknown`, [`suggest`]: a name that no method has, and what may have been meant.
//! - [`error`]: every error number, in one table.
//! - [`client`]: the other end of the socket. `docs`: the reference of the methods, from their types.
//!   `forge`: invoices for tests.
//!
//! # Absent
//!
//! No rule about money: those are the domain's. No preimage and no secret in any error or log line.

#![warn(clippy::print_stderr, clippy::print_stdout)]

mod caller;
pub mod client;
mod connection;
pub mod contained;
mod dispatch;
#[cfg(feature = "docs")]
pub mod docs;
pub mod error;
#[cfg(feature = "forge")]
pub mod forge;
mod frames;
#[cfg(feature = "fuzz")]
pub mod fuzz;
mod in_process;
pub mod invoice;
mod limits;
mod linger;
pub mod methods;
mod page;
mod page_writer;
mod params;
mod pass_on;
mod peer;
mod reply;
mod request;
mod route;
mod server;
mod services;
mod socket;
mod socket_file;
mod stream;
pub mod suggest;
mod unknown;
mod values;
mod views;

pub use in_process::{InProcess, NotDone};
pub use limits::Limits;
pub use pass_on::{PassOn, PassedOn};
pub use server::Server;
pub use services::{About, LogReport, Services};
pub use unknown::hint;
