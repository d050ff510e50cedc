//! The other end of the socket: one request at a time.

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

#[derive(Deserialize)]
struct Reply<'a> {
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    method: Option<&'a RawValue>,
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
    /// A call may be dropped half-way: the next one sends the rest and skips the late reply.
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
        loop {
            if let Some(answer) = self.reply()? {
                return answer;
            }
            self.scanned = self.input.len().saturating_sub(1);
            if self.stream.read_buf(&mut self.input).await? == 0 {
                let what = "the daemon closed the connection before it answered";
                return Err(io::Error::new(ErrorKind::UnexpectedEof, what).into());
            }
        }
    }

    /// The reply to the last request, if it has arrived whole.
    fn reply(&mut self) -> io::Result<Option<Result<Box<RawValue>, CallError>>> {
        while let Some(end) = find_end(&self.input, self.scanned) {
            let reply = serde_json::from_slice(self.input.get(..end).unwrap_or_default());
            let reply: Reply<'_> = reply.map_err(|error| not_json(&error))?;
            let answer = is_for(&reply, self.last_id).then(|| answer(reply));
            self.input.drain(..end + 2);
            self.scanned = 0;
            if answer.is_some() {
                return answer.transpose();
            }
        }
        Ok(None)
    }
}

/// Whether it is not a notification and not late; an error without an id is about whatever was sent.
fn is_for(reply: &Reply<'_>, id: u64) -> bool {
    match reply.id.map(RawValue::get) {
        Some(given) => given == id.to_string(),
        None => reply.error.is_some() && reply.method.is_none(),
    }
}

type Answer = Result<Box<RawValue>, CallError>;

fn answer(reply: Reply<'_>) -> io::Result<Answer> {
    match (reply.result, reply.error) {
        (_, Some(error)) => Ok(Err(CallError::Rpc {
            code: error.code,
            message: error.message,
            data: error.data,
        })),
        (Some(result), None) => Ok(Ok(result)),
        (None, None) => Err(io::Error::new(
            ErrorKind::InvalidData,
            "a reply without result and error",
        )),
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
