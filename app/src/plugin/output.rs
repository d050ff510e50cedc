//! The plugin's standard output: the protocol's messages and the log's lines, each whole, one after the
//! other.
//!
//! lightningd may stop reading. Then log lines are lost, messages wait, and nobody else does.

use crate::lines::Lines;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::AsyncWrite;
use tokio::sync::watch;

/// How long the last answers may take to be handed over.
const PATIENCE: Duration = Duration::from_secs(1);
/// The answers to `getmanifest` and `init`.
const HANDSHAKE: u64 = 2;

/// Where cln-plugin writes its messages: it hands over one at a time, whole.
pub(super) struct Output {
    lines: Lines,
    messages: watch::Sender<u64>,
}

/// How many requests came, and how many messages went out: after the handshake one a request.
#[derive(Clone)]
pub(super) struct Answers {
    asked: Arc<AtomicU64>,
    messages: watch::Receiver<u64>,
}

impl Output {
    pub(super) fn into(lines: Lines) -> (Output, Answers) {
        let (messages, sent) = watch::channel(0);
        let answers = Answers {
            asked: Arc::default(),
            messages: sent,
        };
        (Output { lines, messages }, answers)
    }
}

impl AsyncWrite for Output {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        message: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.lines.poll_push(cx, message).map_ok(|()| {
            self.messages.send_modify(|sent| *sent += 1);
            message.len()
        })
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl Answers {
    /// Another request came.
    pub(super) fn is_asked(&self) {
        self.asked.fetch_add(1, Ordering::Relaxed);
    }

    /// Returns when every request has its answer, or when that takes too long.
    pub(super) async fn given(mut self) {
        let all = self.asked.load(Ordering::Relaxed) + HANDSHAKE;
        let given = self.messages.wait_for(|sent| *sent >= all);
        // Whoever is not answered now is told by lightningd that we have ended.
        let _ = tokio::time::timeout(PATIENCE, given).await;
    }
}
