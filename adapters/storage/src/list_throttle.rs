//! What lists leave to payments.
//!
//! A pause, so that the log can begin anew. It is written over only when nobody reads what is in it, and
//! lists that are read one after the other, by more than one thread, never leave such a moment. So they
//! are asked for it; payments do not wait for them.
//!
//! And every other moment. A thread at the lowest priority takes no processor from a payment, but it does
//! take what processors share: so after each list it rests as long as that took, while payments are made.

use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// The longest rest: of a list that reads all rows, too.
const REST_MAX: Duration = Duration::from_millis(20);
/// What a list waits at most, in case nothing is written any more.
const PATIENCE: Duration = Duration::from_millis(20);

/// Between the lists and the log.
#[derive(Default)]
pub(crate) struct ListThrottle {
    is_asked_for: AtomicBool,
    reading: AtomicUsize,
    /// How often the writer was at work.
    commits: AtomicUsize,
    /// Only lists take it: they may be held up in the middle of it, at their priority.
    waiting: Mutex<()>,
    is_over: Condvar,
}

/// A list that is being read.
struct Reading<'a>(&'a ListThrottle);

impl ListThrottle {
    /// Reads a list, and rests if the writer was at work meanwhile.
    pub(crate) fn read(&self, list: impl FnOnce()) {
        let reading = self.begin();
        let (commits, begin) = (self.commits.load(Relaxed), Instant::now());
        list();
        drop(reading);
        if self.commits.load(Relaxed) != commits {
            thread::sleep(begin.elapsed().min(REST_MAX));
        }
    }

    /// The writer was at work.
    pub(crate) fn committed(&self) {
        self.commits.fetch_add(1, Relaxed);
    }

    /// Waits while the log wants to begin anew, but not for long.
    fn begin(&self) -> Reading<'_> {
        loop {
            if self.is_asked_for() {
                self.wait();
            }
            // First the one, then the other, as `is_kept` does the other way round.
            self.reading.fetch_add(1, SeqCst);
            let reading = Reading(self);
            if !self.is_asked_for() {
                return reading;
            }
        }
    }

    /// No list begins from now on.
    pub(crate) fn ask(&self) {
        self.is_asked_for.store(true, SeqCst);
    }

    /// Whether no list is being read, and none begins.
    pub(crate) fn is_kept(&self) -> bool {
        self.is_asked_for() && self.reading.load(SeqCst) == 0
    }

    /// Lists begin again. Who misses it has waited long enough soon.
    pub(crate) fn end(&self) {
        self.is_asked_for.store(false, SeqCst);
        self.is_over.notify_all();
    }

    fn is_asked_for(&self) -> bool {
        self.is_asked_for.load(SeqCst)
    }

    fn wait(&self) {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let over = |(): &mut ()| self.is_asked_for();
        let waited = self.is_over.wait_timeout_while(waiting, PATIENCE, over);
        let (waiting, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        drop(waiting);
        if timeout.timed_out() {
            self.end();
        }
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        self.0.reading.fetch_sub(1, SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::thread;

    #[test]
    fn a_list_that_is_being_read_is_waited_for_and_the_next_one_waits() {
        let throttle = ListThrottle::default();
        assert!(!throttle.is_kept(), "nobody has asked");
        let reading = throttle.begin();
        throttle.ask();
        assert!(!throttle.is_kept());
        drop(reading);
        assert!(throttle.is_kept());
        throttle.end();
        assert!(!throttle.is_kept());
        throttle.read(|| ());
    }

    #[test]
    fn a_list_begins_when_the_truce_is_over_or_nobody_ends_it() {
        let throttle = ListThrottle::default();
        throttle.ask();
        let (begun, has_begun) = mpsc::channel();
        thread::scope(|scope| {
            scope.spawn(|| throttle.read(|| begun.send(()).unwrap()));
            has_begun.recv().unwrap();
        });
        assert!(!throttle.is_kept(), "who has waited long enough ends it");
    }
}
