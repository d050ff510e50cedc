//! The connections to one life of a lightningd, and what was learnt over them.

use crate::calls::{Htlc, ListSendPays, Row, Waited};
use crate::connection::{Answer, CallError, Connection, read};
use crate::history::History;
use crate::life::{self, Life};
use crate::options::Options;
use crate::tip::{Heights, Progress};
use domain::{Mutex, PartId, PaymentHash};
use futures::FutureExt;
use futures::future::Shared;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, MutexGuard};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Connections for offers and questions.
const POOL: usize = 4;
/// Offers under way on each of them. lightningd reads at least a hundred requests of a connection
/// before it turns to the next; so whatever an earlier Ampere wrote before it died has taken effect by
/// the time a new one has had its first answers, and "no row" means that there will be none.
const OFFERS_A_CONNECTION: usize = 8;
/// How long an answer that lightningd has given may take to be read.
const ON_ITS_WAY: Duration = Duration::from_millis(500);

/// Connections to one life of a lightningd. All of it is given up when one of them breaks.
pub(crate) struct Session {
    pub(crate) life: Life,
    group: u64,
    waiting: Connection,
    pool: Vec<Connection>,
    next: AtomicUsize,
    offers: Semaphore,
    history: History,
    /// How far lightningd has got with the chain.
    pub(crate) progress: Progress,
    watched: Mutex<Watched>,
}

/// The parts whose end lightningd was asked to tell.
type Watched = HashMap<(PaymentHash, PartId), Shared<Answer>>;

/// `waitsendpay`'s answer.
pub(crate) type End = Result<Value, CallError>;

impl Session {
    /// Connects, and learns which lightningd this is, and how far it has got.
    pub(crate) async fn open(
        options: &Options,
        heights: Arc<Heights>,
    ) -> Result<Session, CallError> {
        let waiting = Connection::open(&options.socket).await?;
        let life = life::meet(&waiting, options).await?;
        let progress = Progress::of(heights, &waiting, options.group, life.told).await?;
        let mut pool = Vec::new();
        for _ in 0..POOL {
            let connection = Connection::open(&options.socket).await?;
            if life::started(&connection).await? != life.started {
                return Err(CallError::Lost("it has just started anew".into()));
            }
            pool.push(connection);
        }
        Ok(Session {
            group: options.group,
            waiting,
            pool,
            next: AtomicUsize::new(0),
            offers: Semaphore::new(POOL * OFFERS_A_CONNECTION),
            history: History::new(options.group, life.htlcs_are_numbered),
            life,
            progress,
            watched: Mutex::default(),
        })
    }

    /// The connection on which `wait` and what follows from it are asked.
    pub(crate) fn waiting(&self) -> &Connection {
        &self.waiting
    }

    pub(crate) fn is_lost(&self) -> bool {
        self.waiting.is_lost() || self.pool.iter().any(Connection::is_lost)
    }

    /// Any question, on one of the pool's connections.
    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        method: &str,
        params: &Value,
    ) -> Result<T, CallError> {
        self.any().ask(method, params).await
    }

    /// An offer, how many rows there were just before it, and the wish to be told how it ends:
    /// lightningd reads all three in one go, so nothing can happen in between.
    pub(crate) async fn offer(
        &self,
        method: &str,
        params: &Value,
        (hash, part): (PaymentHash, PartId),
    ) -> (Result<Waited, CallError>, Result<Row, CallError>) {
        let _permit = self.offers.acquire().await;
        let counter = json!({"subsystem": "sendpays", "indexname": "created", "nextvalue": 0});
        let key = self.key(hash, part);
        let [before, offered, ended] =
            self.any()
                .calls([("wait", &counter), (method, params), ("waitsendpay", &key)]);
        // At once: its end may be heard before its offer's own reply is.
        let is_watched = self.watch_by((hash, part), || ended);
        let (before, offered) = (before.result().await, offered.result::<Row>().await);
        if is_watched && offered.is_err() {
            self.forget(hash, part);
        }
        (before, offered)
    }

    /// The rows of a hash, whoever made them.
    pub(crate) async fn rows(&self, hash: PaymentHash) -> Result<Vec<Row>, CallError> {
        let params = json!({"payment_hash": hash.to_string()});
        let list: ListSendPays = self.ask("listsendpays", &params).await?;
        Ok(list.payments)
    }

    /// Asks to be told how a part ends, in lightningd's own words: it tells why a part of ours failed
    /// only to those who wait when it happens.
    pub(crate) fn watch(&self, hash: PaymentHash, part: PartId) {
        let call = || self.waiting.call("waitsendpay", &self.key(hash, part));
        self.watch_by((hash, part), call);
    }

    /// Whether nobody had watched that part before.
    fn watch_by(&self, key: (PaymentHash, PartId), answer: impl FnOnce() -> Answer) -> bool {
        match self.watched().entry(key) {
            Entry::Occupied(_) => false,
            Entry::Vacant(entry) => {
                entry.insert(answer().shared());
                true
            }
        }
    }

    /// What lightningd said of a part when it ended, if that was heard. Who listens and who looks up may
    /// ask at the same time: both are told the same.
    pub(crate) async fn heard_end(&self, hash: PaymentHash, part: PartId) -> Option<End> {
        let heard = self.watched().get(&(hash, part)).cloned();
        Some(heard?.await.and_then(|end| read(&end)))
    }

    /// The same of a part whose row is gone: lightningd deletes a row only after it has said how the part
    /// ended, so that is here, or on its way on another connection.
    pub(crate) async fn heard_before(
        &self,
        hash: PaymentHash,
        part: PartId,
    ) -> Option<Result<Row, CallError>> {
        let heard = self.watched().get(&(hash, part)).cloned();
        let reply = tokio::time::timeout(ON_ITS_WAY, heard?).await.ok()?;
        Some(reply.and_then(|row| read(&row)))
    }

    /// What it says of such a part when it is asked later.
    pub(crate) async fn ask_end(&self, hash: PaymentHash, part: PartId) -> End {
        self.ask("waitsendpay", &self.key(hash, part)).await
    }

    /// Nobody waits for that part any more.
    pub(crate) fn forget(&self, hash: PaymentHash, part: PartId) {
        self.watched().remove(&(hash, part));
    }

    /// Must have succeeded before that part is offered.
    pub(crate) async fn before_offering(&self, part: PartId) -> Result<(), CallError> {
        self.history.note(self.any(), part).await
    }

    /// The HTLCs of a hash that were made since before the part could be offered.
    pub(crate) async fn htlcs(
        &self,
        hash: PaymentHash,
        part: PartId,
    ) -> Result<Vec<Htlc>, CallError> {
        self.history.htlcs(self.any(), hash, part).await
    }

    /// Whether the part may have had a row that is gone.
    pub(crate) async fn rows_were_deleted(&self, part: PartId) -> Result<bool, CallError> {
        self.history.rows_were_deleted(self.any(), part).await
    }

    fn key(&self, hash: PaymentHash, part: PartId) -> serde_json::Value {
        json!({"payment_hash": hash.to_string(), "partid": part.0, "groupid": self.group})
    }

    fn any(&self) -> &Connection {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        self.pool.get(turn % POOL).unwrap_or(&self.waiting)
    }

    fn watched(&self) -> MutexGuard<'_, Watched> {
        self.watched.lock()
    }
}
