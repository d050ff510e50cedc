//! What came of the payments: a row for each amount, and the bars that must hold.

use super::attempt::Outcome;
use super::world::Balances;
use std::fmt::Write;
use std::time::Duration;

/// What one router made of the payments of a row.
#[derive(Clone, Default, Debug)]
pub(super) struct Score {
    pub paid: u32,
    /// Of those that both have paid, on average: millionths, and numbers of parts.
    pub fee_ppm: f64,
    pub failed: f64,
    pub parts: f64,
    /// The middle one of all searches.
    pub search: Duration,
}

/// The same payments, by both.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub sats: u64,
    pub balances: Balances,
    pub is_warm: bool,
    pub payments: u32,
    pub possible: u32,
    pub ours: Score,
    pub ldk: Score,
}

impl Score {
    /// The score of these payments, of which the other router has made those.
    pub(super) fn new(sats: u64, outcomes: &[Outcome], others: &[Outcome]) -> Score {
        let pairs = outcomes.iter().zip(others);
        let both: Vec<&Outcome> = pairs
            .filter(|(outcome, other)| outcome.is_paid && other.is_paid)
            .map(|(outcome, _)| outcome)
            .collect();
        let mean = |of: fn(&Outcome) -> u64| {
            let sum: u64 = both.iter().map(|outcome| of(outcome)).sum();
            float(sum) / float(both.len().max(1) as u64)
        };
        let searches = outcomes.iter().flat_map(|outcome| &outcome.searches);
        let mut searches: Vec<Duration> = searches.copied().collect();
        searches.sort_unstable();
        let paid = outcomes.iter().filter(|outcome| outcome.is_paid).count();
        Score {
            paid: u32::try_from(paid).unwrap_or(u32::MAX),
            fee_ppm: mean(|outcome| outcome.fee) / float(sats * 1_000) * 1e6,
            failed: mean(|outcome| outcome.failed.into()),
            parts: mean(|outcome| outcome.parts.into()),
            search: searches
                .get(searches.len() / 2)
                .copied()
                .unwrap_or_default(),
        }
    }
}

/// The table, as Markdown.
pub(super) fn table(rows: &[Row]) -> String {
    let mut table = String::from(
        "| balances | knowledge | sat | paid/possible | LDK | fee ppm | LDK | failed parts | LDK | parts | LDK | p50 ms | LDK |\n\
         |---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for row in rows {
        let (ours, ldk) = (&row.ours, &row.ldk);
        let balances = format!("{:?}", row.balances).to_lowercase();
        let knowledge = if row.is_warm { "warm" } else { "cold" };
        let ms = |score: &Score| score.search.as_secs_f64() * 1e3;
        let written = writeln!(
            table,
            "| {balances} | {knowledge} | {} | {}/{} | {}/{} | {:.0} | {:.0} | {:.2} | {:.2} | {:.2} | {:.2} | {:.1} | {:.1} |",
            row.sats,
            ours.paid,
            row.possible,
            ldk.paid,
            row.possible,
            ours.fee_ppm,
            ldk.fee_ppm,
            ours.failed,
            ldk.failed,
            ours.parts,
            ldk.parts,
            ms(ours),
            ms(ldk),
        );
        written.expect("a string takes any text");
    }
    table
}

/// Every bar that is missed, in words.
pub(super) fn missed(rows: &[Row]) -> Vec<String> {
    let mut missed = Vec::new();
    for row in rows {
        let (ours, ldk) = (&row.ours, &row.ldk);
        let mut bar = |holds: bool, says: String| {
            if !holds {
                let knowledge = if row.is_warm { "warm" } else { "cold" };
                missed.push(format!(
                    "{:?}, {knowledge}, {} sat: {says}",
                    row.balances, row.sats
                ));
            }
        };
        let percent: u32 = if row.sats <= 1_000_000 { 99 } else { 97 };
        let (paid, possible) = (ours.paid, row.possible);
        bar(
            paid * 100 >= possible * percent,
            format!("{paid} of {possible} are less than {percent} %"),
        );
        bar(
            paid >= ldk.paid,
            format!("{paid} are paid, by LDK {}", ldk.paid),
        );
        bar(
            ours.fee_ppm <= ldk.fee_ppm,
            format!(
                "a fee of {:.0} ppm, LDK's is {:.0}",
                ours.fee_ppm, ldk.fee_ppm
            ),
        );
        // A part more or less among all payments says nothing.
        let one = 1.0 / f64::from(row.payments.max(1));
        bar(
            ours.failed <= ldk.failed * 1.1 + one,
            format!(
                "{:.2} failed parts, with LDK {:.2}",
                ours.failed, ldk.failed
            ),
        );
        let is_same = |other: &&Row| other.sats == row.sats && other.balances == row.balances;
        let cold = rows.iter().filter(is_same).find(|other| !other.is_warm);
        if let Some(cold) = cold.filter(|_| row.is_warm) {
            let most = cold.ours.parts * 1.3;
            bar(
                ours.parts <= most,
                format!("{:.2} parts, cold {:.2}", ours.parts, cold.ours.parts),
            );
        }
    }
    missed
}

#[expect(clippy::cast_precision_loss, reason = "shown with three digits")]
fn float(number: u64) -> f64 {
    number as f64
}
