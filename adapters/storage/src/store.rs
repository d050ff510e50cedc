//! The port on SQLite: what writes goes to the one writer, what reads to one of the readers.

use crate::batch::{IncomingWrite, Memory, fence};
use crate::birth;
use crate::changes::{self, Removal, TransitionWrite};
use crate::checkpoint::Checkpoint;
use crate::copies::Copies;
use crate::error::OpenError;
use crate::fields::array;
use crate::list_throttle::ListThrottle;
use crate::log;
use crate::migrate;
use crate::options::Options;
use crate::pragma::{self, Connection, Role};
use crate::queries;
use crate::readers::{Readers, Urgency};
use crate::rows;
use crate::schema::installation;
use crate::writer::{self, Bound, Heard, Settle, Task, Write, Writer};
use async_trait::async_trait;
use diesel::prelude::*;
use domain::{
    BackedUp, BackupError, Backups, Burial, Committed, Cursor, Deleted, Deletion, Event,
    EventFilter, History, HistoryFilter, IncomingPayment, IncomingStore, Listed, LoadError, Made,
    NewIncoming, NodeIdentity, NodeName, Order, PartFilter, PartId, PartialPayment, Payment,
    PaymentFilter, PaymentHash, PaymentId, PaymentStore, PaymentSummary, Recorded, Request,
    RequestId, Transition, Unavailable,
};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use tokio::sync::mpsc;

/// Payments on SQLite.
///
/// # Durability
///
/// A transition is answered [`Committed::Yes`] once the log that holds it has reached the disk. So
/// has whatever a store finds when it is opened.
///
/// # Closing
///
/// [`SqliteStore::close`] commits what is queued and waits for the threads. A store that is dropped
/// instead does the same, and nobody waits.
pub struct SqliteStore {
    writer: mpsc::Sender<Task>,
    readers: Readers,
    list_readers: Readers,
    unsettled: Arc<AtomicBool>,
    ended: tokio::sync::Mutex<mpsc::Receiver<()>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    installation: [u8; 16],
    copies: Copies,
}

impl SqliteStore {
    /// Opens the database, creating it (mode 0600) if there is none, and runs pending migrations.
    pub fn open(path: &Path, options: Options) -> Result<SqliteStore, OpenError> {
        let unreadable = |reason: String| OpenError::Unreadable {
            path: path.display().to_string(),
            reason,
        };
        birth::before_sqlite(path, options.may_be_new)?;
        pragma::create(path).map_err(|error| unreadable(error.to_string()))?;
        // Relative paths would follow the process when it changes its directory.
        let path = path.canonicalize();
        let path = path.map_err(|error| unreadable(error.to_string()))?;
        let options = options.at_least_one();
        let connection = pragma::connect(&path, Role::Writer, &options);
        let mut connection = connection.map_err(unreadable)?;
        birth::before_migrations(&mut connection, &path, options.may_be_new)?;
        migrate::run_pending(&mut connection)?;
        let set_up = pragma::without_statistics(&mut connection)
            .and_then(|()| pragma::never_wait(&mut connection));
        set_up.map_err(|error| unreadable(error.to_string()))?;
        // A process that was killed may have left commits in the log that never reached the disk,
        // and what is read from now on is acted upon (rule A-3).
        fence(&mut connection, options.busy_timeout)
            .map_err(|fault| unreadable(fault.to_string()))?;
        log::reserve(&mut connection, &path, &options)
            .map_err(|error| unreadable(error.to_string()))?;
        let identity = installation::table.select(installation::identity);
        let identity: Vec<u8> = identity
            .get_result(&mut connection)
            .map_err(|error| unreadable(error.to_string()))?;
        let installation = array(&identity, "the installation").map_err(unreadable)?;
        SqliteStore::start(&path, options, connection, installation)
    }

    /// What tells this database from every other, for as long as it lives: 16 random bytes.
    pub fn installation(&self) -> &[u8; 16] {
        &self.installation
    }

    fn start(
        path: &Path,
        options: Options,
        connection: Connection,
        installation: [u8; 16],
    ) -> Result<SqliteStore, OpenError> {
        let (alive, ended) = mpsc::channel(1);
        let (readers, mut threads) = Readers::start(path, &options, &Urgency::Payments, &alive)?;
        let throttle = Arc::new(ListThrottle::default());
        let lists = Urgency::Lists(Arc::clone(&throttle));
        let (list_readers, list_threads) = Readers::start(path, &options, &lists, &alive)?;
        threads.extend(list_threads);
        let (queue, tasks) = mpsc::channel(options.queue_max);
        let unsettled = Arc::new(AtomicBool::new(false));
        let writer = Writer {
            path: path.to_owned(),
            checkpoint: Checkpoint::start(path.to_owned(), options.clone(), throttle)?,
            options,
            connection: Some(connection),
            memory: Memory::default(),
            queue: tasks,
            unsettled: Arc::clone(&unsettled),
        };
        let thread = thread::Builder::new().name("storage-writer".to_owned());
        threads.push(thread.spawn(move || {
            writer.run();
            drop(alive);
        })?);
        Ok(SqliteStore {
            writer: queue,
            readers,
            list_readers,
            unsettled,
            ended: tokio::sync::Mutex::new(ended),
            threads: Mutex::new(threads),
            installation,
            copies: Copies::of(path.to_owned()),
        })
    }

    /// A backup that is being made ends soon, without a result; no other is begun.
    pub fn stop_backups(&self) {
        self.copies.stop();
    }

    /// Commits what is queued, moves the log into the database, and ends the threads. Whatever
    /// comes later is answered "unavailable".
    pub async fn close(&self) {
        self.copies.stopped().await;
        // Readers first: the log can only be emptied when nobody reads from it.
        self.readers.close().await;
        self.list_readers.close().await;
        // A queue that is gone was closed before.
        let _ = self.writer.send(Task::Close).await;
        // Nothing is ever sent: this answers when the last thread has ended.
        self.ended.lock().await.recv().await;
        let threads = std::mem::take(&mut *self.threads.lock().expect("nothing panics with it"));
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a thread of the store panicked");
            }
        }
    }

    pub(crate) async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&mut Connection) -> QueryResult<T> + Send + 'static,
    ) -> Result<T, Unavailable> {
        self.read_by(&self.readers, query).await
    }

    async fn read_by<T: Send + 'static>(
        &self,
        readers: &Readers,
        query: impl FnOnce(&mut Connection) -> QueryResult<T> + Send + 'static,
    ) -> Result<T, Unavailable> {
        if self.unsettled.load(Ordering::Acquire) {
            known(self.write(Settle).await)?;
        }
        readers.read(query).await
    }

    pub(crate) async fn write<W: Write>(&self, write: W) -> Committed<W::Done> {
        let (queued, answer) = writer::queued(write);
        if self.writer.send(Task::Write(queued)).await.is_err() {
            return Committed::Unavailable("the store is closed".to_owned());
        }
        // The writer ends only by a panic before it has answered.
        let unknown = |_| Committed::Unknown("the writer has ended".to_owned());
        answer.await.unwrap_or_else(unknown)
    }
}

/// For what can be written again without harm: whoever does not know that it is durable writes it again.
pub(crate) fn known<T>(committed: Committed<T>) -> Result<T, Unavailable> {
    match committed {
        Committed::Yes(done) => Ok(done),
        Committed::Conflict => Err(Unavailable("it is out of date".to_owned())),
        Committed::Unavailable(reason)
        | Committed::Refused(reason)
        | Committed::Unknown(reason) => Err(Unavailable(reason)),
    }
}

#[async_trait]
impl PaymentStore for SqliteStore {
    async fn load(&self, hash: PaymentHash) -> Result<Option<Payment>, LoadError> {
        let found = self.read(move |connection| queries::load(connection, hash));
        found.await?.transpose()
    }

    async fn commit(&self, transition: Transition) -> Committed {
        match TransitionWrite::of(transition) {
            Ok(write) => self.write(write).await,
            Err(error) => Committed::Refused(error.to_string()),
        }
    }

    async fn delete(&self, deletion: Deletion) -> Committed<Deleted> {
        match Removal::of(&deletion) {
            Ok(removal) => self.write(removal).await,
            Err(error) => Committed::Refused(error.to_string()),
        }
    }

    async fn bury(&self, burial: Burial) -> Committed<()> {
        match changes::tombstone(&burial) {
            Ok(tombstone) => self.write(tombstone).await,
            Err(error) => Committed::Refused(error.to_string()),
        }
    }

    async fn advance(&self, node: NodeName, cursor: Cursor) -> Result<(), Unavailable> {
        let cursor = changes::cursor(cursor).map_err(|error| Unavailable(error.to_string()))?;
        known(self.write(Heard { node, cursor }).await)
    }

    async fn cursor(&self, node: NodeName) -> Result<Option<Cursor>, Unavailable> {
        let found = self.read(move |connection| queries::cursor(connection, &node));
        found.await
    }

    async fn bind(
        &self,
        node: NodeName,
        identity: NodeIdentity,
    ) -> Result<NodeIdentity, Unavailable> {
        known(self.write(Bound { node, identity }).await)
    }

    async fn live(
        &self,
        after: Option<PaymentId>,
        limit: u32,
    ) -> Result<Vec<(PaymentId, PaymentHash)>, Unavailable> {
        let found = self.read(move |connection| queries::live(connection, after, limit));
        found.await
    }

    async fn part(&self, id: PartId) -> Result<Option<Listed<PartialPayment>>, Unavailable> {
        let filter = PartFilter {
            id: Some(id),
            limit: 1,
            ..PartFilter::default()
        };
        let found = self.read(move |connection| queries::parts(connection, &filter));
        Ok(found.await?.into_iter().next())
    }

    async fn request(&self, id: RequestId) -> Result<Option<(Request, Made)>, Unavailable> {
        let found = self.read(move |connection| queries::request(connection, id));
        found.await?.transpose().map_err(Unavailable)
    }

    async fn open_orders(
        &self,
        after: Option<PaymentId>,
        limit: u32,
    ) -> Result<Vec<(PaymentId, PaymentHash)>, Unavailable> {
        let found = self.read(move |connection| queries::open_orders(connection, after, limit));
        found.await
    }

    async fn orders(
        &self,
        payments: Vec<PaymentId>,
    ) -> Result<Vec<(PaymentId, Order)>, Unavailable> {
        let query = move |connection: &mut Connection| queries::orders(connection, &payments);
        self.read_by(&self.list_readers, query).await
    }

    async fn payments(
        &self,
        filter: PaymentFilter,
    ) -> Result<Vec<Listed<PaymentSummary>>, Unavailable> {
        let query = move |connection: &mut Connection| queries::payments(connection, &filter);
        self.read_by(&self.list_readers, query).await
    }

    async fn history(&self, filter: HistoryFilter) -> Result<History, Unavailable> {
        let query = move |connection: &mut Connection| queries::history(connection, &filter);
        self.read_by(&self.list_readers, query).await
    }

    async fn parts(&self, filter: PartFilter) -> Result<Vec<Listed<PartialPayment>>, Unavailable> {
        let query = move |connection: &mut Connection| queries::parts(connection, &filter);
        self.read_by(&self.list_readers, query).await
    }

    async fn events(&self, filter: EventFilter) -> Result<Vec<Listed<Event>>, Unavailable> {
        let query = move |connection: &mut Connection| queries::events(connection, &filter);
        self.read_by(&self.list_readers, query).await
    }

    async fn last_event(&self) -> Result<u64, Unavailable> {
        let query = |connection: &mut Connection| queries::last_event(connection);
        self.read_by(&self.list_readers, query).await
    }
}

#[async_trait]
impl Backups for SqliteStore {
    async fn back_up(&self, file: PathBuf) -> Result<BackedUp, BackupError> {
        self.copies.make(file).await
    }
}

#[async_trait]
impl IncomingStore for SqliteStore {
    async fn record(&self, payment: NewIncoming, cursor: Cursor) -> Recorded {
        let committed = match IncomingWrite::of(payment, cursor) {
            Ok(write) => self.write(write).await,
            Err(error) => Committed::Refused(error.to_string()),
        };
        match committed {
            Committed::Yes(recorded) => recorded,
            Committed::Refused(reason) => Recorded::Refused(reason),
            // In doubt it is recorded again, which does no harm.
            Committed::Unavailable(reason) | Committed::Unknown(reason) => {
                Recorded::Unavailable(reason)
            }
            Committed::Conflict => Recorded::Unavailable("it is out of date".to_owned()),
        }
    }

    async fn incoming_cursor(&self, node: NodeName) -> Result<Option<Cursor>, Unavailable> {
        let found = self.read(move |connection| rows::incoming_cursor(connection, &node));
        found.await
    }

    async fn incoming(
        &self,
        filter: PaymentFilter,
    ) -> Result<Vec<Listed<IncomingPayment>>, Unavailable> {
        let query = move |connection: &mut Connection| rows::incoming(connection, &filter);
        self.read_by(&self.list_readers, query).await
    }
}
