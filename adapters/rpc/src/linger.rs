//! A last word to a client that may still be writing.

use std::io::{ErrorKind, Read};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::time::Duration;
use tokio::io::unix::AsyncFd;
use tokio::time::timeout;

/// How long, and how much, a client may go on writing to a connection that is over.
const PATIENCE: Duration = Duration::from_secs(5);
const BYTES_MAX: usize = 16 * 1024 * 1024;

/// Says that nothing more comes, and reads what does until the client has read that: closing at
/// once would take the reply away from a client that is still writing.
pub(crate) async fn linger(socket: AsyncFd<UnixStream>) {
    if socket.get_ref().shutdown(Shutdown::Write).is_ok() {
        let _ = timeout(PATIENCE, discard(&socket)).await;
    }
}

async fn discard(socket: &AsyncFd<UnixStream>) {
    let mut waste = [0; 4096];
    let mut total = 0;
    while total < BYTES_MAX {
        let Ok(mut ready) = socket.readable().await else {
            return;
        };
        match socket.get_ref().read(&mut waste) {
            Ok(0) => return,
            Ok(read) => total += read,
            Err(error) if error.kind() == ErrorKind::WouldBlock => ready.clear_ready(),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}
