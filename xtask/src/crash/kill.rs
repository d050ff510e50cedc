//! The real daemon under load, killed at random moments: while it answers, right after it has
//! answered, and while it starts. Many payments stay in one data directory over many kills.

mod book;
mod daemon;
mod judge;
mod ledger;
mod load;
mod orders;
mod work;

use super::progress::Progress;
use super::report::Row;
use anyhow::{Context, Result, ensure};
use book::Book;
use daemon::Home;
use fastrand::Rng;
use load::Moment;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use work::Work;

/// Kills after which a data directory is left for a fresh one.
const KILLS_A_HOME: u32 = 34;
/// Rounds after which everything must have come to its end.
const ROUNDS_A_JUDGEMENT: u32 = 8;
/// How long callers wait: beyond the daemon's end.
const WAIT_SECONDS: u32 = 10;
/// What the second data directory's dice are ahead of the first one's.
const OTHER_DICE: u64 = 1 << 32;
/// The most kills in a row while it starts.
const START_KILLS: u32 = 3;

/// How a daemon is ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    Kill,
    Terminate,
}

/// What callers ask for meanwhile.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Calls {
    /// `sendpartialpay`, and `waitpartialpay`.
    Parts,
    /// `pay`.
    Orders,
}

/// One stage.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    seed: u64,
    ends: u32,
    end: End,
    calls: Calls,
}

/// A stage under way.
struct Fire<'a> {
    plan: Plan,
    dice: Rng,
    progress: &'a Progress,
    row: Row,
    ends: u32,
}

impl Plan {
    pub(super) fn all(seed: u64, kills: u32) -> [Plan; 3] {
        let plan = |end, ends, calls| Plan {
            seed,
            ends,
            end,
            calls,
        };
        [
            plan(End::Kill, kills, Calls::Parts),
            plan(End::Kill, kills, Calls::Orders),
            plan(End::Terminate, (kills / 10).min(20), Calls::Parts),
        ]
    }

    pub(super) fn name(self) -> &'static str {
        match (self.end, self.calls) {
            (End::Kill, Calls::Parts) => "kill -9 under load",
            (End::Kill, Calls::Orders) => "kill -9 under pay",
            (End::Terminate, Calls::Parts) => "SIGTERM under load",
            (End::Terminate, Calls::Orders) => "SIGTERM under pay",
        }
    }

    async fn play(self, progress: &Progress) -> Row {
        let mut fire = Fire {
            plan: self,
            dice: Rng::with_seed(self.seed),
            progress,
            row: Row {
                stage: self.name().to_owned(),
                ..Row::default()
            },
            ends: 0,
        };
        let burnt = match self.calls {
            Calls::Parts => fire.burn::<Book>().await,
            Calls::Orders => fire.burn::<orders::Book>().await,
        };
        if let Err(error) = burnt {
            let (stage, seed, ends) = (self.name(), self.seed, fire.ends);
            let violation = format!("{stage}, dice {seed}, after {ends} ends: {error:#}");
            fire.row.violations.push(violation);
        }
        fire.row.faults = fire.ends.into();
        fire.row
    }
}

/// Plays the stage to its end, or to the first violation: two data directories side by side, for much
/// of a daemon's life is waiting.
pub(super) async fn run(plan: Plan, progress: &Progress) -> Row {
    progress.stage(plan.name());
    let begin = Instant::now();
    let half = plan.ends / 2;
    let other = Plan {
        seed: plan.seed.wrapping_add(OTHER_DICE),
        ends: plan.ends - half,
        ..plan
    };
    let one = Plan { ends: half, ..plan };
    let (mut row, other) = tokio::join!(one.play(progress), other.play(progress));
    row.absorb(other);
    row.seconds = begin.elapsed().as_secs_f64();
    row
}

/// The daemon, which is built with this program.
fn built() -> Result<PathBuf> {
    let own = std::env::current_exe().context("find this program")?;
    let program = own.with_file_name("ampered");
    ensure!(program.exists(), "{} is not there", program.display());
    Ok(program)
}

impl Fire<'_> {
    async fn burn<W: Work>(&mut self) -> Result<()> {
        let program = built()?;
        let mut places = [super::on_disk(), super::in_memory()].into_iter().cycle();
        while self.ends < self.plan.ends && !self.progress.is_over() {
            let place = places.next().context("it goes round")?;
            let mut home = Home::new(&program, &place)?;
            let mut book = W::default();
            let burnt = self.burn_home(&home, &mut book).await;
            self.row.acknowledged += book.acknowledged();
            self.row.resolved += book.resolved();
            if let Err(error) = burnt {
                home.keep();
                return Err(error.context(format!(
                    "the data directory {} was kept\n{}",
                    home.path().display(),
                    book.history()
                )));
            }
        }
        Ok(())
    }

    /// One data directory, from its first start to its last judgement.
    async fn burn_home(&mut self, home: &Home, book: &mut impl Work) -> Result<()> {
        home.start().await?.terminate().await?;
        book.open(home).await?;
        let last = self.plan.ends.min(self.ends + KILLS_A_HOME);
        let mut round = 0;
        while self.ends < last && !self.progress.is_over() {
            self.round(home, book).await?;
            round += 1;
            if round % ROUNDS_A_JUDGEMENT == 0 {
                self.judge(home, book).await?;
            }
        }
        self.judge(home, book).await
    }

    /// Load, the end in its midst, and what can be said of the files before anyone opens them.
    async fn round(&mut self, home: &Home, book: &mut impl Work) -> Result<()> {
        let daemon = home.start().await?;
        let log = daemon.log();
        let moment = Moment::at_random(&mut self.dice);
        book.note(format!("load, {:?} at {moment:?}", self.plan.end));
        let loaded = async {
            book.prepare(home, &mut self.dice).await?;
            let load = book.start(home, &mut self.dice);
            load.until(moment).await?;
            match self.plan.end {
                End::Kill => daemon.kill().await?,
                End::Terminate => {
                    let status = daemon.terminate().await?;
                    ensure!(status.success(), "SIGTERM ended it with {status}");
                }
            }
            book.write_down(load.finish().await?)
        };
        let loaded: Result<()> = loaded.await;
        loaded.with_context(|| format!("the daemon's log ends with\n{}", log.tail()))?;
        self.ends += 1;
        self.row.rounds += 1;
        self.progress.round();
        ledger::files_are_sound(home)?;
        if self.plan.end == End::Kill && self.dice.u32(..10) < 4 {
            self.kill_while_it_starts(home, book).await?;
        }
        Ok(())
    }

    async fn kill_while_it_starts(&mut self, home: &Home, book: &mut impl Work) -> Result<()> {
        for _ in 0..self.dice.u32(1..=START_KILLS) {
            if self.ends >= self.plan.ends {
                break;
            }
            // At its very beginning, or anywhere until it is ready and beyond.
            let longest = if self.dice.bool() { 50_000 } else { 500_000 };
            let pause = Duration::from_micros(self.dice.u64(..longest));
            book.note(format!("killed {pause:?} after its start"));
            let daemon = home.spawn()?;
            tokio::time::sleep(pause).await;
            daemon.kill().await?;
            self.ends += 1;
            self.progress.round();
            ledger::files_are_sound(home)?;
        }
        Ok(())
    }

    /// Everything comes to its end, and is compared with what was told and what the nodes know.
    async fn judge(&mut self, home: &Home, book: &mut impl Work) -> Result<()> {
        let daemon = home.start().await?;
        let log = daemon.log();
        book.note("judgement".to_owned());
        let settled = book.settle(home, &mut self.dice).await;
        settled.with_context(|| format!("the daemon's log ends with\n{}", log.tail()))?;
        daemon.terminate().await?;
        book.check(home).await
    }
}
