//! A daemon that was there and went away: it is waited for, and that is said.

use crate::escape;
use crate::say::say;
use domain::Backoff;
use rpc::client::{CallError, Client};
use rpc::error::Code;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

/// The first and the longest pause before a daemon that was lost is looked for again.
const BACKOFF: Backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(2));

/// Looks for it again and again.
pub(super) struct Again {
    /// It is away, and that was said.
    away: bool,
    backoff: Backoff,
}

impl Again {
    pub(super) fn new() -> Again {
        Again {
            away: false,
            backoff: BACKOFF,
        }
    }

    /// It answers.
    pub(super) fn is_back(&mut self) {
        *self = Again::new();
    }

    /// Waits a little. It is said once that, and for what.
    pub(super) async fn wait(&mut self, to: &str, why: &CallError) {
        if !self.away {
            let why = why.to_string();
            let why = escape::line(&why);
            say!("waiting for the daemon, to {to}\n  why: {why}");
            self.away = true;
        }
        tokio::time::sleep(self.backoff.next_pause()).await;
    }

    /// A new connection.
    pub(super) async fn connect(&self, rpc_file: &Path) -> Result<Client, CallError> {
        Client::connect(rpc_file).await.map_err(CallError::from)
    }
}

/// Whether it may be otherwise in a while.
pub(super) fn passes(error: &CallError) -> bool {
    match error {
        CallError::Connection(why) => why.kind() != ErrorKind::InvalidData,
        CallError::Rpc { code, .. } => {
            let passing = [Code::Busy, Code::StorageUnavailable];
            passing.iter().any(|passing| passing.number() == *code)
        }
    }
}
