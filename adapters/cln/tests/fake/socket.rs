//! The Unix socket: connections, and JSON objects back to back.

use std::path::Path;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::command::ConnId;
use super::lightningd::Lightningd;
use super::state::State;

/// What is read at once.
const ROOM: usize = 256 << 10;

/// Binds the socket; a dead process has left its file there.
pub(crate) fn bind(path: &Path) -> UnixListener {
    if path.exists() {
        std::fs::remove_file(path).expect("the old socket can be removed");
    }
    UnixListener::bind(path).expect("the socket can be bound")
}

/// Accepts until the process is gone.
pub(crate) async fn listen(
    lightningd: Lightningd,
    listener: UnixListener,
    gone: std::sync::Arc<tokio::sync::Notify>,
) {
    loop {
        let stream = tokio::select! {
            biased;
            () = gone.notified() => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(_) => return,
            },
        };
        let (replies, outbox) = unbounded_channel();
        if let Some(conn) = lightningd.with(|state| state.accept(replies)) {
            lightningd.spawn(serve(lightningd.clone(), conn, stream, outbox));
        }
    }
}

/// One connection, until either side ends it. What is to be sent goes first, so that a client
/// that does not read is not served either.
async fn serve(
    lightningd: Lightningd,
    conn: ConnId,
    mut stream: UnixStream,
    mut outbox: UnboundedReceiver<Vec<u8>>,
) {
    let mut inbox = Vec::new();
    loop {
        tokio::select! {
            biased;
            reply = outbox.recv() => match reply {
                Some(reply) => {
                    if stream.write_all(&reply).await.is_err() {
                        break;
                    }
                }
                None => break,
            },
            read = stream.read_buf({
                inbox.reserve(ROOM);
                &mut inbox
            }) => match read {
                Ok(1..) => lightningd.requests(conn, &mut inbox),
                Ok(0) | Err(_) => break,
            },
        }
    }
    lightningd.with(|state| state.cut(conn));
}

impl Lightningd {
    /// Handles every request that is complete, in the order of arrival.
    fn requests(&self, conn: ConnId, inbox: &mut Vec<u8>) {
        self.with(|state| state.handling += 1);
        self.handle(conn, inbox);
        // HTLCs move on only now: a request that was sent along with the one that made them is
        // handled before they do, as by the real one, whose channels are other processes. Another
        // connection's requests may be in the middle of it: then whoever ends last sees to it.
        self.with(|state| {
            state.handling -= 1;
            if state.handling == 0 {
                state.settle();
            }
        });
    }

    fn handle(&self, conn: ConnId, inbox: &mut Vec<u8>) {
        loop {
            let mut objects = serde_json::Deserializer::from_slice(inbox).into_iter::<Value>();
            match objects.next() {
                Some(Ok(request)) => {
                    let used = objects.byte_offset();
                    inbox.drain(..used);
                    self.request(conn, &request);
                }
                Some(Err(error)) if !error.is_eof() => {
                    inbox.clear();
                    let text = "Invalid token in json input";
                    return self.with(|state| state.malformed(conn, text));
                }
                Some(Err(_)) | None => return,
            }
        }
    }

    fn request(&self, conn: ConnId, request: &Value) {
        let timer = self.with(|state| state.request(conn, request, self.rpc_file()));
        if let Some(timer) = timer {
            let lightningd = self.clone();
            self.spawn(async move {
                let elapsed = tokio::time::timeout(timer.after, std::future::pending::<()>());
                let _ = elapsed.await;
                lightningd.with(|state| state.time_out(timer.token, &timer.answer));
            });
        }
    }
}
