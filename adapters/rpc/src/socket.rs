//! A std socket on tokio's reactor: read and written directly, whatever tokio believes of it.

use std::io;
use std::os::fd::{AsFd, AsRawFd};
use tokio::io::unix::AsyncFd;

/// Why not tokio's own `UnixStream`: it would not write once its readiness is cleared, and only by
/// clearing it can the next edge be seen that says the client has hung up.
#[expect(
    deprecated,
    reason = "what it is deprecated for cannot happen to a type that owns its descriptor, and its \
              replacement is unsafe, which this workspace forbids"
)]
pub(crate) fn register<T: AsFd + AsRawFd>(socket: T) -> io::Result<AsyncFd<T>> {
    AsyncFd::new(socket)
}
