//! `ampered` beside, and inside, a fake lightningd: what a real one does too (`lightning`), and what only
//! a fake one does when it is told to.

use crate::fake::{Lightningd, Plugin};
use crate::lightning::{self, Lightning, WHOLE, beside};
use crate::support::{Daemon, Home, ampered_in, call, clean, preimage_opens, soon};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tempfile::TempDir;
use tokio::process::Command;
use tokio::sync::Mutex;

const AMPERED: &str = env!("CARGO_BIN_EXE_ampered");

pub(crate) struct Fake {
    pub(crate) lightningd: Lightningd,
    folder: TempDir,
    plugin: Mutex<Option<Plugin>>,
}

impl Fake {
    pub(crate) fn new() -> Fake {
        let folder = tempfile::tempdir().unwrap();
        Fake {
            lightningd: Lightningd::start(&folder.path().join("lightning-rpc")),
            folder,
            plugin: Mutex::new(None),
        }
    }

    /// The lightning directory.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) async fn launch(&self, options: Map<String, Value>) -> Plugin {
        self.launch_as(clean(AMPERED), options).await
    }

    /// With everything in lightningd's log that a plugin can be asked to write there.
    pub(crate) async fn launch_at_trace(&self) -> Plugin {
        let mut command = clean(AMPERED);
        command.env("CLN_PLUGIN_LOG", "trace");
        self.launch_as(command, Map::new()).await
    }

    pub(crate) async fn launch_as(
        &self,
        mut command: Command,
        options: Map<String, Value>,
    ) -> Plugin {
        command.stderr(Stdio::inherit());
        let launched = Plugin::launch(&self.lightningd, command, self.folder.path(), options);
        soon("the plugin", launched).await
    }
}

impl Lightning for Fake {
    fn socket(&self) -> PathBuf {
        self.lightningd.rpc_file().to_owned()
    }

    async fn invoice(&self) -> (String, String) {
        let invoice = self.lightningd.invoice(WHOLE);
        (invoice.payment_hash, invoice.payment_secret)
    }

    fn route(&self, which: usize, amount_msat: u64) -> Value {
        let hops = self.lightningd.way(which, amount_msat);
        hops.iter().map(crate::fake::Hop::to_json).collect()
    }

    async fn kill(&self) {
        self.lightningd.kill().await;
    }

    async fn start(&self) {
        self.lightningd.start_and_load();
    }

    async fn start_below_the_tip(&self) {
        self.lightningd.start_at(78);
    }

    async fn load_blocks(&self) {
        self.lightningd.has_loaded();
    }

    async fn own_invoice(&self) -> String {
        self.lightningd.own_invoice(WHOLE).payment_hash
    }

    async fn pays_us(&self, payment_hash: &str, which: usize, amount_msat: u64) {
        self.lightningd.arrives(payment_hash, which, amount_msat);
    }

    async fn start_with_plugin(&self, _: &Path) {
        *self.plugin.lock().await = Some(self.launch(Map::new()).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pays_in_two_parts_over_restarts_of_both() {
    lightning::pays_in_two_parts_over_restarts_of_both(&Fake::new()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tells_a_failure_everywhere_alike() {
    lightning::tells_a_failure_everywhere_alike(&Fake::new()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_what_comes_in_and_keeps_what_was_paid() {
    lightning::lists_what_comes_in_and_keeps_what_was_paid(&Fake::new()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn as_a_plugin_it_lists_what_comes_in() {
    lightning::lists_what_comes_in_from_inside(&Fake::new(), Path::new(AMPERED)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn as_a_plugin_it_serves_lightningds_own_callers() {
    let fake = Fake::new();
    lightning::serves_lightningds_own_callers(&fake, Path::new(AMPERED)).await;
    let plugin = fake.plugin.lock().await.take().unwrap();
    assert_eq!(
        plugin.violations(),
        Vec::<String>::new(),
        "stdout is the protocol's"
    );
    assert!(fake.folder.path().join("ampere/ampere.sqlite3").exists());
    assert!(
        !fake.folder.path().join("ampere/ampere-rpc").exists(),
        "no socket unless asked for"
    );
}

/// The parts of a plugin that was killed with its lightningd are there when both are back.
#[tokio::test(flavor = "multi_thread")]
async fn as_a_plugin_it_loses_nothing_with_its_lightningd() {
    let fake = Fake::new();
    let mut plugin = fake.launch(Map::new()).await;
    let invoice = fake.invoice().await;
    let params = json!([fake.route(0, WHOLE / 2), invoice.0, WHOLE, null, invoice.1]);
    let first = call(&fake.socket(), "sendpartialpay", params)
        .await
        .unwrap();
    // It was answered before it was offered.
    arrived(&fake.lightningd).await;
    fake.kill().await;
    let status = soon("the plugin's end", plugin.exited()).await;
    assert!(
        status.success(),
        "it stops in good order when its stdin closes: {status}"
    );
    fake.start().await;
    let mut options = Map::new();
    let rpc_file = fake.folder.path().join("own-rpc");
    options.insert("ampere-rpc-file".into(), json!(rpc_file));
    let _plugin = fake.launch(options).await;
    let params = json!([fake.route(1, WHOLE / 2), invoice.0, WHOLE, null, invoice.1]);
    call(&fake.socket(), "sendpartialpay", params)
        .await
        .unwrap();
    let done = call(&fake.socket(), "waitpartialpay", json!([first["id"]])).await;
    assert!(preimage_opens(&done.unwrap()));
    // With all methods on its own socket.
    let info = call(&rpc_file, "getinfo", json!([])).await.unwrap();
    assert_eq!(info["nodes"][0]["name"], "cln");
}

/// As when lightningd is killed and started again at once: its old plugin has not ended yet.
#[tokio::test(flavor = "multi_thread")]
async fn as_a_plugin_it_waits_for_the_one_before_it() {
    let fake = Fake::new();
    let mut command = ampered_in(&fake.folder.path().join("ampere"));
    command.args(["--node", &format!("cln:{}", fake.socket().display())]);
    let rpc_file = fake.folder.path().join("ampere/ampere-rpc");
    let before = Daemon::spawn(command, rpc_file).await;
    let _plugin = fake.launch(Map::new()).await;
    let socket = fake.socket();
    let asking = tokio::spawn(async move { call(&socket, "listpayments", json!([])).await });
    before.terminate().await;
    asking.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn as_a_plugin_it_says_why_it_cannot_start() {
    let fake = Fake::new();
    let mut command = clean(AMPERED);
    command.env("LIGHTNINGD_PLUGIN", "1").kill_on_drop(true);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut plugin = command.spawn().unwrap();
    let said = soon("the handshake", handshake(&mut plugin, fake.folder.path())).await;
    let reason = said["result"]["disable"].as_str().unwrap_or_default();
    assert!(reason.contains("say sendonion or sendpay"), "{said}");
}

/// `getmanifest` and `init`, by hand and with an option that makes no sense: the answer to the latter.
async fn handshake(plugin: &mut tokio::process::Child, dir: &Path) -> Value {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stdin = plugin.stdin.take().unwrap();
    let configuration = json!({
        "lightning-dir": dir, "rpc-file": "lightning-rpc", "startup": true, "network": "regtest",
        "feature_set": {"init": "", "node": "", "channel": "", "invoice": ""},
    });
    let options = json!({"ampere-offer-by": "carrier pigeon"});
    let requests = [
        json!({"jsonrpc": "2.0", "id": "1", "method": "getmanifest", "params": {}}),
        json!({"jsonrpc": "2.0", "id": "2", "method": "init",
            "params": {"options": options, "configuration": configuration}}),
    ];
    for request in requests {
        stdin
            .write_all(format!("{request}\n\n").as_bytes())
            .await
            .unwrap();
    }
    let mut said = String::new();
    let mut stdout = plugin.stdout.take().unwrap();
    stdout.read_to_string(&mut said).await.unwrap();
    let mut messages = said
        .split("\n\n")
        .filter_map(|message| serde_json::from_str::<Value>(message).ok());
    messages
        .find(|message| message["id"] == "2")
        .unwrap_or_else(|| panic!("{said}"))
}

/// One payment, one part from each of two lightningds.
#[tokio::test(flavor = "multi_thread")]
async fn two_lightningds_pay_one_invoice() {
    let (home, east, west) = (Home::new(), Fake::new(), Fake::new());
    let invoice = east.lightningd.invoice(WHOLE);
    let (hash, secret) = (&invoice.payment_hash, &invoice.payment_secret);
    west.lightningd
        .adopt(hash, secret, &invoice.preimage, WHOLE);
    let config = format!(
        "[[node]]\nname = 'east'\naddress = 'cln:{}'\n[[node]]\nname = 'west'\naddress = 'cln:{}'\n",
        east.socket().display(),
        west.socket().display()
    );
    std::fs::write(home.path().join("ampere.toml"), config).unwrap();
    let daemon = home.start().await;
    let mut ids = Vec::new();
    for (name, node, which) in [("east", &east, 0), ("west", &west, 1)] {
        let sent = daemon.ok("sendpartialpay", json!({
            "route": node.route(which, WHOLE / 2), "payment_hash": hash, "intended_msatoshi": WHOLE,
            "payment_secret": secret, "node": name,
        }));
        let sent = sent.await;
        assert_eq!(sent["node"], name);
        ids.push(sent["id"].clone());
        arrived(&node.lightningd).await;
    }
    // To each of them it looks as if the rest came from elsewhere, as it does.
    for node in [&east, &west] {
        node.lightningd.rest_arrives(hash);
    }
    for id in ids {
        assert!(preimage_opens(
            &daemon.ok("waitpartialpay", json!([id])).await
        ));
    }
    for node in [&east, &west] {
        let ledger = node.lightningd.ledger();
        assert!(ledger.len() == 1 && ledger[0].htlcs == 1, "{ledger:?}");
    }
}

async fn arrived(lightningd: &Lightningd) {
    soon("an HTLC", async {
        while lightningd.ledger().is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// The whole way out of a dead row, without a hand being lifted.
#[tokio::test(flavor = "multi_thread")]
async fn a_dead_row_is_found_said_and_left_behind() {
    let (home, fake) = (Home::new(), Fake::new());
    let daemon = beside(&home, &fake).await;
    fake.lightningd.hold_commits(true);
    let invoice = fake.invoice().await;
    let params = json!([fake.route(0, WHOLE), invoice.0, WHOLE, null, invoice.1]);
    let dead = daemon.ok("sendpartialpay", params.clone()).await["id"].clone();
    soon("the offer", async {
        while fake.lightningd.calls("sendonion") == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    fake.lightningd.kill().await;
    fake.lightningd.hold_commits(false);
    fake.lightningd.reconnect(false);
    fake.lightningd.start_again();
    let reason = soon("the reason", pending_reason(&daemon, &dead)).await;
    assert!(reason.contains("re-established"), "{reason}");
    fake.lightningd.reconnect(true);
    let failed = daemon.refused("waitpartialpay", json!([dead])).await;
    assert!(failed.message.starts_with("never sent"), "{failed:?}");
    let new = daemon.ok("sendpartialpay", params).await["id"].clone();
    assert!(preimage_opens(
        &daemon.ok("waitpartialpay", json!([new])).await
    ));
    let ledger = fake.lightningd.ledger();
    assert!(ledger.len() == 1 && ledger[0].htlcs == 1, "{ledger:?}");
    assert_eq!(daemon.ok("getinfo", json!([])).await["alarms"], 0);
}

/// Until the list says that the channel is what is being waited for.
async fn pending_reason(daemon: &Daemon, id: &Value) -> String {
    loop {
        let part = daemon.parts(json!([id])).await.remove(0);
        assert_eq!(part["status"], "pending");
        match part["pending_reason"].as_str() {
            Some(reason) if reason.contains("re-established") => return reason.to_owned(),
            _ => tokio::task::yield_now().await,
        }
    }
}

/// Somebody else's payment of the same hash: a clear 200, and nothing is lost.
#[tokio::test(flavor = "multi_thread")]
async fn somebody_elses_payment_is_a_clear_200() {
    let (home, fake) = (Home::new(), Fake::new());
    let daemon = beside(&home, &fake).await;
    let invoice = fake.invoice().await;
    fake.lightningd.foreign_payment(&invoice.0, WHOLE, 1);
    let params = json!([fake.route(1, WHOLE), invoice.0, WHOLE, null, invoice.1]);
    let id = daemon.ok("sendpartialpay", params.clone()).await["id"].clone();
    let refused = daemon.refused("waitpartialpay", json!([id])).await;
    assert_eq!(
        (refused.code, &refused.data["status"]),
        (200, &json!("failed")),
        "{refused:?}"
    );
    assert!(
        refused.message.contains("somebody else's payment"),
        "{refused:?}"
    );
    // It has failed: the payment is free to be tried again.
    fake.lightningd.resolve_foreign(&invoice.0, false);
    let again = daemon.ok("sendpartialpay", params).await["id"].clone();
    assert!(preimage_opens(
        &daemon.ok("waitpartialpay", json!([again])).await
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_multipath_part_without_a_secret_is_refused() {
    let (home, fake) = (Home::new(), Fake::new());
    let daemon = beside(&home, &fake).await;
    let invoice = fake.invoice().await;
    let params = json!([fake.route(0, WHOLE / 2), invoice.0, WHOLE]);
    let refused = daemon.refused("sendpartialpay", params).await;
    assert_eq!(refused.code, -32602);
    assert!(
        refused.message.contains("payment_secret is missing"),
        "{refused:?}"
    );
}

/// Rule A-4: the parts of one lightningd are not looked up at another.
#[tokio::test(flavor = "multi_thread")]
async fn another_lightningd_under_a_known_name_is_refused() {
    let (home, fake, other) = (Home::new(), Fake::new(), Fake::new());
    beside(&home, &fake).await.terminate().await;
    let mut command = ampered_in(home.path());
    let node = format!("cln:{}", other.socket().display());
    let output = command.args(["--node", &node]).output();
    let output = soon("ampered", output).await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("give this one another name"), "{said}");
}
