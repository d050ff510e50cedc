//! The longest of many commits of one caller: what checkpoints, and ANALYZE, add to any of them.

use super::engine::{FILE, Machine, Payer};
use super::finding::Found;
use super::sample::{Caller, percentile};
use anyhow::{Context, Result};
use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;

/// Enough for many checkpoints.
const PARTS: u32 = 6_000;

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
    let middle = percentile(&mut answers, 50).context("there are answers")?;
    let longest = percentile(&mut answers, 100).context("there are answers")?;
    Ok(vec![("commit_longest_vs_median", longest / middle)])
}
