//! What is paid and what it would cost, before it is paid.

use crate::cli::payment::Ended;
use crate::clock::SystemClock;
use crate::escape;
use crate::view::{Names, sat, short, write_line};
use domain::{Clock, Invoice};
use serde_json::Value;
use std::io::{self, Write};
use tokio::sync::oneshot;

/// The most that is shown of a description: an invoice holds no more than 639 bytes.
const TEXT_CHARS: usize = 200;

/// What somebody is asked to agree to.
pub(super) struct Bill {
    lines: Vec<String>,
}

impl Bill {
    /// From the invoice, and from what `estimate` answers.
    pub(super) fn new(invoice: &Invoice, estimate: &Value, names: &Names) -> Bill {
        let msat = |row: &Value, key: &str| sat(row[key].as_u64().unwrap_or(0));
        let payee = invoice.payee.to_string();
        let known = names.of(&payee);
        let known = if known == short(&payee) {
            payee
        } else {
            format!("{known}, {payee}")
        };
        let now = SystemClock.now().seconds();
        let mut lines = vec![
            format!("amount   {}", msat(estimate, "amount_msat")),
            format!("to       {known}"),
            format!("for      {}", described(invoice)),
            format!(
                "expires  {}",
                expiry(invoice.terms.expires_at.seconds(), now)
            ),
            format!("hash     {}", invoice.payment_hash),
            format!(
                "fees     {} as things stand, {} at most",
                msat(estimate, "fee_msat"),
                msat(estimate, "max_fee_msat")
            ),
        ];
        for part in estimate["parts"].as_array().into_iter().flatten() {
            let channels = part["channels"].as_array().into_iter().flatten();
            let channels: Vec<&str> = channels.filter_map(Value::as_str).collect();
            lines.push(format!(
                "  way    {:>16}  fee {}, from {} over {}",
                msat(part, "amount_msat"),
                msat(part, "fee_msat"),
                escape::line(part["node"].as_str().unwrap_or_default()),
                channels.join(" ")
            ));
        }
        Bill { lines }
    }

    /// Prints it.
    pub(super) fn show(&self) -> Result<(), Ended> {
        for line in &self.lines {
            write_line(line)?;
        }
        Ok(())
    }
}

/// Asks whether to pay; whoever says nothing says no.
pub(super) async fn is_wanted() -> bool {
    // No word of ours is worth more than the answer.
    let _ = write!(io::stdout(), "Pay? [y/N] ").and_then(|()| io::stdout().flush());
    let (answer, answered) = oneshot::channel();
    // A thread of its own: the runtime would wait for a read of its own before it ends.
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = io::stdin().read_line(&mut line);
        // Nobody waits for it after Ctrl-C.
        let _ = answer.send(read.map(|_| line).unwrap_or_default());
    });
    let line = answered.await.unwrap_or_default();
    matches!(line.trim().to_lowercase().as_str(), "y" | "yes")
}

fn described(invoice: &Invoice) -> String {
    let Some(text) = &invoice.description else {
        return match invoice.terms.description_hash {
            Some(_) => "(the invoice holds a hash of the description alone)".to_owned(),
            None => "(no description)".to_owned(),
        };
    };
    let shown = escape::line(text);
    match shown.char_indices().nth(TEXT_CHARS) {
        Some((end, _)) => format!("{}\u{2026}", shown.get(..end).unwrap_or_default()),
        None => shown.into_owned(),
    }
}

/// `in 59 min`.
fn expiry(at: u64, now: u64) -> String {
    match at.saturating_sub(now) {
        0 => "now".to_owned(),
        secs @ 1..120 => format!("in {secs} s"),
        secs @ 120..7_200 => format!("in {} min", secs / 60),
        secs @ 7_200..172_800 => format!("in {} h", secs / 3_600),
        secs => format!("in {} days", secs / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::expiry;

    #[test]
    fn an_expiry_is_told_as_the_time_that_is_left() {
        for (left, words) in [
            (0, "now"),
            (59, "in 59 s"),
            (3_599, "in 59 min"),
            (7_200, "in 2 h"),
            (172_800, "in 2 days"),
        ] {
            assert_eq!(expiry(1_000 + left, 1_000), words);
        }
        assert_eq!(expiry(1, 2), "now");
    }
}
