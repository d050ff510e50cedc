//! The engine through the socket: one request at a time on each of many connections. Server and
//! clients share this process and its cores.

use super::engine::Machine;
use super::payments::{self, AMOUNT_MSAT};
use super::sample::{Caller, Sample, drive};
use anyhow::{Context, Result, bail, ensure};
use rpc::{About, Limits, Server, Services};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A machine that is served on a socket.
pub(super) struct Served {
    pub(super) path: PathBuf,
    machine: Machine,
    shutdown: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

/// The client's end of a connection.
pub(super) struct Connection {
    stream: UnixStream,
    received: Vec<u8>,
    /// Where the next reply begins in what was received, and up to where its end was looked for.
    begin: usize,
    seen: usize,
}

/// One who pays through a connection of its own.
struct Payer {
    connection: Connection,
    /// Written out beforehand: what a client needs for that is not what is measured.
    requests: Arc<[String]>,
}

/// A reply, as far as it matters here.
#[derive(Deserialize)]
pub(super) struct Reply {
    pub(super) id: u64,
    result: Option<Part>,
    error: Option<serde_json::Value>,
}

/// A part, as far as it matters here.
#[derive(Deserialize)]
pub(super) struct Part {
    pub(super) id: u64,
    pub(super) status: String,
}

/// Pays that many parts.
pub(super) async fn sample(folder: &Path, connections: u32, parts: u32) -> Result<Sample> {
    let served = Served::start(folder).await?;
    let requests: Arc<[String]> = (0..parts).map(|n| send_request(u64::from(n), n)).collect();
    let mut payers = Vec::new();
    for _ in 0..connections {
        payers.push(Payer {
            connection: Connection::open(&served.path).await?,
            requests: Arc::clone(&requests),
        });
    }
    let sample = drive(payers, parts).await;
    served.stop().await?;
    sample
}

impl Served {
    pub(super) async fn start(folder: &Path) -> Result<Served> {
        Served::over(Machine::start(folder).await?, folder)
    }

    pub(super) fn over(machine: Machine, folder: &Path) -> Result<Served> {
        let path = folder.join("rpc");
        let services = Services {
            payments: Arc::clone(&machine.engine) as _,
            dev: None,
            pass_on: None,
            invoices: None,
            networks: Arc::new(Vec::new),
            backups: None,
            log: Arc::new(rpc::LogReport::default),
            about: About::default(),
            stop: Arc::new(|| ()),
        };
        let server = Server::bind(&path, services, Limits::default()).context("bind the socket")?;
        let (shutdown, stop) = oneshot::channel();
        let stopped = async {
            // Also when the sender is gone.
            let _ = stop.await;
        };
        let server = tokio::spawn(server.run(stopped, std::future::ready(())));
        Ok(Served {
            path,
            machine,
            shutdown,
            server,
        })
    }

    pub(super) async fn stop(self) -> Result<()> {
        drop(self.shutdown);
        self.server.await.context("the server died")?;
        self.machine.stop().await;
        Ok(())
    }
}

impl Connection {
    pub(super) async fn open(path: &Path) -> Result<Connection> {
        let stream = UnixStream::connect(path)
            .await
            .context("connect to the socket")?;
        Ok(Connection {
            stream,
            received: Vec::with_capacity(4096),
            begin: 0,
            seen: 0,
        })
    }

    /// Pays as that request says, and waits for the outcome: how long the durable answer took.
    pub(super) async fn pay(&mut self, n: u32, request: &str) -> Result<Duration> {
        let begin = Instant::now();
        self.send(request).await?;
        let part = self.reply().await?.part()?;
        let answer = begin.elapsed();
        self.send(&wait_request(u64::from(n), part.id)).await?;
        let status = self.reply().await?.part()?.status;
        ensure!(status == "complete", "the null node fulfils everything");
        Ok(answer)
    }

    pub(super) async fn send(&mut self, requests: &str) -> Result<()> {
        self.stream
            .write_all(requests.as_bytes())
            .await
            .context("write a request")
    }

    /// Where the list goes on that the next reply, the only one under way, is a page of. It is not
    /// parsed: a client that does takes the processor from the daemon, which is not what is measured.
    pub(super) async fn next_page(&mut self) -> Result<Option<u64>> {
        const NEXT: &[u8] = br#""next":"#;
        while !self.received.ends_with(b"\n\n") {
            let read = self.stream.read_buf(&mut self.received).await?;
            ensure!(read > 0, "the server hung up");
        }
        let end = &self.received[self.received.len().saturating_sub(64)..];
        let next = end.windows(NEXT.len()).position(|bytes| bytes == NEXT);
        let digits = next.map(|next| {
            let digits = end[next + NEXT.len()..].iter();
            digits.take_while(|byte| byte.is_ascii_digit())
        });
        let next = digits.map(|digits| digits.fold(0, |n, digit| 10 * n + u64::from(digit - b'0')));
        self.received.clear();
        Ok(next)
    }

    /// The next reply.
    pub(super) async fn reply(&mut self) -> Result<Reply> {
        loop {
            if let Some(reply) = self.whole_reply()? {
                return Ok(reply);
            }
            let read = self
                .stream
                .read_buf(&mut self.received)
                .await
                .context("read a reply")?;
            ensure!(read > 0, "the server hung up");
        }
    }

    /// The next reply, if all of it is there; each ends with an empty line.
    pub(super) fn whole_reply(&mut self) -> Result<Option<Reply>> {
        let new = &self.received[self.seen..];
        let Some(end) = new.windows(2).position(|two| two == b"\n\n") else {
            self.received.drain(..self.begin);
            self.begin = 0;
            self.seen = self.received.len().saturating_sub(1);
            return Ok(None);
        };
        let end = self.seen + end;
        let reply = &self.received[self.begin..end];
        let read = serde_json::from_slice(reply);
        let read = read.with_context(|| format!("read {}", String::from_utf8_lossy(reply)))?;
        (self.begin, self.seen) = (end + 2, end + 2);
        Ok(Some(read))
    }
}

impl Reply {
    pub(super) fn part(self) -> Result<Part> {
        match (self.result, self.error) {
            (Some(part), None) => Ok(part),
            (_, error) => bail!("the server says {error:?}"),
        }
    }
}

impl Caller for Payer {
    async fn pay(&mut self, n: u32) -> Result<Duration> {
        let request = self.requests.get(usize::try_from(n)?);
        let request = request.context("there is one for each")?;
        self.connection.pay(n, request).await
    }
}

/// `sendpartialpay` of the `n`-th part.
pub(super) fn send_request(id: u64, n: u32) -> String {
    let request = payments::request(n);
    let hops = request.route.hops().iter().map(|hop| {
        serde_json::json!({
            "id": hop.node.to_string(),
            "channel": hop.channel.to_string(),
            "amount_msat": hop.amount.get(),
            "delay": hop.delay,
        })
    });
    let secret = request.extras.secret.as_ref();
    let secret = secret.map(|secret| hex::encode(secret.expose()));
    serde_json::json!({
        "jsonrpc": "2.0",
        "id": id,
        "method": "sendpartialpay",
        "params": {
            "route": hops.collect::<Vec<_>>(),
            "payment_hash": request.payment_hash.to_string(),
            "intended_msatoshi": AMOUNT_MSAT,
            "payment_secret": secret,
        },
    })
    .to_string()
}

/// `waitpartialpay` of a part.
pub(super) fn wait_request(id: u64, part: u64) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"waitpartialpay","params":{{"id":{part}}}}}"#)
}

/// A page of a list, from that row on.
pub(super) fn list_request(method: &str, start: u64) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{{"start":{start}}}}}"#)
}
