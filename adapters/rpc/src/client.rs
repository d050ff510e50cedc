//! The other end of the socket: one request at a time, and what is told unasked after `subscribe`.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use std::io::{self, ErrorKind};
use std::path::Path;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

/// A connection to a daemon.
#[derive(Debug)]
pub struct Client {
    stream: UnixStream,
    /// What has arrived of the next reply, and how much of it was looked at.
    input: Vec<u8>,
    scanned: usize,
    /// What has still to be sent: a call that was dropped half-way leaves some.
    output: Vec<u8>,
    last_id: u64,
}

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The daemon said no.
    #[error("{message} ({code})")]
    Rpc {
        /// See [`crate::error::ERRORS`].
        code: i32,
        /// For people.
        message: String,
        /// For programs.
        data: Option<Value>,
    },
    /// The daemon cannot be reached, or does not speak the protocol.
    #[error("connection: {0}")]
    Connection(#[from] io::Error),
}

#[derive(Serialize)]
struct Request<'a, P> {
    jsonrpc: &'static str,
    id: u64,
    method: &'a str,
    params: &'a P,
}

/// What the daemon sends: a reply, or a notification, which has a method and no id.
#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    method: Option<&'a RawValue>,
    #[serde(default)]
    params: Option<Box<RawValue>>,
    #[serde(default)]
    result: Option<Box<RawValue>>,
    #[serde(default)]
    error: Option<ErrorBody>,
}

#[derive(Deserialize)]
struct ErrorBody {
    code: i32,
    message: String,
    #[serde(default)]
    data: Option<Value>,
}

impl Client {
    /// Connects to the daemon's socket.
    pub async fn connect(path: impl AsRef<Path>) -> io::Result<Client> {
        Ok(Client {
            stream: UnixStream::connect(path).await?,
            input: Vec::new(),
            scanned: 0,
            output: Vec::new(),
            last_id: 0,
        })
    }

    /// The result of a method; `params` is an array or an object.
    pub async fn call(&mut self, method: &str, params: Value) -> Result<Value, CallError> {
        let result = self.call_raw(method, &params).await?;
        serde_json::from_str(result.get()).map_err(|error| not_json(&error).into())
    }

    /// The result of a method as it came, its fields in their order.
    ///
    /// A call may be dropped half-way: the next one sends the rest and skips the late reply, and
    /// notifications.
    pub async fn call_raw(
        &mut self,
        method: &str,
        params: &impl Serialize,
    ) -> Result<Box<RawValue>, CallError> {
        self.last_id += 1;
        let request = Request {
            jsonrpc: "2.0",
            id: self.last_id,
            method,
            params,
        };
        serde_json::to_writer(&mut self.output, &request).map_err(|error| not_json(&error))?;
        while !self.output.is_empty() {
            let written = self.stream.write(&self.output).await?;
            self.output.drain(..written);
        }
        let id = self.last_id;
        self.first(|reply| is_for(&reply, id).then(|| answer(reply)))
            .await?
    }

    /// The parameters of the next notification, as they came: of a connection that has subscribed to
    /// something, and makes no calls meanwhile. An error that is no reply says why there are no more.
    pub async fn notification(&mut self) -> io::Result<Box<RawValue>> {
        let params = |message: Message<'_>| match message {
            Message {
                method: Some(_),
                params,
                ..
            } => params.map(Ok),
            Message {
                id: None,
                error: Some(error),
                ..
            } => Some(Err(io::Error::other(error.message))),
            Message { .. } => None,
        };
        self.first(params).await?
    }

    /// What is made of the first message of which anything is; those before it are skipped.
    async fn first<T>(&mut self, take: impl Fn(Message<'_>) -> Option<T>) -> io::Result<T> {
        loop {
            while let Some(end) = find_end(&self.input, self.scanned) {
                let message = serde_json::from_slice(self.input.get(..end).unwrap_or_default());
                let taken = message.map(&take).map_err(|error| not_json(&error));
                self.input.drain(..end + 2);
                self.scanned = 0;
                if let Some(taken) = taken? {
                    return Ok(taken);
                }
            }
            self.scanned = self.input.len().saturating_sub(1);
            if self.stream.read_buf(&mut self.input).await? == 0 {
                let what = "the daemon closed the connection";
                return Err(io::Error::new(ErrorKind::UnexpectedEof, what));
            }
        }
    }
}

/// Whether it is not a notification and not late; an error without an id is about whatever was sent.
fn is_for(reply: &Message<'_>, id: u64) -> bool {
    match reply.id.map(RawValue::get) {
        Some(given) => given == id.to_string(),
        None => reply.error.is_some() && reply.method.is_none(),
    }
}

fn answer(reply: Message<'_>) -> Result<Box<RawValue>, CallError> {
    match (reply.result, reply.error) {
        (_, Some(error)) => Err(CallError::Rpc {
            code: error.code,
            message: error.message,
            data: error.data,
        }),
        (Some(result), None) => Ok(result),
        (None, None) => {
            let what = "a reply without result and error";
            Err(io::Error::new(ErrorKind::InvalidData, what).into())
        }
    }
}

/// Where the empty line that ends a reply begins.
fn find_end(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let at = rest.windows(2).position(|pair| pair == b"\n\n")?;
    Some(from + at)
}

fn not_json(error: &serde_json::Error) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, format!("not JSON-RPC: {error}"))
}
