//! Lines on their way to a descriptor whose reader may be slow, stopped or gone, or whose disk is full.
//!
//! A thread of its own writes them, so that nobody who says something ever waits for it. A line that does
//! not fit into the queue, or that cannot be written, is dropped and counted.

mod health;
mod writer;

pub use health::Report;

use health::Health;
use std::collections::VecDeque;
use std::io;
use std::os::fd::AsFd;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, SystemTime};

/// What may wait to be written, in bytes.
const ROOM: usize = 1 << 20;
/// The same for what must not be dropped because of chatter.
const ROOM_FOR_IMPORTANT: usize = ROOM + (256 << 10);
/// Why a line is dropped that was never tried.
const NOBODY_READS: &str = "nobody reads them fast enough, and the queue is full";

/// Whether a line may use the last room of the queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rank {
    /// It may be dropped first.
    Chatter,
    /// Warnings, errors, the word that the daemon is ready.
    Important,
}

/// A queue of lines, and the thread that writes them. A clone is the same queue.
#[derive(Clone)]
pub struct Lines(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    /// There is something to write.
    filled: Condvar,
    /// Something was written, or given up.
    emptied: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Vec<u8>>,
    /// Bytes of what waits.
    bytes: usize,
    /// Lines that were taken in, and those of them that are over: written, or given up.
    taken: u64,
    over: u64,
    health: Health,
    /// Tasks that wait for room.
    crowded_out: Vec<Waker>,
    /// Tasks that wait for trouble.
    watchers: Vec<Waker>,
}

impl Lines {
    /// Starts the thread, which lasts as long as the process.
    pub fn start(out: impl AsFd + Send + 'static) -> io::Result<Lines> {
        let lines = Lines(Arc::new(Shared {
            state: Mutex::default(),
            filled: Condvar::new(),
            emptied: Condvar::new(),
        }));
        let queue = lines.clone();
        let thread = thread::Builder::new().name("log".to_owned());
        thread.spawn(move || writer::run(&queue, &out))?;
        Ok(lines)
    }

    /// Takes a line in, or drops it. Never waits, never fails.
    pub fn push(&self, line: Vec<u8>, rank: Rank) {
        let mut state = self.state();
        let room = match rank {
            Rank::Chatter => ROOM,
            Rank::Important => ROOM_FOR_IMPORTANT,
        };
        if state.bytes.saturating_add(line.len()) > room {
            state.health.lost(NOBODY_READS, SystemTime::now());
        } else {
            self.enqueue(&mut state, line);
        }
    }

    /// Takes in what must not be dropped, once there is room for it; an error if what was written last
    /// could not be.
    pub fn poll_push(&self, cx: &Context<'_>, message: &[u8]) -> Poll<io::Result<()>> {
        let mut state = self.state();
        if let Some(why) = state.health.failing_write() {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::BrokenPipe, why)));
        }
        if state.bytes > ROOM {
            state.crowded_out.push(cx.waker().clone());
            return Poll::Pending;
        }
        self.enqueue(&mut state, message.to_vec());
        Poll::Ready(Ok(()))
    }

    /// Ready once a line could not be written.
    pub fn poll_broken(&self, cx: &Context<'_>) -> Poll<()> {
        let mut state = self.state();
        if state.health.failing_write().is_some() {
            return Poll::Ready(());
        }
        state.watchers.push(cx.waker().clone());
        Poll::Pending
    }

    /// Waits until all that was taken in is over, but no longer than that. Says whether it is.
    pub fn flush(&self, patience: Duration) -> bool {
        let state = self.state();
        let taken = state.taken;
        let waited = self
            .0
            .emptied
            .wait_timeout_while(state, patience, |state| state.over < taken);
        let (state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        drop(state);
        !timeout.timed_out()
    }

    /// What became of the lines so far.
    pub fn report(&self) -> Report {
        self.state().health.report()
    }

    fn enqueue(&self, state: &mut State, line: Vec<u8>) {
        state.bytes = state.bytes.saturating_add(line.len());
        state.taken += 1;
        state.waiting.push_back(line);
        self.0.filled.notify_one();
    }

    /// The next line, when there is one.
    fn next(&self) -> Vec<u8> {
        let mut state = self.state();
        loop {
            if let Some(line) = state.waiting.pop_front() {
                state.bytes = state.bytes.saturating_sub(line.len());
                let crowded_out = std::mem::take(&mut state.crowded_out);
                drop(state);
                crowded_out.into_iter().for_each(Waker::wake);
                return line;
            }
            let filled = self.0.filled.wait(state);
            state = filled.unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// One line is over. How many were lost, once lines can be written again.
    fn over(&self, written: &io::Result<()>) -> Option<u64> {
        let mut state = self.state();
        state.over += 1;
        let mut watchers = Vec::new();
        let lost = match written {
            Ok(()) if state.waiting.is_empty() => state.health.works(),
            Ok(()) => None,
            Err(why) => {
                let now = SystemTime::now();
                state.health.could_not_write(&why.to_string(), now);
                watchers = std::mem::take(&mut state.watchers);
                None
            }
        };
        drop(state);
        watchers.into_iter().for_each(Waker::wake);
        self.0.emptied.notify_all();
        lost
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
