//! Staying connected: one session at a time, made anew when it breaks.

use crate::ends::Ends;
use crate::life::Life;
use crate::options::Options;
use crate::session::Session;
use crate::tip::{self, Heights, Tip};
use domain::{Backoff, Cursor, Mutex, NodeIdentity, PartId, PaymentHash};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::{Mutex as AsyncMutex, watch};
use tokio::time::Instant;

/// How long a lightningd may take to say what it is.
const PATIENCE: Duration = Duration::from_secs(10);
/// The first and the longest time for which a lightningd that could not be reached is not tried again.
const BACKOFF: Backoff = Backoff::new(Duration::from_millis(20), Duration::from_secs(2));

/// Why lightningd cannot be asked now, for people.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Away(pub(crate) String);

/// What the sender and the listener of one node share.
pub(crate) struct Link {
    pub(crate) options: Options,
    pub(crate) ends: Ends,
    session: Mutex<Option<Arc<Session>>>,
    state: AsyncMutex<State>,
    /// The number of the present life: 0 before the first.
    lives: watch::Sender<u64>,
    heights: Arc<Heights>,
    network: Mutex<Option<String>>,
    /// The most rows, and updates of rows, that lightningd has ever spoken of: with fewer, its database
    /// is an old one.
    rows: AtomicU64,
    updates: AtomicU64,
    told: AtomicU64,
}

struct State {
    identity: Option<NodeIdentity>,
    started: Option<String>,
    failed: Option<(Instant, Duration, Away)>,
    backoff: Backoff,
}

impl Link {
    pub(crate) fn new(options: Options) -> Link {
        Link {
            options,
            ends: Ends::default(),
            session: Mutex::default(),
            state: AsyncMutex::new(State {
                identity: None,
                started: None,
                failed: None,
                backoff: BACKOFF,
            }),
            lives: watch::Sender::new(0),
            heights: Arc::default(),
            network: Mutex::default(),
            rows: AtomicU64::new(0),
            updates: AtomicU64::new(0),
            told: AtomicU64::new(0),
        }
    }

    /// The present session, or a new one.
    pub(crate) async fn session(self: &Arc<Self>) -> Result<Arc<Session>, Away> {
        if let Some(session) = self.present() {
            return Ok(session);
        }
        // In a task of its own: who asks may stop asking half-way, and must not hold up the others.
        let link = self.clone();
        let connecting = tokio::spawn(async move { link.connected().await });
        let ended = |_| Err(Away("lightningd's connection is being closed".into()));
        connecting.await.unwrap_or_else(ended)
    }

    fn present(&self) -> Option<Arc<Session>> {
        let told = self.told.load(Ordering::Acquire);
        let session = self.session.lock().clone()?;
        (!session.is_lost() && session.life.updates >= told).then_some(session)
    }

    async fn connected(&self) -> Result<Arc<Session>, Away> {
        let mut state = self.state.lock().await;
        if let Some(session) = self.present() {
            return Ok(session);
        }
        self.keep(None);
        if let Some((at, pause, away)) = &state.failed
            && at.elapsed() < *pause
        {
            return Err(away.clone());
        }
        match self.connect(&mut state).await {
            Ok(session) => {
                state.failed = None;
                state.backoff.reset();
                tokio::spawn(tip::follow(Arc::downgrade(&session)));
                self.keep(Some(session.clone()));
                self.heights.tell();
                Ok(session)
            }
            Err(away) => {
                let pause = state.backoff.next_pause();
                state.failed = Some((Instant::now(), pause, away.clone()));
                Err(away)
            }
        }
    }

    fn keep(&self, session: Option<Arc<Session>>) {
        *self.session.lock() = session;
    }

    async fn connect(&self, state: &mut State) -> Result<Arc<Session>, Away> {
        let opened =
            tokio::time::timeout(PATIENCE, Session::open(&self.options, self.heights.clone()))
                .await;
        let session = match opened {
            Ok(Ok(session)) => session,
            Ok(Err(error)) => return Err(Away(error.to_string())),
            Err(_) => {
                let (socket, seconds) = (self.options.socket.display(), PATIENCE.as_secs());
                return Err(Away(format!("{socket}: no answer within {seconds} s")));
            }
        };
        self.recognise(state, &session.life)?;
        for (hash, part) in self.ends.awaited() {
            session.watch(hash, part);
        }
        Ok(Arc::new(session))
    }

    /// Rule A-4: nothing is asked of another node than the one that was met first, nor of an old
    /// database of it: "never seen" would prove nothing there.
    fn recognise(&self, state: &mut State, life: &Life) -> Result<(), Away> {
        let known = state.identity.get_or_insert_with(|| life.identity.clone());
        if *known != life.identity {
            let found = &life.identity;
            return Err(Away(format!(
                "another node answers: {found} in place of {known}"
            )));
        }
        let (rows, updates) = (
            self.rows.load(Ordering::Acquire),
            self.updates.load(Ordering::Acquire),
        );
        if life.rows < rows || life.updates < updates {
            return Err(Away(format!(
                "its database is an old one: it has counted {} payments and {} outcomes, and had told of \
                 {rows} and {updates}; bring the newer one back, or give this node another name",
                life.rows, life.updates
            )));
        }
        self.seen_row(life.rows);
        self.seen_update(life.updates);
        *self.network.lock() = Some(life.network.clone());
        if state.started.as_ref() != Some(&life.started) {
            tracing::info!(socket = %self.options.socket.display(), version = life.version,
                identity = %life.identity, "met lightningd");
            state.started = Some(life.started.clone());
            self.lives.send_modify(|life| *life += 1);
        }
        Ok(())
    }

    /// Returns once lightningd lives another life than `known`.
    pub(crate) async fn life(&self, known: Option<u64>) -> u64 {
        let mut lives = self.lives.subscribe();
        let known = known.unwrap_or(0);
        let another = lives.wait_for(|life| *life > known).await;
        another.map_or(known, |life| *life)
    }

    pub(crate) async fn identity(self: &Arc<Self>) -> Result<NodeIdentity, Away> {
        let known = self.session().await?;
        Ok(known.life.identity.clone())
    }

    /// The height that lightningd counts a part's delays from: one above the tip, once it is there.
    pub(crate) fn base_height(&self) -> Option<u32> {
        match self.present()?.progress.tip() {
            Tip::At(height) => Some(height.saturating_add(1)),
            Tip::Below(_) => None,
        }
    }

    /// The next block, as far as the chain was ever heard of.
    pub(crate) fn next_block(&self) -> Option<u32> {
        let highest = self.heights.highest();
        (highest > 0).then(|| highest.saturating_add(1))
    }

    /// Returns once lightningd has reached the tip.
    pub(crate) async fn reach_tip(&self) {
        let is_reached = || self.base_height().is_some();
        self.heights.reached(is_reached).await;
    }

    pub(crate) fn network(&self) -> Option<String> {
        self.network.lock().clone()
    }

    /// Nobody need be told any more how that part ends.
    pub(crate) fn forget(&self, session: &Session, hash: PaymentHash, part: PartId) {
        session.forget(hash, part);
        self.ends.forget(hash, part);
    }

    pub(crate) fn seen_row(&self, number: u64) {
        self.rows.fetch_max(number, Ordering::AcqRel);
    }

    pub(crate) fn seen_update(&self, number: u64) {
        self.updates.fetch_max(number, Ordering::AcqRel);
    }

    /// What an Ampere before this one had stored of its outcomes, it has told. A session that knows of
    /// fewer is with an old database, even if it was made before this was known.
    pub(crate) fn has_told(&self, cursor: Cursor) {
        self.told.fetch_max(cursor.0, Ordering::AcqRel);
        self.seen_update(cursor.0);
    }
}
