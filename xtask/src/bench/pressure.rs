//! Twice the load that can be sustained: who cannot be served is told so at once, no outcome is lost,
//! and memory does not grow.

use super::engine::{Machine, Payer};
use super::finding::Found;
use super::memory;
use super::payments;
use super::sample::{drive, float, percentile};
use anyhow::{Context, Result, bail};
use domain::{ApiError, Engine, PaymentApi, Policy, Sent};
use sim::NullNode;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// Enough to find out what is sustained.
const CALLERS: u32 = 4_096;
/// How often callers come.
const BEAT: Duration = Duration::from_millis(10);

/// What became of the calls.
#[derive(Default)]
struct Tally {
    accepted: AtomicU64,
    settled: AtomicU64,
}

/// Sustained first, then twice that.
pub(super) async fn measure(folder: &Path, full: bool) -> Result<Vec<Found>> {
    let policy = Policy {
        // So that the short one comes to its limit, too.
        live_parts_max: if full { 100_000 } else { 20_000 },
        ..Policy::default()
    };
    let machine = Machine::with(folder, NullNode::new(), policy).await?;
    let trial = 40_000;
    let payers = (0..CALLERS).map(|_| Payer(Arc::clone(&machine.engine)));
    let sample = drive(payers.collect(), trial).await?;
    let sustained = sample.ops_per_second.context("operations were counted")? / 2.0;
    let length = Duration::from_secs(if full { 300 } else { 15 });
    let found = twice(&machine.engine, trial, sustained, length).await;
    machine.stop().await;
    found
}

/// Payments that nobody holds back, whatever became of those before.
async fn twice(
    engine: &Arc<Engine>,
    first: u32,
    sustained: f64,
    length: Duration,
) -> Result<Vec<Found>> {
    let tally = Arc::new(Tally::default());
    let (busy, mut refused) = mpsc::unbounded_channel();
    let (begin, mut n, mut memory) = (Instant::now(), first, Vec::new());
    let mut beats = tokio::time::interval(BEAT);
    let asked = |elapsed: Duration| 2.0 * sustained * elapsed.as_secs_f64();
    while begin.elapsed() < length {
        beats.tick().await;
        while f64::from(n - first) < asked(begin.elapsed()) {
            tokio::spawn(pay(Arc::clone(engine), n, Arc::clone(&tally), busy.clone()));
            n += 1;
        }
        memory.push(memory::resident()?);
    }
    let took = begin.elapsed();
    drop(busy);
    let mut answers = Vec::new();
    while let Some(answer) = refused.recv().await {
        answers.push(answer?);
    }
    let asked = f64::from(n - first);
    let half = memory.len() / 2;
    let most = |memory: &[u64]| memory.iter().copied().max().map_or(1.0, float);
    let lost = tally.accepted.load(Ordering::Acquire) - tally.settled.load(Ordering::Acquire);
    Ok(vec![
        (
            "pressure_load_vs_sustained",
            asked / took.as_secs_f64() / sustained,
        ),
        ("pressure_busy_share", float(answers.len() as u64) / asked),
        (
            "pressure_busy_p99_us",
            percentile(&mut answers, 99).unwrap_or(0.0),
        ),
        (
            "pressure_memory_growth",
            most(&memory[half..]) / most(&memory[..half]),
        ),
        ("pressure_lost", float(lost)),
    ])
}

/// Says how long the answer "busy" took; anything else must not be refused.
async fn pay(
    engine: Arc<Engine>,
    n: u32,
    tally: Arc<Tally>,
    busy: mpsc::UnboundedSender<Result<Duration>>,
) {
    let begin = Instant::now();
    let paid = async {
        let part = match engine.send_partial_pay(payments::request(n)).await {
            Ok(Sent::Part(part)) => part,
            Ok(Sent::AlreadyComplete(_)) => bail!("every payment is new"),
            Err(ApiError::Busy(_)) => return Ok(Some(begin.elapsed())),
            Err(error) => return Err(error.into()),
        };
        tally.accepted.fetch_add(1, Ordering::AcqRel);
        engine.wait_partial_pay(part.id, None).await?;
        tally.settled.fetch_add(1, Ordering::AcqRel);
        Ok(None)
    };
    if let Some(answer) = paid.await.transpose() {
        // Nobody listens any more if the measurement has failed.
        let _ = busy.send(answer);
    }
}
