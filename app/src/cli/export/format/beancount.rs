//! Bookings for Beancount: <https://beancount.github.io/docs/beancount_language_syntax.html>.

use super::Writer;
use super::booking::{Booking, Bookings, Posting, facts, satoshi};
use crate::cli::export::args::Books;
use crate::cli::export::rows::{Damaged, Payment};
use crate::cli::export::time;
use crate::escape;
use std::fmt::Write as _;
use std::io::Write;

/// No payment is older, whatever the clock said.
const BEGINNING: &str = "1970-01-01";

pub(super) struct Beancount<W: Write> {
    out: W,
    bookings: Bookings,
}

impl<W: Write> Beancount<W> {
    pub(super) fn begin(mut out: W, books: &Books) -> anyhow::Result<Beancount<W>> {
        writeln!(
            out,
            "; Lightning payments, from `ampere export`. Days are in UTC."
        )?;
        Ok(Beancount {
            out,
            bookings: Bookings::of(books),
        })
    }
}

impl<W: Write> Writer for Beancount<W> {
    fn payment(&mut self, payment: &Payment<'_>) -> anyhow::Result<()> {
        let Some(booking) = self.bookings.book(payment)? else {
            return Ok(());
        };
        let Booking {
            completed_at,
            postings,
        } = booking;
        for account in self.bookings.fresh(&postings) {
            writeln!(self.out, "\n{BEGINNING} open {account} SAT")?;
        }
        let mut text = String::new();
        head(&mut text, payment, &time::day(completed_at));
        for (key, value) in facts(payment, completed_at) {
            let _ = writeln!(text, "  {key}: {}", quoted(&value));
        }
        for Posting { account, msat } in &postings {
            let _ = writeln!(text, "  {account:<40} {:>20} SAT", satoshi(*msat));
        }
        Ok(self.out.write_all(text.as_bytes())?)
    }

    fn damaged(&mut self, row: &Damaged<'_>) -> anyhow::Result<()> {
        self.bookings.damaged();
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
        let summary = self.bookings.summary();
        writeln!(self.out, "\n; {summary}")?;
        self.out.flush()?;
        Ok(Some(summary))
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

/// Text between quotes, on one line. Beancount reads its line breaks as such; signs that nobody sees are
/// shown by their numbers.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if escape::is_hidden(c) => {
                quoted.push('\\');
                quoted.push_str(&escape::line(c.encode_utf8(&mut [0; 4])));
            }
            _ => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests;
