//! The options of `ampere export`.

use super::account::Account;
use super::time::{self, Range};
use crate::trouble::trouble;
use clap::ValueEnum;
use jiff::Timestamp;
use std::path::PathBuf;

/// The rest of the help.
pub(in crate::cli) const MORE: &str = "\
csv: a header, then one row a payment. Columns:
  id, direction, status, created_at, completed_at (RFC 3339, UTC), payment_hash,
  destination, node (ours, where one is named), requested_msat (what was asked for),
  delivered_msat and sent_msat (outgoing), received_msat (incoming), fee_msat (sent less
  delivered, once a payment is complete and no part of it pending), parts, label,
  description, payment_preimage, warning
  Quoted as RFC 4180 says; lines end in LF. Free text that a spreadsheet could take for a
  formula (it begins with = + - @, a tab or a line break) gets an apostrophe before it.

jsonl: one object a line: the row as listpayments gives it, and fee_msat, created_at_iso,
  completed_at_iso.

beancount: one transaction a payment, once it is complete and no part of it pending, on the
  day (UTC) of its completed_at; the others are counted at the end. Amounts are in SAT with
  three decimals. The fee is a posting of its own, left out where there is none. A node that
  a row names has its own account: Assets:Lightning:Alice. A payment in quarantine is
  flagged `!`.

A damaged row, of which the daemon knows little more than its id, is in every export,
whatever the range: with the status `quarantined` in csv and jsonl, as a comment in
beancount. How many there are is said on stderr.

TIME is YYYY-MM-DD (the day's first moment, UTC), RFC 3339, or Unix seconds. It is compared
with completed_at; with created_at while a payment is pending.

Examples:
  ampere export --format csv --from 2026-01-01 --to 2027-01-01 --output 2026.csv
  ampere export --format jsonl | jq -s 'map(.fee_msat // 0) | add'
  ampere export --format beancount --output all.beancount && bean-check all.beancount";

/// What to write, and how.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Options {
    /// What to write
    #[arg(long, value_enum)]
    pub(super) format: Format,
    /// Payments from then on, that moment included
    #[arg(long, value_name = "TIME", value_parser = time::read)]
    from: Option<Timestamp>,
    /// Payments before then, that moment excluded
    #[arg(long, value_name = "TIME", value_parser = time::read)]
    to: Option<Timestamp>,
    /// Which way the money went [default: all]
    #[arg(long, value_enum)]
    direction: Option<Direction>,
    /// Where to [default: standard output]. It appears when it is whole, readable by you alone
    #[arg(long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    #[command(flatten, next_help_heading = "Options of beancount")]
    pub(super) books: Books,
}

/// What to write.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(super) enum Format {
    Csv,
    Jsonl,
    Beancount,
}

/// Which payments.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(super) enum Direction {
    Outgoing,
    Incoming,
    All,
}

/// The accounts that are booked on.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Books {
    /// Where the money is; a node that is named has its own below it
    #[arg(long, value_name = "ACCOUNT", default_value = "Assets:Lightning")]
    pub(super) assets_account: Account,
    /// What payments cost, but for fees
    #[arg(
        long,
        value_name = "ACCOUNT",
        default_value = "Expenses:Lightning:Payments"
    )]
    pub(super) expenses_account: Account,
    /// What their delivery cost
    #[arg(
        long,
        value_name = "ACCOUNT",
        default_value = "Expenses:Lightning:Fees"
    )]
    pub(super) fees_account: Account,
    /// What came in
    #[arg(
        long,
        value_name = "ACCOUNT",
        default_value = "Income:Lightning:Payments"
    )]
    pub(super) income_account: Account,
    /// No `open` directives: for a file that a larger ledger includes
    #[arg(long)]
    pub(super) no_open: bool,
}

impl Options {
    /// What options may not say together.
    pub(in crate::cli) fn check(&self) -> anyhow::Result<()> {
        if self.range().is_empty() {
            let what = "no payment can be in that range";
            let why = "--to is not after --from";
            return Err(trouble(what, why, "--from is included, --to is not"));
        }
        Ok(())
    }

    /// Which times.
    pub(super) fn range(&self) -> Range {
        Range {
            from: self.from,
            to: self.to,
        }
    }

    /// What `listpayments` is asked for.
    pub(super) fn direction(&self) -> &'static str {
        match self.direction.unwrap_or(Direction::All) {
            Direction::Outgoing => "outgoing",
            Direction::Incoming => "incoming",
            Direction::All => "all",
        }
    }
}
