//! System calls that fail: the scenario lives in a child of this program, and strace breaks the N-th
//! call of each of its threads, once or from then on.

use super::book::Book;
use super::faults::Fault;
use super::guard::{Guard, Span};
use super::life::Life;
use super::scenario::Scenario;
use super::world::World;
use super::{Place, finished, judge, options};
use crate::crash::progress::Progress;
use crate::crash::report::Row;
use anyhow::{Context, Result, bail, ensure};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use tokio::process::Command;
use tokio::sync::Semaphore;
use tokio::task::{JoinSet, LocalSet};

/// No thread makes more calls of one kind.
const CALLS_MAX: u32 = 400;

/// How a system call fails.
#[derive(Clone, Copy, Debug)]
struct Break {
    call: &'static str,
    /// In strace's words.
    how: &'static str,
    /// From then on, or once.
    for_good: bool,
    /// How many errors callers may read before the life ends like a crash.
    errors: u64,
    /// How many calls are left out between two that are tried.
    step: u32,
}

const BREAKS: [Break; 12] = [
    broken("pwrite64", "error=EIO", false, 1),
    broken("pwrite64", "error=EIO", true, 3),
    broken("pwrite64", "error=ENOSPC", false, 3),
    // Nothing was written: the shortest of short writes.
    broken("pwrite64", "retval=0", false, 3),
    broken("fdatasync", "error=EIO", false, 1),
    broken("fdatasync", "error=EIO", true, 1),
    broken("ftruncate", "error=EIO", false, 1),
    broken("ftruncate", "error=ENOSPC", true, 1),
    broken("fsync", "error=EIO", false, 1),
    crash_at_first_error("pwrite64", "error=EIO", 2),
    crash_at_first_error("fdatasync", "error=EIO", 1),
    crash_at_first_error("fdatasync", "error=ENOSPC", 1),
];

const fn broken(call: &'static str, how: &'static str, for_good: bool, step: u32) -> Break {
    Break {
        call,
        how,
        for_good,
        errors: u64::MAX,
        step,
    }
}

const fn crash_at_first_error(call: &'static str, how: &'static str, step: u32) -> Break {
    Break {
        errors: 1,
        // Once: opening makes more calls than the writer's first commits, and would never succeed.
        ..broken(call, how, false, step)
    }
}

/// Whether strace is there and may do it.
pub(super) fn can_be_broken() -> Result<()> {
    let mut strace = std::process::Command::new("strace");
    strace.args(["-f", "--seccomp-bpf", "-Y", "-o", "/dev/null", "true"]);
    let output = strace.output().context("strace cannot be started")?;
    let says = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "strace: {}", says.trim());
    Ok(())
}

/// What came of the breaks of one kind in one scenario.
#[derive(Default)]
struct Found {
    books: Vec<Book>,
    hits: BTreeMap<String, u64>,
    violation: Option<String>,
}

/// Every break in every scenario, some of them side by side.
pub(super) async fn run(place: &Place, scenarios: &[Scenario], progress: &Progress, row: &mut Row) {
    // An engine that starts stays on its thread.
    let local = LocalSet::new();
    local
        .run_until(run_all(place, scenarios, progress, row))
        .await;
}

async fn run_all(place: &Place, scenarios: &[Scenario], progress: &Progress, row: &mut Row) {
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let slots = Arc::new(Semaphore::new(cores + 1));
    let mut kinds = JoinSet::new();
    if let Err(error) = place.fresh() {
        row.violations.push(format!("{error:#}"));
    }
    for scenario in scenarios.iter().copied() {
        for (number, broken) in BREAKS.into_iter().enumerate() {
            let folder = place.folder.path().join(format!("{scenario:?}-{number}"));
            let place = place.template.clone();
            let slots = Arc::clone(&slots);
            kinds.spawn_local(async move {
                let _slot = slots.acquire().await;
                broken.everywhere(scenario, &place, &folder).await
            });
        }
    }
    let mut hits: BTreeMap<String, u64> = BTreeMap::new();
    while let Some(found) = kinds.join_next().await {
        let found = found.unwrap_or_else(|error| Found {
            violation: Some(error.to_string()),
            ..Found::default()
        });
        for book in &found.books {
            row.add(book);
            progress.round();
        }
        for (thread, times) in found.hits {
            row.faults += times;
            *hits.entry(thread).or_default() += times;
        }
        row.violations.extend(found.violation);
    }
    let hits: Vec<String> = hits.iter().map(|(who, n)| format!("{who} {n}")).collect();
    row.note = hits.join(", ");
}

impl Break {
    /// N = 1, 2, 3 … until the scenario runs untouched.
    async fn everywhere(self, scenario: Scenario, template: &Path, folder: &Path) -> Found {
        let mut found = Found::default();
        let mut at = 1;
        loop {
            match self.once(scenario, at, template, folder).await {
                Ok((book, hits)) => {
                    let is_untouched = hits.is_empty();
                    found.books.push(book);
                    for (thread, times) in hits {
                        *found.hits.entry(thread).or_default() += times;
                    }
                    if is_untouched || at > CALLS_MAX {
                        break;
                    }
                }
                Err(error) => {
                    let name = scenario.name();
                    found.violation = Some(format!("{self:?}, N = {at}: {name}: {error:#}"));
                    break;
                }
            }
            at += self.step;
        }
        // What is left goes with the stage's folder.
        let _ = std::fs::remove_dir_all(folder);
        found
    }

    /// One life under strace; what it leaves undone is done by another, in this process.
    async fn once(
        self,
        scenario: Scenario,
        at: u32,
        template: &Path,
        folder: &Path,
    ) -> Result<(Book, BTreeMap<String, u64>)> {
        let db = fresh(template, folder)?;
        let trace = folder.join("trace");
        let life = Life::new(&db, scenario, self.errors);
        let plus = if self.for_good { "+" } else { "" };
        let inject = format!("inject={}:{}:when={at}{plus}", self.call, self.how);
        let mut strace = Command::new("strace");
        strace.args(["-f", "--seccomp-bpf", "-Y", "-qq", "-o"]);
        strace.arg(&trace).arg("-e");
        strace.arg(format!("trace={}", self.call));
        strace.args(["-e", &inject, "--"]);
        strace.arg(std::env::current_exe()?);
        strace.args(["crash", "--life", &serde_json::to_string(&life)?]);
        let output = strace.kill_on_drop(true).output();
        let output = tokio::time::timeout(super::world::PATIENCE * 2, output).await;
        let output = output.context("the life has no end")??;
        let says = String::from_utf8_lossy(&output.stdout);
        let Some(written) = says.lines().last() else {
            bail!(
                "{}: {}",
                output.status,
                String::from_utf8_lossy(&output.stderr)
            );
        };
        let book: Book = serde_json::from_str(written).with_context(|| written.to_owned())?;
        let hits = hits(&std::fs::read_to_string(&trace)?);
        let history = book.history.join("; ");
        let ended = another_life(&db, scenario, book).await;
        Ok((
            ended.with_context(|| format!("first life: {history}"))?,
            hits,
        ))
    }
}

fn fresh(template: &Path, folder: &Path) -> Result<std::path::PathBuf> {
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    std::fs::create_dir_all(folder)?;
    let db = folder.join("ampere.sqlite3");
    std::fs::copy(template, &db)?;
    Ok(db)
}

/// Nothing fails any more: judged as it is, or brought to its end first.
async fn another_life(db: &Path, scenario: Scenario, book: Book) -> Result<Book> {
    if let Some(violation) = &book.violation {
        bail!("{violation}");
    }
    if !book.is_cut {
        judge::judge(db, &book)?;
        return Ok(book);
    }
    judge::unchanged(db, &book)?;
    let guard = Guard::new(db, options(), Span::NEVER, Fault::Nothing);
    let world = World::start(guard, db, book).await?;
    finished(world, scenario, db).await
}

/// Which threads were hit, as often as they were: `-Y` writes `123<name> call(…) = -1 EIO (INJECTED)`.
fn hits(trace: &str) -> BTreeMap<String, u64> {
    let mut hits = BTreeMap::new();
    for line in trace.lines().filter(|line| line.contains("(INJECTED)")) {
        let name = line.split(['<', '>']).nth(1).unwrap_or("?").to_owned();
        *hits.entry(name).or_default() += 1;
    }
    hits
}
