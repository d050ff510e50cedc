//! A daemon that is ended at every step: before and after each write and each offer to its node. What
//! a caller was told stays told, the node goes on, and another daemon finishes what is left.

use super::book::Book;
use super::gate::Gate;
use super::guard::Guard;
use super::life::cut;
use super::scenario::Scenario;
use super::world::World;
use super::{Place, finished, judge, options};
use crate::crash::progress::Progress;
use crate::crash::report::Row;
use anyhow::{Context, Result, ensure};
use std::path::Path;
use std::sync::Arc;

/// No scenario has more steps.
const STEPS_MAX: u64 = 200;

/// N = 1, 2, 3 … until the scenario runs to its end.
pub(super) async fn everywhere(
    place: &Place,
    scenario: Scenario,
    progress: &Progress,
    row: &mut Row,
) -> Result<()> {
    for last in 1.. {
        ensure!(last < STEPS_MAX, "it never runs to its end");
        let db = place.fresh()?;
        let (book, was_ended) = at(last, scenario, &db)
            .await
            .with_context(|| format!("ended at step {last}"))?;
        progress.round();
        row.add(&book);
        if !was_ended {
            break;
        }
        row.faults += 1;
    }
    Ok(())
}

async fn at(last: u64, scenario: Scenario, db: &Path) -> Result<(Book, bool)> {
    let gate = Gate::at(last);
    let guard = Guard::gated(db, options(), gate);
    let book = life(&guard, scenario, db).await;
    guard.close().await;
    let book = book?;
    let history = format!("first life: {}", book.history.join("; "));
    let was_ended = book.is_cut;
    let book = if was_ended {
        judge::unchanged(db, &book)?;
        let guard = Guard::gated(db, options(), Gate::open());
        let world = World::start(guard, db, book).await?;
        finished(world, scenario, db).await.context(history)?
    } else {
        judge::judge(db, &book).context(history)?;
        book
    };
    Ok((book, was_ended))
}

/// Until the gate is shut, or to its end.
async fn life(guard: &Arc<Guard>, scenario: Scenario, db: &Path) -> Result<Book> {
    let gate = guard.gate();
    let started = tokio::select! {
        biased;
        () = gate.is_shut() => return Ok(cut(Book::default())),
        world = World::start(Arc::clone(guard), db, Book::default()) => world,
    };
    let mut world = started?;
    let played = tokio::select! {
        biased;
        () = gate.is_shut() => None,
        played = scenario.play(&mut world) => Some(played),
    };
    match played {
        None => Ok(cut(world.written())),
        Some(played) => {
            played?;
            let written = world.written();
            tokio::select! {
                biased;
                () = gate.is_shut() => Ok(cut(written)),
                book = world.end() => book,
            }
        }
    }
}
