//! A hundred thousand hostile inputs: the daemon answers a healthy client all along, and grows by nothing.
//!
//! They are made from the fuzz targets' corpora and from sound requests, with bytes flipped, cut out,
//! doubled and moved; the same ones in every run. What would really pay is asked of `check`.

use crate::hostile::memory_kb;
use crate::support::{Daemon, LARGER, soon};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

const INPUTS: usize = 100_000;
/// Until all that it keeps for reuse has been allocated once.
const WARM_UP: usize = 20_000;
const GROWTH_MAX_KB: u64 = 10 * 1024;
/// Inputs of one connection; the last one may end it.
const ON_ONE_CONNECTION: usize = 50;
const CONNECTIONS: usize = 8;

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_thousand_hostile_inputs_change_nothing() {
    let (_home, daemon) = Daemon::fresh().await;
    let seeds = Arc::new(Seeds::new(&daemon).await);
    let before = daemon.ok("getinfo", json!([])).await;
    let (over, answered) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(0)),
    );
    let healthy = tokio::spawn(ask_on(
        daemon.rpc_file.clone(),
        Arc::clone(&over),
        Arc::clone(&answered),
    ));

    let sent = flood(&daemon.rpc_file, &seeds, 0..WARM_UP).await;
    let (warm, answered_warm) = (memory_kb(&daemon), answered.load(Ordering::Relaxed));
    let sent = sent + flood(&daemon.rpc_file, &seeds, WARM_UP..INPUTS).await;
    let grown = memory_kb(&daemon).saturating_sub(warm);
    assert!(sent >= INPUTS, "{sent}");
    assert!(
        answered.load(Ordering::Relaxed) > answered_warm,
        "nobody else was answered meanwhile"
    );
    over.store(true, Ordering::Relaxed);
    soon("the healthy client's end", healthy).await.unwrap();

    assert!(grown < GROWTH_MAX_KB, "{grown} kB more than {warm} kB");
    let after = daemon.ok("getinfo", json!([])).await;
    for figure in ["live_parts", "waiters", "alarms"] {
        assert_eq!(after[figure], before[figure], "{figure}");
    }
    assert!(daemon.parts(json!([])).await.is_empty());
    let log = daemon.log();
    assert!(!log.contains("panicked") && !log.contains("ERROR"), "{log}");
}

/// A client who means well: one connection throughout, and each time a fresh one.
async fn ask_on(rpc_file: std::path::PathBuf, over: Arc<AtomicBool>, answered: Arc<AtomicUsize>) {
    let mut kept = rpc::client::Client::connect(&rpc_file).await.unwrap();
    while !over.load(Ordering::Relaxed) {
        let info = soon("an answer", kept.call("getinfo", json!([])))
            .await
            .unwrap();
        assert!(info["version"].is_string());
        crate::support::call(&rpc_file, "listpayments", json!([]))
            .await
            .unwrap();
        answered.fetch_add(1, Ordering::Relaxed);
    }
}

/// So many connections at once, until all of those inputs have been sent: how many there were.
async fn flood(rpc_file: &Path, seeds: &Arc<Seeds>, inputs: std::ops::Range<usize>) -> usize {
    let share = inputs.len().div_ceil(CONNECTIONS);
    let senders = (0..CONNECTIONS).map(|sender| {
        let (rpc_file, seeds) = (rpc_file.to_owned(), Arc::clone(seeds));
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15 ^ (inputs.start + sender + 1) as u64);
        tokio::spawn(async move {
            let mut sent = 0;
            while sent < share {
                let framed: Vec<String> = (1..ON_ONE_CONNECTION)
                    .map(|_| seeds.request(&mut dice))
                    .collect();
                let last = seeds.bytes(&mut dice);
                soon("an end", shout(&rpc_file, &framed, &last)).await;
                sent += ON_ONE_CONNECTION;
            }
            sent
        })
    });
    let mut sent = 0;
    for sender in senders.collect::<Vec<_>>() {
        sent += sender.await.unwrap();
    }
    sent
}

/// Every whole request has its reply; what comes last has one too, or the daemon closes.
async fn shout(rpc_file: &Path, framed: &[String], last: &[u8]) {
    let mut connection = UnixStream::connect(rpc_file).await.unwrap();
    let (mut answers, mut words) = connection.split();
    let shouting = async {
        for request in framed {
            words.write_all(request.as_bytes()).await.unwrap();
        }
        // The daemon may hang up in the middle of it.
        let _ = words.write_all(last).await;
        let _ = words.shutdown().await;
    };
    let mut said = Vec::new();
    let ((), read) = tokio::join!(shouting, answers.read_to_end(&mut said));
    read.unwrap();
    let said = String::from_utf8(said).unwrap();
    let replies: Vec<&str> = said.split_terminator("\n\n").collect();
    assert!(
        replies.len() >= framed.len(),
        "{} replies: {said}",
        replies.len()
    );
    for reply in replies {
        let reply: Value = serde_json::from_str(reply).unwrap();
        assert!(
            reply["error"].is_object() || !reply["result"].is_null(),
            "{reply}"
        );
    }
}

/// What inputs are made of.
struct Seeds {
    texts: Vec<Vec<u8>>,
    requests: Vec<(&'static str, Value)>,
}

impl Seeds {
    async fn new(daemon: &Daemon) -> Seeds {
        let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
        let mut texts = Vec::new();
        for target in ["framing", "parameters", "routes", "bolt11"] {
            let files = std::fs::read_dir(corpora.join(target)).unwrap();
            let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
            files.sort();
            texts.extend(files.into_iter().map(|file| std::fs::read(file).unwrap()));
        }
        let invoice = daemon.invoice().await;
        let route = daemon.route(0, LARGER).await;
        let checked = |mut params: Value, method: &str| {
            params["command_to_check"] = json!(method);
            params
        };
        let requests = vec![
            (
                "check",
                json!(["sendpartialpay", route, invoice.hash, invoice.msat]),
            ),
            ("check", checked(invoice.part(&route), "sendpartialpay")),
            ("check", checked(invoice.pay(&route), "sendpay")),
            ("waitpartialpay", json!([7, 0])),
            ("waitsendpay", json!([invoice.hash, 0])),
            (
                "listpartialpayments",
                json!({"status": "pending", "limit": 3}),
            ),
            ("listpayments", json!({"bolt11": invoice.bolt11})),
            (
                "listevents",
                json!({"start": 1, "payment_hash": invoice.hash}),
            ),
            ("check", json!(["subscribe", 1, invoice.hash])),
            ("help", json!(["sendpay"])),
            ("getinfo", json!([])),
        ];
        texts.extend(
            requests
                .iter()
                .map(|(method, params)| envelope(1, method, params).into_bytes()),
        );
        Seeds { texts, requests }
    }

    /// A request that is one, whatever is in it.
    fn request(&self, dice: &mut Dice) -> String {
        let (method, params) = &self.requests[dice.below(self.requests.len())];
        let mut text = params.to_string().into_bytes();
        mutate(&mut text, dice);
        let text = String::from_utf8_lossy(&text).into_owned();
        let params = serde_json::from_str(&text).unwrap_or(Value::String(text));
        envelope(dice.next(), method, &params)
    }

    /// Anything. Nothing that would stop the daemon, or ask it for invoices and payments.
    fn bytes(&self, dice: &mut Dice) -> Vec<u8> {
        loop {
            let mut bytes = self.texts[dice.below(self.texts.len())].clone();
            for _ in 0..=dice.below(8) {
                mutate(&mut bytes, dice);
            }
            if dice.below(64) == 0 {
                bytes = bytes.repeat(1 + dice.below(200));
            }
            let acts = ["stop", "\"sendp", "dev-"];
            let text = String::from_utf8_lossy(&bytes);
            if !acts.iter().any(|word| text.contains(word)) {
                return bytes;
            }
        }
    }
}

fn envelope(id: u64, method: &str, params: &Value) -> String {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).to_string()
}

fn mutate(bytes: &mut Vec<u8>, dice: &mut Dice) {
    let (one, other) = (dice.below(bytes.len() + 1), dice.below(bytes.len() + 1));
    let range = one.min(other)..one.max(other);
    match dice.below(7) {
        0 => bytes.truncate(one),
        1 => drop(bytes.drain(range)),
        2 => {
            let twice = bytes[range].to_vec();
            bytes.splice(one..one, twice);
        }
        3 => bytes.insert(one, dice.byte()),
        4 => {
            const STRANGE: [&[u8]; 6] = [
                b"\"",
                b"{[",
                b"\\u0000",
                b"99999999999999999999",
                b"\xff",
                b"null",
            ];
            let strange = STRANGE[dice.below(STRANGE.len())];
            bytes.splice(one..one, strange.iter().copied());
        }
        _ => {
            let byte = dice.byte();
            if let Some(place) = bytes.get_mut(one) {
                *place ^= byte;
            }
        }
    }
}

/// Xorshift: the same in every run.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    fn byte(&mut self) -> u8 {
        self.next().to_be_bytes()[0]
    }
}
