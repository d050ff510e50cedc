//! Replies on their way out.

use std::io::{self, ErrorKind, Write};
use std::os::unix::net::UnixStream;
use tokio::io::unix::AsyncFd;

/// Replies that the client has not taken yet.
#[derive(Default)]
pub(super) struct Output {
    bytes: Vec<u8>,
    written: usize,
}

/// With so much unread, no further request of that client is read or answered.
const FULL: usize = 256 * 1024;
/// Memory that an idle connection may keep for its next reply.
const KEPT: usize = 16 * 1024;

impl Output {
    pub(super) fn push(&mut self, reply: &[u8]) {
        self.bytes.extend_from_slice(reply);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.bytes.len() >= FULL
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
