//! Whether lightningd answers anything at all. A method may take as long as it likes; only a lightningd
//! that is silent to everybody is given up.

use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

/// When it last said something, to whomever.
#[derive(Debug, Default)]
pub(super) struct Liveness {
    heard: domain::Mutex<Option<Instant>>,
    /// Whoever asks, asks for all that wait.
    asking: Mutex<()>,
}

/// It answers this at once, or nothing.
const QUESTION: &[u8] = br#"{"jsonrpc":"2.0","id":"ampere:alive","method":"getinfo","params":[]}"#;

impl Liveness {
    /// It has said something.
    pub(super) fn note(&self) {
        *self.heard.lock() = Some(Instant::now());
    }

    /// Whether it has said something within `patience`, or does when it is asked.
    pub(super) async fn is_alive(&self, socket: &Path, patience: Duration) -> bool {
        let _asking = self.asking.lock().await;
        let heard = *self.heard.lock();
        if heard.is_some_and(|heard| heard.elapsed() < patience) {
            return true;
        }
        let answers = matches!(timeout(patience, answers(socket)).await, Ok(Ok(true)));
        if answers {
            self.note();
        }
        answers
    }
}

async fn answers(socket: &Path) -> std::io::Result<bool> {
    let mut stream = UnixStream::connect(socket).await?;
    stream.write_all(QUESTION).await?;
    Ok(stream.read(&mut [0; 64]).await? > 0)
}
