//! One connection to lightningd's socket: many calls at once, each answered when lightningd does.
//!
//! lightningd reads the requests of a connection in their order and answers them in any: a `wait`
//! that takes hours holds up none of the calls behind it. That is why this is not the cln-rpc crate,
//! which has one call at a time and reads the next reply as its own.

use domain::Mutex;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, MutexGuard};
use std::task::{Context, Poll};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;

/// The longest reply that is read. Every list is asked for a page at a time.
const REPLY_MAX: usize = 64 << 20;

/// Why a call has no result.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// lightningd's own error.
    #[error("{}", .0.message)]
    ReportedOutcome(Box<Complaint>),
    /// The connection ended, or never was: whether the call had an effect is not known.
    #[error("lightningd cannot be reached: {0}")]
    Lost(String),
    /// A reply that is not what lightningd says: what it means is not known.
    #[error("lightningd answered with nonsense: {0}")]
    Nonsense(String),
}

/// An error as lightningd says it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Complaint {
    pub(crate) code: i64,
    #[serde(deserialize_with = "in_few_words")]
    pub(crate) message: String,
    #[serde(default)]
    pub(crate) data: Value,
}

impl Complaint {
    /// Whether lightningd has no row of that part (208).
    pub(crate) fn is_no_such_part(&self) -> bool {
        self.code == 208
    }
}

pub(crate) type Reply = Result<Box<RawValue>, CallError>;

/// A connection. It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Connection {
    outgoing: mpsc::UnboundedSender<Vec<u8>>,
    calls: Arc<Mutex<Calls>>,
    tasks: [AbortHandle; 2],
}

#[derive(Debug, Default)]
struct Calls {
    last: u64,
    open: HashMap<u64, oneshot::Sender<Reply>>,
    lost: Option<String>,
}

/// A reply that is on its way. Dropping it changes nothing at lightningd.
#[derive(Debug)]
pub(crate) struct Answer(oneshot::Receiver<Reply>);

#[derive(Deserialize)]
struct Frame {
    #[serde(default)]
    id: Option<Value>,
    #[serde(default)]
    result: Option<Box<RawValue>>,
    #[serde(default)]
    error: Option<Complaint>,
}

impl Connection {
    pub(crate) async fn open(socket: &Path) -> Result<Connection, CallError> {
        let stream = UnixStream::connect(socket).await.map_err(|error| {
            let socket = socket.display();
            CallError::Lost(format!("{socket}: {error}"))
        })?;
        let (input, output) = stream.into_split();
        let (outgoing, frames) = mpsc::unbounded_channel();
        let calls = Arc::new(Mutex::new(Calls::default()));
        let reading = tokio::spawn(receive(input, calls.clone()));
        let writing = tokio::spawn(write(output, frames, calls.clone()));
        Ok(Connection {
            outgoing,
            calls,
            tasks: [reading.abort_handle(), writing.abort_handle()],
        })
    }

    /// Sends a request, in the order of these calls, before it returns.
    pub(crate) fn call(&self, method: &str, params: &Value) -> Answer {
        let [answer] = self.calls([(method, params)]);
        answer
    }

    /// Sends several requests as one, so that lightningd reads them in one go.
    pub(crate) fn calls<const N: usize>(&self, requests: [(&str, &Value); N]) -> [Answer; N] {
        let mut calls = lock(&self.calls);
        let mut frames = Vec::new();
        let answers = requests.map(|(method, params)| {
            let (sender, answer) = oneshot::channel();
            calls.last += 1;
            let id = calls.last;
            if let Some(reason) = calls.lost.clone() {
                // The receiver is here.
                let _ = sender.send(Err(CallError::Lost(reason)));
            } else {
                frames.extend(request(id, method, params));
                calls.open.insert(id, sender);
            }
            Answer(answer)
        });
        // Under the lock, so that the order is that of the numbers.
        let _ = self.outgoing.send(frames);
        answers
    }

    /// The result of a call.
    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        method: &str,
        params: &Value,
    ) -> Result<T, CallError> {
        self.call(method, params).result().await
    }

    pub(crate) fn is_lost(&self) -> bool {
        lock(&self.calls).lost.is_some()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
        lose(&self.calls, "the connection was given up");
    }
}

impl Answer {
    /// The reply's result.
    pub(crate) async fn result<T: DeserializeOwned>(self) -> Result<T, CallError> {
        read(&self.await?)
    }
}

/// What a result says. An error tells where it is wrong, and not what is there: that may be a preimage.
pub(crate) fn read<T: DeserializeOwned>(result: &RawValue) -> Result<T, CallError> {
    serde_json::from_str(result.get()).map_err(|why| {
        let (line, column) = (why.line(), why.column());
        CallError::Nonsense(format!(
            "its result is wrong at line {line}, column {column}"
        ))
    })
}

/// What lightningd says is stored, listed and logged: as much of it as a person would read.
pub(crate) fn shortened(text: &str) -> Cow<'_, str> {
    const CHARS_MAX: usize = 1_000;
    match text.char_indices().nth(CHARS_MAX) {
        None => Cow::Borrowed(text),
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
    }
}

fn in_few_words<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let message = String::deserialize(from)?;
    Ok(shortened(&message).into_owned())
}

impl Future for Answer {
    type Output = Reply;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Reply> {
        let lost = |_| Err(CallError::Lost("the connection was given up".into()));
        Pin::new(&mut self.0)
            .poll(context)
            .map(|reply| reply.unwrap_or_else(lost))
    }
}

fn request(id: u64, method: &str, params: &Value) -> Vec<u8> {
    let request = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
    format!("{request}\n\n").into_bytes()
}

async fn write(
    mut output: OwnedWriteHalf,
    mut frames: mpsc::UnboundedReceiver<Vec<u8>>,
    calls: Arc<Mutex<Calls>>,
) {
    while let Some(frame) = frames.recv().await {
        if let Err(error) = output.write_all(&frame).await {
            lose(&calls, &error.to_string());
            return;
        }
    }
}

async fn receive(mut input: OwnedReadHalf, calls: Arc<Mutex<Calls>>) {
    let mut buffer = Vec::with_capacity(64 << 10);
    loop {
        match frames(&mut input, &mut buffer, &calls).await {
            Ok(true) => {}
            Ok(false) => return lose(&calls, "it closed the connection"),
            Err(error) => return lose(&calls, &error.to_string()),
        }
    }
}

/// Reads some bytes and hands out the replies that are whole now; false at the end.
async fn frames(
    input: &mut OwnedReadHalf,
    buffer: &mut Vec<u8>,
    calls: &Mutex<Calls>,
) -> io::Result<bool> {
    let scanned = buffer.len().saturating_sub(1);
    if input.read_buf(buffer).await? == 0 {
        return Ok(false);
    }
    let (mut from, mut begin) = (scanned, 0);
    while let Some(end) = find_end(buffer, from) {
        deliver(buffer.get(begin..end).unwrap_or_default(), calls)?;
        begin = end + 2;
        from = begin;
    }
    buffer.drain(..begin);
    if buffer.len() > REPLY_MAX {
        return Err(io::Error::other("a reply is too long"));
    }
    Ok(true)
}

/// Where the empty line that ends a reply begins.
fn find_end(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let at = rest.windows(2).position(|pair| pair == b"\n\n")?;
    Some(from + at)
}

fn deliver(frame: &[u8], calls: &Mutex<Calls>) -> io::Result<()> {
    if frame.iter().all(u8::is_ascii_whitespace) {
        return Ok(());
    }
    let frame: Frame = serde_json::from_slice(frame).map_err(|why| {
        // Where, and not what is there: that may be a preimage.
        let (line, column) = (why.line(), why.column());
        let what = format!("not JSON-RPC at line {line}, column {column}");
        io::Error::new(io::ErrorKind::InvalidData, what)
    })?;
    let reply = match (frame.result, frame.error) {
        (_, Some(complaint)) => Err(CallError::ReportedOutcome(Box::new(complaint))),
        (Some(result), None) => Ok(result),
        (None, None) => Err(CallError::Nonsense(
            "a reply with no result and no error".into(),
        )),
    };
    let caller = frame.id.as_ref().and_then(Value::as_u64);
    // A notification, or a reply that came twice, is for nobody.
    if let Some(caller) = caller.and_then(|id| lock(calls).open.remove(&id)) {
        let _ = caller.send(reply);
    }
    Ok(())
}

fn lose(calls: &Mutex<Calls>, reason: &str) {
    let mut calls = lock(calls);
    calls.lost.get_or_insert_with(|| reason.to_owned());
    for (_, caller) in calls.open.drain() {
        let _ = caller.send(Err(CallError::Lost(reason.to_owned())));
    }
}

fn lock(calls: &Mutex<Calls>) -> MutexGuard<'_, Calls> {
    calls.lock()
}
