//! The end of a connection, by us: whoever is at the other end is told why, as far as that can be done
//! without waiting for them.

use super::events::receive;
use super::timer::Patience;
use super::{Connection, Input};
use crate::dispatch::error_reply;
use crate::error::{Code, RpcError};
use crate::pass_on::Link;
use crate::request::Request;
use crate::stream::last_words;
use domain::ApiError;
use std::io::ErrorKind;

/// What is still read, so as to be refused, of a client whose requests are waiting when the daemon stops.
const LAST_BYTES: usize = 1 << 20;

impl Connection {
    /// The daemon stops. What has begun is answered, also what is waited for: the engine ends that. What
    /// has only arrived is refused.
    pub(super) fn stop(&mut self) {
        self.stopping = None;
        let told = self.passing.link.as_mut().map(Link::stop);
        for reply in told.unwrap_or_default() {
            self.say(&reply);
        }
        if self.input != Input::Open {
            return;
        }
        self.input = Input::Ended;
        let mut read = 0;
        loop {
            while let Ok(Some(bytes)) = self.frames.next() {
                let refused = match Request::read(bytes) {
                    Ok(request) => error_reply(&request.id, &ApiError::ShuttingDown.into()),
                    Err(malformed) => crate::dispatch::malformed_reply(&malformed),
                };
                self.say(&refused);
            }
            match receive(&self.socket, &mut self.frames) {
                Ok(more @ 1..) if read < LAST_BYTES => read += more,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Ok(_) | Err(_) => return,
            }
        }
    }

    /// The client has kept the connection for too long without using it. It is told so behind the reply
    /// that it has read a part of, if there is room.
    pub(super) fn cut_off(&mut self) {
        let why = self.limit_reached();
        tracing::debug!(why, "a connection was closed");
        let error = RpcError::new(Code::Busy, why);
        self.output.keep_begun();
        if !self.streams.is_empty() {
            for subscription in 1..=self.subscriptions {
                self.output.push(&last_words(subscription, &error));
            }
        }
        self.output.push(&error_reply("null", &error));
        make_room(&self.socket);
        // Whoever cannot be told sees that it is closed.
        let _ = self.output.flush(&self.socket);
    }

    fn limit_reached(&self) -> String {
        match self.timer.patience() {
            Patience::ForReader(seconds) => format!(
                "this connection is closed: nothing was read from it for {seconds} s \
                 (limits.write_timeout_secs). What was asked for is done; what was not told can be asked \
                 for again"
            ),
            Patience::ForRequest(seconds) => format!(
                "this connection is closed: no whole request came for {seconds} s \
                 (limits.silent_timeout_secs)"
            ),
            Patience::ForNextRequest(seconds) => format!(
                "this connection is closed: no request came for {seconds} s (limits.idle_timeout_secs)"
            ),
            Patience::Endless => "this connection is closed".to_owned(),
        }
    }
}

/// Lets the socket hold more than what its reader has left unread.
fn make_room(socket: &impl std::os::fd::AsFd) {
    use rustix::net::sockopt::{set_socket_send_buffer_size, socket_send_buffer_size};
    if let Ok(size) = socket_send_buffer_size(socket) {
        // The system keeps to a limit of its own. What has no room then is not told.
        let _ = set_socket_send_buffer_size(socket, size.saturating_mul(2));
    }
}
