//! The longest of many commits of one caller, with checkpoints and ANALYZE beside them; and the longest
//! of as many writes of the same size that nothing is beside: a disk has moments of its own.

use super::engine::{FILE, Machine, Payer};
use super::finding::Found;
use super::sample::{Caller, percentile};
use anyhow::{Context, Result};
use rusqlite::Connection;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Enough for many checkpoints.
const PARTS: u32 = 6_000;
/// What a part writes when it is committed alone: seven pages.
const COMMIT: usize = 7 * 4_096;
/// The log is written over when it is so long.
const LOG: u64 = 4 << 20;

pub(super) async fn measure(folder: &Path) -> Result<Vec<Found>> {
    let machine = Machine::start(folder).await?;
    let mut payer = Payer(Arc::clone(&machine.engine));
    let path = folder.join(FILE);
    let task = tokio::spawn(async move {
        let mut answers = Vec::new();
        for n in 0..PARTS {
            if n % (PARTS / 3) == PARTS / 6 {
                // As an operator would, beside the daemon.
                let path = path.clone();
                std::thread::spawn(move || Connection::open(path)?.execute_batch("analyze"));
            }
            answers.push(payer.pay(n).await?);
        }
        anyhow::Ok(answers)
    });
    let mut answers = task.await.context("the caller died")??;
    machine.stop().await;
    let mut writes = bare_writes(&folder.join("writes"))?;
    Ok(vec![
        ("commit_longest_vs_median", longest(&mut answers)?),
        ("write_longest_vs_median", longest(&mut writes)?),
    ])
}

/// In medians.
fn longest(times: &mut [Duration]) -> Result<f64> {
    let middle = percentile(times, 50).context("there are times")?;
    let longest = percentile(times, 100).context("there are times")?;
    Ok(longest / middle)
}

/// As many writes as there were commits, over and over the same file, each made durable.
fn bare_writes(path: &Path) -> Result<Vec<Duration>> {
    let file = File::create(path)?;
    let pages = vec![7; COMMIT];
    let length = u64::try_from(COMMIT)?;
    for place in (0..LOG).step_by(COMMIT) {
        file.write_all_at(&pages, place)?;
    }
    file.sync_all()?;
    let write = |n: u32| {
        let place = u64::from(n) * length % (LOG - LOG % length);
        let begin = Instant::now();
        file.write_all_at(&pages, place)?;
        file.sync_data()?;
        Ok(begin.elapsed())
    };
    (0..PARTS).map(write).collect()
}
