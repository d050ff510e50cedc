//! A client's connection, as it sees its own connection to lightningd.

use super::pieces::{Head, Piece};
use super::relay::{Ends, Order, Told, relay};
use super::{PassOn, Trouble, waits};
use crate::contained::Contained;
use crate::dispatch::{Reply, error_reply};
use crate::error::{Code, RpcError};
use crate::request::Request;
use domain::ApiError;
use futures::FutureExt;
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

/// Pieces that have been read and not been taken.
const PIECES: usize = 2;
/// Bytes of requests that lightningd need not have taken yet.
const BACKLOG: usize = 4 << 20;

/// Passes requests on, and tells what comes back. Its end ends lightningd's work for them.
pub(crate) struct Link {
    pass_on: Arc<PassOn>,
    orders: mpsc::UnboundedSender<Order>,
    told: mpsc::Receiver<Told>,
    backlog: Arc<AtomicUsize>,
    pending: Vec<Pending>,
    /// The reply of which a piece has come.
    within: Option<Within>,
    task: AbortHandle,
}

/// A request without a reply.
struct Pending {
    id: String,
    method: String,
    started: tokio::time::Instant,
    waits: bool,
    /// The daemon stops, and its client has been told so: lightningd's reply is for nobody.
    is_told: bool,
}

struct Within {
    /// Which request it is for; a notification is for none.
    of: Option<usize>,
    is_for_nobody: bool,
}

/// What is to go out.
pub(crate) enum Relayed {
    Bytes(Vec<u8>),
    /// lightningd failed: what its clients are told, and the link is of no more use.
    Failed(Vec<Reply>),
    /// It failed in the middle of a reply that has begun: nothing can follow.
    Broken,
}

impl Link {
    pub(crate) fn open(pass_on: Arc<PassOn>, patience: Duration) -> Link {
        let (orders, ordered) = mpsc::unbounded_channel();
        let (telling, told) = mpsc::channel(PIECES);
        let backlog = Arc::new(AtomicUsize::new(0));
        let ends = Ends {
            orders: ordered,
            told: telling,
            backlog: Arc::clone(&backlog),
        };
        let relaying = Contained(relay(Arc::clone(&pass_on), patience, ends).boxed());
        let task = tokio::spawn(relaying.map(drop)).abort_handle();
        Link {
            pass_on,
            orders,
            told,
            backlog,
            pending: Vec::new(),
            within: None,
            task,
        }
    }

    /// Passes a request on, as it came; or says why not.
    pub(crate) fn pass_on(
        &mut self,
        request: Request,
        bytes: Vec<u8>,
        notifications: bool,
    ) -> Result<(), Reply> {
        let backlog = self.backlog.fetch_add(bytes.len(), Ordering::Relaxed);
        if backlog > BACKLOG {
            self.backlog.fetch_sub(bytes.len(), Ordering::Relaxed);
            let message = format!(
                "lightningd (node {}) has yet to read {backlog} bytes of this connection's requests: try again \
                 later",
                self.pass_on.node()
            );
            let busy = RpcError::new(Code::Busy, message);
            return Err(error_reply(&request.id, &busy));
        }
        self.pending.push(Pending {
            waits: waits(&request.method),
            id: request.id,
            method: request.method,
            started: tokio::time::Instant::now(),
            is_told: false,
        });
        self.order(bytes, notifications);
        Ok(())
    }

    /// Tells lightningd whether the client wants its notifications.
    pub(crate) fn wants_notifications(&self, notifications: bool) {
        self.order(Vec::new(), notifications);
    }

    fn order(&self, bytes: Vec<u8>, notifications: bool) {
        // If nobody takes it any more, that is told next.
        let _ = self.orders.send(Order {
            bytes,
            notifications,
        });
    }

    /// Requests without a reply: those that end on their own, and those that may wait for ever.
    pub(crate) fn under_way(&self) -> (usize, usize) {
        let untold = self.pending.iter().filter(|pending| !pending.is_told);
        let waits = untold.clone().filter(|pending| pending.waits).count();
        (untold.count() - waits, waits)
    }

    /// Whether a reply has begun that has not ended: nothing else may go out before it has.
    pub(crate) fn is_within_a_reply(&self) -> bool {
        self.within
            .as_ref()
            .is_some_and(|within| !within.is_for_nobody)
    }

    /// What comes next.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Relayed> {
        loop {
            let told = std::task::ready!(self.told.poll_recv(cx));
            return Poll::Ready(match told {
                Some(Told::Piece(piece)) => match self.take(piece) {
                    Ok(Some(bytes)) => Relayed::Bytes(bytes),
                    Ok(None) => continue,
                    Err(trouble) => self.fail(&trouble),
                },
                Some(Told::Failed(trouble)) => self.fail(&trouble),
                // The task has panicked.
                None => self.fail(&Trouble::Closed),
            });
        }
    }

    /// The daemon stops: lightningd's word is waited for no longer where it may never come.
    pub(crate) fn stop(&mut self) -> Vec<Reply> {
        let within = self.within.as_ref().and_then(|within| within.of);
        let mut told = Vec::new();
        for (place, pending) in self.pending.iter_mut().enumerate() {
            if pending.waits && !pending.is_told && within != Some(place) {
                pending.is_told = true;
                told.push(error_reply(&pending.id, &ApiError::ShuttingDown.into()));
            }
        }
        told
    }

    /// The bytes of a piece, if they are for somebody.
    fn take(&mut self, piece: Piece) -> Result<Option<Vec<u8>>, Trouble> {
        let within = match (piece.head, self.within.take()) {
            (Some(head), None) => self.begin(&head)?,
            (None, Some(within)) => within,
            (Some(_), Some(_)) | (None, None) => return Err(Trouble::Nonsense),
        };
        let is_for_nobody = within.is_for_nobody;
        if !piece.ends {
            self.within = Some(within);
        } else if let Some(place) = within.of {
            let Pending {
                method, started, ..
            } = self.pending.remove(place);
            let method = crate::error::shortened(&method);
            tracing::debug!(%method, duration = ?started.elapsed(), "lightningd answered");
        }
        Ok(Some(piece.bytes).filter(|_| !is_for_nobody))
    }

    fn begin(&self, head: &Head) -> Result<Within, Trouble> {
        let Head::Reply(id) = head else {
            return Ok(Within {
                of: None,
                is_for_nobody: false,
            });
        };
        let is_its = |pending: &Pending| pending.id == *id;
        let of = self.pending.iter().position(is_its);
        let of = of.or_else(|| self.pending.iter().position(|its| is_same(&its.id, id)));
        match of.and_then(|place| self.pending.get(place)) {
            Some(pending) => Ok(Within {
                of,
                is_for_nobody: pending.is_told,
            }),
            // lightningd could not make out a request; it closes the connection next.
            None if id == "null" => Ok(Within {
                of: None,
                is_for_nobody: false,
            }),
            None => Err(Trouble::Nonsense),
        }
    }

    fn fail(&mut self, trouble: &Trouble) -> Relayed {
        if self.is_within_a_reply() {
            return Relayed::Broken;
        }
        let pending = std::mem::take(&mut self.pending).into_iter();
        let untold = pending.filter(|pending| !pending.is_told);
        let told = untold.map(|Pending { id, method, .. }| {
            let error = self.pass_on.error(&method, trouble);
            error_reply(&id, &error)
        });
        Relayed::Failed(told.collect())
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Whether lightningd has written that id otherwise than the client.
fn is_same(ours: &str, theirs: &str) -> bool {
    let read = |id: &str| serde_json::from_str::<Value>(id).ok();
    read(ours).is_some_and(|ours| Some(ours) == read(theirs))
}
