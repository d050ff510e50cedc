//! One measurement: how much got done, and how long each answer took.

use anyhow::{Context, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// What one measurement found.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    /// Operations a second; none where only the time of an answer counts.
    pub(super) ops_per_second: Option<f64>,
    /// The times of the answers, in microseconds: the middle one, and the one that 99 of 100 beat.
    pub(super) answer_us: Option<(f64, f64)>,
}

/// One who pays again and again, the next part when the last one is settled.
pub(super) trait Caller: Send + 'static {
    /// Pays the `n`-th part, waits for its outcome, and says how long the durable answer took.
    fn pay(&mut self, n: u32) -> impl Future<Output = Result<Duration>> + Send;
}

impl Sample {
    /// Of that many parts, each accepted and resolved.
    pub(super) fn of(parts: u32, took: Duration, answers: Vec<Duration>) -> Sample {
        Sample {
            ops_per_second: Some(2.0 * f64::from(parts) / took.as_secs_f64()),
            answer_us: percentiles(answers),
        }
    }

    /// Of answers only.
    pub(super) fn of_answers(answers: Vec<Duration>) -> Sample {
        Sample {
            ops_per_second: None,
            answer_us: percentiles(answers),
        }
    }
}

/// All callers at once, until that many parts are paid.
pub(super) async fn drive<C: Caller>(callers: Vec<C>, parts: u32) -> Result<Sample> {
    let next = Arc::new(AtomicU32::new(0));
    let begin = Instant::now();
    let tasks = callers.into_iter().map(|mut caller| {
        let next = Arc::clone(&next);
        tokio::spawn(async move {
            let mut answers = Vec::new();
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= parts {
                    return anyhow::Ok(answers);
                }
                answers.push(caller.pay(n).await?);
            }
        })
    });
    let tasks: Vec<_> = tasks.collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.extend(task.await.context("a caller died")??);
    }
    Ok(Sample::of(parts, begin.elapsed(), answers))
}

/// The middle one, or the mean of the two in the middle.
pub(super) fn median(mut figures: Vec<f64>) -> Option<f64> {
    figures.sort_by(f64::total_cmp);
    let half = figures.len() / 2;
    let upper = *figures.get(half)?;
    if figures.len() % 2 == 1 {
        return Some(upper);
    }
    Some(f64::midpoint(figures[half - 1], upper))
}

fn percentiles(mut answers: Vec<Duration>) -> Option<(f64, f64)> {
    Some((percentile(&mut answers, 50)?, percentile(&mut answers, 99)?))
}

/// What so many of a hundred beat, in microseconds; of all hundred it is the longest.
pub(super) fn percentile(answers: &mut [Duration], hundredths: usize) -> Option<f64> {
    answers.sort_unstable();
    let last = answers.len().checked_sub(1)?;
    let answer = answers[(answers.len() * hundredths / 100).min(last)];
    Some(answer.as_secs_f64() * 1e6)
}

/// As a number to divide.
#[expect(
    clippy::cast_precision_loss,
    reason = "nobody measures to sixteen digits"
)]
pub(super) fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_in_the_middle() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), Some(2.5));
        let answers = (1..=100).rev().map(Duration::from_micros).collect();
        let (p50, p99) = percentiles(answers).unwrap();
        assert!(
            (50.0..52.0).contains(&p50) && (99.0..101.0).contains(&p99),
            "{p50} {p99}"
        );
    }
}
