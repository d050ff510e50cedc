//! `ampered` beside, and inside, real lightningds: `cargo xtask test --real-cln`.

#![expect(
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is what it is for"
)]

#[path = "../lightning/mod.rs"]
mod lightning;
mod pay;
#[path = "../../../adapters/cln/tests/quartet/mod.rs"]
mod quartet;
#[path = "../it/support/mod.rs"]
mod support;

use lightning::{Lightning, WHOLE};
use quartet::{Hop, Invoice, Quartet, route};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use support::{Home, preimage_opens};

/// The whole chain is loaded again, which takes some seconds.
const FROM_THE_BEGINNING: &str = "--rescan=1000";

struct Real(Quartet, Mutex<HashMap<String, Invoice>>);

impl Real {
    async fn new() -> Real {
        Real(Quartet::start().await, Mutex::default())
    }

    /// The same, with peers that can pay us.
    async fn with_payers() -> Real {
        let real = Real::new().await;
        real.0.endow_payers().await;
        real
    }

    fn remember(&self, invoice: Invoice) {
        let hash = invoice.payment_hash.clone();
        self.1.lock().unwrap().insert(hash, invoice);
    }

    fn remembered(&self, payment_hash: &str) -> Invoice {
        self.1.lock().unwrap()[payment_hash].clone()
    }

    /// What `lightning-cli` of our node says.
    fn cli(&self, args: &[&str]) -> String {
        let dir = format!("--lightning-dir={}", self.0.node(1).dir().display());
        let mut command = Command::new(Quartet::lightning_cli());
        command.args(["--network=regtest", &dir]).args(args);
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{args:?}: {said}");
        said
    }
}

impl Lightning for Real {
    fn socket(&self) -> PathBuf {
        self.0.node(1).socket()
    }

    async fn invoice(&self) -> (String, String) {
        let invoice = self.0.invoice(WHOLE, "ampere").await;
        (invoice.payment_hash, invoice.payment_secret)
    }

    fn route(&self, which: usize, amount_msat: u64) -> Value {
        route(&self.0.way(1, which + 2, amount_msat))
    }

    async fn kill(&self) {
        self.0.node(1).kill().await;
    }

    async fn start(&self) {
        self.0.node(1).start().await;
        self.0.node(1).reconnected().await;
    }

    async fn start_below_the_tip(&self) {
        let l1 = self.0.node(1);
        l1.set_extra_args([FROM_THE_BEGINNING]);
        l1.start().await;
        l1.set_extra_args::<String>([]);
    }

    async fn load_blocks(&self) {
        self.0.node(1).reconnected().await;
    }

    async fn own_invoice(&self) -> String {
        let invoice = self.0.own_invoice(WHOLE).await;
        let hash = invoice.payment_hash.clone();
        self.remember(invoice);
        hash
    }

    async fn pays_us(&self, payment_hash: &str, which: usize, amount_msat: u64) {
        let invoice = self.remembered(payment_hash);
        self.0.pay_l1(which + 2, &invoice, 1, amount_msat).await;
    }

    async fn start_with_plugin(&self, ampered: &Path) {
        self.0.node(1).stop().await;
        let plugin = format!("--plugin={}", ampered.display());
        self.0.node(1).set_extra_args([plugin]);
        self.start().await;
    }
}

const AMPERED: &str = env!("CARGO_BIN_EXE_ampered");

#[tokio::test(flavor = "multi_thread")]
async fn pays_in_two_parts_over_restarts_of_both() {
    lightning::pays_in_two_parts_over_restarts_of_both(&Real::new().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_part_fails_for_its_height() {
    let unpaid = lightning::tip::no_part_fails_for_its_height(&Real::new().await).await;
    println!("{unpaid} parts left before their first peer was back");
}

#[tokio::test(flavor = "multi_thread")]
async fn tells_a_failure_everywhere_alike() {
    lightning::tells_a_failure_everywhere_alike(&Real::new().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn as_a_plugin_it_serves_lightningds_own_callers() {
    let real = Real::new().await;
    lightning::serves_lightningds_own_callers(&real, Path::new(AMPERED)).await;
    // lightning-cli as it is.
    let invoice = real.invoice().await;
    let route = real.route(0, WHOLE).to_string();
    let whole = WHOLE.to_string();
    let args = [
        "sendpartialpay",
        &route,
        &invoice.0,
        &whole,
        "by hand",
        &invoice.1,
    ];
    let sent: Value = serde_json::from_str(&real.cli(&args)).unwrap();
    let id = sent["id"].to_string();
    let done: Value = serde_json::from_str(&real.cli(&["waitpartialpay", &id])).unwrap();
    assert!(preimage_opens(&done), "{done}");
    assert!(
        real.cli(&["help", "sendpartialpay"])
            .contains("intended_msatoshi")
    );
    // Dynamic: stopped and started while lightningd runs.
    real.cli(&["plugin", "stop", AMPERED]);
    assert!(!real.cli(&["help"]).contains("sendpartialpay"));
    real.cli(&["plugin", "start", AMPERED]);
    let listed: Value = serde_json::from_str(&real.cli(&["listpayments"])).unwrap();
    // The other was deleted.
    assert_eq!(listed["payments"].as_array().unwrap().len(), 1, "{listed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_what_comes_in_and_keeps_what_was_paid() {
    let real = Real::with_payers().await;
    lightning::lists_what_comes_in_and_keeps_what_was_paid(&real).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn as_a_plugin_it_lists_what_comes_in() {
    let real = Real::with_payers().await;
    lightning::lists_what_comes_in_from_inside(&real, Path::new(AMPERED)).await;
}

/// l1 and l2 pay one invoice of l4's together.
#[tokio::test(flavor = "multi_thread")]
async fn two_lightningds_pay_one_invoice() {
    let (home, real) = (Home::new(), Real::new().await);
    let tables = [("one", 1), ("two", 2)].map(|(name, n)| {
        let socket = real.0.node(n).socket();
        format!(
            "[[node]]\nname = '{name}'\naddress = 'cln:{}'\n",
            socket.display()
        )
    });
    std::fs::write(home.path().join("ampere.toml"), tables.concat()).unwrap();
    let daemon = home.start().await;
    let invoice = real.0.invoice(WHOLE, "from two nodes").await;
    let mut ids = Vec::new();
    for (name, from) in [("one", 1), ("two", 2)] {
        let way: Vec<Hop> = real.0.way(from, 3, WHOLE / 2);
        let sent = daemon.ok("sendpartialpay", json!({
            "route": route(&way), "payment_hash": invoice.payment_hash, "intended_msatoshi": WHOLE,
            "bolt11": invoice.bolt11, "node": name,
        }));
        ids.push(sent.await["id"].clone());
    }
    for id in ids {
        assert!(preimage_opens(
            &daemon.ok("waitpartialpay", json!([id])).await
        ));
    }
    let paid = real
        .0
        .node(4)
        .ok(
            "listinvoices",
            json!({"payment_hash": invoice.payment_hash}),
        )
        .await;
    assert_eq!(paid["invoices"][0]["amount_received_msat"], WHOLE, "{paid}");
}
