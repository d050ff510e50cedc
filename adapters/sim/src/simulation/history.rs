//! What happened, for people.

use domain::PaymentHash;
use std::fmt::Write;

/// One thing that happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Happening {
    /// Which move of the run.
    pub(super) moves: u64,
    /// Microseconds since the beginning.
    pub(super) time: u64,
    /// The payment that it is about.
    pub(super) payment: Option<PaymentHash>,
    /// Who, and what.
    pub(super) what: String,
}

impl Happening {
    pub(super) fn line(&self) -> String {
        let mut line = String::new();
        let (seconds, micros) = (self.time / 1_000_000, self.time % 1_000_000);
        let payment = self.payment.map(|hash| hash.to_string());
        let payment = payment.as_deref().and_then(|hash| hash.get(..6));
        let _ = write!(
            line,
            "{:>7} {seconds:>6}.{micros:06}s {:6} {}",
            self.moves,
            payment.unwrap_or(""),
            self.what
        );
        line
    }
}
