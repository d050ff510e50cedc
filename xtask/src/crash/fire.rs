//! A fixed set of scenarios on a real SQLite file, each with storage failing from the N-th write on, or
//! with the daemon ended at its N-th step, N = 1, 2, 3 … until it runs untouched.

mod book;
mod caller;
mod calls;
mod ended;
mod faults;
mod finder;
mod gate;
mod guard;
mod judge;
mod life;
mod node;
mod payer;
mod scenario;
mod world;

use super::progress::Progress;
use super::report::Row;
use super::{in_memory, on_disk};
use anyhow::{Context, Result, ensure};
use book::Book;
use faults::{Fault, Tmpfs};
use guard::{Guard, Span};

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use storage::{Options, SqliteStore};
use tempfile::TempDir;
use world::World;

pub(super) use life::live;
pub(super) use scenario::Scenario;

/// No scenario writes more often.
const WRITES_MAX: u64 = 200;
/// How many failures a fault causes before it is over: one, or enough for callers to meet it again.
const FAILURES: [u64; 2] = [1, 4];
/// Pages that a full disk has left: SQLite then fails in the midst of a commit.
const SPARE_PAGES: [u64; 3] = [0, 2, 5];

/// One way of failing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stage {
    Ended,
    PageLimit,
    FullDisk,
    Locked,
    OldReader,
    ReadOnly,
    SystemCalls,
}

/// Where the files of a stage are.
struct Place {
    /// First, because it must be gone before the folder that it is in.
    mounted: Option<Tmpfs>,
    folder: TempDir,
    template: PathBuf,
}

impl Stage {
    pub(super) const ALL: [Stage; 7] = [
        Stage::Ended,
        Stage::PageLimit,
        Stage::FullDisk,
        Stage::Locked,
        Stage::OldReader,
        Stage::ReadOnly,
        Stage::SystemCalls,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Stage::Ended => "ended at every step",
            Stage::PageLimit => "max_page_count",
            Stage::FullDisk => "full disk (tmpfs)",
            Stage::Locked => "locked by another program",
            Stage::OldReader => "busy checkpoints",
            Stage::ReadOnly => "read-only files",
            Stage::SystemCalls => "I/O errors",
        }
    }

    /// The scenarios of which "stage: scenario" has that text in it.
    pub(super) fn scenarios(self, only: Option<&str>) -> Vec<Scenario> {
        let is_wanted = |scenario: &Scenario| {
            let name = format!("{}: {}", self.name(), scenario.name());
            only.is_none_or(|text| name.contains(text))
        };
        // A child for each system call of each thread takes its time.
        let is_played = |scenario: &Scenario| self != Stage::SystemCalls || scenario.is_in_child();
        let played = Scenario::ALL.into_iter().filter(is_played);
        played.filter(is_wanted).collect()
    }

    /// Plays the scenarios; the first violation of each is enough.
    pub(super) async fn run(self, scenarios: &[Scenario], progress: &Progress) -> Row {
        progress.stage(self.name());
        let begin = Instant::now();
        let mut row = Row {
            stage: self.name().to_owned(),
            ..Row::default()
        };
        match self.place().await {
            Err(error) => row.note = format!("not possible here: {error:#}"),
            Ok(place) if self == Stage::SystemCalls => {
                calls::run(&place, scenarios, progress, &mut row).await;
            }
            Ok(place) => {
                for scenario in scenarios {
                    let played = if self == Stage::Ended {
                        ended::everywhere(&place, *scenario, progress, &mut row).await
                    } else {
                        self.play(&place, *scenario, progress, &mut row).await
                    };
                    if let Err(error) = played {
                        let (stage, scenario) = (self.name(), scenario.name());
                        row.violations
                            .push(format!("{stage}: {scenario}: {error:#}"));
                    }
                }
            }
        }
        row.seconds = begin.elapsed().as_secs_f64();
        row
    }

    async fn place(self) -> Result<Place> {
        // No file system in memory knows read-only files.
        let beside = match self {
            Stage::ReadOnly | Stage::FullDisk => on_disk(),
            Stage::Ended
            | Stage::PageLimit
            | Stage::Locked
            | Stage::OldReader
            | Stage::SystemCalls => in_memory(),
        };
        let mut folder = tempfile::Builder::new();
        let folder = folder.prefix("crash-").tempdir_in(beside)?;
        let mut mounted = None;
        match self {
            Stage::FullDisk => mounted = Some(Tmpfs::mount(folder.path().join("small"))?),
            Stage::ReadOnly => faults::can_be_read_only(folder.path())?,
            Stage::SystemCalls => calls::can_be_broken()?,
            Stage::Ended | Stage::PageLimit | Stage::Locked | Stage::OldReader => {}
        }
        let template = folder.path().join("template.sqlite3");
        make(&template).await?;
        Ok(Place {
            mounted,
            folder,
            template,
        })
    }

    async fn play(
        self,
        place: &Place,
        scenario: Scenario,
        progress: &Progress,
        row: &mut Row,
    ) -> Result<()> {
        for failures in FAILURES {
            let spares = if self == Stage::FullDisk {
                &SPARE_PAGES[..]
            } else {
                &[0]
            };
            for spare in spares {
                for at in 1.. {
                    ensure!(at < WRITES_MAX, "it never runs untouched");
                    let span = Span { at, failures };
                    let (fault, options) = self.fault(*spare, at, place)?;
                    let db = place.fresh()?;
                    let run = Run { scenario, span };
                    let (book, was_hit) = run.play(&db, fault, options).await?;
                    progress.round();
                    row.add(&book);
                    if !was_hit {
                        break;
                    }
                    row.faults += 1;
                }
            }
        }
        Ok(())
    }

    fn fault(self, spare: u64, at: u64, place: &Place) -> Result<(Fault, Options)> {
        let mut options = options();
        let fault = match self {
            Stage::PageLimit => {
                let pages = place.pages()? + u32::try_from(at)? - 1;
                options.max_page_count = Some(pages);
                Fault::PageLimit
            }
            Stage::FullDisk => Fault::Full { spare },
            Stage::Locked => {
                options.busy_timeout = Duration::from_millis(1);
                Fault::Locked(None)
            }
            Stage::OldReader => Fault::OldReader(None),
            Stage::ReadOnly => Fault::ReadOnly,
            Stage::Ended | Stage::SystemCalls => Fault::Nothing,
        };
        Ok((fault, options))
    }
}

/// The checkpointer is as busy as it can be.
fn options() -> Options {
    Options {
        readers: 1,
        list_readers: 1,
        checkpoint_every: 1,
        log_bytes: 16 << 10,
        ..Options::default()
    }
}

/// A scenario and its fault.
struct Run {
    scenario: Scenario,
    span: Span,
}

impl Run {
    /// Plays and judges: the book, and whether the fault has come.
    async fn play(&self, db: &Path, fault: Fault, options: Options) -> Result<(Book, bool)> {
        let is_limit = matches!(fault, Fault::PageLimit);
        let guard = Guard::new(db, options, self.span, fault);
        let world = World::start(guard.clone(), db, Book::default()).await;
        let context = || format!("{:?}", self.span);
        let book = finished(world.with_context(context)?, self.scenario, db).await;
        let was_hit = if is_limit {
            guard.failures() > 0
        } else {
            guard.was_hit()
        };
        Ok((book.with_context(context)?, was_hit))
    }
}

/// Plays what is left, and judges.
async fn finished(mut world: World, scenario: Scenario, db: &Path) -> Result<Book> {
    let played = scenario.play(&mut world).await;
    let book = world.end().await?;
    let judged = played.and_then(|()| judge::judge(db, &book));
    judged.with_context(|| {
        format!(
            "history: {}; ledger: {:?}",
            book.history.join("; "),
            book.ledger
        )
    })?;
    Ok(book)
}

/// An empty database that has run its migrations, all of it in one file.
async fn make(template: &Path) -> Result<()> {
    SqliteStore::open(template, Options::default())?
        .close()
        .await;
    let last = rusqlite::Connection::open(template)?;
    // Migrations leave free pages, and there a full disk would not show.
    last.execute_batch("vacuum")?;
    let is_busy: bool = last.query_row("pragma wal_checkpoint(truncate)", [], |row| row.get(0))?;
    ensure!(!is_busy, "somebody still uses the template");
    Ok(())
}

impl Place {
    /// A copy of an empty database that has run its migrations, in a folder of its own.
    fn fresh(&self) -> Result<PathBuf> {
        let folder = match &self.mounted {
            Some(tmpfs) => tmpfs.path().join("run"),
            None => self.folder.path().join("run"),
        };
        self.fresh_in(&folder)
    }

    fn fresh_in(&self, folder: &Path) -> Result<PathBuf> {
        if folder.exists() {
            std::fs::remove_dir_all(folder)?;
        }
        std::fs::create_dir_all(folder)?;
        let db = folder.join("ampere.sqlite3");
        std::fs::copy(&self.template, &db)?;
        Ok(db)
    }

    fn pages(&self) -> Result<u32> {
        let db = self.fresh()?;
        let db = rusqlite::Connection::open(db)?;
        Ok(db.query_row("pragma page_count", [], |row| row.get(0))?)
    }
}

impl Row {
    fn add(&mut self, book: &Book) {
        self.rounds += 1;
        self.acknowledged += book.acknowledged;
        let resolved = book.asked.len() + book.orders.len();
        self.resolved += u64::try_from(resolved).unwrap_or(0);
        for (text, times) in &book.errors {
            *self.errors.entry(text.clone()).or_default() += times;
        }
    }
}
