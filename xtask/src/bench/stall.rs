//! The longest of many commits of one caller, with checkpoints beside them; and the longest of as many
//! writes of the same size that nothing is beside: a disk has moments of its own.
//!
//! What stalls a commit by its nature does so in every stretch of commits, and the middle one of their
//! longest shows it; a moment of the disk's own is in some of them. The longest of all is shown as well.
//!
//! Ampere needs no ANALYZE and runs none. Another program that does holds the lock that writers share
//! until its own commit has reached the disk.

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

/// Each with several checkpoints.
const STRETCH: usize = 1_000;
const STRETCHES: usize = 6;
/// Somewhere in every other stretch another program runs ANALYZE, and one of the commits that follow
/// meets it.
const ANALYZED: usize = 500;
const MEETING: usize = 20;
/// Without the limit SQLite holds the writers' lock while it reads everything.
const ANALYZE: &str = "pragma analysis_limit = 100; analyze";
/// What a part writes when it is committed alone: six pages.
const COMMIT: usize = 6 * 4_096;
/// The log is written over when it is so long.
const LOG: u64 = 4 << 20;

pub(super) async fn measure(folder: &Path) -> Result<Vec<Found>> {
    let machine = Machine::start(folder).await?;
    let mut payer = Payer(Arc::clone(&machine.engine));
    let path = folder.join(FILE);
    let task = tokio::spawn(async move {
        let mut answers = Vec::new();
        for n in 0..STRETCHES * STRETCH {
            if n % (2 * STRETCH) == STRETCH + ANALYZED {
                // As an operator would, beside the daemon.
                let path = path.clone();
                std::thread::spawn(move || Connection::open(path)?.execute_batch(ANALYZE));
            }
            answers.push(payer.pay(u32::try_from(n)?).await?);
        }
        anyhow::Ok(answers)
    });
    let answers = task.await.context("the caller died")??;
    machine.stop().await;
    let writes = bare_writes(&folder.join("writes"))?;
    Ok(vec![
        ("commit_longest_vs_median", longest(&answers, 0, STRETCH)?),
        (
            "analyze_longest_vs_median",
            longest(&answers, STRETCH + ANALYZED, MEETING)?,
        ),
        ("commit_longest_of_all_vs_median", longest_of_all(&answers)?),
        ("write_longest_vs_median", longest(&writes, 0, STRETCH)?),
        ("write_longest_of_all_vs_median", longest_of_all(&writes)?),
    ])
}

/// The longest of so many from there on in every second stretch; of these the middle one, in medians.
fn longest(times: &[Duration], from: usize, many: usize) -> Result<f64> {
    let of_each = times.chunks(2 * STRETCH).map(|two| {
        let these = two.iter().skip(from).take(many);
        these.max()
    });
    let mut of_each: Vec<_> = of_each.flatten().copied().collect();
    in_medians(percentile(&mut of_each, 50), times)
}

fn longest_of_all(times: &[Duration]) -> Result<f64> {
    in_medians(percentile(&mut times.to_vec(), 100), times)
}

fn in_medians(time: Option<f64>, times: &[Duration]) -> Result<f64> {
    let time = time.zip(percentile(&mut times.to_vec(), 50));
    time.map(|(time, middle)| time / middle)
        .context("there are times")
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
    let write = |n: u64| {
        let place = n * length % (LOG - LOG % length);
        let begin = Instant::now();
        file.write_all_at(&pages, place)?;
        file.sync_data()?;
        Ok(begin.elapsed())
    };
    let writes = u64::try_from(STRETCHES * STRETCH)?;
    (0..writes).map(write).collect()
}
