//! The formats.

mod beancount;
mod booking;
mod csv;
mod hledger;
mod jsonl;
mod ledger;
mod table;
#[cfg(test)]
mod test_support;

use super::args::{Books, Format};
use super::rows::{Damaged, Payment};
use ledger::Program;
use std::io::Write;

/// Writes payments one after the other, and remembers none of them.
pub(super) trait Writer {
    fn payment(&mut self, payment: &Payment<'_>) -> anyhow::Result<()>;

    fn damaged(&mut self, row: &Damaged<'_>) -> anyhow::Result<()>;

    /// Hands on what is still in memory.
    fn flush(&mut self) -> anyhow::Result<()>;

    /// Writes what comes last, and hands it on: what people should know besides, if anything.
    fn finish(&mut self) -> anyhow::Result<Option<String>>;
}

/// The writer of that format.
pub(super) fn writer(
    format: Format,
    books: &Books,
    out: impl Write + 'static,
) -> anyhow::Result<Box<dyn Writer>> {
    Ok(match format {
        Format::Csv => Box::new(csv::Csv::begin(out)?),
        Format::Jsonl => Box::new(jsonl::Jsonl::begin(out)),
        Format::Beancount => Box::new(beancount::Beancount::begin(out, books)?),
        Format::Hledger => Box::new(hledger::Hledger::begin(out, books)?),
        Format::Koinly => Box::new(ledger::Ledger::begin(out, Program::Koinly)?),
        Format::Cointracker => Box::new(ledger::Ledger::begin(out, Program::CoinTracker)?),
    })
}
