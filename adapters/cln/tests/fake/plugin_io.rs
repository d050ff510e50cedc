//! Between lightningd and a plugin: calls that are forwarded, messages that come back.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{ChildStdin, ChildStdout};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::sync::{oneshot, watch};

use super::command::Command;
use super::error::{Answer, RpcError, code};
use super::lightningd::Lightningd;
use super::state::State;

/// Something for the plugin's stdin.
#[derive(Debug)]
pub(crate) enum ToPlugin {
    Message(Value),
    Close,
}

/// Who waits for a reply of the plugin.
#[derive(Debug)]
pub(crate) enum Caller {
    /// A client of lightningd.
    Client(Command),
    /// lightningd itself, for the start, and a test in its place.
    Daemon(oneshot::Sender<Answer>),
    /// The hook of an HTLC that has come in, and how many plugins have been asked.
    Hook { created_index: u64, asked: usize },
}

/// What is known about a running plugin.
#[derive(Debug, Default)]
pub(crate) struct Record {
    callers: HashMap<String, Caller>,
    next_id: u64,
    pub(crate) violations: Vec<String>,
    pub(crate) logs: Vec<Value>,
}

/// What lightningd does with the plugin's stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    On,
    /// It hangs, or was stopped.
    Paused,
    /// It has closed its end, and that alone.
    Over,
}

/// The line to a plugin.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    outbox: UnboundedSender<ToPlugin>,
    record: Arc<Mutex<Record>>,
    reading: Arc<watch::Sender<Reading>>,
}

/// A method that a plugin has registered.
#[derive(Debug)]
pub(crate) struct PluginMethod {
    pub(crate) usage: String,
    pub(crate) line: Line,
}

impl Line {
    pub(crate) fn new(outbox: UnboundedSender<ToPlugin>) -> Self {
        Self {
            outbox,
            record: Arc::default(),
            reading: Arc::new(watch::Sender::new(Reading::On)),
        }
    }

    pub(crate) fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_reading(&self, reading: Reading) {
        self.reading.send_replace(reading);
    }

    pub(crate) fn send(&self, message: ToPlugin) {
        // A plugin that has gone is noticed where its stdout ends.
        drop(self.outbox.send(message));
    }

    /// Sends a request under an id of lightningd's own.
    pub(crate) fn call(&self, mut request: Value, prefix: Option<&str>, caller: Caller) {
        let id = {
            let mut record = self.record();
            let method = request["method"].as_str().unwrap_or_default();
            let own = format!("cln:{method}#{}", record.next_id);
            let id = prefix.map_or(own.clone(), |prefix| format!("{prefix}/{own}"));
            record.next_id += 1;
            record.callers.insert(id.clone(), caller);
            id
        };
        request["id"] = json!(id);
        self.send(ToPlugin::Message(request));
    }
}

impl State {
    /// Hands a request to the plugin that has registered its method, if there is one.
    pub(crate) fn forward(&mut self, command: &Command, request: &Value) -> bool {
        let plugins = self.process.as_ref().map(|process| &process.plugins);
        let Some(method) = plugins.and_then(|plugins| plugins.get(&command.method)) else {
            return false;
        };
        let prefix = command
            .id
            .as_str()
            .map_or_else(|| command.id.to_string(), str::to_owned);
        method.line.call(
            request.clone(),
            Some(&prefix),
            Caller::Client(command.clone()),
        );
        true
    }
}

/// Writes to the plugin until told to stop; dropping stdin closes it.
pub(crate) async fn write(mut stdin: ChildStdin, mut inbox: UnboundedReceiver<ToPlugin>) {
    while let Some(ToPlugin::Message(message)) = inbox.recv().await {
        let bytes = format!("{message}\n\n");
        if stdin.write_all(bytes.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// Reads the plugin's stdout to the end, and settles its affairs then.
pub(crate) async fn read(lightningd: Lightningd, line: Line, mut stdout: ChildStdout) {
    let mut inbox = Vec::new();
    while more(&line, &mut stdout, &mut inbox).await {
        messages(&lightningd, &line, &mut inbox);
    }
    drop(stdout);
    if *line.reading.borrow() == Reading::Over {
        return;
    }
    if inbox.iter().any(|byte| !byte.is_ascii_whitespace()) {
        let rest = String::from_utf8_lossy(&inbox).into_owned();
        line.record()
            .violations
            .push(format!("unfinished message: {rest}"));
    }
    let text = "Plugin terminated before replying to RPC call.";
    let error = RpcError::new(code::PLUGIN_TERMINATED, text);
    let callers: Vec<_> = line.record().callers.drain().collect();
    lightningd.with(|state| {
        if let Some(process) = &mut state.process {
            process
                .plugins
                .retain(|_, method| !method.line.outbox.same_channel(&line.outbox));
            let is_other = |it: &Line| !it.outbox.same_channel(&line.outbox);
            process.hooked.retain(is_other);
        }
        for (_, caller) in callers {
            caller.hear(state, Err(error.clone()));
        }
    });
}

/// Whether there was more to read, and it is read.
async fn more(line: &Line, stdout: &mut ChildStdout, inbox: &mut Vec<u8>) -> bool {
    let (mut reading, mut paused) = (line.reading.subscribe(), line.reading.subscribe());
    let read = async {
        // Whoever changes it lives as long as the line.
        drop(paused.wait_for(|reading| *reading != Reading::Paused).await);
        matches!(stdout.read_buf(inbox).await, Ok(1..))
    };
    tokio::select! {
        biased;
        _ = reading.wait_for(|reading| *reading == Reading::Over) => false,
        more = read => more,
    }
}

/// Takes every complete message out of what has been read.
fn messages(lightningd: &Lightningd, line: &Line, inbox: &mut Vec<u8>) {
    loop {
        let mut objects = serde_json::Deserializer::from_slice(inbox).into_iter::<Value>();
        match objects.next() {
            Some(Ok(message)) => {
                let used = objects.byte_offset();
                inbox.drain(..used);
                if let Err(why) = message_of(lightningd, line, &message) {
                    line.record().violations.push(format!("{why}: {message}"));
                }
            }
            Some(Err(error)) if !error.is_eof() => {
                // Whatever follows on the next line may be a message again.
                let start = inbox
                    .iter()
                    .take_while(|byte| byte.is_ascii_whitespace())
                    .count();
                let line_end = inbox[start..].iter().position(|byte| *byte == b'\n');
                let end = line_end.map_or(inbox.len(), |at| start + at);
                let noise: Vec<u8> = inbox.drain(..end).skip(start).collect();
                let noise = String::from_utf8_lossy(&noise).into_owned();
                line.record().violations.push(format!("no JSON: {noise}"));
            }
            Some(Err(_)) | None => return,
        }
    }
}

/// One message: a reply, or a notification.
fn message_of(lightningd: &Lightningd, line: &Line, message: &Value) -> Result<(), &'static str> {
    if message.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
        return Err("no JSON-RPC 2.0");
    }
    let Some(id) = message.get("id") else {
        return notification(line, message);
    };
    let caller = id.as_str().and_then(|id| line.record().callers.remove(id));
    let caller = caller.ok_or("a reply to nothing")?;
    let answer = match (message.get("result"), message.get("error")) {
        (Some(result), None) => Ok(result.clone()),
        (None, Some(error)) => Err(RpcError::scripted(error.clone())),
        _ => return Err("neither a result nor an error"),
    };
    lightningd.with(|state| caller.hear(state, answer));
    Ok(())
}

fn notification(line: &Line, message: &Value) -> Result<(), &'static str> {
    match message.get("method").and_then(Value::as_str) {
        Some("log") => {
            line.record().logs.push(message["params"].clone());
            Ok(())
        }
        Some(_) if message.get("params").is_some() => Ok(()),
        Some(_) => Err("a notification without params"),
        None => Err("neither a reply nor a notification"),
    }
}

impl Caller {
    fn hear(self, state: &mut State, answer: Answer) {
        match self {
            Self::Client(command) => state.answer(&command, &answer),
            // The test may have given up on the start.
            Self::Daemon(waiting) => drop(waiting.send(answer)),
            Self::Hook {
                created_index,
                asked,
            } => state.hook_answered(created_index, asked, &answer),
        }
    }
}
