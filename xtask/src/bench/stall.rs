//! The longest of many commits of one caller, with checkpoints beside them; and the longest of as many
//! writes of the same size that nothing is beside: a disk has moments of its own.
//!
//! What stalls a commit by its nature does so in every stretch of commits, and the middle one of their
//! longest shows it; a moment of the disk's own is in some of them. The longest of all is shown as well.
//!
//! Ampere needs no ANALYZE and runs none. Another program that does holds the lock that writers share
//! until its own commit has reached the disk; and it takes a processor, from which the writer is kept for as
//! long as the system lets the other go on. It is measured under `nice` as well.

use super::disk::Over;
use super::engine::{FILE, Machine};
use super::finding::Found;
use super::lone::pay;
use super::sample::percentile;
use anyhow::{Context, Result};
use domain::Policy;
use rusqlite::Connection;
use sim::NullNode;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Commits, two a payment: its part, and the outcome. Several checkpoints come in between.
const STRETCH: usize = 1_000;
const STRETCHES: usize = 6;
/// Without the limit SQLite holds the writers' lock while it reads everything.
const ANALYZE: &str = "pragma analysis_limit = 100; analyze";

/// One who pays, with nobody else there.
struct Alone {
    machine: Machine,
    node: Arc<NullNode>,
    paid: u32,
}

pub(super) async fn measure(folder: &Path) -> Result<Vec<Found>> {
    let node = NullNode::holding();
    let machine = Machine::with(folder, Arc::clone(&node), Policy::default()).await?;
    let mut alone = Alone {
        machine,
        node,
        paid: 0,
    };
    let path = folder.join(FILE);
    // A task of the runtime, as a caller on the socket is one.
    let task = tokio::spawn(async move {
        let mut commits = Vec::new();
        let (mut analyzed, mut nicely) = (Vec::new(), Vec::new());
        for _ in 0..STRETCHES {
            let end = commits.len() + STRETCH;
            while commits.len() < end {
                alone.pay(&mut commits).await?;
            }
            analyzed.push(alone.beside_analyze(path.clone(), 0).await?);
            nicely.push(alone.beside_analyze(path.clone(), 19).await?);
        }
        alone.machine.stop().await;
        anyhow::Ok((commits, analyzed, nicely))
    });
    let (commits, mut analyzed, mut nicely) = task.await.context("the caller died")??;
    let writes = bare_writes(&folder.join("writes"))?;
    let analyzed = percentile(&mut analyzed, 50);
    let nicely = percentile(&mut nicely, 50);
    Ok(vec![
        ("commit_longest_vs_median", longest(&commits)?),
        ("analyze_longest_vs_median", in_medians(analyzed, &commits)?),
        (
            "analyze_nice_longest_vs_median",
            in_medians(nicely, &commits)?,
        ),
        ("commit_longest_of_all_vs_median", longest_of_all(&commits)?),
        ("write_longest_vs_median", longest(&writes)?),
        ("write_longest_of_all_vs_median", longest_of_all(&writes)?),
    ])
}

impl Alone {
    async fn pay(&mut self, commits: &mut Vec<Duration>) -> Result<()> {
        let (answer, end) = pay(&self.machine.engine, &self.node, self.paid).await?;
        self.paid += 1;
        commits.extend([answer, end]);
        Ok(())
    }

    /// The longest commit while another program does that, as an operator would.
    async fn beside_analyze(&mut self, path: PathBuf, nice: i32) -> Result<Duration> {
        let analysis: JoinHandle<Result<()>> = thread::spawn(move || {
            // Elsewhere it would be the whole process's.
            #[cfg(target_os = "linux")]
            rustix::process::nice(nice).context("nice")?;
            Ok(Connection::open(path)?.execute_batch(ANALYZE)?)
        });
        let mut commits = Vec::new();
        while commits.is_empty() || !analysis.is_finished() {
            self.pay(&mut commits).await?;
        }
        let analyzed = analysis.join().ok().context("the other program died")?;
        analyzed.context("analyze")?;
        commits.into_iter().max().context("there are commits")
    }
}

/// Of each stretch, the middle one, in medians. In the order in which they were taken.
fn longest(times: &[Duration]) -> Result<f64> {
    let of_each = times.chunks(STRETCH).map(|stretch| stretch.iter().max());
    let mut of_each: Vec<_> = of_each.flatten().copied().collect();
    in_medians(percentile(&mut of_each, 50), times)
}

fn longest_of_all(times: &[Duration]) -> Result<f64> {
    in_medians(percentile(&mut times.to_vec(), 100), times)
}

/// That many microseconds, in the median of the times.
fn in_medians(us: Option<f64>, times: &[Duration]) -> Result<f64> {
    let us = us.zip(percentile(&mut times.to_vec(), 50));
    us.map(|(us, middle)| us / middle)
        .context("there are times")
}

/// As many writes as there were commits, over and over the same file, each made durable.
fn bare_writes(path: &Path) -> Result<Vec<Duration>> {
    let mut file = Over::create(path)?;
    (0..STRETCHES * STRETCH).map(|_| file.write()).collect()
}
