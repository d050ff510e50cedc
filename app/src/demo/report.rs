//! What came of it all, for machines.

use super::expect::{Expected, problems};
use super::incoming::Receipt;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// What the lists said of one payment in the end.
pub(super) struct PaymentReport {
    pub(super) payment_hash: String,
    pub(super) intended_msat: u64,
    /// Its row of `listpayments`.
    pub(super) payment: Value,
    /// Its rows of `listpartialpayments`.
    pub(super) parts: Vec<Value>,
    /// When the last wait for one of its parts was answered.
    pub(super) settled: Instant,
}

impl PaymentReport {
    /// The proof, if it was paid.
    pub(super) fn preimage(&self) -> Option<&str> {
        self.payment["payment_preimage"].as_str()
    }

    fn json(&self) -> Value {
        json!({
            "payment_hash": self.payment_hash,
            "direction": "outgoing",
            "intended_msat": self.intended_msat,
            "status": self.payment["status"],
            "payment_preimage": self.payment["payment_preimage"],
            "parts": self.parts.iter().map(part_json).collect::<Vec<_>>(),
        })
    }
}

pub(super) fn part_json(part: &Value) -> Value {
    let mut shown = serde_json::Map::new();
    for key in [
        "id",
        "node",
        "status",
        "amount_msat",
        "amount_sent_msat",
        "route",
        "failure",
    ] {
        if let Some(value) = part.get(key) {
            shown.insert(key.to_owned(), value.clone());
        }
    }
    Value::Object(shown)
}

/// The payments so far, and what was wrong with them.
pub(super) struct Report {
    started: Instant,
    network_up: Duration,
    outcomes: Vec<PaymentReport>,
    received: Vec<Receipt>,
    by_pay: Vec<Value>,
    told: Vec<u64>,
    books: String,
    problems: Vec<String>,
}

impl Report {
    pub(super) fn new(started: Instant, network_up: Duration) -> Report {
        Report {
            started,
            network_up,
            outcomes: Vec::new(),
            received: Vec::new(),
            by_pay: Vec::new(),
            told: Vec::new(),
            books: String::new(),
            problems: Vec::new(),
        }
    }

    pub(super) fn network_up(&self) -> Duration {
        self.network_up
    }

    pub(super) fn add(&mut self, outcome: PaymentReport, expected: &Expected) {
        self.problems.extend(problems(&outcome, expected));
        self.outcomes.push(outcome);
    }

    pub(super) fn receive(&mut self, receipt: Receipt) {
        self.problems.extend(receipt.problems());
        self.received.push(receipt);
    }

    /// One by `pay`, and what was wrong with it.
    pub(super) fn pay(&mut self, paid: Value, problems: Vec<String>) {
        self.problems.extend(problems);
        self.by_pay.push(paid);
    }

    /// What was told of the history, by one who was killed and one who went on.
    pub(super) fn follow(&mut self, told: Vec<u64>) {
        if told.is_empty() || !(1..).zip(&told).all(|(number, told)| number == *told) {
            let problem = format!("the events that were told are {told:?}");
            self.problems.push(problem);
        }
        self.told = told;
    }

    pub(super) fn keep(&mut self, books: String) {
        let bookings = books.lines().filter(|line| line.contains(" * ")).count();
        if bookings != 3 {
            let problem = format!("the books have {bookings} bookings, not 3");
            self.problems.push(problem);
        }
        self.books = books;
    }

    pub(super) fn problems(&self) -> Vec<String> {
        self.problems.clone()
    }

    pub(super) fn json(&self) -> Value {
        let first = self.outcomes.first();
        let first_settled = first.map(|first| first.settled.duration_since(self.started));
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        json!({
            "payments": self.outcomes.iter().map(PaymentReport::json).collect::<Vec<_>>(),
            "incoming": self.received.iter().map(Receipt::json).collect::<Vec<_>>(),
            "pay": self.by_pay,
            "events_told": self.told,
            "export": self.books,
            "network_up_ms": millis(self.network_up),
            "first_payment_settled_ms": first_settled.map(millis),
            "total_ms": millis(self.started.elapsed()),
        })
    }
}
