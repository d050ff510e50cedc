//! What `ampered` must do with any lightningd, the fake one and a real one alike: from beside it, and
//! from inside it.
#![allow(dead_code, reason = "each test crate uses a part of it")]

pub(crate) mod pay;
pub(crate) mod tip;

use crate::support::{Daemon, Home, Refused, ampered_in, call, preimage_opens, soon};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// What an invoice asks for.
pub(crate) const WHOLE: u64 = 10_000_000;
const LARGER: u64 = 6_000_000;
const SMALLER: u64 = 4_000_000;

/// Our lightningd, and a payee with two ways to it.
pub(crate) trait Lightning {
    /// lightningd's socket.
    fn socket(&self) -> PathBuf;

    /// A new invoice of the payee's over [`WHOLE`]: its hash and its secret.
    async fn invoice(&self) -> (String, String);

    /// One of the two ways to the payee.
    fn route(&self, which: usize, amount_msat: u64) -> Value;

    /// kill -9.
    async fn kill(&self);

    /// lightningd started again, its channels back.
    async fn start(&self);

    /// The same with blocks that it has yet to read: it answers, and takes payments.
    async fn start_below_the_tip(&self);

    /// Returns once it has read them, its channels back.
    async fn load_blocks(&self);

    /// A new invoice of our own node's over [`WHOLE`]: its hash.
    async fn own_invoice(&self) -> String;

    /// An HTLC for it comes to our node, from one of two peers.
    async fn pays_us(&self, payment_hash: &str, which: usize, amount_msat: u64);

    /// lightningd stopped and started with `ampered` as its plugin.
    async fn start_with_plugin(&self, ampered: &Path);
}

/// A daemon beside that lightningd.
pub(crate) async fn beside(home: &Home, lightning: &impl Lightning) -> Daemon {
    let mut command = ampered_in(home.path());
    let node = format!("cln:{}", lightning.socket().display());
    command.args(["--node", &node]);
    Daemon::spawn(command, home.path().join("ampere-rpc")).await
}

/// The parameters of a part.
fn part(invoice: &(String, String), route: &Value) -> Value {
    json!({
        "route": route, "payment_hash": invoice.0, "intended_msatoshi": WHOLE,
        "payment_secret": invoice.1, "description": "two parts",
    })
}

async fn send(daemon: &Daemon, invoice: &(String, String), route: &Value) -> u64 {
    let sent = daemon.ok("sendpartialpay", part(invoice, route)).await;
    sent["id"].as_u64().unwrap()
}

/// One invoice, two parts, two ways; both programs may be stopped in between.
pub(crate) async fn pays_in_two_parts_over_restarts_of_both(lightning: &impl Lightning) {
    let home = Home::new();
    let daemon = beside(&home, lightning).await;
    let invoice = lightning.invoice().await;
    let first = send(&daemon, &invoice, &lightning.route(0, LARGER)).await;
    let refused = daemon.refused("waitpartialpay", json!([first, 1])).await;
    assert_eq!(refused.code, 200, "it waits at the payee for the rest");
    daemon.kill().await;
    lightning.kill().await;
    let daemon = beside(&home, lightning).await;
    // The node is away: what is asked for now waits for it.
    let shown = daemon.parts(json!([first])).await;
    assert_eq!(shown[0]["status"], "pending");
    let second = send(&daemon, &invoice, &lightning.route(1, SMALLER)).await;
    lightning.start().await;
    for id in [first, second] {
        let done = soon("the end", daemon.call("waitpartialpay", json!([id])));
        let done = done
            .await
            .unwrap_or_else(|why| panic!("{why:?}\n{}", daemon.log()));
        assert!(preimage_opens(&done), "{done}");
    }
    let payments = daemon.payments(json!({"payment_hash": invoice.0})).await;
    assert_eq!(payments[0]["status"], "complete");
    let info = daemon.ok("getinfo", json!([])).await;
    assert_eq!(info["network"], "regtest", "{info}");
    assert_eq!(info["nodes"][0]["name"], "cln");
    assert!(info["blockheight"].as_u64().is_some(), "{info}");
    daemon.terminate().await;
}

/// A failed part, the same wherever it is read, and another in its place.
pub(crate) async fn tells_a_failure_everywhere_alike(lightning: &impl Lightning) {
    let home = Home::new();
    let daemon = beside(&home, lightning).await;
    let invoice = lightning.invoice().await;
    let mut cheap = lightning.route(0, WHOLE);
    cheap[0]["amount_msat"] = json!(WHOLE);
    let id = send(&daemon, &invoice, &cheap).await;
    let waited = daemon.refused("waitpartialpay", json!([id])).await;
    assert_eq!(waited.code, 204, "{waited:?}");
    let listed = daemon.parts(json!([id])).await.remove(0);
    let failure = &listed["failure"];
    assert_eq!(failure["failcodename"], "WIRE_FEE_INSUFFICIENT", "{listed}");
    assert_eq!(failure["erring_index"], 1);
    for detail in ["erring_node", "erring_channel", "failcode", "raw_message"] {
        assert!(!failure[detail].is_null(), "{detail}: {listed}");
        assert_eq!(failure[detail], waited.data[detail], "{detail}");
    }
    let again = send(&daemon, &invoice, &lightning.route(0, WHOLE)).await;
    assert!(preimage_opens(
        &daemon.ok("waitpartialpay", json!([again])).await
    ));
    daemon.terminate().await;
}

/// By way of lightningd's own socket, as `lightning-cli` asks.
pub(crate) async fn serves_lightningds_own_callers(lightning: &impl Lightning, ampered: &Path) {
    lightning.start_with_plugin(ampered).await;
    let socket = lightning.socket();
    let help = call(&socket, "help", json!([])).await.unwrap();
    let help = help.to_string();
    for usage in [
        "sendpartialpay route payment_hash intended_msatoshi",
        "waitpartialpay id",
        "listpartialpayments",
        "listpartialinvoices",
        "listpayments",
        "waitpayment payment_hash",
        "listevents",
        "delpayment payment_hash",
        "ampere-autoclean age [status] [dry_run] [limit]",
        "ampere-pay bolt11 [amount_msat] [label]",
        "ampere-estimate bolt11",
        "ampere-listpays [bolt11] [payment_hash] [status]",
        "abandonpay payment_hash",
        "ampere-backup file",
    ] {
        assert!(help.contains(usage), "{usage}: {help}");
    }
    let invoice = lightning.invoice().await;
    let larger = part(&invoice, &lightning.route(0, LARGER));
    let first = call(&socket, "sendpartialpay", larger).await.unwrap();
    let polled = refused(&socket, "waitpartialpay", json!([first["id"], 0])).await;
    assert_eq!(
        (polled.code, polled.message.as_str()),
        (200, "Timed out while waiting")
    );
    let much = refused(
        &socket,
        "sendpartialpay",
        part(&invoice, &lightning.route(1, LARGER)),
    )
    .await;
    assert_eq!(much.code, 200);
    assert_eq!(much.data["room_msat"], SMALLER, "{much:?}");
    let nonsense = refused(&socket, "waitpartialpay", json!(["one"])).await;
    assert_eq!(nonsense.code, -32602);
    let nonsense = refused(&socket, "ampere-pay", json!(["lnbc1"])).await;
    assert_eq!(nonsense.code, -32602);
    let pays = call(&socket, "ampere-listpays", json!([first["payment_hash"]]));
    assert_eq!(pays.await.unwrap_err().code, -32602, "a hash is no invoice");
    let hash = json!({"payment_hash": invoice.0});
    let pays = call(&socket, "ampere-listpays", hash).await.unwrap();
    assert_eq!(pays["pays"][0]["status"], "pending", "{pays}");
    let orderless = refused(&socket, "abandonpay", json!([invoice.0])).await;
    assert_eq!(orderless.code, 208, "no pay has asked for it");
    let smaller = lightning.route(1, SMALLER);
    let by_position = json!([smaller, invoice.0, WHOLE, "the rest", invoice.1]);
    let second = call(&socket, "sendpartialpay", by_position).await.unwrap();
    for sent in [first, second] {
        let done = call(&socket, "waitpartialpay", json!({"id": sent["id"]})).await;
        assert!(preimage_opens(&done.unwrap()));
    }
    let over = call(&socket, "waitpayment", json!([invoice.0])).await;
    assert_eq!(over.unwrap()["pending_parts"], 0);
    let events = call(&socket, "listevents", json!([])).await.unwrap();
    let events = events["events"].as_array().unwrap();
    assert_eq!(
        events.len(),
        4,
        "two parts, accepted and fulfilled: {events:?}"
    );
    let listed = call(&socket, "listpayments", json!([null, invoice.0]))
        .await
        .unwrap();
    assert_eq!(listed["payments"][0]["status"], "complete", "{listed}");
    let parts = call(
        &socket,
        "listpartialpayments",
        json!({"payment_hash": invoice.0}),
    )
    .await;
    assert_eq!(
        parts.unwrap()["partialpayments"].as_array().unwrap().len(),
        2
    );
    let old = json!({"age": 0, "status": "complete", "dry_run": true});
    let would = call(&socket, "ampere-autoclean", old).await.unwrap();
    let gone = call(&socket, "delpayment", json!([invoice.0])).await;
    let gone = gone.unwrap();
    assert_eq!(gone["deleted"]["parts"], would["deleted"]["parts"]);
    let again = part(&invoice, &lightning.route(0, LARGER));
    assert_eq!(refused(&socket, "sendpartialpay", again).await.code, 201);
}

async fn refused(socket: &Path, method: &str, params: Value) -> Refused {
    match call(socket, method, params).await {
        Ok(result) => panic!("{method} was not refused: {result}"),
        Err(refused) => refused,
    }
}

/// What comes in by parts is listed until the last one comes, and is history then; both programs may be
/// stopped in between.
pub(crate) async fn lists_what_comes_in_and_keeps_what_was_paid(lightning: &impl Lightning) {
    let home = Home::new();
    let daemon = beside(&home, lightning).await;
    let hash = lightning.own_invoice().await;
    let rpc_file = daemon.rpc_file.clone();
    assert_eq!(waiting(&rpc_file).await, Vec::<Value>::new());
    lightning.pays_us(&hash, 0, SMALLER).await;
    let before = waiting_parts(&rpc_file, 1).await;
    is_first_part(&before[0], &hash);
    daemon.kill().await;
    lightning.kill().await;
    lightning.start().await;
    let daemon = beside(&home, lightning).await;
    let after = waiting(&rpc_file).await;
    assert_eq!(after.len(), 1, "right after both are back: {after:?}");
    is_first_part(&after[0], &hash);
    assert_eq!(after[0]["htlc_id"], before[0]["htlc_id"]);
    lightning.pays_us(&hash, 1, LARGER).await;
    waiting_parts(&rpc_file, 0).await;
    let paid = received(&rpc_file).await;
    is_whole_payment(&paid, &hash);
    daemon.kill().await;
    let daemon = beside(&home, lightning).await;
    assert_eq!(received(&rpc_file).await, paid, "once, and for good");
    daemon.terminate().await;
}

/// The same, asked of lightningd itself, whose hook the plugin has.
pub(crate) async fn lists_what_comes_in_from_inside(lightning: &impl Lightning, ampered: &Path) {
    lightning.start_with_plugin(ampered).await;
    let socket = lightning.socket();
    let hash = lightning.own_invoice().await;
    lightning.pays_us(&hash, 0, SMALLER).await;
    let part = waiting_parts(&socket, 1).await.remove(0);
    is_first_part(&part, &hash);
    lightning.pays_us(&hash, 1, LARGER).await;
    waiting_parts(&socket, 0).await;
    let paid = received(&socket).await;
    is_whole_payment(&paid, &hash);
    let parts = paid["parts"].as_array().unwrap();
    let is_dated = |part: &Value| part["incoming_time_unix"].as_u64().is_some();
    assert!(parts.iter().all(is_dated), "the hook has seen both: {paid}");
}

fn is_first_part(row: &Value, hash: &str) {
    assert_eq!(row["payment_hash"], hash, "{row}");
    assert_eq!(row["total_amount_msat"], WHOLE, "{row}");
    assert_eq!(row["partial_amount_msat"], SMALLER, "{row}");
    assert_eq!(row["missing_msat"], LARGER, "{row}");
    assert_eq!(row["node"], "cln", "{row}");
    for known in [
        "incoming_scid",
        "incoming_time_unix",
        "cltv_expiry",
        "label",
        "bolt11",
    ] {
        assert!(!row[known].is_null(), "{known}: {row}");
    }
}

fn is_whole_payment(row: &Value, hash: &str) {
    assert_eq!(row["payment_hash"], hash, "{row}");
    assert_eq!(row["direction"], "incoming", "{row}");
    assert_eq!(row["status"], "complete", "{row}");
    assert_eq!(row["amount_msat"], WHOLE, "{row}");
    assert_eq!(row["amount_received_msat"], WHOLE, "{row}");
    assert!(preimage_opens(row), "{row}");
    let parts = row["parts"].as_array().unwrap().iter();
    let mut brought: Vec<u64> = parts
        .map(|part| part["partial_amount_msat"].as_u64().unwrap())
        .collect();
    brought.sort_unstable();
    assert_eq!(brought, [SMALLER, LARGER], "{row}");
}

/// What is there now, once the node can be asked.
async fn waiting(socket: &Path) -> Vec<Value> {
    soon("a list of every node", async {
        loop {
            let list = call(socket, "listpartialinvoices", json!([])).await;
            let list = list.unwrap();
            if list.get("warning_nodes").is_none() {
                return list["partialinvoices"].as_array().unwrap().clone();
            }
            tokio::task::yield_now().await;
        }
    })
    .await
}

/// The same, once there are so many.
async fn waiting_parts(socket: &Path, how_many: usize) -> Vec<Value> {
    soon("the parts", async {
        loop {
            let rows = waiting(socket).await;
            if rows.len() == how_many {
                return rows;
            }
        }
    })
    .await
}

/// The one payment that came in.
async fn received(socket: &Path) -> Value {
    soon("the history", async {
        loop {
            let list = call(socket, "listpayments", json!({"direction": "incoming"})).await;
            let mut rows = list.unwrap()["payments"].as_array().unwrap().clone();
            if let Some(row) = rows.pop() {
                assert!(rows.is_empty(), "{rows:?}");
                return row;
            }
            tokio::task::yield_now().await;
        }
    })
    .await
}
