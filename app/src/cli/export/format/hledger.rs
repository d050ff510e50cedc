//! Bookings for hledger: <https://hledger.org/hledger.html#journal>.
//!
//! What of its journals is written here, a line each:
//!
//! ```text
//! ; COMMENT                            at the beginning of a line
//! decimal-mark .                       amounts have no thousands' marks
//! commodity 1000.000 SAT
//! account ACCOUNT
//! YYYY-MM-DD * (ID) LABEL | DESCRIPTION   `!` in place of `*`: to be looked at; a description ends at `;`
//!     ; NAME: VALUE                    a tag; a value ends at a comma
//!     ACCOUNT  AMOUNT SAT              two blanks at least between them; amounts sum to zero
//! ```

use super::Writer;
use super::booking::{Booking, Bookings, Posting, facts, satoshi};
use crate::cli::export::args::Books;
use crate::cli::export::rows::{Damaged, Payment};
use crate::cli::export::time;
use crate::escape;
use std::fmt::Write as _;
use std::io::Write;

pub(super) struct Hledger<W: Write> {
    out: W,
    bookings: Bookings,
}

impl<W: Write> Hledger<W> {
    pub(super) fn begin(mut out: W, books: &Books) -> anyhow::Result<Hledger<W>> {
        writeln!(
            out,
            "; Lightning payments, from `ampere export`. Days are in UTC.\n\ndecimal-mark ."
        )?;
        if !books.no_open {
            writeln!(out, "commodity 1000.000 SAT")?;
        }
        Ok(Hledger {
            out,
            bookings: Bookings::of(books),
        })
    }
}

impl<W: Write> Writer for Hledger<W> {
    fn payment(&mut self, payment: &Payment<'_>) -> anyhow::Result<()> {
        let Some(booking) = self.bookings.book(payment)? else {
            return Ok(());
        };
        let Booking {
            completed_at,
            postings,
        } = booking;
        let fresh = self.bookings.fresh(&postings);
        if !fresh.is_empty() {
            writeln!(self.out)?;
        }
        for account in fresh {
            writeln!(self.out, "account {account}")?;
        }
        let mut text = String::new();
        head(&mut text, payment, &time::day(completed_at));
        for (key, value) in facts(payment, completed_at) {
            let _ = writeln!(text, "    ; {key}: {}", plain(&value));
        }
        for Posting { account, msat } in &postings {
            let _ = writeln!(text, "    {account:<40}  {:>20} SAT", satoshi(*msat));
        }
        Ok(self.out.write_all(text.as_bytes())?)
    }

    fn damaged(&mut self, row: &Damaged<'_>) -> anyhow::Result<()> {
        self.bookings.damaged();
        let hash = plain(row.hash.as_deref().unwrap_or("unknown"));
        let (id, warning) = (row.id, plain(&row.warning));
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

/// The day and the words. The row's number is the transaction's code.
fn head(text: &mut String, payment: &Payment<'_>, day: &str) {
    let flag = if payment.warning.is_some() { '!' } else { '*' };
    let _ = write!(text, "\n{day} {flag} ({})", payment.id);
    let words = [payment.label.as_deref(), payment.description.as_deref()];
    let words = words.map(|words| plain(words.unwrap_or_default()));
    let words = words.into_iter().filter(|words| !words.is_empty());
    let words: Vec<String> = words.collect();
    if !words.is_empty() {
        let _ = write!(text, " {}", words.join(" | "));
    }
    text.push('\n');
}

/// Text that is nothing but text there. hledger knows no quotes: what would end it is shown in its wide form,
/// what nobody sees by its number.
fn plain(text: &str) -> String {
    let line = escape::line(text.trim());
    let wide = line.chars().map(|c| match c {
        ';' => '\u{ff1b}',
        '|' => '\u{ff5c}',
        ',' => '\u{ff0c}',
        c => c,
    });
    wide.collect()
}

#[cfg(test)]
mod tests;
