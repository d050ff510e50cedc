//! One connection: one task, however many requests it has under way.

mod ending;
mod events;
mod output;
mod passing;
mod timer;

use crate::dispatch::{Dispatcher, Reply, Started, error_reply, malformed_reply};
use crate::error::{Code, RpcError};
use crate::frames::Frames;
use crate::limits::Limits;
use crate::linger::linger;
use crate::methods::wants_notifications;
use crate::request::{Malformed, Request};
use events::Event;
use futures::future::BoxFuture;
use futures::stream::{BoxStream, FuturesUnordered, SelectAll};
use output::Output;
use passing::Passing;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use timer::{Patience, Timer};
use tokio::io::unix::AsyncFd;

/// Serves one client until it leaves, breaks the rules, or `stopping` ends.
pub(crate) async fn serve(
    socket: AsyncFd<UnixStream>,
    dispatcher: Arc<Dispatcher>,
    stopping: BoxFuture<'static, ()>,
) {
    let limits = dispatcher.context().limits.clone();
    let mut connection = Connection {
        socket,
        frames: Frames::new(limits.body_bytes, limits.depth),
        calls: FuturesUnordered::new(),
        waits: FuturesUnordered::new(),
        streams: SelectAll::new(),
        subscriptions: 0,
        passing: Passing::default(),
        output: Output::default(),
        input: Input::Open,
        hung_up: false,
        spoke: false,
        drained: false,
        stopping: Some(stopping),
        timer: Timer::default(),
        dispatcher,
        limits,
    };
    connection.run().await;
    let is_told = connection.input == Input::Broken && !connection.hung_up;
    if is_told && connection.stopping.is_some() {
        linger(connection.socket).await;
    }
}

struct Connection {
    socket: AsyncFd<UnixStream>,
    dispatcher: Arc<Dispatcher>,
    limits: Limits,
    frames: Frames,
    calls: FuturesUnordered<BoxFuture<'static, Reply>>,
    /// Apart from the calls, because these are dropped where nobody is left to tell.
    waits: FuturesUnordered<BoxFuture<'static, Reply>>,
    /// What goes on being told. Not polled while the client leaves much unread: what it does not take
    /// waits in storage.
    streams: SelectAll<BoxStream<'static, Reply>>,
    /// How many there have been.
    subscriptions: u64,
    /// What is not ours.
    passing: Passing,
    output: Output,
    input: Input,
    /// The client has closed both ways: requests that came are run, and nobody is told.
    hung_up: bool,
    /// Whether there ever was a request.
    spoke: bool,
    /// Whether every whole request that has arrived is started: only then is more read.
    drained: bool,
    stopping: Option<BoxFuture<'static, ()>>,
    timer: Timer,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Input {
    Open,
    /// The client has no more to say, or is not listened to any more.
    Ended,
    /// It is unknown where the next request would begin.
    Broken,
}

impl Connection {
    async fn run(&mut self) {
        loop {
            self.start_requests();
            if self.output.flush(&self.socket).is_err() {
                self.hang_up();
            }
            if self.is_over() {
                return;
            }
            // Room that the flush has made: nothing else would wake us for what has arrived already.
            if !self.drained && self.may_start() {
                continue;
            }
            self.set_timer();
            let event = std::future::poll_fn(|cx| self.poll_event(cx)).await;
            if event == Event::TooLate {
                self.cut_off();
                return;
            }
        }
    }

    fn is_over(&self) -> bool {
        self.input != Input::Open
            && self.calls.is_empty()
            && self.waits.is_empty()
            && self.streams.is_empty()
            && self.passed_on() == (0, 0)
            && self.output.is_empty()
    }

    /// Starts what has arrived, as far as the limits let it: the rest waits unread.
    fn start_requests(&mut self) {
        self.drained = false;
        while self.may_start() {
            match self.frames.next() {
                Ok(None) => {
                    self.drained = true;
                    return;
                }
                Ok(Some(bytes)) => {
                    self.spoke = true;
                    self.timer.note_activity();
                    match Request::read(bytes) {
                        Ok(request) => match self.dispatcher.passes_on(&request).cloned() {
                            Some(pass_on) => {
                                let bytes = bytes.to_vec();
                                self.pass_on(&pass_on, request, bytes);
                            }
                            None => self.start(request),
                        },
                        Err(malformed) => self.refuse(&malformed),
                    }
                }
                Err(broken) => self.refuse(&Malformed::unreadable(&broken)),
            }
        }
    }

    fn may_start(&self) -> bool {
        self.input != Input::Broken
            && self.stopping.is_some()
            && self.calls.len() + self.passed_on().0 < self.limits.in_flight_per_connection
            && !self.output.is_full()
    }

    fn start(&mut self, request: Request) {
        if let Some(wanted) = wants_notifications(&request) {
            self.wants_notifications(wanted);
        }
        let id = request.id.clone();
        let subscription = self.subscriptions + 1;
        // Refused rather than left unread: what the waits wait for may come after them.
        match self.dispatcher.start(request, subscription) {
            Started::Call(call) => self.calls.push(call),
            Started::Wait(_) | Started::Stream(_) if self.hung_up => {}
            Started::Wait(wait) => {
                let waits = self.waits.len() + self.passed_on().1;
                if waits < self.limits.waits_per_connection {
                    self.waits.push(wait);
                } else {
                    self.refuse_one_more(&id, &format!("{waits} waits under way"));
                }
            }
            Started::Stream(stream) => {
                let streams = self.streams.len();
                if streams < self.limits.subscriptions_per_connection {
                    self.subscriptions = subscription;
                    self.streams.push(stream);
                } else {
                    self.refuse_one_more(&id, &format!("{streams} subscriptions"));
                }
            }
        }
    }

    fn refuse_one_more(&mut self, id: &str, those: &str) {
        let message = format!(
            "this connection has {those}, the most it can have: wait for one to end, or use another \
             connection"
        );
        self.say(&error_reply(id, &RpcError::new(Code::Busy, message)));
    }

    fn refuse(&mut self, malformed: &Malformed) {
        self.say(&malformed_reply(malformed));
        if malformed.fatal {
            self.input = Input::Broken;
        }
    }

    fn say(&mut self, reply: &[u8]) {
        if !self.hung_up {
            self.output.push(reply);
        }
    }

    /// Nobody reads any more: replies and waits are dropped; what was asked for still happens.
    fn hang_up(&mut self) {
        self.hung_up = true;
        self.output.clear();
        self.waits.clear();
        self.streams.clear();
        self.passing.link = None;
    }

    fn set_timer(&mut self) {
        let rests = self.calls.is_empty()
            && self.waits.is_empty()
            && self.streams.is_empty()
            && self.passed_on() == (0, 0);
        self.timer.set(if !self.output.is_empty() {
            Patience::ForReader(self.limits.write_timeout_secs)
        } else if !rests {
            Patience::Endless
        } else if !self.spoke || self.frames.has_partial() {
            Patience::ForRequest(self.limits.silent_timeout_secs)
        } else {
            Patience::ForNextRequest(self.limits.idle_timeout_secs)
        });
    }
}
