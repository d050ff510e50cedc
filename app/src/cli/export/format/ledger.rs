//! The tables that tax programs import, of what moved money: a transaction a row, in BTC.
//!
//! What we paid to ourselves is its fee alone there, too.

use super::Writer;
use super::table::{Cell, EMPTY, Table};
use crate::cli::export::rows::{Damaged, Moved, Payment, Status, Way};
use jiff::Timestamp;
use std::io::Write;

/// Which program's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Program {
    /// Its universal table:
    /// <https://support.koinly.io/en/articles/9489976-how-to-create-a-custom-csv-file-with-your-data>.
    Koinly,
    /// Its one table, of which no column may be missing and none be added:
    /// <https://support.cointracker.io/hc/en-us/articles/4413071299729-Convert-your-transaction-history-to-CoinTracker-CSV>.
    CoinTracker,
}

const KOINLY: [&str; 12] = [
    "Date",
    "Sent Amount",
    "Sent Currency",
    "Received Amount",
    "Received Currency",
    "Fee Amount",
    "Fee Currency",
    "Net Worth Amount",
    "Net Worth Currency",
    "Label",
    "Description",
    "TxHash",
];

const COINTRACKER: [&str; 8] = [
    "Date",
    "Received Quantity",
    "Received Currency",
    "Sent Quantity",
    "Sent Currency",
    "Fee Amount",
    "Fee Currency",
    "Tag",
];

/// Koinly's word for a withdrawal that was a cost: what a payment to ourselves has cost.
const COST: &str = "cost";

pub(super) struct Ledger<W: Write> {
    table: Table<W>,
    program: Program,
    written: u64,
    left_out: u64,
}

/// What moved, in millisatoshi; never all three zero. A fee is beside what was sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Movement {
    sent: u64,
    received: u64,
    fee: u64,
    is_cost: bool,
}

impl<W: Write> Ledger<W> {
    pub(super) fn begin(out: W, program: Program) -> anyhow::Result<Ledger<W>> {
        let columns = match program {
            Program::Koinly => &KOINLY[..],
            Program::CoinTracker => &COINTRACKER,
        };
        Ok(Ledger {
            table: Table::begin(out, columns)?,
            program,
            written: 0,
            left_out: 0,
        })
    }

    fn write(
        &mut self,
        payment: &Payment<'_>,
        moved: Movement,
        at: Timestamp,
    ) -> anyhow::Result<()> {
        let amount = |msat: u64| match msat {
            0 => [EMPTY, EMPTY],
            msat => [Cell::of(Some(bitcoin(msat))), Cell::of(Some("BTC"))],
        };
        let [sent, sent_in] = amount(moved.sent);
        let [received, received_in] = amount(moved.received);
        let [fee, fee_in] = amount(moved.fee);
        let label = moved.is_cost.then_some(COST);
        match self.program {
            Program::Koinly => self.table.row(&[
                Cell::of(Some(at.strftime("%Y-%m-%d %H:%M UTC"))),
                sent,
                sent_in,
                received,
                received_in,
                fee,
                fee_in,
                EMPTY,
                EMPTY,
                Cell::of(label),
                Cell::Text(&words(payment)),
                Cell::of(Some(&payment.hash)),
            ]),
            Program::CoinTracker => self.table.row(&[
                Cell::of(Some(at.strftime("%m/%d/%Y %H:%M:%S"))),
                received,
                received_in,
                sent,
                sent_in,
                fee,
                fee_in,
                EMPTY,
            ]),
        }
    }
}

impl<W: Write> Writer for Ledger<W> {
    fn payment(&mut self, payment: &Payment<'_>) -> anyhow::Result<()> {
        let settled = payment.with_others().zip(payment.completed_at);
        let Some((others, at)) = settled.filter(|_| payment.status == Status::Complete) else {
            self.left_out += 1;
            return Ok(());
        };
        // What is left where nothing went to others, or came from them, is what that has cost.
        let moved = match (payment.moved, payment.direction) {
            (Moved::Paid { sent, delivered }, _) if others == 0 => Movement {
                sent: sent - delivered,
                received: 0,
                fee: 0,
                is_cost: true,
            },
            (Moved::Paid { sent, delivered }, _) => Movement {
                sent: others,
                received: 0,
                fee: sent - delivered,
                is_cost: false,
            },
            (Moved::Received(_), _) => Movement {
                sent: 0,
                received: others,
                fee: 0,
                is_cost: false,
            },
            (Moved::Unsettled { .. }, Way::Outgoing | Way::Incoming) => return Ok(()),
        };
        if (moved.sent, moved.received) == (0, 0) {
            return Ok(());
        }
        self.written += 1;
        self.write(payment, moved, at)
    }

    fn damaged(&mut self, _: &Damaged<'_>) -> anyhow::Result<()> {
        self.left_out += 1;
        Ok(())
    }

    fn flush(&mut self) -> anyhow::Result<()> {
        self.table.flush()
    }

    fn finish(&mut self) -> anyhow::Result<Option<String>> {
        self.flush()?;
        let Ledger {
            written, left_out, ..
        } = self;
        Ok(Some(format!(
            "Transactions: {written}. Left out: {left_out} that are not complete, or damaged."
        )))
    }
}

/// The label and the description.
fn words(payment: &Payment<'_>) -> String {
    let words = [payment.label.as_deref(), payment.description.as_deref()];
    let words: Vec<&str> = words
        .into_iter()
        .flatten()
        .filter(|words| !words.is_empty())
        .collect();
    words.join(": ")
}

/// Millisatoshi as bitcoin, exactly: a millisatoshi is the eleventh decimal.
fn bitcoin(msat: u64) -> String {
    const MSAT: u64 = 100_000_000_000;
    format!("{}.{:011}", msat / MSAT, msat % MSAT)
}

#[cfg(test)]
mod tests;
