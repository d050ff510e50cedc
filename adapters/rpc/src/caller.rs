//! Who asks: noted with what an operator decides.

use crate::peer::Peer;
use std::fmt;

/// Who asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Caller {
    /// The user, and the process, at the other end of the socket.
    Socket(Peer),
    /// Whoever asks lightningd, whose plugin this is.
    Plugin,
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Caller::Plugin => f.write_str("plugin"),
            Caller::Socket(Peer {
                user,
                process: Some(process),
            }) => write!(f, "uid {user}, pid {process}"),
            Caller::Socket(Peer {
                user,
                process: None,
            }) => write!(f, "uid {user}"),
        }
    }
}
