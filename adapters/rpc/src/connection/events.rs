//! What a connection waits for: replies, room to write, requests, the daemon's end.

use super::{Connection, Input};
use crate::dispatch::Reply;
use crate::frames::Frames;
use crate::request::Malformed;
use futures::stream::{Stream, StreamExt};
use std::cell::RefCell;
use std::io::{self, ErrorKind, Read};
use std::os::unix::net::UnixStream;
use std::task::{Context, Poll};
use tokio::io::unix::AsyncFd;

/// What can be read at once.
const CHUNK: usize = 16 * 1024;

thread_local! {
    /// What has just been read: one for all connections of a thread, so that none has to clear it.
    static ARRIVED: RefCell<[u8; CHUNK]> = const { RefCell::new([0; CHUNK]) };
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    Progress,
    TooLate,
}

impl Connection {
    pub(super) fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Event> {
        let replied = self.poll_replies(cx);
        let wrote = self.poll_write(cx);
        let read = self.poll_read(cx);
        let stopped = self.poll_stop(cx);
        if replied || wrote || read || stopped {
            return Poll::Ready(Event::Progress);
        }
        self.timer.poll(cx).map(|()| Event::TooLate)
    }

    fn poll_replies(&mut self, cx: &mut Context<'_>) -> bool {
        let mut any = self.poll_link(cx);
        if self.is_within_a_reply() {
            return any;
        }
        let under_way: [&mut (dyn Stream<Item = Reply> + Send + Unpin); 3] =
            [&mut self.calls, &mut self.waits, &mut self.streams];
        for under_way in under_way {
            while !self.output.is_full() {
                let Poll::Ready(Some(reply)) = under_way.poll_next_unpin(cx) else {
                    break;
                };
                any = true;
                if !self.hung_up {
                    self.output.push(&reply);
                }
            }
        }
        any
    }

    /// Room to write, or the client's hanging up, which shows nowhere else while nothing is read.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> bool {
        while !self.hung_up {
            match self.socket.poll_write_ready(cx) {
                Poll::Pending => return false,
                Poll::Ready(Ok(mut ready)) if !ready.ready().is_write_closed() => {
                    // Cleared before the next write is tried, so no edge after that is missed.
                    ready.clear_ready();
                    if !self.output.is_empty() {
                        self.timer.note_activity();
                        return true;
                    }
                }
                Poll::Ready(_) => {
                    self.hang_up();
                    return true;
                }
            }
        }
        false
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> bool {
        if self.input != Input::Open || !self.drained || !self.may_start() {
            return false;
        }
        let mut ready = match self.socket.poll_read_ready(cx) {
            Poll::Pending => return false,
            Poll::Ready(Ok(ready)) => ready,
            Poll::Ready(Err(_)) => return self.end_input(),
        };
        match receive(&self.socket, &mut self.frames) {
            Ok(0) => return self.end_input(),
            Ok(CHUNK..) => {}
            Ok(_) => ready.clear_ready(),
            Err(error) if error.kind() == ErrorKind::WouldBlock => ready.clear_ready(),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return self.end_input(),
        }
        true
    }

    /// The client has closed its writing side. It may still read.
    fn end_input(&mut self) -> bool {
        self.input = Input::Ended;
        if self.frames.has_partial() {
            let malformed = Malformed::unreadable(&"Invalid JSON: the request was cut off");
            self.refuse(&malformed);
        }
        true
    }

    fn poll_stop(&mut self, cx: &mut Context<'_>) -> bool {
        let stopping = self.stopping.as_mut();
        let stopped = stopping.is_some_and(|stopping| stopping.as_mut().poll(cx).is_ready());
        if stopped {
            self.stop();
        }
        stopped
    }
}

/// Reads what has arrived, or a part of it: how many bytes.
pub(super) fn receive(socket: &AsyncFd<UnixStream>, frames: &mut Frames) -> io::Result<usize> {
    ARRIVED.with_borrow_mut(|arrived| {
        let read = socket.get_ref().read(arrived)?;
        frames.push(arrived.get(..read).unwrap_or_default());
        Ok(read)
    })
}
