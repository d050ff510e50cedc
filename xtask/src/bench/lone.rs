//! One caller alone: what a durable answer costs in fdatasyncs of this disk, measured in between.

use super::engine::{Machine, Payer};
use super::sample::{Caller, Sample};
use anyhow::{Context, Result};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The answers to that many lone parts, and as many fdatasyncs.
pub(super) async fn sample(folder: &Path, parts: u32) -> Result<(Sample, Sample)> {
    let machine = Machine::start(folder).await?;
    let mut payer = Payer(Arc::clone(&machine.engine));
    let mut disk = File::create(folder.join("fdatasync"))?;
    // A task of the runtime, as a caller on the socket is one.
    let task = tokio::spawn(async move {
        let (mut answers, mut syncs) = (Vec::new(), Vec::new());
        for n in 0..parts {
            answers.push(payer.pay(n).await?);
            syncs.push(fdatasync(&mut disk)?);
        }
        anyhow::Ok((Sample::of_answers(answers), Sample::of_answers(syncs)))
    });
    let samples = task.await.context("the caller died")?;
    machine.stop().await;
    samples
}

/// Blocks, which is fine: nobody else is there.
fn fdatasync(file: &mut File) -> Result<Duration> {
    let begin = Instant::now();
    file.write_all(&[7; 4096])?;
    file.sync_data()?;
    Ok(begin.elapsed())
}
