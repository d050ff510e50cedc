//! The threads that read, so that no query ever holds up the runtime. Each has a connection of its
//! own, and all take from one queue: first come, first served.

use crate::list_throttle::ListThrottle;
use crate::options::Options;
use crate::pragma::{self, Connection, Role};
use diesel::QueryResult;
use domain::Unavailable;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use tokio::sync::{mpsc, oneshot};

type Job = Box<dyn FnOnce(&mut Reader) + Send>;

/// What a reader is asked to do.
enum Task {
    Read(Job),
    /// Take nothing more, finish what is queued, end.
    Close,
}

/// How urgent what the threads read is.
#[derive(Clone)]
pub(crate) enum Urgency {
    /// Somebody's payment waits for it.
    Payments,
    /// A list, which takes what payments leave of the processor, and keeps the truce.
    Lists(Arc<ListThrottle>),
}

/// The threads, as their callers see them.
pub(crate) struct Readers {
    queue: mpsc::Sender<Task>,
}

/// A connection that is opened when it is needed, and again after trouble.
struct Reader {
    path: PathBuf,
    options: Options,
    open: Option<Connection>,
}

impl Readers {
    /// Starts the threads; `alive` is dropped when the last of them has ended.
    pub(crate) fn start(
        path: &std::path::Path,
        options: &Options,
        urgency: &Urgency,
        alive: &mpsc::Sender<()>,
    ) -> io::Result<(Readers, Vec<JoinHandle<()>>)> {
        let (sender, receiver) = mpsc::channel(options.reads_max);
        let receiver = Arc::new(Mutex::new(receiver));
        let start = |number: usize| {
            let (receiver, alive) = (Arc::clone(&receiver), alive.clone());
            let mut reader = Reader {
                path: path.to_owned(),
                options: options.clone(),
                open: None,
            };
            let name = match urgency {
                Urgency::Payments => format!("storage-reader-{number}"),
                Urgency::Lists(_) => format!("storage-lists-{number}"),
            };
            let urgency = urgency.clone();
            thread::Builder::new().name(name).spawn(move || {
                if let Urgency::Lists(_) = urgency {
                    yield_to_payments();
                }
                run(&mut reader, &receiver, &urgency);
                drop((reader, alive));
            })
        };
        let threads = match urgency {
            Urgency::Payments => options.readers,
            Urgency::Lists(_) => options.list_readers,
        };
        let threads = (0..threads).map(start);
        let threads = threads.collect::<io::Result<_>>()?;
        Ok((Readers { queue: sender }, threads))
    }

    /// Runs a query on one of the threads. It sees everything that was committed before.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&mut Connection) -> QueryResult<T> + Send + 'static,
    ) -> Result<T, Unavailable> {
        let (answer, answered) = oneshot::channel();
        let job = Box::new(move |reader: &mut Reader| {
            // Whoever asked may have gone.
            let _ = answer.send(reader.read(query));
        });
        let closed = || Unavailable("the store is closed".to_owned());
        let queued = self.queue.send(Task::Read(job)).await;
        queued.map_err(|_| closed())?;
        answered.await.map_err(|_| closed())?
    }

    /// Finishes what is queued and ends the threads.
    pub(crate) async fn close(&self) {
        // A queue that is gone was closed before.
        let _ = self.queue.send(Task::Close).await;
    }
}

/// On Linux a thread has a priority of its own; elsewhere it would be the whole process's.
pub(crate) fn yield_to_payments() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(19) {
        tracing::warn!(%error, "what can wait is read at the priority of payments");
    }
}

fn run(reader: &mut Reader, queue: &Mutex<mpsc::Receiver<Task>>, urgency: &Urgency) {
    loop {
        let mut waiting = queue.lock().expect("nothing panics while it waits");
        match waiting.blocking_recv() {
            Some(Task::Close) => waiting.close(),
            Some(Task::Read(job)) => {
                drop(waiting);
                match urgency {
                    Urgency::Payments => job(reader),
                    Urgency::Lists(throttle) => throttle.read(|| job(reader)),
                }
            }
            None => return,
        }
    }
}

impl Reader {
    fn read<T>(
        &mut self,
        query: impl FnOnce(&mut Connection) -> QueryResult<T>,
    ) -> Result<T, Unavailable> {
        let mut open = match self.open.take() {
            Some(open) => open,
            None => {
                pragma::connect(&self.path, Role::Reader, &self.options).map_err(Unavailable)?
            }
        };
        let found = query(&mut open).map_err(|error| Unavailable(error.to_string()))?;
        self.open = Some(open);
        Ok(found)
    }
}
