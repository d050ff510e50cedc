//! Orders of `pay` under kill -9, of Ampere and of the whole embedded network with it: what callers
//! asked for, and what they were told of it.

mod check;
mod judge;
mod load;
mod prepare;

use super::daemon::{Answer, Home};
use super::ledger::{self, Money};
use super::load::Load;
use super::work::Work;
use anyhow::{Result, bail, ensure};
use fastrand::Rng;
use load::Note;
use serde_json::{Value, json};

/// Codes with which an order ends that was not paid.
const FAILED: [i32; 5] = [203, 205, 206, 210, 215];

/// The books of one data directory.
#[derive(Default)]
pub(super) struct Book {
    orders: Vec<Order>,
    /// What everybody had before the first payment.
    money: Money,
    /// What dave has paid back, so that there is something to split.
    received: u64,
    /// Orders before this one have been judged.
    judged: usize,
    history: Vec<String>,
}

/// An order that a caller wants, under a key of his.
struct Order {
    payee: &'static str,
    hash: String,
    amount: u64,
    cap: u64,
    /// Without the time for which a call waits.
    params: Value,
    /// More than one way can carry.
    is_large: bool,
    /// A caller changes his mind.
    is_given_up: bool,
    /// Every answer to `pay`.
    told: Vec<Answer>,
    /// Every status that a list has shown, as it changed.
    shown: Vec<String>,
    /// Its parts, once it has ended.
    parts: Vec<Part>,
}

/// A part of it, as it is stored in the end.
struct Part {
    id: u64,
    amount: u64,
    sent: u64,
    is_complete: bool,
}

/// How an order ended, as a caller was told.
#[derive(PartialEq, Debug)]
enum End {
    Paid { preimage: Value, order: Value },
    Failed { code: i32, order: Value },
}

impl Work for Book {
    type Note = Note;

    fn note(&mut self, line: String) {
        self.history.push(line);
    }

    fn history(&self) -> String {
        format!("history: {}", self.history.join("; "))
    }

    fn acknowledged(&self) -> u64 {
        let known = self.orders.iter().filter(|order| order.is_known());
        u64::try_from(known.count()).unwrap_or(u64::MAX)
    }

    fn resolved(&self) -> u64 {
        u64::try_from(self.judged).unwrap_or(u64::MAX)
    }

    async fn open(&mut self, home: &Home) -> Result<()> {
        self.money = ledger::money(home).await?;
        Ok(())
    }

    async fn prepare(&mut self, home: &Home, dice: &mut Rng) -> Result<()> {
        judge::unchanged(home, self).await?;
        prepare::prepare(home, self, dice).await
    }

    fn start(&self, home: &Home, dice: &mut Rng) -> Load<Note> {
        load::start(home, self, dice)
    }

    fn write_down(&mut self, notes: Vec<Note>) -> Result<()> {
        for note in notes {
            match note {
                Note::Told(at, answer) => self.orders[at].told.push(answer),
                Note::Shown(at, status) => self.orders[at].shown.push(status),
            }
        }
        self.orders.iter().try_for_each(Order::was_told_one_thing)
    }

    async fn settle(&mut self, home: &Home, _: &mut Rng) -> Result<()> {
        judge::settle(home, self).await
    }

    async fn check(&self, home: &Home) -> Result<()> {
        check::check(home, self).await
    }
}

impl Order {
    /// A call that waits so long; for ever, if that is not said.
    fn call(&self, timeout: Option<u32>) -> Value {
        let mut params = self.params.clone();
        params["timeout"] = json!(timeout);
        params
    }

    /// How it ended, as somebody was told first.
    fn end(&self) -> Option<End> {
        self.told.iter().find_map(end_of)
    }

    /// Somebody was told that it is stored.
    fn is_known(&self) -> bool {
        let is_known = |answer: &Answer| match answer {
            Answer::Result(_) => true,
            Answer::Error { code, .. } => *code == 200 || FAILED.contains(code),
            Answer::Cut => false,
        };
        self.told.iter().any(is_known)
    }

    /// Whoever asked was told that nothing has changed, and has not asked since.
    fn must_not_be_there(&self) -> bool {
        let nothing = |answer: &Answer| match answer {
            Answer::Error { code, data, .. } => *code == -32005 || data["durable"] == false,
            Answer::Result(_) | Answer::Cut => false,
        };
        !self.told.is_empty() && self.told.iter().all(nothing)
    }

    /// One end for everybody, and no status after the last one.
    fn was_told_one_thing(&self) -> Result<()> {
        let mut ends = self.told.iter().filter_map(end_of);
        if let Some(first) = ends.next()
            && let Some(other) = ends.find(|other| *other != first)
        {
            bail!(
                "B-9, two ends of {}: {first:?} and then {other:?}",
                self.hash
            );
        }
        let flipped = self
            .shown
            .windows(2)
            .find(|two| two[0] != "pending" && two[0] != two[1]);
        ensure!(flipped.is_none(), "B-8, {} was {flipped:?}", self.hash);
        let orders = self.told.iter().filter_map(order_of);
        let orders: std::collections::BTreeSet<u64> = orders.collect();
        ensure!(orders.len() < 2, "B-9, one request, orders {orders:?}");
        Ok(())
    }
}

/// The end that an answer tells of, if it tells of one.
fn end_of(answer: &Answer) -> Option<End> {
    match answer {
        Answer::Result(paid) if paid["status"] == "complete" => Some(End::Paid {
            preimage: paid["payment_preimage"].clone(),
            order: paid["order"]["order"].clone(),
        }),
        Answer::Error { code, data, .. } if FAILED.contains(code) => Some(End::Failed {
            code: *code,
            order: data["order"]["order"].clone(),
        }),
        Answer::Result(_) | Answer::Error { .. } | Answer::Cut => None,
    }
}

fn order_of(answer: &Answer) -> Option<u64> {
    match answer {
        Answer::Result(told) => told["order"]["order"].as_u64(),
        Answer::Error { data, .. } => data["order"]["order"].as_u64(),
        Answer::Cut => None,
    }
}
