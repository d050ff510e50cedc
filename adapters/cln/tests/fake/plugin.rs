//! A plugin as lightningd runs it: a child process that speaks JSON-RPC over stdin and stdout.

use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::process::{Child, Command};
use tokio::sync::mpsc::unbounded_channel;
use tokio::sync::{mpsc, oneshot, watch};

use super::dispatch::COMMANDS;
use super::lightningd::Lightningd;
use super::node::VERSION;
use super::plugin_io::{Caller, Line, PluginMethod, Reading, ToPlugin, read, write};

/// How long lightningd lets a plugin take for its own end.
const STOP_TIMEOUT: Duration = Duration::from_secs(30);

/// A running plugin. [`Lightningd::kill`] closes its stdin, as the end of a process does.
#[derive(Debug)]
pub struct Plugin {
    line: Line,
    manifest: Value,
    pid: u32,
    kill: mpsc::Sender<()>,
    status: watch::Receiver<Option<ExitStatus>>,
}

impl Plugin {
    /// Runs `command` as lightningd runs a plugin at its own start: `getmanifest`, registration
    /// of the methods, `init`. `options` are the values of the plugin's options; those that are
    /// not given have their defaults. stderr goes where `command` says.
    ///
    /// # Panics
    ///
    /// If the process cannot be started, or the plugin does what lightningd would kill it for.
    pub async fn launch(
        lightningd: &Lightningd,
        mut command: Command,
        lightning_dir: &Path,
        options: Map<String, Value>,
    ) -> Self {
        command
            .env("LIGHTNINGD_PLUGIN", "1")
            .env("LIGHTNINGD_VERSION", VERSION);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().expect("the plugin can be started");
        let pid = child.id().expect("it has just been started");
        let (outbox, inbox) = unbounded_channel();
        let line = Line::new(outbox);
        // The end of stdin belongs to lightningd's process, the end of stdout to the plugin's.
        lightningd.spawn(write(child.stdin.take().expect("a pipe"), inbox));
        let stdout = child.stdout.take().expect("a pipe");
        tokio::spawn(read(lightningd.clone(), line.clone(), stdout));
        let (kill, killed) = mpsc::channel(1);
        let (exited, status) = watch::channel(None);
        tokio::spawn(watch_over(child, killed, exited));

        let manifest = request(&line, "getmanifest", json!({"allow-deprecated-apis": true})).await;
        let plugin = Self {
            line,
            manifest,
            pid,
            kill,
            status,
        };
        plugin.register(lightningd);
        let init = json!({
            "options": plugin.options(options),
            "configuration": configuration(lightningd, lightning_dir),
        });
        let answer = request(&plugin.line, "init", init).await;
        assert!(
            answer.get("disable").is_none(),
            "the plugin disabled itself: {answer}"
        );
        plugin.register_hooks(lightningd);
        plugin
    }

    /// What the plugin answered to `getmanifest`.
    #[must_use]
    pub fn manifest(&self) -> &Value {
        &self.manifest
    }

    /// Everything on stdout that was no part of a JSON-RPC message that lightningd expects.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        self.line.record().violations.clone()
    }

    /// The parameters of the `log` notifications so far.
    #[must_use]
    pub fn logs(&self) -> Vec<Value> {
        self.line.record().logs.clone()
    }

    /// The plugin's answer to a hook, asked for directly.
    ///
    /// # Panics
    ///
    /// If it is an error.
    pub async fn hook(&self, name: &str, params: Value) -> Value {
        request(&self.line, name, params).await
    }

    /// `plugin stop`: a plugin that has subscribed to `shutdown` is told and may take 30 seconds
    /// to exit; any other is killed.
    pub async fn stop(&mut self) -> ExitStatus {
        if self.subscribes_to("shutdown") {
            let shutdown =
                json!({"jsonrpc": "2.0", "method": "shutdown", "params": {"shutdown": {}}});
            self.line.send(ToPlugin::Message(shutdown));
            if let Ok(status) = tokio::time::timeout(STOP_TIMEOUT, self.exited()).await {
                return status;
            }
        }
        self.kill().await
    }

    /// lightningd hangs: it reads nothing that the plugin writes.
    pub fn pause_reading(&self) {
        self.line.set_reading(Reading::Paused);
    }

    /// Closes the plugin's stdout, and not its stdin.
    pub fn hang_up(&self) {
        self.line.set_reading(Reading::Over);
    }

    /// SIGTERM.
    ///
    /// # Panics
    ///
    /// If there is no `kill`.
    pub fn terminate(&self) {
        let pid = self.pid.to_string();
        let mut kill = std::process::Command::new("kill");
        let killed = kill.args(["-s", "TERM", &pid]).status();
        assert!(killed.expect("there is a kill").success());
    }

    /// Closes the plugin's stdin.
    pub fn close_stdin(&self) {
        self.line.send(ToPlugin::Close);
    }

    /// kill -9.
    pub async fn kill(&mut self) -> ExitStatus {
        // Whoever listens is gone only if the child is.
        let _ = self.kill.send(()).await;
        self.exited().await
    }

    /// Waits until the plugin has exited.
    ///
    /// # Panics
    ///
    /// If the runtime is going down.
    pub async fn exited(&mut self) -> ExitStatus {
        let status = self
            .status
            .wait_for(Option::is_some)
            .await
            .expect("the watcher runs");
        status.expect("just tested")
    }

    fn subscribes_to(&self, topic: &str) -> bool {
        let topics = self.manifest["subscriptions"].as_array();
        topics.is_some_and(|topics| topics.iter().any(|it| it == topic))
    }

    fn register(&self, lightningd: &Lightningd) {
        for method in self.manifest["rpcmethods"].as_array().into_iter().flatten() {
            let name = method["name"]
                .as_str()
                .expect("rpcmethod has a string \"name\"");
            let usage = method["usage"]
                .as_str()
                .expect("\"usage\" is provided by the plugin");
            let is_built_in = COMMANDS.iter().any(|(known, ..)| *known == name);
            assert!(!is_built_in, "{name} is a command of lightningd");
            let method = PluginMethod {
                usage: usage.to_owned(),
                line: self.line.clone(),
            };
            let taken =
                lightningd.with(|state| state.running().plugins.insert(name.to_owned(), method));
            assert!(
                taken.is_none(),
                "a method with the name {name} is already registered"
            );
        }
    }

    /// The hooks work from `init` on; what has come in before is said again.
    fn register_hooks(&self, lightningd: &Lightningd) {
        let hooks = self.manifest["hooks"].as_array();
        let mut names = hooks.into_iter().flatten().map(|hook| &hook["name"]);
        if names.any(|name| name == "htlc_accepted") {
            lightningd.with(|state| {
                state.running().hooked.push(self.line.clone());
                state.replay_arrivals();
            });
        }
    }

    /// The values that `init` names: given ones, and defaults.
    fn options(&self, mut given: Map<String, Value>) -> Value {
        let mut values = Map::new();
        for option in self.manifest["options"].as_array().into_iter().flatten() {
            let name = option["name"]
                .as_str()
                .expect("an option has a string \"name\"");
            let value = given
                .remove(name)
                .or_else(|| option.get("default").cloned());
            if let Some(value) = value.filter(|value| !value.is_null()) {
                values.insert(name.to_owned(), value);
            }
        }
        assert!(given.is_empty(), "unrecognized options: {given:?}");
        Value::Object(values)
    }
}

/// `plugin_populate_init_request()`.
fn configuration(lightningd: &Lightningd, lightning_dir: &Path) -> Value {
    let rpc_file = lightningd.rpc_file();
    json!({
        "lightning-dir": lightning_dir,
        // Relative to the directory, as the option usually is.
        "rpc-file": rpc_file.strip_prefix(lightning_dir).unwrap_or(rpc_file),
        "startup": true,
        "network": "regtest",
        "feature_set": {
            "init": "0898882a8a59a1",
            "node": "8898882a8a59a1",
            "channel": "",
            "invoice": "02000002024100",
        },
    })
}

async fn request(line: &Line, method: &str, params: Value) -> Value {
    let (caller, answer) = oneshot::channel();
    let message = json!({"jsonrpc": "2.0", "method": method, "params": params});
    line.call(message, None, Caller::Daemon(caller));
    let answer = answer.await.expect("the reader hears the plugin's end");
    answer.unwrap_or_else(|error| panic!("{method}: {}", error.as_json()))
}

async fn watch_over(
    mut child: Child,
    mut killed: mpsc::Receiver<()>,
    exited: watch::Sender<Option<ExitStatus>>,
) {
    let status = tokio::select! {
        status = child.wait() => status,
        kill = killed.recv() => {
            if kill.is_some() {
                child.start_kill().expect("the child is ours");
            }
            child.wait().await
        }
    };
    exited.send_replace(Some(status.expect("the child is ours")));
}
