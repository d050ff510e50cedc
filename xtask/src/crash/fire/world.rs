//! The real engine over the real store and a simulated node, with time that passes by itself.

use super::book::{Book, ReportedOutcome};
use super::finder::{GreedyFinder, dear};
use super::gate::Gate;
use super::guard::Guard;
use super::node::BookedNode;
use anyhow::{Context, Result, bail};
use domain::contract::samples::{failure, hash, msat, node, preimage, secret};
use domain::{
    Engine, Failure, HtlcSender, NodePorts, Notes, Offer, Outcome, PartId, Policy, Ports, Ways,
};
use rusqlite::Connection;
use sim::{SimClock, SimFunds, TestSpawner};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// What must happen soon, also on a machine whose disk is busy with something else.
pub(super) const PATIENCE: Duration = Duration::from_secs(120);
/// Pauses take no time up to that: an order's deadline comes only when a scenario says so.
const PAUSES: Duration = Duration::from_secs(3_600);
/// How often a start is tried: each failure brings the fault nearer to its end.
const STARTS: u32 = 20;

/// Everything, and the book about it.
pub(super) struct World {
    pub(super) guard: Arc<Guard>,
    pub(super) node: Arc<BookedNode>,
    pub(super) finder: Arc<GreedyFinder>,
    /// None while the daemon is down.
    engine: Option<Arc<Engine>>,
    pub(super) clock: Arc<SimClock>,
    book: Mutex<Book>,
    pub(super) errors: watch::Sender<u64>,
    /// The judge's own eyes: open since before the fault.
    eyes: Mutex<Connection>,
}

impl World {
    /// Starts, or goes on with what a life before has left.
    pub(super) async fn start(guard: Arc<Guard>, db: &Path, mut book: Book) -> Result<World> {
        let eyes = Connection::open(db)?;
        let node = remembered(&guard, &book).await;
        let clock = Arc::new(SimClock::hasty_within(PAUSES));
        let finder = GreedyFinder::new();
        if book.is_without_a_way {
            finder.lose_the_way();
        }
        let engine = started(&guard, (&node, &finder), &clock, &mut book).await?;
        Ok(World {
            guard,
            node,
            finder,
            engine: Some(engine),
            clock,
            book: Mutex::new(book),
            errors: watch::Sender::new(0),
            eyes: Mutex::new(eyes),
        })
    }

    /// The daemon dies and is started again; node and storage live on.
    pub(super) async fn restart(&mut self) -> Result<()> {
        let mut book = std::mem::take(&mut *self.book());
        book.note("restart".to_owned());
        self.engine = None;
        let ports = (&self.node, &self.finder);
        let started = started(&self.guard, ports, &self.clock, &mut book).await;
        *self.book() = book;
        self.engine = Some(started?);
        Ok(())
    }

    /// Returns once the node has the part: a payee takes nothing before he has everything, and what has
    /// not left when its payment is complete never does (rule A-2).
    pub(super) async fn offered(&self, part: PartId, n: u64) -> Result<()> {
        let is_out = || self.node.sim().ledger().contains_key(&(part, hash(n)));
        let what = || format!("part {part} was never offered");
        soon(is_out).await.with_context(what)
    }

    /// The node says what became of a part, once it has it.
    pub(super) async fn says(&self, part: PartId, n: u64, is_paid: bool) -> Result<()> {
        let said = ReportedOutcome {
            part: part.0,
            n,
            is_paid,
        };
        self.offered(part, n).await?;
        self.say(said);
        Ok(())
    }

    /// The node's word, if it has not said so yet.
    pub(super) fn say(&self, said: ReportedOutcome) {
        let ReportedOutcome { part, n, is_paid } = said;
        let mut book = self.book();
        if !book.said.contains(&said) {
            book.said.push(said);
            book.note(format!("the node says {said:?}"));
            let word = word(n, is_paid);
            self.node.sim().say(PartId(part), hash(n), word);
        }
    }

    /// The fault ends, and so does the engine; the book is closed.
    pub(super) async fn end(self) -> Result<Book> {
        self.guard.lift().await;
        self.engine().close().await;
        self.guard.close().await;
        Ok(self.written())
    }

    /// How many errors callers have read.
    pub(super) fn errors_read(&self) -> watch::Receiver<u64> {
        self.errors.subscribe()
    }

    pub(super) fn engine(&self) -> &Engine {
        self.engine
            .as_ref()
            .expect("callers call a daemon that runs")
    }

    /// The book, with what the node knows.
    pub(super) fn written(&self) -> Book {
        let mut book = self.book().clone();
        let number = |hash| (1..9).find(|n| hash == domain::contract::samples::hash(*n));
        book.ledger = self.node.sent(|hash| number(hash).unwrap_or(0));
        book.note(format!("the store said {:?}", self.guard.reasons()));
        book
    }

    pub(super) fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn eyes(&self) -> MutexGuard<'_, Connection> {
        self.eyes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A node that has sent and said what the book tells of.
async fn remembered(guard: &Guard, book: &Book) -> Arc<BookedNode> {
    // In an earlier life: these are no steps of this one.
    let node = BookedNode::new(Gate::open());
    for sent in &book.ledger {
        let offer = Offer {
            part: PartId(sent.part),
            payment_hash: hash(sent.n),
            total: msat(1_000),
            route: dear(sent.amount, sent.with_fees.saturating_sub(sent.amount)),
            secret: Some(secret(sent.n)),
            metadata: None,
            notes: Notes::default(),
        };
        node.offer(&offer).await;
    }
    for said in &book.said {
        let word = word(said.n, said.is_paid);
        node.sim().say(PartId(said.part), hash(said.n), word);
    }
    node.reborn(guard.gate())
}

fn word(n: u64, is_paid: bool) -> Outcome {
    if is_paid {
        return Outcome::Fulfilled(*preimage(n).1.expose());
    }
    // By the payee, who waited in vain for the rest: that teaches nothing about the way.
    Outcome::Failed(Box::new(Failure {
        erring_index: Some(2),
        failcode: Some(23),
        ..failure()
    }))
}

/// Opens the store and starts the engine, as often as it takes.
async fn started(
    guard: &Arc<Guard>,
    (node, finder): (&Arc<BookedNode>, &Arc<GreedyFinder>),
    clock: &Arc<SimClock>,
    book: &mut Book,
) -> Result<Arc<Engine>> {
    // Parts are not given up while the hasty clock runs ahead during a fault.
    let policy = Policy {
        offer_window: Duration::from_secs(1 << 32),
        ..Policy::default()
    };
    for _ in 0..STARTS {
        if let Err(error) = guard.open().await {
            book.error(format!("start: {}", without_path(&error, guard)));
            continue;
        }
        let ports = Ports {
            store: Arc::clone(guard) as _,
            unrecorded: Arc::clone(guard) as _,
            clock: Arc::clone(clock) as _,
            spawner: Arc::new(TestSpawner),
            incoming: None,
            ways: Some(Ways {
                finder: Arc::clone(finder) as _,
                nodes: vec![(self::node(), SimFunds::new() as _)],
            }),
            nodes: vec![NodePorts {
                name: self::node(),
                sender: Arc::clone(node) as _,
                listener: node.sim().listener(),
            }],
        };
        match Engine::start(ports, policy.clone()).await {
            Ok(engine) => return Ok(engine),
            Err(error) => book.error(format!("start: {error}")),
        }
    }
    bail!("it never started: {:?}", book.errors)
}

/// The same text in every run.
fn without_path(error: &anyhow::Error, guard: &Guard) -> String {
    let path = guard.path().display().to_string();
    format!("{error:#}").replace(&path, "FILE")
}

/// Waits for what must come soon.
pub(super) async fn soon(mut is_there: impl FnMut() -> bool) -> Result<()> {
    let waited = tokio::time::timeout(PATIENCE, async {
        while !is_there() {
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
    });
    Ok(waited.await?)
}
