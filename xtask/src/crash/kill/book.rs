//! What callers asked for and what they were told: all that the judge believes.

use super::daemon::{Answer, Home};
use super::ledger::{self, Money};
use super::load::{self, Load, Note};
use super::work::Work;
use super::{WAIT_SECONDS, judge};
use anyhow::Result;
use fastrand::Rng;
use serde_json::Value;

/// New payments a round.
const PAYMENTS: u32 = 4;

/// The books of one data directory.
#[derive(Default)]
pub(super) struct Book {
    pub(super) payments: Vec<Payment>,
    /// Routes to dave: of each amount, the two disjoint ones.
    pub(super) routes: Vec<(u64, Value)>,
    /// What everybody had before the first payment.
    pub(super) money: Money,
    /// Parts whose end has been judged.
    pub(super) resolved: u64,
    /// Payments before this one have been judged.
    pub(super) judged: usize,
    history: Vec<String>,
}

/// A payment that a caller wants.
pub(super) struct Payment {
    pub(super) hash: String,
    pub(super) intended: u64,
    pub(super) parts: Vec<Part>,
}

/// A part of it, under a key of the caller's.
pub(super) struct Part {
    pub(super) request_id: String,
    pub(super) params: Value,
    pub(super) amount: u64,
    /// The caller has lost interest before he sent it.
    pub(super) is_abandoned: bool,
    /// Every answer to `sendpartialpay`.
    pub(super) told: Vec<Answer>,
    /// Every answer to `waitpartialpay`.
    pub(super) waited: Vec<Answer>,
}

/// Where a part is in the book.
pub(super) type Place = (usize, usize);

impl Book {
    pub(super) fn part(&self, (payment, part): Place) -> &Part {
        &self.payments[payment].parts[part]
    }

    pub(super) fn part_mut(&mut self, (payment, part): Place) -> &mut Part {
        &mut self.payments[payment].parts[part]
    }

    /// Every part that was or shall be sent.
    pub(super) fn places(&self) -> impl Iterator<Item = Place> {
        let places =
            |(n, payment): (usize, &Payment)| (0..payment.parts.len()).map(move |i| (n, i));
        let places = self.payments.iter().enumerate().flat_map(places);
        places.filter(|place| !self.part(*place).is_abandoned)
    }
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
        let known = self.places().filter(|place| self.part(*place).is_known());
        u64::try_from(known.count()).unwrap_or(u64::MAX)
    }

    fn resolved(&self) -> u64 {
        self.resolved
    }

    async fn open(&mut self, home: &Home) -> Result<()> {
        self.money = ledger::money(home).await?;
        Ok(())
    }

    async fn prepare(&mut self, home: &Home, dice: &mut Rng) -> Result<()> {
        judge::unchanged(home, self).await?;
        load::prepare(home, self, PAYMENTS, dice).await
    }

    fn start(&self, home: &Home, dice: &mut Rng) -> Load<Note> {
        load::start(home, self, dice, WAIT_SECONDS)
    }

    fn write_down(&mut self, notes: Vec<Note>) -> Result<()> {
        load::write_down(self, notes)
    }

    async fn settle(&mut self, home: &Home, dice: &mut Rng) -> Result<()> {
        judge::settle(home, self, dice).await
    }

    async fn check(&self, home: &Home) -> Result<()> {
        ledger::check(home, self).await
    }
}

impl Part {
    /// The first answer, if there was one.
    pub(super) fn first_answer(&self) -> Option<&Value> {
        self.told.iter().find_map(|answer| match answer {
            Answer::Result(part) => Some(part),
            Answer::Error { .. } | Answer::Cut => None,
        })
    }

    pub(super) fn is_known(&self) -> bool {
        self.first_answer().is_some()
    }

    /// The part's number, if the caller knows it.
    pub(super) fn id(&self) -> Option<u64> {
        self.first_answer()?["id"].as_u64()
    }

    /// The part as a waiter was told that it is complete.
    pub(super) fn completed(&self) -> Option<&Value> {
        self.waited.iter().find_map(|answer| match answer {
            Answer::Result(part) => Some(part),
            Answer::Error { .. } | Answer::Cut => None,
        })
    }

    /// The caller was told that nothing has changed, and has not asked since.
    pub(super) fn must_not_be_there(&self) -> bool {
        let nothing = |answer: &Answer| match answer {
            Answer::Error { code, data, .. } => *code == -32005 || data["durable"] == false,
            Answer::Result(_) | Answer::Cut => false,
        };
        !self.told.is_empty() && self.told.iter().all(nothing)
    }
}
