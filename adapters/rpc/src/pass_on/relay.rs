//! The task behind one connection's link: it writes requests to lightningd and reads what comes back.

use super::pieces::{Cutter, Head, Piece};
use super::{PassOn, Trouble};
use futures::future::BoxFuture;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// What is read at once.
const CHUNK: usize = 64 * 1024;
/// The id of what is asked of lightningd for us, and not for the client.
const OWN_ID: &str = "\"ampere:notifications\"";

/// A request, or nothing but a wish.
pub(super) struct Order {
    /// The request as it came; empty if there is none.
    pub(super) bytes: Vec<u8>,
    /// Whether the client wants lightningd's notifications.
    pub(super) notifications: bool,
}

/// What the task tells, in order.
pub(super) enum Told {
    Piece(Piece),
    /// The last that it tells.
    Failed(Trouble),
}

/// What it shares with the link.
pub(super) struct Ends {
    pub(super) orders: mpsc::UnboundedReceiver<Order>,
    pub(super) told: mpsc::Sender<Told>,
    /// Bytes of requests that lightningd has not taken yet.
    pub(super) backlog: Arc<AtomicUsize>,
}

/// Passes requests on for as long as the link is there, or until lightningd fails.
pub(super) async fn relay(pass_on: Arc<PassOn>, patience: Duration, ends: Ends) {
    let told = ends.told.clone();
    let mut session = Session {
        pass_on,
        ends,
        unsent: Vec::new(),
        notifications: false,
        replies: 0,
        patience,
        silent_since: Instant::now(),
    };
    if let Some(trouble) = session.run().await {
        // The link may be gone.
        let _ = told.send(Told::Failed(trouble)).await;
    }
}

struct Session {
    pass_on: Arc<PassOn>,
    ends: Ends,
    unsent: Vec<u8>,
    /// Whether this connection is to have notifications.
    notifications: bool,
    /// Replies that are still to come.
    replies: usize,
    /// How long lightningd may say nothing before it is asked whether it is there; zero is for ever.
    patience: Duration,
    silent_since: Instant,
}

/// A connection to lightningd, and what has happened on it.
struct Upstream {
    stream: UnixStream,
    cutter: Cutter,
    /// Whether lightningd is there, once it is asked.
    asked: Option<BoxFuture<'static, bool>>,
    /// Whether lightningd has said something on it.
    has_served: bool,
    /// Whether it may have a request that it has not answered.
    has_request: bool,
    /// Whether what comes, or came last, is a reply.
    is_reply: bool,
}

enum Event {
    Ordered(Option<Order>),
    Wrote(io::Result<usize>),
    Read(io::Result<usize>),
    IsSilent,
    IsAlive(bool),
}

/// How a connection to lightningd ended.
enum End {
    /// The client has gone.
    NotWanted,
    /// lightningd had closed it, as a restart does, before it was given what is to be sent.
    Stale,
    Failed(Trouble),
}

impl Session {
    /// Until the link is gone (`None`), or lightningd fails.
    async fn run(&mut self) -> Option<Trouble> {
        loop {
            while self.replies == 0 {
                let order = self.ends.orders.recv().await?;
                self.take(&order);
            }
            let stream = match UnixStream::connect(&self.pass_on.socket).await {
                Ok(stream) => stream,
                Err(why) => return Some(Trouble::Away(why)),
            };
            if self.notifications {
                let requests = std::mem::take(&mut self.unsent);
                self.send(&wish(true), 1);
                self.unsent.extend(requests);
            }
            self.silent_since = Instant::now();
            match self.serve(stream).await {
                End::NotWanted => return None,
                End::Stale => {}
                End::Failed(trouble) => return Some(trouble),
            }
        }
    }

    async fn serve(&mut self, stream: UnixStream) -> End {
        let mut upstream = Upstream {
            stream,
            cutter: Cutter::new(),
            asked: None,
            has_served: false,
            has_request: false,
            is_reply: false,
        };
        let mut arrived = Vec::with_capacity(CHUNK);
        loop {
            match self.next(&mut upstream, &mut arrived).await {
                Event::Ordered(None) => return End::NotWanted,
                Event::Ordered(Some(order)) => {
                    if self.replies == 0 {
                        self.silent_since = Instant::now();
                    }
                    if order.notifications != self.notifications {
                        self.send(&wish(order.notifications), 1);
                    }
                    self.take(&order);
                }
                Event::Wrote(Ok(written)) => {
                    upstream.has_request = true;
                    self.unsent.drain(..written);
                    self.ends.backlog.fetch_sub(written, Ordering::Relaxed);
                }
                Event::Read(Ok(1..)) => {
                    self.hears(&mut upstream);
                    if let Err(end) = self.tell(&mut upstream, &arrived).await {
                        return end;
                    }
                    arrived.clear();
                }
                Event::Wrote(Err(_)) | Event::Read(Ok(0) | Err(_)) => {
                    return if upstream.has_served && !upstream.has_request {
                        End::Stale
                    } else {
                        End::Failed(Trouble::Closed)
                    };
                }
                Event::IsSilent => upstream.asked = Some(self.ask()),
                Event::IsAlive(true) => self.hears(&mut upstream),
                Event::IsAlive(false) => {
                    let silent = self.silent_since.elapsed().as_secs();
                    return End::Failed(Trouble::Hung(silent));
                }
            }
        }
    }
}

impl Session {
    /// Of a client: its bytes are counted in the backlog already.
    fn take(&mut self, order: &Order) {
        self.notifications = order.notifications;
        self.unsent.extend_from_slice(&order.bytes);
        self.replies += usize::from(!order.bytes.is_empty());
    }

    fn send(&mut self, bytes: &[u8], replies: usize) {
        self.unsent.extend_from_slice(bytes);
        self.ends.backlog.fetch_add(bytes.len(), Ordering::Relaxed);
        self.replies += replies;
    }

    async fn next(&mut self, upstream: &mut Upstream, arrived: &mut Vec<u8>) -> Event {
        let (mut input, mut output) = upstream.stream.split();
        let is_waited_for = self.replies > 0 && !self.patience.is_zero();
        let too_late = self.silent_since.checked_add(self.patience);
        let too_late = too_late.unwrap_or(self.silent_since);
        let is_asked = upstream.asked.is_some();
        tokio::select! {
            biased;
            read = input.read_buf(arrived) => Event::Read(read),
            wrote = output.write(&self.unsent), if !self.unsent.is_empty() => Event::Wrote(wrote),
            order = self.ends.orders.recv() => Event::Ordered(order),
            is_alive = answer(&mut upstream.asked), if is_asked => Event::IsAlive(is_alive),
            () = sleep_until(too_late), if is_waited_for && !is_asked => Event::IsSilent,
        }
    }

    /// Tells what has arrived.
    async fn tell(&mut self, upstream: &mut Upstream, arrived: &[u8]) -> Result<(), End> {
        let nonsense = |_| End::Failed(Trouble::Nonsense);
        for piece in upstream.cutter.cut(arrived).map_err(nonsense)? {
            let is_own = matches!(&piece.head, Some(Head::Reply(id)) if id == OWN_ID);
            if let Some(head) = &piece.head {
                upstream.is_reply = matches!(head, Head::Reply(_));
            }
            if piece.ends && upstream.is_reply {
                self.replies = self.replies.saturating_sub(1);
            }
            if !is_own && self.ends.told.send(Told::Piece(piece)).await.is_err() {
                return Err(End::NotWanted);
            }
        }
        upstream.has_request = self.replies > 0;
        // The client may have taken its time.
        self.silent_since = Instant::now();
        Ok(())
    }

    fn hears(&mut self, upstream: &mut Upstream) {
        self.pass_on.liveness.note();
        self.silent_since = Instant::now();
        upstream.has_served = true;
        upstream.asked = None;
    }

    fn ask(&self) -> BoxFuture<'static, bool> {
        let (pass_on, patience) = (Arc::clone(&self.pass_on), self.patience);
        Box::pin(async move {
            let socket = &pass_on.socket;
            pass_on.liveness.is_alive(socket, patience).await
        })
    }
}

async fn answer(asked: &mut Option<BoxFuture<'static, bool>>) -> bool {
    match asked {
        Some(asked) => asked.await,
        None => std::future::pending().await,
    }
}

/// What tells lightningd whether this connection is to have notifications.
fn wish(notifications: bool) -> Vec<u8> {
    format!(
        r#"{{"jsonrpc":"2.0","id":{OWN_ID},"method":"notifications","params":[{notifications}]}}"#
    )
    .into_bytes()
}
