//! Replies on their way out.

use std::io::{self, ErrorKind, Write};
use std::os::unix::net::UnixStream;
use tokio::io::unix::AsyncFd;

/// Replies that the client has not taken yet.
#[derive(Default)]
pub(super) struct Output {
    bytes: Vec<u8>,
    written: usize,
    /// Whether a reply of lightningd's has begun and not ended.
    is_within_a_reply: bool,
    /// What waits for its end.
    after: Vec<u8>,
}

/// What ends each reply, and is in none.
const END: &[u8] = b"\n\n";
/// With so much unread, no further request of that client is read or answered.
const FULL: usize = 256 * 1024;
/// Memory that an idle connection may keep for its next reply.
const KEPT: usize = 16 * 1024;

impl Output {
    pub(super) fn push(&mut self, reply: &[u8]) {
        let place = if self.is_within_a_reply {
            &mut self.after
        } else {
            &mut self.bytes
        };
        place.extend_from_slice(reply);
    }

    /// A piece of a reply of lightningd's. Other replies come before it or after its end.
    pub(super) fn push_piece(&mut self, piece: &[u8], ends: bool) {
        self.bytes.extend_from_slice(piece);
        self.is_within_a_reply = !ends;
        if ends {
            self.bytes.append(&mut self.after);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.bytes.len() >= FULL
    }

    /// Forgets the replies of which nothing has been written: the rest of the one that is half-way stays.
    pub(super) fn keep_begun(&mut self) {
        self.is_within_a_reply = false;
        let at_a_boundary = self
            .bytes
            .get(..self.written)
            .is_some_and(|written| written.is_empty() || written.ends_with(END));
        // An end may lie half on this side.
        let from = self.written.saturating_sub(END.len() - 1);
        let rest = self.bytes.get(from..).unwrap_or_default();
        let end = rest.windows(END.len()).position(|bytes| bytes == END);
        let keep = match end {
            Some(end) if !at_a_boundary => from + end + END.len(),
            _ if at_a_boundary => self.written,
            _ => self.bytes.len(),
        };
        self.bytes.truncate(keep);
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.bytes.shrink_to(KEPT);
        self.written = 0;
    }

    /// Writes what the client has room for: all replies that are there in one call.
    pub(super) fn flush(&mut self, socket: &AsyncFd<UnixStream>) -> io::Result<()> {
        while let Some(rest @ [_, ..]) = self.bytes.get(self.written..) {
            match socket.get_ref().write(rest) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(written) => self.written += written,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        if !self.bytes.is_empty() {
            self.clear();
        }
        Ok(())
    }
}
