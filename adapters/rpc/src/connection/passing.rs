//! What a connection passes on to lightningd.

use super::{Connection, Input};
use crate::pass_on::{Link, PassOn, Relayed, waits};
use crate::request::Request;
use std::net::Shutdown;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

/// What a connection has for that.
#[derive(Default)]
pub(super) struct Passing {
    /// From the first time that something of lightningd's is asked for.
    pub(super) link: Option<Link>,
    /// Whether the client wants lightningd's notifications.
    notifications: bool,
}

impl Connection {
    /// Notes what the client says of notifications.
    pub(super) fn wants_notifications(&mut self, wanted: bool) {
        self.passing.notifications = wanted;
        if let Some(link) = &self.passing.link {
            link.wants_notifications(wanted);
        }
    }

    /// Passes a request on, as it came. Nobody is left to tell of it once the client has gone.
    pub(super) fn pass_on(&mut self, pass_on: &Arc<PassOn>, request: Request, bytes: Vec<u8>) {
        if self.hung_up {
            return;
        }
        let waiting = self.waits.len() + self.passed_on().1;
        if waits(&request.method) && waiting >= self.limits.waits_per_connection {
            return self.refuse_one_more(&request.id, &format!("{waiting} waits under way"));
        }
        let patience = Duration::from_secs(self.limits.pass_on_timeout_secs);
        let open = || Link::open(Arc::clone(pass_on), patience);
        let link = self.passing.link.get_or_insert_with(open);
        if let Err(busy) = link.pass_on(request, bytes, self.passing.notifications) {
            self.say(&busy);
        }
    }

    /// Passed-on requests without a reply: those that end on their own, and those that may wait for ever.
    pub(super) fn passed_on(&self) -> (usize, usize) {
        self.passing.link.as_ref().map_or((0, 0), Link::under_way)
    }

    /// Whether a reply of lightningd's has begun and not ended.
    pub(super) fn is_within_a_reply(&self) -> bool {
        self.passing
            .link
            .as_ref()
            .is_some_and(Link::is_within_a_reply)
    }

    /// Takes what lightningd says, as far as the client takes it.
    pub(super) fn poll_link(&mut self, cx: &mut Context<'_>) -> bool {
        let mut any = false;
        while !self.output.is_full() {
            let Some(link) = &mut self.passing.link else {
                break;
            };
            let Poll::Ready(relayed) = link.poll(cx) else {
                break;
            };
            any = true;
            match relayed {
                Relayed::Bytes(bytes) => {
                    let ends = !link.is_within_a_reply();
                    self.output.push_piece(&bytes, ends);
                }
                Relayed::Failed(told) => {
                    self.passing.link = None;
                    for reply in told {
                        self.output.push(&reply);
                    }
                }
                // Whatever followed would be taken for the rest of that reply.
                Relayed::Broken => {
                    // If it is closed already, so much the better.
                    let _ = self.socket.get_ref().shutdown(Shutdown::Both);
                    self.hang_up();
                    self.input = Input::Broken;
                }
            }
        }
        any
    }
}
