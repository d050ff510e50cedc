//! How long the finder of ways takes for a plan, and what it keeps in memory.

use super::finding::Found;
use crate::pay_sim::searches;
use anyhow::Result;
use std::path::Path;

/// Amounts, in sat, and the lines of their figures.
const AMOUNTS: [(u64, &str); 3] = [
    (100_000, "planner_100k_p50_us"),
    (1_000_000, "planner_1m_p50_us"),
    (10_000_000, "planner_10m_p50_us"),
];
/// Payments of each amount.
const PAYMENTS: usize = 20;

/// On that network, or on a generated one of the public network's size.
pub(super) fn measure(snapshot: Option<&Path>) -> Result<Vec<Found>> {
    let measured = searches::measure(snapshot, &AMOUNTS.map(|(sats, _)| sats), PAYMENTS)?;
    let times = AMOUNTS.iter().zip(&measured.p50);
    let mut found: Vec<Found> = times
        .map(|((_, key), p50)| (*key, p50.as_secs_f64() * 1e6))
        .collect();
    let memory = super::sample::float(u64::try_from(measured.memory)?);
    found.push(("planner_memory_bytes", memory));
    Ok(found)
}
