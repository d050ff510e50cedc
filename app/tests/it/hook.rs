//! Rule A-12: whatever happens inside the plugin, lightningd gets the answer to its hook, and claims.
//!
//! Each payment here is claimed by the (fake) lightningd only after its plugin has let every HTLC of it
//! pass. What the plugin is held up by lasts until the payment is seen to be claimed: if its answer
//! waited for that, it would never come.

use crate::fake::Plugin;
use crate::lightning::{Lightning, WHOLE};
use crate::lightningd::Fake;
use crate::support::{call, clean, soon};
use futures::future::select_all;
use rusqlite::Connection;
use serde_json::{Map, Value, json};
use tokio::process::Command;
use tokio::task::JoinHandle;

/// With a single thread for everything, so that whatever blocks one blocks all.
fn ampered() -> Command {
    let mut command = clean(env!("CARGO_BIN_EXE_ampered"));
    command.env("TOKIO_WORKER_THREADS", "1");
    command
}

async fn launch(fake: &Fake) -> Plugin {
    fake.launch_as(ampered(), Map::new()).await
}

fn database(fake: &Fake) -> std::path::PathBuf {
    fake.folder().join("ampere/ampere.sqlite3")
}

/// Nobody else can read or write until it is dropped.
fn locked(fake: &Fake) -> Connection {
    let database = Connection::open(database(fake)).unwrap();
    database
        .execute_batch("pragma locking_mode = exclusive; begin exclusive")
        .unwrap();
    database
}

/// Somebody pays us in two parts: returns when lightningd has claimed them.
async fn is_paid(fake: &Fake) {
    let invoice = fake.lightningd.own_invoice(WHOLE);
    for (way, amount) in [(0, WHOLE / 4), (1, WHOLE / 4 * 3)] {
        fake.lightningd.arrives(&invoice.payment_hash, way, amount);
    }
    let params = json!({"payment_hash": invoice.payment_hash});
    soon("lightningd's claim", async {
        loop {
            let listed = call(&fake.socket(), "listinvoices", params.clone()).await;
            if listed.unwrap()["invoices"][0]["status"] == "paid" {
                return;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// A call to the plugin that is not answered yet.
fn ask(fake: &Fake, method: &'static str, params: Value) -> JoinHandle<Value> {
    let socket = fake.socket();
    tokio::spawn(async move {
        let answer = call(&socket, method, params).await;
        answer.unwrap_or_else(|refused| json!({"code": refused.code, "message": refused.message}))
    })
}

async fn part(fake: &Fake) -> Value {
    let invoice = fake.invoice().await;
    json!([fake.route(0, WHOLE / 2), invoice.0, WHOLE, null, invoice.1])
}

async fn incoming(fake: &Fake, how_many: usize) {
    soon("the history", async {
        while listed(fake).await != how_many {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// How many came in, over all pages.
async fn listed(fake: &Fake) -> usize {
    let mut params = json!({"direction": "incoming", "limit": 1_000});
    let mut rows = 0;
    loop {
        let page = call(&fake.socket(), "listpayments", params.clone()).await;
        let page = page.unwrap();
        rows += page["payments"].as_array().unwrap().len();
        let Some(next) = page.get("next") else {
            return rows;
        };
        params["start"] = next.clone();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn htlcs_pass_while_the_database_cannot_be_opened() {
    let fake = Fake::new();
    let mut before = launch(&fake).await;
    call(&fake.socket(), "listpayments", json!([]))
        .await
        .unwrap();
    before.stop().await;
    let lock = locked(&fake);
    let _plugin = launch(&fake).await;
    let asking = ask(&fake, "listpayments", json!([]));
    is_paid(&fake).await;
    assert!(!asking.is_finished(), "it waits for the database");
    drop(lock);
    let listed = soon("the answer", asking).await.unwrap();
    assert!(listed["payments"].is_array(), "{listed}");
    incoming(&fake, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn htlcs_pass_while_nothing_can_be_written_and_the_queue_is_full() {
    let fake = Fake::new();
    std::fs::create_dir(fake.folder().join("ampere")).unwrap();
    let few = "[policy]\ndecisions_max = 4\n";
    std::fs::write(fake.folder().join("ampere/ampere.toml"), few).unwrap();
    let _plugin = launch(&fake).await;
    call(&fake.socket(), "listpayments", json!([]))
        .await
        .unwrap();
    let writer = Connection::open(database(&fake)).unwrap();
    writer.execute_batch("begin immediate").unwrap();
    let mut asking = Vec::new();
    for _ in 0..8 {
        asking.push(ask(&fake, "sendpartialpay", part(&fake).await));
    }
    let (first, _, asking) = soon("a full queue", select_all(asking)).await;
    assert_eq!(first.unwrap()["code"], -32005, "busy");
    is_paid(&fake).await;
    let waiting = asking.iter().filter(|sent| !sent.is_finished()).count();
    assert!(waiting > 0, "some of them wait for storage");
    drop(writer);
    incoming(&fake, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn htlcs_pass_when_noting_them_panics() {
    let fake = Fake::new();
    let mut command = ampered();
    command.env("PLANTED_BUG", "hook-panics");
    let plugin = fake.launch_as(command, Map::new()).await;
    is_paid(&fake).await;
    incoming(&fake, 1).await;
    let logs = json!(plugin.logs()).to_string();
    assert!(logs.contains("could not be noted"), "it did panic: {logs}");
}

#[tokio::test(flavor = "multi_thread")]
async fn htlcs_pass_when_ampere_could_not_start() {
    let fake = Fake::new();
    std::fs::create_dir(fake.folder().join("ampere")).unwrap();
    std::fs::write(database(&fake), "this is no database".repeat(100)).unwrap();
    let _plugin = launch(&fake).await;
    let why = soon("an error", ask(&fake, "listpayments", json!([]))).await;
    let why = why.unwrap()["message"].to_string();
    assert!(why.contains("could not start"), "{why}");
    is_paid(&fake).await;
}

/// All of them are in lightningd's hands before the first is answered.
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_htlcs_at_once_all_pass() {
    const PAYMENTS: usize = 350;
    let fake = Fake::new();
    let _plugin = launch(&fake).await;
    let invoices: Vec<_> = (0..PAYMENTS)
        .map(|_| fake.lightningd.own_invoice(3_000))
        .collect();
    for way in [0, 1, 0] {
        for invoice in &invoices {
            fake.lightningd.arrives(&invoice.payment_hash, way, 1_000);
        }
    }
    is_paid(&fake).await;
    incoming(&fake, PAYMENTS + 1).await;
    let waiting = call(&fake.socket(), "listpartialinvoices", json!([])).await;
    assert_eq!(waiting.unwrap(), json!({"partialinvoices": []}));
}

/// Also what makes no sense to it: to judge that is lightningd's business.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_hook_is_told_it_continues() {
    let fake = Fake::new();
    let plugin = launch(&fake).await;
    for odd in [
        json!({}),
        json!([]),
        json!({"htlc": {"id": "x"}, "onion": 7}),
    ] {
        let answer = soon("an answer", plugin.hook("htlc_accepted", odd)).await;
        assert_eq!(answer, json!({"result": "continue"}));
    }
}
