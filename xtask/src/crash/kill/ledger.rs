//! What the nodes themselves know, read behind everybody's back: alice's outcomes, dave's receipts,
//! and whose money it is now.

use super::book::Book;
use super::daemon::Home;
use crate::crash::copied::{copied, is_sound};
use anyhow::{Context, Result, ensure};
use rusqlite::OptionalExtension;
use std::collections::{BTreeMap, BTreeSet};

/// Each node's millisatoshi, over all its channels.
pub(super) type Money = BTreeMap<&'static str, u64>;

/// Ours, and our node's.
const FILES: [&str; 2] = ["ampere.sqlite3", "embedded/alice.sqlite3"];

/// Both databases are sound. Judged on copies: whoever opens a log also mends it, and that is
/// what the daemon shall have to do.
pub(super) fn files_are_sound(home: &Home) -> Result<()> {
    for file in FILES {
        let file = home.path().join(file);
        if file.exists() {
            let (_folder, copy) = copied(&file)?;
            is_sound(&copy).with_context(|| file.display().to_string())?;
        }
    }
    Ok(())
}

/// Whose money it is, while no daemon runs and nothing is on its way.
pub(super) async fn money(home: &Home) -> Result<Money> {
    let dir = Some(home.path().join("embedded"));
    let network = ldk::Network::start(ldk::Options { dir, grace: false }).await?;
    let money = network.money();
    network.stop().await;
    Ok(money.into_iter().collect())
}

/// Nothing was offered twice, nobody was paid twice, and every end is the one that the node tells.
pub(super) async fn check(home: &Home, book: &Book) -> Result<()> {
    files_are_sound(home)?;
    let paid = complete_parts(book);
    let asked = book.payments.iter().flat_map(keys_of).collect();
    no_part_has_two_outcomes(home, &asked)?;
    let received = received(home, "dave")?;
    let believed: BTreeSet<String> = paid.iter().map(|part| part.hash.clone()).collect();
    ensure!(
        received == believed,
        "dave was paid for {received:?}, callers were told of {believed:?}"
    );
    let now = money(home).await?;
    let (sent, amount) = paid.iter().fold((0, 0), |(sent, amount), part| {
        (sent + part.sent, amount + part.amount)
    });
    let moved = |name: &str| {
        let (before, now) = (book.money.get(name), now.get(name));
        before.zip(now).map(|(before, now)| before.abs_diff(*now))
    };
    ensure!(
        (moved("alice"), moved("dave")) == (Some(sent), Some(amount)),
        "parts of {sent} msat with fees, {amount} without, are complete; before {:?}, now {now:?}",
        book.money
    );
    Ok(())
}

/// The hashes for which that node was paid.
pub(super) fn received(home: &Home, node: &str) -> Result<BTreeSet<String>> {
    let file = home.path().join(format!("embedded/{node}.sqlite3"));
    let (_folder, node) = copied(&file)?;
    let mut read = node.prepare("select lower(hex(payment_hash)) from paid")?;
    let hashes = read.query_map([], |row| row.get(0))?;
    Ok(hashes.collect::<Result<_, _>>()?)
}

/// A part that was delivered, as its caller was told.
struct Delivered {
    hash: String,
    amount: u64,
    sent: u64,
}

fn complete_parts(book: &Book) -> Vec<Delivered> {
    let places = book.places();
    let told = places.filter_map(|place| book.part(place).completed());
    told.map(|row| Delivered {
        hash: row["payment_hash"].as_str().unwrap_or_default().to_owned(),
        amount: row["amount_msat"].as_u64().unwrap_or(0),
        sent: row["amount_sent_msat"].as_u64().unwrap_or(0),
    })
    .collect()
}

/// Alice numbers every outcome of all time, and keeps the key of every part that had one: as many
/// keys as numbers, and every key a part that somebody asked for.
pub(super) fn no_part_has_two_outcomes(home: &Home, asked: &BTreeSet<String>) -> Result<()> {
    let (_folder, alice) = copied(&home.path().join("embedded/alice.sqlite3"))?;
    let last: Option<i64> = alice
        .query_row(
            "select seq from sqlite_sequence where name = 'outcomes'",
            [],
            |row| row.get(0),
        )
        .optional()?;
    let mut read = alice.prepare(
        "select lower(hex(payment_id)) from known union \
         select printf('%016x', part) || lower(hex(substr(payment_hash, 1, 24))) from outcomes",
    )?;
    let keys: BTreeSet<String> = read
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    ensure!(
        last.unwrap_or(0) == i64::try_from(keys.len())?,
        "A-4, {last:?} outcomes of {} parts",
        keys.len()
    );
    let strange: Vec<_> = keys.difference(asked).collect();
    ensure!(
        strange.is_empty(),
        "parts that nobody asked for: {strange:?}"
    );
    Ok(())
}

fn keys_of(payment: &super::book::Payment) -> Vec<String> {
    let ids = payment.parts.iter().filter_map(super::book::Part::id);
    ids.map(|id| key(id, &payment.hash)).collect()
}

/// What LDK calls a part.
pub(super) fn key(part: u64, hash: &str) -> String {
    format!("{part:016x}{}", &hash[..48])
}
