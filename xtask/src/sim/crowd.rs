//! Many seeds side by side, one a thread.

use indicatif::{ProgressBar, ProgressStyle};
use sim::simulation::{Plan, run};
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{available_parallelism, scope};
use std::time::{Duration, Instant};

/// Which seeds.
pub(super) struct Crowd {
    pub(super) first: u64,
    /// `None`: until it is stopped.
    pub(super) seeds: Option<u64>,
    pub(super) moves: u64,
}

/// What came of them.
pub(super) struct Sum {
    pub(super) seeds: u64,
    pub(super) moves: u64,
    pub(super) states: usize,
    pub(super) time: Duration,
    /// The lowest seed that breaks a rule, of those that were played.
    pub(super) failed: Option<Plan>,
}

impl Sum {
    pub(super) fn rate(&self) -> f64 {
        let seeds = u32::try_from(self.seeds).unwrap_or(u32::MAX);
        f64::from(seeds) / self.time.as_secs_f64().max(0.001)
    }
}

/// What the threads share.
struct Shared {
    next: AtomicU64,
    done: AtomicU64,
    moves: AtomicU64,
    stop: AtomicBool,
    failed: Mutex<Option<Plan>>,
    states: Mutex<HashSet<u64>>,
    bar: ProgressBar,
}

impl Crowd {
    /// Plays them until one fails, or all are played.
    pub(super) fn play(&self) -> Sum {
        let begin = Instant::now();
        let shared = Shared {
            next: AtomicU64::new(0),
            done: AtomicU64::new(0),
            moves: AtomicU64::new(0),
            stop: AtomicBool::new(false),
            failed: Mutex::default(),
            states: Mutex::default(),
            bar: bar(self.seeds),
        };
        let threads = available_parallelism().map_or(1, usize::from);
        scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| self.play_some(&shared));
            }
        });
        shared.bar.finish_and_clear();
        let states = shared.states.into_inner();
        let failed = shared.failed.into_inner();
        Sum {
            seeds: shared.done.into_inner(),
            moves: shared.moves.into_inner(),
            states: states.unwrap_or_else(PoisonError::into_inner).len(),
            time: begin.elapsed(),
            failed: failed.unwrap_or_else(PoisonError::into_inner),
        }
    }

    fn play_some(&self, shared: &Shared) {
        while !shared.stop.load(Ordering::Relaxed) {
            let index = shared.next.fetch_add(1, Ordering::Relaxed);
            if self.seeds.is_some_and(|seeds| index >= seeds) {
                return;
            }
            let plan = Plan {
                seed: self.first.wrapping_add(index),
                moves: self.moves,
                followed: true,
                record: false,
            };
            let played = run(&plan);
            shared.done.fetch_add(1, Ordering::Relaxed);
            shared.moves.fetch_add(played.moves, Ordering::Relaxed);
            lock(&shared.states).extend(played.states);
            shared.bar.inc(1);
            if played.found.is_some() {
                shared.stop.store(true, Ordering::Relaxed);
                let mut failed = lock(&shared.failed);
                if failed.is_none_or(|known| plan.seed < known.seed) {
                    *failed = Some(plan);
                }
            }
        }
    }
}

fn bar(seeds: Option<u64>) -> ProgressBar {
    let (bar, template) = match seeds {
        Some(seeds) => (
            ProgressBar::new(seeds),
            "{bar:40} {pos}/{len} seeds, {per_sec}, {eta} left",
        ),
        None => (
            ProgressBar::no_length(),
            "{spinner} {pos} seeds, {per_sec}, {elapsed}",
        ),
    };
    let style = ProgressStyle::with_template(template);
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
