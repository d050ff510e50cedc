//! The server: accepts, serves, stops.

use crate::caller::Caller;
use crate::connection::serve;
use crate::contained::Contained;
use crate::dispatch::{Dispatcher, error_reply};
use crate::error::{Code, RpcError};
use crate::in_process::InProcess;
use crate::linger::linger;
use crate::peer::{Peer, may_ask, peer_of};
use crate::socket::register;
use crate::socket_file::SocketFile;
use crate::{Limits, Services};
use domain::Backoff;
use futures::FutureExt;
use std::collections::BTreeSet;
use std::io::{self, ErrorKind, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::unix::AsyncFd;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};

/// A bound socket, and the methods behind it.
pub struct Server {
    listener: UnixListener,
    file: SocketFile,
    dispatcher: Arc<Dispatcher>,
}

/// Connections that are being told that there are too many, at once.
const REFUSALS: usize = 128;
/// Other users that are logged for asking.
const STRANGERS: usize = 64;
/// The first and the longest pause after the system had no descriptor left for a connection.
const BACKOFF: Backoff = Backoff::new(Duration::from_millis(20), Duration::from_secs(1));

impl Server {
    /// Listens at `path` with mode 0600. A socket that nobody answers on is replaced; one that
    /// somebody does is not ([`ErrorKind::AddrInUse`]).
    pub fn bind(path: &Path, services: Services, limits: Limits) -> io::Result<Server> {
        Server::listen(path, &InProcess::new(services, limits)?)
    }

    /// The same, for methods that are there already.
    pub fn listen(path: &Path, methods: &InProcess) -> io::Result<Server> {
        let (listener, file) = SocketFile::bind(path)?;
        listener.set_nonblocking(true)?;
        Ok(Server {
            listener,
            file,
            dispatcher: Arc::clone(&methods.0),
        })
    }

    /// Serves until `shutdown`. Then it removes the socket, reads no further request, and lets `close`
    /// end what is waited for; it returns when that is over and every answer has been taken, or the time
    /// for that is over. Must run on a tokio runtime with I/O and time enabled.
    pub async fn run(self, shutdown: impl Future<Output = ()>, close: impl Future<Output = ()>) {
        let Server {
            listener,
            file,
            dispatcher,
        } = self;
        let drain = Duration::from_secs(dispatcher.context().limits.drain_timeout_secs);
        let listener = match register(listener) {
            Ok(listener) => listener,
            Err(error) => {
                tracing::error!(%error, "cannot wait for connections");
                return close.await;
            }
        };
        let (stop, stopping) = watch::channel(false);
        let mut clients = Clients {
            dispatcher,
            stopping,
            served: JoinSet::new(),
            refused: JoinSet::new(),
            user: rustix::process::geteuid().as_raw(),
            strangers: BTreeSet::new(),
        };
        clients.accept_until(&listener, shutdown).await;
        drop(listener);
        drop(file);
        // Nobody listens if every connection has gone already.
        let _ = stop.send(true);
        let leaving = tokio::time::timeout(drain, clients.leave());
        let ((), left) = tokio::join!(close, leaving);
        if left.is_err() {
            tracing::warn!("answers were still not taken when the time for that was over");
        }
    }
}

struct Clients {
    dispatcher: Arc<Dispatcher>,
    stopping: watch::Receiver<bool>,
    served: JoinSet<()>,
    refused: JoinSet<()>,
    /// Who runs the daemon.
    user: u32,
    /// Other users who have been refused, and logged for it.
    strangers: BTreeSet<u32>,
}

impl Clients {
    async fn accept_until(
        &mut self,
        listener: &AsyncFd<UnixListener>,
        shutdown: impl Future<Output = ()>,
    ) {
        let mut shutdown = pin!(shutdown);
        let mut backoff = BACKOFF;
        loop {
            tokio::select! {
                biased;
                () = &mut shutdown => return,
                Some(ended) = self.served.join_next() => log_panic(ended),
                Some(ended) = self.refused.join_next() => log_panic(ended),
                accepted = accept(listener) => match accepted {
                    Ok(socket) => {
                        backoff.reset();
                        self.welcome(socket);
                    }
                    Err(error) => {
                        let pause = backoff.next_pause();
                        tracing::warn!(%error, ?pause, "cannot accept a connection");
                        tokio::select! {
                            () = &mut shutdown => return,
                            () = tokio::time::sleep(pause) => {}
                        }
                    }
                },
            }
        }
    }

    fn welcome(&mut self, socket: UnixStream) {
        let (socket, peer) = match known(socket) {
            Ok(known) => known,
            Err(error) => return tracing::warn!(%error, "cannot serve a connection"),
        };
        let max = self.dispatcher.context().limits.connections;
        if !may_ask(peer.user, self.user) {
            self.refuse_stranger(socket, peer.user);
        } else if self.served.len() < max {
            let mut stopping = self.stopping.clone();
            let stopping = async move {
                // An error says that the server is gone: a stop as well.
                let _ = stopping.wait_for(|stop| *stop).await;
            };
            let dispatcher = Arc::new(self.dispatcher.asked_by(Caller::Socket(peer)));
            // A bug in one connection costs no other.
            let serving = Contained(serve(socket, dispatcher, stopping.boxed()).boxed());
            self.served.spawn(serving.map(drop));
        } else {
            tracing::debug!(max, "connection refused: too many");
            let message =
                format!("{max} connections are open, the most there can be; try again later");
            self.refuse(socket, Code::Busy, message);
        }
    }

    /// A line for each of them, not for each try: nobody else may fill our disk.
    fn refuse_stranger(&mut self, socket: AsyncFd<UnixStream>, peer: u32) {
        let own = self.user;
        if self.strangers.len() < STRANGERS && self.strangers.insert(peer) {
            tracing::warn!(
                user = peer,
                "another user asked and is refused: is the socket's mode still 0600?"
            );
        }
        let message = format!(
            "this daemon answers user {own} and root only, not user {peer}: ask as user {own}"
        );
        self.refuse(socket, Code::InvalidRequest, message);
    }

    fn refuse(&mut self, socket: AsyncFd<UnixStream>, code: Code, message: String) {
        let reply = error_reply("null", &RpcError::new(code, message));
        // A fresh connection has room for it; if not, closing says as much.
        let told = socket.get_ref().write_all(&reply).is_ok();
        if told && self.refused.len() < REFUSALS {
            self.refused.spawn(linger(socket));
        }
    }

    async fn leave(&mut self) {
        self.refused.shutdown().await;
        while let Some(ended) = self.served.join_next().await {
            log_panic(ended);
        }
    }
}

/// The socket, ready to be served, and whose it is.
fn known(socket: UnixStream) -> io::Result<(AsyncFd<UnixStream>, Peer)> {
    socket.set_nonblocking(true)?;
    let (socket, peer) = peer_of(socket)?;
    Ok((register(socket)?, peer))
}

async fn accept(listener: &AsyncFd<UnixListener>) -> io::Result<UnixStream> {
    loop {
        let mut ready = listener.readable().await?;
        match listener.get_ref().accept() {
            Ok((socket, _)) => return Ok(socket),
            Err(error) if error.kind() == ErrorKind::WouldBlock => ready.clear_ready(),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn log_panic(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a connection's task died");
    }
}
