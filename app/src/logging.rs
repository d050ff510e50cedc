//! Logs, on stderr: plain for people, or one JSON object a line for machines.

use crate::trouble::trouble;
use clap::ValueEnum;
use serde::Deserialize;
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// What is logged unless asked for otherwise.
pub const DEFAULT_FILTER: &str = "info";

/// The line that says that a daemon is ready is shown whatever the filter says: start scripts and
/// tests wait for it.
const ALWAYS: &str = "ampere::ready=info";

/// How log lines look.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Plain,
    /// One JSON object a line.
    Json,
}

/// Logs from now on; `filter` is written as in `RUST_LOG` (`info`, `warn,rpc=debug`, …).
pub fn start(filter: &str, format: LogFormat) -> anyhow::Result<()> {
    let parsed = EnvFilter::try_new(filter).map_err(|why| {
        let help = "write it as in RUST_LOG: a level (error, warn, info, debug, trace), or \
                    `warn,rpc=debug` for one part of the program";
        trouble(format!("cannot read the log filter `{filter}`"), why, help)
    })?;
    let filter = parsed.add_directive(ALWAYS.parse()?);
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Plain => builder.with_ansi(std::io::stderr().is_terminal()).init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
    Ok(())
}
