//! Bookings for Beancount: <https://beancount.github.io/docs/beancount_language_syntax.html>.

use super::Writer;
use crate::cli::export::account::Account;
use crate::cli::export::args::Books;
use crate::cli::export::rows::{Damaged, Moved, Payment, Status};
use crate::cli::export::time;
use crate::trouble::trouble;
use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::io::Write;

/// No payment is older, whatever the clock said.
const BEGINNING: &str = "1970-01-01";

pub(super) struct Beancount<W: Write> {
    out: W,
    books: Books,
    opened: HashSet<Account>,
    /// The nodes that have an account.
    nodes: HashMap<Account, String>,
    counts: Counts,
}

#[derive(Default)]
struct Counts {
    booked: u64,
    pending: u64,
    unsettled: u64,
    failed: u64,
    damaged: u64,
}

/// What one account gets, in millisatoshi. Those of a transaction sum to zero.
struct Posting {
    account: Account,
    msat: i128,
}

impl<W: Write> Beancount<W> {
    pub(super) fn begin(mut out: W, books: &Books) -> anyhow::Result<Beancount<W>> {
        writeln!(
            out,
            "; Lightning payments, from `ampere export`. Days are in UTC."
        )?;
        Ok(Beancount {
            out,
            books: books.clone(),
            opened: HashSet::new(),
            nodes: HashMap::new(),
            counts: Counts::default(),
        })
    }

    fn postings(&mut self, payment: &Payment<'_>) -> anyhow::Result<Vec<Posting>> {
        let assets = self.assets(payment.node.as_deref())?;
        let books = &self.books;
        let post = |account: &Account, msat: i128| Posting {
            account: account.clone(),
            msat,
        };
        Ok(match payment.moved {
            Moved::Unsettled { .. } => Vec::new(),
            Moved::Paid { sent, delivered } => {
                let fee = sent - delivered;
                let mut postings = vec![post(&books.expenses_account, delivered.into())];
                if fee > 0 {
                    postings.push(post(&books.fees_account, fee.into()));
                }
                postings.push(post(&assets, -i128::from(sent)));
                postings
            }
            Moved::Received(received) => vec![
                post(&assets, received.into()),
                post(&books.income_account, -i128::from(received)),
            ],
        })
    }

    /// Where the money of that node is.
    fn assets(&mut self, node: Option<&str>) -> anyhow::Result<Account> {
        let Some(node) = node else {
            return Ok(self.books.assets_account.clone());
        };
        let account = self.books.assets_account.of_node(node);
        let known = self.nodes.entry(account.clone());
        let known = known.or_insert_with(|| node.to_owned());
        if known == node {
            return Ok(account);
        }
        let what = format!("the nodes `{known}` and `{node}` would share {account}");
        let why = "their names differ only in what Beancount takes for no part of a name";
        Err(trouble(what, why, "export them as csv or jsonl"))
    }

    fn open(&mut self, postings: &[Posting]) -> anyhow::Result<()> {
        if self.books.no_open {
            return Ok(());
        }
        for Posting { account, .. } in postings {
            if self.opened.insert(account.clone()) {
                writeln!(self.out, "\n{BEGINNING} open {account} SAT")?;
            }
        }
        Ok(())
    }
}

impl<W: Write> Writer for Beancount<W> {
    fn payment(&mut self, payment: &Payment<'_>) -> anyhow::Result<()> {
        let count = match (payment.status, payment.moved) {
            (Status::Pending, _) => &mut self.counts.pending,
            (Status::Failed, _) => &mut self.counts.failed,
            (Status::Complete, Moved::Unsettled { .. }) => &mut self.counts.unsettled,
            (Status::Complete, Moved::Paid { .. } | Moved::Received(_)) => &mut self.counts.booked,
        };
        *count += 1;
        let (Status::Complete, Some(completed_at)) = (payment.status, payment.completed_at) else {
            return Ok(());
        };
        let postings = self.postings(payment)?;
        if postings.is_empty() {
            return Ok(());
        }
        self.open(&postings)?;
        let mut text = String::new();
        head(&mut text, payment, &time::day(completed_at));
        let facts = [
            ("payment_hash", Some(&payment.hash)),
            ("payment_preimage", payment.preimage.as_ref()),
            ("destination", payment.destination.as_ref()),
            ("node", payment.node.as_ref()),
            ("completed_at", Some(&completed_at.to_string())),
            ("warning", payment.warning.as_ref()),
        ];
        for (key, value) in facts {
            if let Some(value) = value {
                let _ = writeln!(text, "  {key}: {}", quoted(value));
            }
        }
        for Posting { account, msat } in &postings {
            let _ = writeln!(text, "  {account:<40} {:>20} SAT", satoshi(*msat));
        }
        Ok(self.out.write_all(text.as_bytes())?)
    }

    fn damaged(&mut self, row: &Damaged<'_>) -> anyhow::Result<()> {
        self.counts.damaged += 1;
        let hash = row.hash.as_deref().unwrap_or("unknown");
        let (id, hash, warning) = (row.id, quoted(hash), quoted(&row.warning));
        writeln!(
            self.out,
            "\n; Not booked: payment {id} is damaged (payment hash {hash}): {warning}"
        )?;
        Ok(())
    }

    fn flush(&mut self) -> anyhow::Result<()> {
        Ok(self.out.flush()?)
    }

    fn finish(&mut self) -> anyhow::Result<Option<String>> {
        let summary = self.counts.to_string();
        writeln!(self.out, "\n; {summary}")?;
        self.out.flush()?;
        Ok(Some(summary))
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Counts {
            booked,
            pending,
            unsettled,
            failed,
            damaged,
        } = self;
        write!(
            f,
            "Booked: {booked}. Not booked: {pending} pending, {unsettled} complete with parts still \
             pending, {failed} failed, {damaged} damaged."
        )
    }
}

/// The day and the words: a label is whom or what it was for, a description what it was.
fn head(text: &mut String, payment: &Payment<'_>, day: &str) {
    let flag = if payment.warning.is_some() { '!' } else { '*' };
    let _ = write!(text, "\n{day} {flag}");
    if let Some(label) = &payment.label {
        let _ = write!(text, " {}", quoted(label));
    }
    let narration = payment.description.as_deref().unwrap_or_default();
    let _ = writeln!(text, " {}", quoted(narration));
}

/// Millisatoshi as satoshi with three decimals, exactly.
fn satoshi(msat: i128) -> String {
    let sign = if msat < 0 { "-" } else { "" };
    let msat = msat.unsigned_abs();
    format!("{sign}{}.{:03}", msat / 1_000, msat % 1_000)
}

/// Text between quotes, on one line. Signs that nobody sees are shown as their pictures.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\0'..='\x1f' => quoted.extend(char::from_u32(0x2400 + u32::from(c))),
            '\x7f' => quoted.push('\u{2421}'),
            _ => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests;
