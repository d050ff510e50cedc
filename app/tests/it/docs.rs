//! `docs/rpc.md` is what the types say, with an exchange of every method that has really taken place.

use crate::support::{Daemon, Home, Invoice, LARGER, SMALLER, WHOLE, soon};
use rpc::docs::{Exchange, reference};
use serde_json::{Value, json};
use std::path::Path;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/rpc.md");

/// What is asked, and what was answered.
struct Recorder {
    daemon: Daemon,
    exchanges: Vec<Exchange>,
}

impl Recorder {
    async fn ask(&mut self, method: &'static str, params: Value) -> Value {
        let result = self.daemon.ok(method, params.clone()).await;
        self.exchanges.push(Exchange {
            method,
            params,
            result: result.clone(),
        });
        result
    }
}

#[tokio::test]
async fn the_reference_of_the_methods_is_what_they_do() {
    let (home, daemon) = Daemon::fresh().await;
    let mut recorder = Recorder {
        daemon,
        exchanges: Vec::new(),
    };
    about(&mut recorder).await;
    outgoing(&mut recorder).await;
    incoming(&mut recorder).await;
    deletion(&mut recorder).await;
    paying(&mut recorder).await;
    let mut recorder = by_hand(recorder, &home).await;
    recorder.ask("stop", json!([])).await;
    let written = reference(&recorder.exchanges).unwrap();
    let folder = home.path().display().to_string();
    let written = written.replace(&folder, "~/.ampere");
    if std::env::var_os("AMPERE_WRITE_DOCS").is_some() {
        std::fs::write(PAGE, &written).unwrap();
    }
    let kept = std::fs::read_to_string(Path::new(PAGE)).unwrap();
    let (kept, written) = (timeless(&kept), timeless(&written));
    for (number, (kept, written)) in (1..).zip(kept.lines().zip(written.lines())) {
        assert_eq!(
            kept, written,
            "docs/rpc.md:{number} is stale: its head says how to write it"
        );
    }
    assert_eq!(
        kept.lines().count(),
        written.lines().count(),
        "docs/rpc.md is stale"
    );
}

async fn about(recorder: &mut Recorder) {
    recorder.ask("notifications", json!([true])).await;
    recorder.ask("getinfo", json!([])).await;
    recorder.ask("help", json!(["waitpayment"])).await;
}

async fn outgoing(recorder: &mut Recorder) {
    recorder.ask("dev-hold", json!(["off"])).await;
    let made = recorder
        .ask("dev-invoice", json!([WHOLE, "Two coffees"]))
        .await;
    let invoice = Invoice::from(&made, WHOLE);
    let routes = recorder.ask("dev-routes", json!(["dave", LARGER, 2])).await;
    let mut checked = invoice.part(&routes["routes"][0]["route"]);
    checked["command_to_check"] = json!("sendpartialpay");
    recorder.ask("check", checked).await;
    let larger = invoice.part(&routes["routes"][0]["route"]);
    let first = recorder.ask("sendpartialpay", larger.clone()).await;
    let smaller = recorder.daemon.route(1, SMALLER).await;
    let second = recorder.daemon.send(&invoice, &smaller).await;
    recorder.ask("waitpartialpay", json!([first["id"]])).await;
    recorder.daemon.ok("waitpartialpay", json!([second])).await;
    recorder.ask("waitsendpay", json!([invoice.hash])).await;
    recorder.ask("waitpayment", json!([invoice.hash, 60])).await;
    let again = recorder.ask("sendpartialpay", larger).await;
    assert_eq!(
        (&again["status"], again.get("id")),
        (&json!("complete"), None)
    );
    let of_payment = json!({"payment_hash": invoice.hash});
    recorder.ask("listpartialpayments", of_payment).await;

    let invoice = recorder.daemon.invoice().await;
    let route = recorder.daemon.route_without_fee(0, WHOLE).await;
    recorder.ask("sendpay", invoice.pay(&route)).await;
    let failed = recorder
        .daemon
        .refused("waitsendpay", json!([invoice.hash]))
        .await;
    assert_eq!(failed.code, 204);
    recorder.ask("listevents", json!({"start": 5})).await;
    recorder.ask("subscribe", json!({"from": 5})).await;
}

async fn paying(recorder: &mut Recorder) {
    let invoice = recorder.daemon.invoice().await;
    let capped = json!({"bolt11": invoice.bolt11, "maxfee": "100sat"});
    recorder.ask("estimate", capped.clone()).await;
    recorder.ask("pay", capped).await;
    let of_payment = json!({"payment_hash": invoice.hash});
    recorder.ask("listpays", of_payment).await;
    recorder.ask("abandonpay", json!([invoice.hash])).await;
    let invoice = recorder.daemon.invoice().await;
    recorder.ask("xpay", json!([invoice.bolt11])).await;
}

async fn deletion(recorder: &mut Recorder) {
    let failed = recorder.daemon.payments(json!({"status": "failed"})).await;
    let hash = &failed[0]["payment_hash"];
    recorder
        .ask("autoclean", json!({"age": 0, "dry_run": true}))
        .await;
    recorder.ask("delpayment", json!([hash])).await;
    let file = recorder.daemon.rpc_file.with_file_name("copy.sqlite3");
    recorder.ask("backup", json!([file])).await;
}

/// A part whose node is not configured any more: nobody can tell what became of it.
async fn by_hand(recorder: Recorder, home: &Home) -> Recorder {
    let Recorder {
        daemon,
        mut exchanges,
    } = recorder;
    daemon.ok("dev-hold", json!(["on"])).await;
    let invoice = daemon.invoice().await;
    let route = daemon.route(0, WHOLE).await;
    let part = daemon.send(&invoice, &route).await;
    daemon.terminate().await;
    let mut elsewhere = home.ampered();
    elsewhere.args(["--node", "elsewhere=embedded"]);
    let daemon = Daemon::spawn(elsewhere, home.path().join("ampere-rpc")).await;
    let params = json!([
        part,
        "failed",
        "its node is gone, and its channels are closed"
    ]);
    let result = daemon.ok("resolvepart", params.clone()).await;
    exchanges.push(Exchange {
        method: "resolvepart",
        params,
        result,
    });
    let hash = json!({"payment_hash": invoice.hash});
    let listed = daemon.ok("listpayments", hash).await;
    let by = &listed["payments"][0]["resolutions"][0];
    assert_eq!(by["id"], part);
    assert_eq!(by["why"], "its node is gone, and its channels are closed");
    Recorder { daemon, exchanges }
}

async fn incoming(recorder: &mut Recorder) {
    let params = json!([1_000_000, "order 1", "Two coffees"]);
    let invoice = recorder.ask("invoice", params).await;
    let bolt11 = &invoice["bolt11"];
    recorder.ask("dev-pay", json!([bolt11, [600_000]])).await;
    soon("arriving", async {
        loop {
            let list = recorder.ask("listpartialinvoices", json!([])).await;
            if list["partialinvoices"] != json!([]) {
                return;
            }
            recorder.exchanges.pop();
        }
    })
    .await;
    recorder
        .daemon
        .ok("dev-pay", json!([bolt11, [400_000]]))
        .await;
    let all = json!({"direction": "all", "start": 2});
    soon("recording", async {
        loop {
            let list = recorder.ask("listpayments", all.clone()).await;
            if list["payments"]
                .as_array()
                .is_some_and(|rows| rows.len() == 2)
            {
                return;
            }
            recorder.exchanges.pop();
        }
    })
    .await;
    recorder.ask("listinvoices", json!(["order 1"])).await;
    recorder.ask("delinvoice", json!(["order 1", "paid"])).await;
    recorder.ask("dev-tick", json!([])).await;
}

/// The page without what is another in every run: numbers, hex and invoices in the exchanges.
fn timeless(page: &str) -> String {
    let mut is_exchange = false;
    let mut lines = Vec::new();
    for line in page.lines() {
        if line.starts_with("```") {
            is_exchange = !is_exchange && line == "```json";
        }
        lines.push(if is_exchange {
            without_values(line)
        } else {
            line.to_owned()
        });
    }
    lines.join("\n")
}

/// Each run of letters and digits that has a digit in it is one like any other.
fn without_values(line: &str) -> String {
    let mut shown = String::new();
    for word in line.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let end = word.find(|c: char| !c.is_ascii_alphanumeric());
        let (word, rest) = word.split_at(end.unwrap_or(word.len()));
        let is_value = word.contains(|c: char| c.is_ascii_digit());
        shown.push_str(if is_value { "0" } else { word });
        shown.push_str(rest);
    }
    shown
}
