//! The thread that writes lists out as JSON: at a low priority, so that a list takes what payments
//! leave of the processor, however many ask for lists. And while payments are asked for it rests after
//! each as long as that took, because what processors share has no priority.

use crate::contained::contain;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};

/// The longest rest: of a page of very large payments, too.
const REST_MAX: Duration = Duration::from_millis(20);
/// Payments are being made if one was asked for so many microseconds ago.
const LATELY_US: u64 = 100_000;

type Job = Box<dyn FnOnce() + Send>;

/// The thread, as its callers see it. It ends when this is gone.
pub(crate) struct PageWriter {
    jobs: mpsc::UnboundedSender<Job>,
    last_payment: Arc<LastPayment>,
}

/// When a payment was asked for last, in microseconds since the first moment; 0: never.
struct LastPayment {
    first: Instant,
    us: AtomicU64,
}

impl PageWriter {
    pub(crate) fn start() -> io::Result<PageWriter> {
        // Each of these is a list that somebody waits for, and those have a limit.
        let (jobs, mut queue) = mpsc::unbounded_channel::<Job>();
        let last_payment = Arc::new(LastPayment {
            first: Instant::now(),
            us: AtomicU64::new(0),
        });
        let payments = Arc::clone(&last_payment);
        let thread = thread::Builder::new().name("rpc-lists".to_owned());
        thread.spawn(move || {
            yield_to_payments();
            while let Some(job) = queue.blocking_recv() {
                let begin = Instant::now();
                // A bug in one list is its caller's, and the next one is written.
                let _ = contain(job);
                if payments.was_lately() {
                    thread::sleep(begin.elapsed().min(REST_MAX));
                }
            }
        })?;
        Ok(PageWriter { jobs, last_payment })
    }

    /// Somebody pays.
    pub(crate) fn payment_asked_for(&self) {
        let now = self.last_payment.now_us();
        self.last_payment.us.store(now, Ordering::Relaxed);
    }

    /// Does that work there, when those before it are done. `None`: it has panicked.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let (reply, done) = oneshot::channel();
        let job = Box::new(move || {
            // Whoever asked may have gone.
            let _ = reply.send(work());
        });
        self.jobs.send(job).ok()?;
        done.await.ok()
    }
}

impl LastPayment {
    fn now_us(&self) -> u64 {
        u64::try_from(self.first.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn was_lately(&self) -> bool {
        let us = self.us.load(Ordering::Relaxed);
        us > 0 && self.now_us().saturating_sub(us) < LATELY_US
    }
}

/// On Linux a thread has a priority of its own; elsewhere it would be the whole process's.
fn yield_to_payments() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(19) {
        tracing::warn!(%error, "lists are written at the priority of payments");
    }
}

#[cfg(test)]
mod tests {
    use super::PageWriter;

    #[tokio::test]
    async fn a_list_that_panics_is_its_callers_alone() {
        let page_writer = PageWriter::start().unwrap();
        assert_eq!(page_writer.write(|| -> u8 { panic!("a bug") }).await, None);
        assert_eq!(page_writer.write(|| 7).await, Some(7));
    }
}
