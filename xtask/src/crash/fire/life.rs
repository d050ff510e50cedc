//! One life of a scenario in a process of its own, whose system calls somebody else breaks. It ends by
//! writing down its book; with everything failing for good it ends like a crash.

use super::book::Book;
use super::faults::Fault;
use super::guard::{Guard, Span};
use super::options;
use super::scenario::Scenario;
use super::world::World;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// After so many failures there is no point in going on.
const FAILURES: u64 = 12;

/// What a parent wants.
#[derive(Serialize, Deserialize)]
pub(super) struct Life {
    db: PathBuf,
    scenario: String,
    /// How many errors callers may read before it ends like a crash.
    errors: u64,
}

impl Life {
    pub(super) fn new(db: &Path, scenario: Scenario, errors: u64) -> Life {
        Life {
            db: db.to_owned(),
            scenario: scenario.name().to_owned(),
            errors,
        }
    }
}

/// Lives it, and prints the book as its last line.
pub(in crate::crash) async fn live(life: &str) -> Result<()> {
    let life: Life = serde_json::from_str(life).context("read what the parent wants")?;
    let scenario = Scenario::named(&life.scenario).context("no such scenario")?;
    let mut options = options();
    if life.errors == 1 {
        // What a failed commit leaves in the log must still be there.
        options.checkpoint_every = usize::MAX;
    }
    let guard = Guard::new(&life.db, options, Span::NEVER, Fault::Nothing);
    let book = tokio::select! {
        biased;
        () = guard.has_failed(FAILURES) => cut(Book::default()),
        world = World::start(Arc::clone(&guard), &life.db, Book::default()) => match world {
            Ok(world) => lived(world, scenario, life.errors).await?,
            // Also an end: the next life must be able to start.
            Err(_) => cut(Book::default()),
        },
    };
    println!("{}", serde_json::to_string(&book)?);
    // Nothing is tidied up: a log may be left behind, and is for the next life to read.
    std::process::exit(0)
}

async fn lived(mut world: World, scenario: Scenario, errors: u64) -> Result<Book> {
    let guard = Arc::clone(&world.guard);
    let mut read = world.errors_read();
    let played = tokio::select! {
        biased;
        () = guard.has_failed(FAILURES) => None,
        // Before anybody overwrites what a failed commit has left in the log.
        _ = read.wait_for(|read| *read >= errors) => None,
        played = scenario.play(&mut world) => Some(played),
    };
    match played {
        None => Ok(cut(world.written())),
        Some(Ok(())) => world.end().await,
        // A daemon that cannot start again waits for the next life.
        Some(Err(_)) if guard.failures() >= FAILURES => Ok(cut(world.written())),
        Some(Err(error)) => {
            let mut book = world.written();
            book.violation = Some(format!("{error:#}"));
            Ok(book)
        }
    }
}

pub(super) fn cut(mut book: Book) -> Book {
    book.note("this life ends here".to_owned());
    book.is_cut = true;
    book
}
