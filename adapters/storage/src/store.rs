//! The port on SQLite: what writes goes to the one writer, what reads to one of the readers.

use crate::batch::{IncomingWrite, Memory, fence};
use crate::changes::{self, Removal, Write};
use crate::checkpoint::Checkpoint;
use crate::error::OpenError;
use crate::fields::array;
use crate::log;
use crate::migrate;
use crate::options::Options;
use crate::pragma::{self, Connection, Role};
use crate::queries;
use crate::readers::{Readers, Urgency};
use crate::rows;
use crate::schema::installation;
use crate::truce::Truce;
use crate::writer::{Task, Writer};
use async_trait::async_trait;
use diesel::prelude::*;
use domain::{
    Burial, Committed, Cursor, Deleted, Deletion, Event, EventFilter, IncomingPayment,
    IncomingStore, Listed, LoadError, NodeIdentity, NodeName, PartFilter, PartId, PartialPayment,
    Payment, PaymentFilter, PaymentHash, PaymentId, PaymentStore, PaymentSummary, Recorded,
    Request, RequestId, Transition, Unavailable,
};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use tokio::sync::{mpsc, oneshot};

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
}

impl SqliteStore {
    /// Opens the database, creating it (mode 0600) if there is none, and runs pending migrations.
    pub fn open(path: &Path, options: Options) -> Result<SqliteStore, OpenError> {
        let unreadable = |reason: String| OpenError::Unreadable {
            path: path.display().to_string(),
            reason,
        };
        pragma::create(path).map_err(|error| unreadable(error.to_string()))?;
        // Relative paths would follow the process when it changes its directory.
        let path = path.canonicalize();
        let path = path.map_err(|error| unreadable(error.to_string()))?;
        let options = options.at_least_one();
        let connection = pragma::connect(&path, Role::Writer, &options);
        let mut connection = connection.map_err(unreadable)?;
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
        let truce = Arc::new(Truce::default());
        let lists = Urgency::Lists(Arc::clone(&truce));
        let (list_readers, list_threads) = Readers::start(path, &options, &lists, &alive)?;
        threads.extend(list_threads);
        let (queue, tasks) = mpsc::channel(options.queue_max);
        let unsettled = Arc::new(AtomicBool::new(false));
        let writer = Writer {
            path: path.to_owned(),
            checkpoint: Checkpoint::start(path.to_owned(), options.clone(), truce)?,
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
        })
    }

    /// Commits what is queued, moves the log into the database, and ends the threads. Whatever
    /// comes later is answered "unavailable".
    pub async fn close(&self) {
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
            self.ask(Task::Settle).await?;
        }
        readers.read(query).await
    }

    async fn write<T>(
        &self,
        task: impl FnOnce(oneshot::Sender<Committed<T>>) -> Task,
    ) -> Committed<T> {
        let (answer, answered) = oneshot::channel();
        if self.writer.send(task(answer)).await.is_err() {
            return Committed::Unavailable(closed().0);
        }
        // The writer ends only by a panic before it has answered.
        let unknown = |_| Committed::Unknown("the writer has ended".to_owned());
        answered.await.unwrap_or_else(unknown)
    }

    pub(crate) async fn ask<T>(
        &self,
        task: impl FnOnce(oneshot::Sender<Result<T, Unavailable>>) -> Task,
    ) -> Result<T, Unavailable> {
        let (answer, answered) = oneshot::channel();
        let queued = self.writer.send(task(answer)).await;
        queued.map_err(|_| closed())?;
        answered.await.map_err(|_| closed())?
    }
}

fn closed() -> Unavailable {
    Unavailable("the store is closed".to_owned())
}

#[async_trait]
impl PaymentStore for SqliteStore {
    async fn load(&self, hash: PaymentHash) -> Result<Option<Payment>, LoadError> {
        let found = self.read(move |connection| queries::load(connection, hash));
        found.await?.transpose()
    }

    async fn commit(&self, transition: Transition) -> Committed {
        let write = match Write::of(transition) {
            Ok(write) => Box::new(write),
            Err(error) => return Committed::Refused(error.to_string()),
        };
        self.write(|answer| Task::Commit(write, answer)).await
    }

    async fn delete(&self, deletion: Deletion) -> Committed<Deleted> {
        let removal = match Removal::of(&deletion) {
            Ok(removal) => Box::new(removal),
            Err(error) => return Committed::Refused(error.to_string()),
        };
        self.write(|answer| Task::Delete(removal, answer)).await
    }

    async fn bury(&self, burial: Burial) -> Committed<()> {
        let tombstone = match changes::tombstone(&burial) {
            Ok(tombstone) => Box::new(tombstone),
            Err(error) => return Committed::Refused(error.to_string()),
        };
        self.write(|answer| Task::Bury(tombstone, answer)).await
    }

    async fn advance(&self, node: NodeName, cursor: Cursor) -> Result<(), Unavailable> {
        let cursor = changes::cursor(cursor).map_err(|error| Unavailable(error.to_string()))?;
        self.ask(|answer| Task::Advance(node, cursor, answer)).await
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
        self.ask(|answer| Task::Bind(node, identity, answer)).await
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

    async fn request(&self, id: RequestId) -> Result<Option<(Request, PartId)>, Unavailable> {
        let found = self.read(move |connection| queries::request(connection, id));
        found.await?.transpose().map_err(Unavailable)
    }

    async fn payments(
        &self,
        filter: PaymentFilter,
    ) -> Result<Vec<Listed<PaymentSummary>>, Unavailable> {
        let query = move |connection: &mut Connection| queries::payments(connection, &filter);
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
impl IncomingStore for SqliteStore {
    async fn record(&self, payment: IncomingPayment, cursor: Cursor) -> Recorded {
        let write = match IncomingWrite::of(payment, cursor) {
            Ok(write) => Box::new(write),
            Err(error) => return Recorded::Refused(error.to_string()),
        };
        let (answer, answered) = oneshot::channel();
        if self.writer.send(Task::Record(write, answer)).await.is_err() {
            return Recorded::Unavailable(closed().0);
        }
        let gone = |_| Recorded::Unavailable("the writer has ended".to_owned());
        answered.await.unwrap_or_else(gone)
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
