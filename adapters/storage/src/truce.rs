//! A pause of the lists, so that the log can begin anew.
//!
//! The log is written over only when nobody reads what is in it. Lists that are read one after the other,
//! by more than one thread, never leave such a moment. So they are asked for it; payments never wait.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// What a list waits at most, in case nothing is written any more.
const PATIENCE: Duration = Duration::from_millis(20);

/// Between the lists and the log.
#[derive(Default)]
pub(crate) struct Truce {
    is_asked_for: AtomicBool,
    reading: AtomicUsize,
    /// Only lists take it: they may be held up in the middle of it, at their priority.
    waiting: Mutex<()>,
    is_over: Condvar,
}

/// A list that is being read.
pub(crate) struct Reading<'a>(&'a Truce);

impl Truce {
    /// Waits while the log wants to begin anew, but not for long.
    pub(crate) fn read(&self) -> Reading<'_> {
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
        let truce = Truce::default();
        assert!(!truce.is_kept(), "nobody has asked");
        let reading = truce.read();
        truce.ask();
        assert!(!truce.is_kept());
        drop(reading);
        assert!(truce.is_kept());
        truce.end();
        assert!(!truce.is_kept());
        drop(truce.read());
    }

    #[test]
    fn a_list_begins_when_the_truce_is_over_or_nobody_ends_it() {
        let truce = Truce::default();
        truce.ask();
        let (begun, has_begun) = mpsc::channel();
        thread::scope(|scope| {
            scope.spawn(|| {
                let _reading = truce.read();
                begun.send(()).unwrap();
            });
            has_begun.recv().unwrap();
        });
        assert!(!truce.is_kept(), "who has waited long enough ends it");
    }
}
