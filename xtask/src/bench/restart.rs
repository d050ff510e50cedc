//! A start after kill -9, with as many live parts as a large user has.

use super::engine::{Machine, left_by_a_kill};
use super::finding::Found;
use super::waiters::send;
use anyhow::{Result, ensure};
use domain::{PaymentApi, Policy};
use sim::NullNode;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

const LIVE_PARTS: u32 = 10_000;

/// From opening the database until the engine has charge of every live part and can be asked. What the
/// node says to them comes after that, and is the node's own time.
pub(super) async fn measure(folder: &Path) -> Result<Vec<Found>> {
    let node = NullNode::holding();
    let machine = Machine::with(folder, Arc::clone(&node), Policy::default()).await?;
    send(&machine.engine, LIVE_PARTS).await?;
    let left = left_by_a_kill(folder)?;
    machine.stop().await;
    let begin = Instant::now();
    let machine = Machine::with(&left, node, Policy::default()).await?;
    let took = begin.elapsed();
    let live = machine.engine.get_info().await?.live_parts;
    ensure!(
        live == u64::from(LIVE_PARTS),
        "{live} parts are live after the start"
    );
    machine.stop().await;
    Ok(vec![("start_10k_live_s", took.as_secs_f64())])
}
