//! What the nodes themselves know, read behind everybody's back: every HTLC that alice sent and what it
//! took, whom dave, frank, grace and heidi were paid by, and whose money it is now.

use super::{Book, End, Order};
use crate::crash::copied::copied;
use crate::crash::kill::daemon::Home;
use crate::crash::kill::ledger::{self, files_are_sound, money, no_part_has_two_outcomes};
use anyhow::{Context, Result, ensure};
use std::collections::{BTreeMap, BTreeSet};

/// Those who were paid by orders.
const PAYEES: [&str; 4] = ["dave", "frank", "grace", "heidi"];

pub(super) async fn check(home: &Home, book: &Book) -> Result<()> {
    files_are_sound(home)?;
    let stored = book.orders.iter().flat_map(keys_of).collect();
    no_part_has_two_outcomes(home, &stored)?;
    let sent = sent(home)?;
    let mut left = 0;
    for order in &book.orders {
        left += order.took(&sent)?;
    }
    for payee in PAYEES {
        let received = ledger::received(home, payee)?;
        let paid = book.orders.iter().filter(|order| order.is_paid_to(payee));
        let paid: BTreeSet<String> = paid.map(|order| order.hash.clone()).collect();
        ensure!(
            received == paid,
            "{payee} was paid for {received:?}, callers were told of {paid:?}"
        );
    }
    let now = money(home).await?;
    let (before, now) = (book.money.get("alice"), now.get("alice"));
    let (before, now) = before.zip(now).context("alice has money")?;
    ensure!(
        before + book.received == now + left,
        "alice had {before}, was paid {}, has sent {left} in complete parts, and has {now}",
        book.received
    );
    Ok(())
}

/// What left with each part, as alice's own file has it: by the part's number and the payment's hash.
fn sent(home: &Home) -> Result<BTreeMap<(u64, String), u64>> {
    let (_folder, alice) = copied(&home.path().join("embedded/alice.sqlite3"))?;
    let mut read = alice.prepare("select part, lower(hex(payment_hash)), amount_sent from keys")?;
    let rows = read.query_map([], |row| {
        let number = |at: usize| row.get(at).map(i64::cast_unsigned);
        Ok(((number(0)?, row.get(1)?), number(2)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn keys_of(order: &Order) -> Vec<String> {
    let parts = order.parts.iter();
    parts
        .map(|part| ledger::key(part.id, &order.hash))
        .collect()
}

impl Order {
    fn is_paid_to(&self, payee: &str) -> bool {
        self.payee == payee && matches!(self.end(), Some(End::Paid { .. }))
    }

    /// What left alice with its complete parts: never more than the amount and the cap (B-1).
    fn took(&self, sent: &BTreeMap<(u64, String), u64>) -> Result<u64> {
        let mut took = 0;
        for part in self.parts.iter().filter(|part| part.is_complete) {
            let left = sent.get(&(part.id, self.hash.clone()));
            ensure!(
                left == Some(&part.sent),
                "part {} is stored with {}, and {left:?} left alice",
                part.id,
                part.sent
            );
            took += part.sent;
        }
        let most = self.amount + self.cap;
        ensure!(
            took <= most,
            "B-1, {took} left for {}, of {most}",
            self.hash
        );
        Ok(took)
    }
}
