//! Who is at the other end: the socket's mode says who may connect, and this does not rely on it.

use std::io;
use std::os::unix::net::UnixStream;

/// Whether that user may ask: whoever runs the daemon, and root, who could read its memory anyway.
pub(crate) fn may_ask(peer: u32, own: u32) -> bool {
    peer == own || peer == 0
}

/// The other end of a socket, when it connected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Peer {
    /// Its user.
    pub(crate) user: u32,
    /// Its process, where the system tells it.
    pub(crate) process: Option<i32>,
}

/// Who connected. Must run on a tokio runtime, which knows how each system tells it; the socket must not
/// block.
pub(crate) fn peer_of(socket: UnixStream) -> io::Result<(UnixStream, Peer)> {
    let socket = tokio::net::UnixStream::from_std(socket)?;
    let known = socket.peer_cred()?;
    let peer = Peer {
        user: known.uid(),
        process: known.pid(),
    };
    Ok((socket.into_std()?, peer))
}

#[cfg(test)]
mod tests {
    use super::{may_ask, peer_of};

    #[test]
    fn only_its_user_and_root_may_ask() {
        for (peer, own, may) in [
            (1000, 1000, true),
            (0, 1000, true),
            (0, 0, true),
            (1001, 1000, false),
            (1000, 0, false),
            (65534, 0, false),
            (u32::MAX, 0, false),
        ] {
            assert_eq!(may_ask(peer, own), may, "{peer} at a daemon of {own}");
        }
    }

    #[tokio::test]
    async fn the_peer_is_who_connected() {
        let (one, _other) = std::os::unix::net::UnixStream::pair().unwrap();
        one.set_nonblocking(true).unwrap();
        let (_one, peer) = peer_of(one).unwrap();
        assert_eq!(peer.user, rustix::process::geteuid().as_raw());
        let own = i32::try_from(std::process::id()).unwrap();
        assert!(peer.process.is_none_or(|process| process == own));
    }
}
