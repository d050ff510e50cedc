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
  description (the invoice's own, where none was written beside it), payment_preimage,
  warning, bolt11, self_payment and self_msat (see below), ended_by_hand (the parts that an
  operator ended with resolvepart, who did and why)
  Quoted as RFC 4180 says; lines end in LF. In free text an apostrophe stands before each
  sign that a spreadsheet could take for the beginning of a formula (= + - @ | %), unless a
  letter or a digit comes before it; a line break is \\n, and what nobody sees \\u202e.

jsonl: one object a line: the row as listpayments gives it, and fee_msat, created_at_iso,
  completed_at_iso.

beancount, hledger: one transaction a payment, once it is complete and no part of it
  pending, on the day (UTC) of its completed_at; the others are counted at the end. Amounts
  are in SAT with three decimals. The fee is a posting of its own, left out where there is
  none. A node that a row names has its own account: Assets:Lightning:Alice. A payment in
  quarantine is flagged `!`. hledger knows no quotes: a ; | or comma is shown in its wide
  form.

koinly, cointracker: the tables that these two import, a row a payment of which it is known
  what moved; in BTC with eleven decimals, times in UTC. The others are counted on stderr.

What we paid to ourselves (the same payment_hash out and in, to the same payee) is booked as
its fee alone, with what went out; between two nodes it is a transfer. self_payment is the
other row, self_msat how much of it was ours: what others paid of it, or were paid, is
booked as ever.

A damaged row, of which the daemon knows little more than its id, is in every export,
whatever the range: with the status `quarantined` in csv and jsonl, as a comment in
beancount and hledger. How many there are is said on stderr.

TIME is YYYY-MM-DD (the day's first moment, UTC), RFC 3339, or Unix seconds. It is compared
with completed_at; with created_at while a payment is pending.

Examples:
  ampere export --format csv --from 2026-01-01 --to 2027-01-01 --output 2026.csv
  ampere export --format jsonl | jq -s 'map(.fee_msat // 0) | add'
  ampere export --format beancount --output all.beancount && bean-check all.beancount
  ampere export --format hledger --status complete | hledger -f- balance";

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
    /// Only payments that stand so [default: all]
    #[arg(long, value_enum)]
    status: Option<Status>,
    /// Where to [default: standard output]. It appears when it is whole, readable by you alone
    #[arg(long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    #[command(flatten, next_help_heading = "Options of beancount and hledger")]
    pub(super) books: Books,
}

/// What to write.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(super) enum Format {
    Csv,
    Jsonl,
    Beancount,
    Hledger,
    Koinly,
    Cointracker,
}

/// How payments stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(super) enum Status {
    Pending,
    Complete,
    Failed,
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
    /// No `open`, `account` or `commodity` directives: for a file that a larger ledger includes
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

    /// The same.
    pub(super) fn status(&self) -> Option<&'static str> {
        self.status.map(|status| match status {
            Status::Pending => "pending",
            Status::Complete => "complete",
            Status::Failed => "failed",
        })
    }
}
