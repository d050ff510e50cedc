//! A node of the quartet: a lightningd that can be killed, stopped, frozen and started again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock};
use std::time::Duration;

use serde_json::{Value, json};

use super::bitcoin::Bitcoin;
use super::daemon::Daemon;
use super::process::free_port;
use super::programs::Programs;
use super::until::until;
use super::{field, socket};

/// Plugins of lightningd's own that nothing here needs: a node starts the sooner.
const NEEDLESS: [&str; 14] = [
    "autoclean",
    "bookkeeper",
    "chanbackup",
    "cln-grpc",
    "cln-renepay",
    "clnrest",
    "commando",
    "exposesecret",
    "funder",
    "keysend",
    "recklessrpc",
    "recover",
    "sql",
    "wss-proxy",
];

/// What a forward costs, and by how much deadlines differ: see [`super::way`].
const POLICY: [&str; 4] = [
    "--fee-base=1",
    "--fee-per-satoshi=10",
    "--cltv-delta=6",
    "--cltv-final=18",
];

/// For tests that do not want to wait, and for nodes that stay connected to one that is frozen.
const DEVELOPER: [&str; 7] = [
    "--developer",
    "--dev-fast-gossip",
    "--dev-fast-reconnect",
    "--dev-bitcoind-poll=1",
    "--dev-no-ping-timer",
    "--dev-no-version-checks",
    "--rescan=1",
];

/// How long a node has to start.
const START: Duration = Duration::from_secs(120);
/// How long a node has to take part in its network.
const CONNECT: Duration = Duration::from_secs(60);

/// One of the four nodes.
#[derive(Debug)]
pub struct Node {
    name: &'static str,
    dir: PathBuf,
    port: u16,
    lightningd: PathBuf,
    options: Vec<String>,
    extra: Mutex<Vec<String>>,
    daemon: Mutex<Option<Daemon>>,
    frozen: AtomicBool,
    id: OnceLock<String>,
}

impl Node {
    /// A node in the new directory `dir`, not started yet.
    pub(super) fn new(
        programs: &Programs,
        bitcoin: &Bitcoin,
        name: &'static str,
        dir: &Path,
    ) -> Self {
        fs::create_dir(dir).expect("a directory for a node");
        Self {
            name,
            dir: dir.to_owned(),
            port: free_port(),
            lightningd: programs.lightningd.clone(),
            options: bitcoin.options(),
            extra: Mutex::default(),
            daemon: Mutex::default(),
            frozen: AtomicBool::new(false),
            id: OnceLock::new(),
        }
    }

    /// The JSON-RPC socket.
    pub fn socket(&self) -> PathBuf {
        self.network_dir().join("lightning-rpc")
    }

    /// The node's id, in hex.
    pub fn id(&self) -> String {
        self.id.get().expect("the node has been started").clone()
    }

    /// The `lightning-dir`.
    pub fn dir(&self) -> PathBuf {
        self.dir.clone()
    }

    /// The directory of the network within the `lightning-dir`.
    pub fn network_dir(&self) -> PathBuf {
        self.dir.join("regtest")
    }

    /// The file lightningd logs to, at level debug.
    pub fn log(&self) -> PathBuf {
        self.dir.join("log")
    }

    /// Where peers connect to.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The process of lightningd.
    ///
    /// # Panics
    /// If the node is down.
    pub fn pid(&self) -> u32 {
        self.running()
            .as_ref()
            .unwrap_or_else(|| panic!("{} is down", self.name))
            .pid()
    }

    /// Options of the next starts besides the usual ones, such as `--plugin=…`, in place of those
    /// set before.
    pub fn set_extra_args<A: Into<String>>(&self, args: impl IntoIterator<Item = A>) {
        let args = args.into_iter().map(Into::into).collect();
        *self.extra.lock().expect("no holder panics") = args;
    }

    /// Calls `method`; waits as long as it takes. The error is the node's own, or has the `code`
    /// null if the node is down or ends before it answers.
    pub async fn call(&self, method: &str, params: Value) -> Result<Value, Value> {
        socket::call(&self.socket(), method, &params).await
    }

    /// Calls `method`, which has to succeed.
    pub async fn ok(&self, method: &str, params: Value) -> Value {
        let answer = self.call(method, params.clone()).await;
        answer.unwrap_or_else(|error| panic!("{}: {method} {params}: {error}", self.name))
    }

    /// Starts lightningd; returns once it answers.
    ///
    /// # Panics
    /// If it runs already, or does not start: with the end of what it said and logged.
    pub async fn start(&self) {
        let mut command = Command::new(&self.lightningd);
        command
            .arg("--network=regtest")
            .arg(format!("--lightning-dir={}", self.dir.display()))
            .arg(format!("--addr=127.0.0.1:{}", self.port))
            .arg(format!("--alias={}", self.name))
            .arg(format!("--log-file={}", self.log().display()))
            .arg("--log-level=debug")
            .args(DEVELOPER)
            .args(POLICY)
            .args(NEEDLESS.map(|plugin| format!("--disable-plugin={plugin}")))
            .args(&self.options)
            .args(self.extra.lock().expect("no holder panics").iter());
        {
            let mut daemon = self.running();
            assert!(daemon.is_none(), "{} runs already", self.name);
            *daemon = Some(Daemon::spawn(&mut command, &self.dir.join("output")));
        }
        let info = until(&format!("{} answers", self.name), START, || async {
            self.assert_alive();
            self.call("getinfo", json!({})).await.ok()
        })
        .await;
        let id = field(&info, "id");
        assert_eq!(
            *self.id.get_or_init(|| id.clone()),
            id,
            "{} keeps its id",
            self.name
        );
    }

    /// Kills lightningd, and it alone, with SIGKILL; returns once its subdaemons and plugins, who
    /// notice by themselves, have ended too.
    pub async fn kill(&self) {
        self.take().kill().await;
    }

    /// Has lightningd stop in an orderly way, and waits for it.
    pub async fn stop(&self) {
        let told = async { self.ok("stop", json!({})).await };
        self.take().stop(told).await;
    }

    /// Waits until the node knows the chain's last block and each of its channels is in
    /// `CHANNELD_NORMAL`, with its peer connected and the channel reestablished.
    pub async fn reconnected(&self) {
        let what = format!("{} is connected to all its peers", self.name);
        until(&what, CONNECT, || async {
            self.assert_alive();
            let info = self.ok("getinfo", json!({})).await;
            let syncs = ["warning_bitcoind_sync", "warning_lightningd_sync"];
            let channels = self.channels().await;
            let usable = |channel: &Value| {
                channel["state"] == "CHANNELD_NORMAL"
                    && channel["peer_connected"] == true
                    && channel["reestablished"] == true
            };
            let synced = syncs.iter().all(|warning| info.get(warning).is_none());
            (synced && !channels.is_empty() && channels.iter().all(usable)).then_some(())
        })
        .await;
    }

    /// What `listpeerchannels` says.
    pub async fn channels(&self) -> Vec<Value> {
        let mut answer = self.ok("listpeerchannels", json!({})).await;
        match answer["channels"].take() {
            Value::Array(channels) => channels,
            other => panic!("listpeerchannels answers channels: {other}"),
        }
    }

    /// Whether a call would be answered.
    pub(super) fn answers(&self) -> bool {
        self.running().is_some() && !self.frozen.load(Ordering::Relaxed)
    }

    pub(super) async fn freeze(&self) {
        let pid = self.pid();
        self.frozen.store(true, Ordering::Relaxed);
        super::daemon::freeze(pid).await;
    }

    pub(super) fn thaw(&self) {
        super::daemon::thaw(self.pid());
        self.frozen.store(false, Ordering::Relaxed);
    }

    fn assert_alive(&self) {
        let daemon = self.running();
        let daemon = daemon
            .as_ref()
            .unwrap_or_else(|| panic!("{} is down", self.name));
        if daemon.ended() {
            let log = fs::read_to_string(self.log()).unwrap_or_default();
            let log: Vec<&str> = log.lines().rev().take(20).collect();
            let log: Vec<&str> = log.into_iter().rev().collect();
            panic!(
                "{} ended: {}\n{}",
                self.name,
                daemon.last_words(),
                log.join("\n")
            );
        }
    }

    fn take(&self) -> Daemon {
        self.frozen.store(false, Ordering::Relaxed);
        self.running()
            .take()
            .unwrap_or_else(|| panic!("{} is down", self.name))
    }

    fn running(&self) -> MutexGuard<'_, Option<Daemon>> {
        self.daemon
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
