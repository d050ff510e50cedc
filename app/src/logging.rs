//! Logs, on stderr: plain for people, or one JSON object a line for machines. As a plugin, notifications
//! that lightningd writes to its own log.
//!
//! A log line is best effort: it is handed to [`Lines`], and no payment ever waits for it or fails by it.
//! That lines are lost is an alarm of its own, which `getinfo` shows.

mod lightningd;

use crate::lines::{Lines, Rank, Report};
use crate::trouble::trouble;
use clap::ValueEnum;
use rpc::suggest::nearest;
use serde::Deserialize;
use std::fmt::Display;
use std::io::{self, IsTerminal};
use std::sync::OnceLock;
use std::time::Duration;
use tracing::{Level, Metadata};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

pub use lightningd::start_for_lightningd;

/// What is logged unless asked for otherwise.
pub const DEFAULT_FILTER: &str = "info";

/// The levels by name.
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// What says that a daemon is ready.
const READY: &str = "ampere::ready";
/// That line is shown whatever the filter says: start scripts and tests wait for it.
const ALWAYS: &str = "ampere::ready=info";
/// How long the end of the process waits for its last lines.
const PATIENCE: Duration = Duration::from_millis(500);

/// Where this process logs, once it does.
static LOG: OnceLock<Lines> = OnceLock::new();

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
    let parsed = read(filter)?;
    let filter = parsed.add_directive(ALWAYS.parse()?);
    let lines = Lines::start(io::stderr())?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        // It would say so with `eprintln!`, which panics when stderr is what fails.
        .log_internal_errors(false)
        .with_writer(lines.clone());
    match format {
        LogFormat::Plain => builder.with_ansi(io::stderr().is_terminal()).init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
    // Who logs already goes on as before.
    let _ = LOG.set(lines);
    Ok(())
}

/// A word alone is a level. `EnvFilter` would take one that it does not know for a part of the program, and log
/// nothing else.
fn read(filter: &str) -> anyhow::Result<EnvFilter> {
    let cannot = |why: &dyn Display| {
        let help = "write it as in RUST_LOG: a level (error, warn, info, debug, trace), or \
                    `warn,rpc=debug` for one part of the program";
        trouble(format!("cannot read the log filter `{filter}`"), why, help)
    };
    let mut words = filter.split(',');
    let is_level = |word: &str| word.is_empty() || word.parse::<LevelFilter>().is_ok();
    let odd = words.find(|word| !word.contains(['=', '[']) && !is_level(word));
    if let Some(odd) = odd {
        let why = match nearest(odd, LEVELS) {
            Some(level) => format!("`{odd}` is no level: did you mean {level}?"),
            None => format!("`{odd}` is no level"),
        };
        return Err(cannot(&why));
    }
    EnvFilter::try_new(filter).map_err(|why| cannot(&why))
}

/// The queue of this process's log, if it logs.
pub fn lines() -> Option<&'static Lines> {
    LOG.get()
}

/// What became of the log lines so far.
pub fn report() -> Report {
    lines().map(Lines::report).unwrap_or_default()
}

/// Waits a little for the last lines to be written: to be called before the process ends.
pub fn flush() {
    if let Some(lines) = lines() {
        lines.flush(PATIENCE);
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line(self, Rank::Chatter)
    }

    fn make_writer_for(&'a self, of: &Metadata<'_>) -> Line<'a> {
        let is_important = *of.level() <= Level::WARN || of.target() == READY;
        let rank = if is_important {
            Rank::Important
        } else {
            Rank::Chatter
        };
        Line(self, rank)
    }
}

/// One line of the log, which the subscriber writes in one piece.
pub struct Line<'a>(&'a Lines, Rank);

impl io::Write for Line<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.push(line.to_vec(), self.1);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn a_word_that_is_no_level_is_refused_and_the_nearest_is_named() {
        for (filter, says) in [
            ("debg", "did you mean debug?"),
            ("info,wran", "did you mean warn?"),
            ("rpc", "`rpc` is no level"),
        ] {
            let said = read(filter).unwrap_err().to_string();
            assert!(said.contains(says), "{filter}: {said}");
            assert!(said.contains("warn,rpc=debug"), "{filter}: {said}");
        }
    }

    #[test]
    fn levels_and_parts_of_the_program_with_levels_are_taken() {
        for filter in [
            "debug",
            "WARN",
            "off",
            "warn,rpc=debug",
            "info,domain::engine=trace",
            "",
            "warn,[pay]=debug",
        ] {
            assert!(read(filter).is_ok(), "{filter}");
        }
    }
}
