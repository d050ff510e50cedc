//! A daemon in a folder of its own, and what can be done to it.

mod command;
mod daemon;
mod payment;
mod python;
mod secrets;
mod terminal;

pub(crate) use command::run;
pub(crate) use daemon::{Daemon, Home, Refused, ampere, ampered_in, call, clean};
pub(crate) use payment::{Invoice, LARGER, SMALLER, WHOLE, preimage_opens};
pub(crate) use python::python;
pub(crate) use secrets::Secrets;
pub(crate) use terminal::Terminal;

use std::time::Duration;

/// The upper bound of everything that a test waits for, on a machine that is busy with other tests.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// What comes of `work`, in time.
pub(crate) async fn soon<T>(what: &str, work: impl Future<Output = T>) -> T {
    let done = tokio::time::timeout(PATIENCE, work).await;
    done.unwrap_or_else(|_| panic!("{what} took more than {} s", PATIENCE.as_secs()))
}
