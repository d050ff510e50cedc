//! The limits of the store.

use std::time::Duration;

/// The limits of the store. Its [`Default`] is right for one daemon on one disk.
#[derive(Clone, Debug)]
pub struct Options {
    /// The most transitions in one commit.
    pub batch_max: usize,
    /// Transitions that may queue up for the writer; one more waits in its caller.
    pub queue_max: usize,
    /// Threads that read, each with a connection of its own.
    pub readers: usize,
    /// Threads that read lists, likewise, at a low priority: they never hold up a payment.
    pub list_readers: usize,
    /// Reads that may queue up; one more waits in its caller.
    pub reads_max: usize,
    /// How long to wait for another program that has locked the database.
    pub busy_timeout: Duration,
    /// Transitions after which the background checkpoint is woken.
    pub checkpoint_every: usize,
    /// Bytes that the log has from the start: what it grows by later makes commits wait.
    pub log_bytes: u64,
    /// Whether a database may be made where there is none: not where there has been one before.
    pub may_be_new: bool,
    /// Limits the size of the file: for tests of a full disk.
    pub max_page_count: Option<u32>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            batch_max: 1_024,
            queue_max: 8_192,
            readers: 4,
            list_readers: 2,
            reads_max: 8_192,
            busy_timeout: Duration::from_secs(5),
            checkpoint_every: 128,
            // Twice what one caller fills before the log begins anew, at the slowest.
            log_bytes: 8 << 20,
            may_be_new: true,
            max_page_count: None,
        }
    }
}

impl Options {
    /// Without any batch, queue or reader nothing would ever happen.
    pub(crate) fn at_least_one(self) -> Options {
        Options {
            batch_max: self.batch_max.max(1),
            queue_max: self.queue_max.max(1),
            readers: self.readers.max(1),
            list_readers: self.list_readers.max(1),
            reads_max: self.reads_max.max(1),
            ..self
        }
    }
}
