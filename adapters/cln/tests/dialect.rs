//! What a real lightningd 26.06.6 answered (`transcripts/`), the fake answers too.
#![allow(missing_docs, clippy::unwrap_used, reason = "this is for tests only")]

mod client;
mod fake;

use std::collections::HashMap;

use crate::fake::{Invoice, Lightningd};
use client::{Client, socket};
use serde_json::{Value, json};

const DIR: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/transcripts");

/// l4 as it was recorded, and the one whose key the tests have.
const RECORDED_PAYEE: &str = "02025f13e699379ea8e1bbe4053361efdcc35c9b459face470f1cef578b6ced749";
const PAYEE: &str = "0324653eac434488002cc06bbfb7f10fe18991e35f9fe4302dbea6d2353dc0ab1c";

/// What differs from run to run.
fn plain(mut value: Value, offset: &Offsets) -> Value {
    match &mut value {
        Value::Object(members) => {
            for name in ["created_at", "completed_at"] {
                if let Some(time) = members.get_mut(name) {
                    *time = json!("time");
                }
            }
            for (name, by) in [
                ("created_index", offset.created),
                ("id", offset.created),
                ("updated_index", offset.updated),
            ] {
                if let Some(index) = members.get_mut(name).filter(|it| it.is_u64()) {
                    *index = json!(index.as_u64().unwrap() - by);
                }
            }
            if let Some(Value::String(raw)) = members.get_mut("raw_message") {
                // The signature and the time of a channel_update are nobody's business, nor is the
                // height at which the payee fails.
                let kept = if raw.len() > 100 {
                    4
                } else {
                    raw.len().min(20)
                };
                raw.truncate(kept);
            }
            for member in members.values_mut() {
                *member = plain(member.take(), offset);
            }
        }
        Value::Array(values) => {
            for value in values.iter_mut() {
                *value = plain(value.take(), offset);
            }
        }
        _ => {}
    }
    value
}

#[derive(Default)]
struct Offsets {
    created: u64,
    updated: u64,
}

struct Line {
    title: String,
    method: String,
    params: Value,
    reply: Value,
}

fn lines(file: &str) -> Vec<Line> {
    let text = std::fs::read_to_string(format!("{DIR}/{file}")).unwrap();
    let text = text.replace(RECORDED_PAYEE, PAYEE);
    let line = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        Line {
            title: line["title"].as_str().unwrap().to_owned(),
            method: line["method"].as_str().unwrap_or_default().to_owned(),
            params: line["params"].clone(),
            reply: line["reply"].clone(),
        }
    };
    text.lines().map(line).collect()
}

/// Invoices are recognised by the preimages that the transcript ends with.
fn invoices(lines: &[Line]) -> HashMap<String, Invoice> {
    let mut invoices = HashMap::new();
    for line in lines {
        let (Some(hash), Some(preimage)) = (
            line.reply["result"]["payment_hash"].as_str(),
            line.reply["result"]["payment_preimage"].as_str(),
        ) else {
            continue;
        };
        let secret = lines.iter().find(|it| {
            it.params["payment_hash"] == hash && it.params.get("payment_secret").is_some()
        });
        let Some(secret) = secret else { continue };
        invoices.insert(
            hash.to_owned(),
            Invoice {
                payment_hash: hash.to_owned(),
                payment_secret: secret.params["payment_secret"].as_str().unwrap().to_owned(),
                preimage: preimage.to_owned(),
                amount_msat: 10_000_000,
            },
        );
    }
    invoices
}

/// Replays a file: what the network does is let through when the transcript has come to the point
/// at which somebody waits for it.
async fn replay(file: &str, skip: &[&str], offsets: Offsets) -> usize {
    let lines = lines(file);
    let lightningd = Lightningd::start(&socket(file));
    lightningd.set_height(110);
    for invoice in invoices(&lines).into_values() {
        lightningd.adopt(
            &invoice.payment_hash,
            &invoice.payment_secret,
            &invoice.preimage,
            invoice.amount_msat,
        );
    }
    // Hashes that fail although l4 knows them: with a made-up preimage.
    for line in &lines {
        let known = invoices(&lines);
        if line.title.starts_with("B part 1")
            || line.title.contains("total below")
            || line.title.contains("2x the")
            || line.title.contains("cltv")
        {
            let hash = line.params["payment_hash"].as_str().unwrap();
            if !known.contains_key(hash)
                && let Some(secret) = line.params["payment_secret"].as_str()
            {
                let amount = if line.title.contains("cltv") {
                    1_000_000
                } else {
                    10_000_000
                };
                lightningd.adopt(hash, secret, &"00".repeat(32), amount);
            }
        }
    }
    let mut client = Client::connect(&lightningd).await;
    let mut checked = 0;
    let zero = Offsets::default();
    for line in lines.iter().filter(|line| {
        !line.method.is_empty()
            && !["listpays", "xpay", "pay", "listinvoices"].contains(&&*line.method)
    }) {
        if skip.iter().any(|skip| line.title.starts_with(skip)) {
            continue;
        }
        if line.method == "sendpay" {
            lightningd.hold_commits(true);
        }
        let is_timeout = line.reply["error"]["message"] == "Timed out while waiting";
        let id = client.send(&line.method, &line.params).await;
        if line.method == "waitsendpay" && !is_timeout {
            client.ok("getlog", &json!({})).await;
            lightningd.hold_commits(false);
            if line.title.contains("MPP timeout") {
                lightningd.mpp_timeout(line.params["payment_hash"].as_str().unwrap());
            }
        }
        let mut reply = client.reply(&id).await.unwrap();
        reply
            .as_object_mut()
            .unwrap()
            .retain(|name, _| name == "result" || name == "error");
        if line.title == "E first hop lacks capacity (immediate local failure)"
            || line.title.starts_with("P empty route with")
        {
            client.ok("getlog", &json!({})).await;
            lightningd.hold_commits(false);
        }
        assert_eq!(
            plain(reply, &zero),
            plain(line.reply.clone(), &offsets),
            "{file}: {}",
            line.title
        );
        checked += 1;
    }
    checked
}

#[tokio::test]
async fn a_payment_in_parts() {
    let skip = ["F "];
    let checked = replay(
        "mpp.jsonl",
        &skip,
        Offsets {
            created: 5,
            updated: 5,
        },
    )
    .await;
    println!("{checked} replies");
    assert!(checked > 50, "{checked}");
}

#[tokio::test]
async fn bad_parameters_and_failures() {
    let skip = [
        "G listsendpays index",
        "G listsendpays status",
        "G listsendpays of",
    ];
    let checked = replay(
        "parameters-and-failures.jsonl",
        &skip,
        Offsets {
            created: 21,
            updated: 21,
        },
    )
    .await;
    println!("{checked} replies");
    assert!(checked > 25, "{checked}");
}

#[tokio::test]
async fn a_peer_that_is_away() {
    let lines = lines("peer-offline.jsonl");
    let lightningd = Lightningd::start(&socket("offline"));
    lightningd.disconnect();
    let mut client = Client::connect(&lightningd).await;
    let line = lines
        .iter()
        .find(|line| line.title == "F first peer offline")
        .unwrap();
    let reply = client.call(&line.method, &line.params).await;
    assert_eq!(reply["error"], line.reply["error"]);
    let rows = client.ok("listsendpays", &json!({})).await;
    assert_eq!(rows, json!({"payments": []}));
}

#[tokio::test]
async fn wait_answers_with_what_happened() {
    let lines = lines("parameters-and-failures.jsonl");
    let by_title = |title: &str| lines.iter().find(|line| line.title == title).unwrap();
    let lightningd = Lightningd::start(&socket("wait"));
    let part = by_title("G part 1");
    let text = |name: &str| part.params[name].as_str().unwrap();
    lightningd.adopt(
        text("payment_hash"),
        text("payment_secret"),
        &"00".repeat(32),
        10_000_000,
    );
    let mut client = Client::connect(&lightningd).await;
    let now = client.ok("wait", &json!(["sendpays", "created", 0])).await;
    assert_eq!(now, json!({"subsystem": "sendpays", "created": 0}));
    let created = client
        .send("wait", &json!(["sendpays", "created", 1]))
        .await;
    let updated = client
        .send("wait", &json!(["sendpays", "updated", 1]))
        .await;
    let htlc = client.send("wait", &json!(["htlcs", "created", 1])).await;
    client.ok("sendpay", &part.params).await;
    client.ok("sendpay", &by_title("G part 2").params).await;
    for (id, title, offset) in [
        (created, "G wait reply created", 28),
        (updated, "G wait reply updated", 28),
    ] {
        let mut expected = by_title(title).reply["result"].clone();
        for name in ["created", "updated"] {
            if let Some(index) = expected.get_mut(name) {
                *index = json!(index.as_u64().unwrap() - offset);
            }
        }
        assert_eq!(client.reply(&id).await.unwrap()["result"], expected);
    }
    let htlc = client.reply(&htlc).await.unwrap();
    assert_eq!(htlc["result"]["htlcs"]["short_channel_id"], "104x4x0");
}

/// The same without what the fake makes up.
fn blurred(value: &Value) -> Value {
    const MADE_UP: [&str; 10] = [
        "bolt11",
        "payment_hash",
        "payment_secret",
        "payment_preimage",
        "expires_at",
        "paid_at",
        "expiry",
        "short_channel_id",
        "created_index",
        "updated_index",
    ];
    match value {
        Value::Object(members) => {
            let told = members.iter().filter(|(name, _)| *name != "local_trimmed");
            let blurred = told.map(|(name, value)| {
                let is_made_up = MADE_UP.contains(&name.as_str());
                let value = if is_made_up {
                    json!("…")
                } else {
                    blurred(value)
                };
                (name.clone(), value)
            });
            Value::Object(blurred.collect())
        }
        Value::Array(values) => values.iter().map(blurred).collect(),
        other => other.clone(),
    }
}

#[tokio::test]
async fn what_comes_in() {
    let lightningd = Lightningd::start(&socket("incoming"));
    let mut client = Client::connect(&lightningd).await;
    let mut hashes: Vec<String> = Vec::new();
    for line in lines("incoming.jsonl") {
        let mut params = line.params.clone();
        match (line.title.as_str(), line.method.as_str()) {
            // The real one says the first before the peers have heard of it, and had sent something.
            ("both parts, just paid" | "counter", _) => continue,
            ("one part, on its channel", _) => lightningd.arrives(&hashes[0], 0, 400_000),
            ("paid", "waitanyinvoice") => lightningd.arrives(&hashes[0], 1, 600_000),
            ("tips", _) => lightningd.arrives(&hashes[1], 0, 700_000),
            (_, "listhtlcs") => params["start"] = json!(1),
            (_, "listinvoices") => params["payment_hash"] = json!(hashes[0]),
            _ => {}
        }
        let mut reply = client.call(&line.method, &params).await;
        reply
            .as_object_mut()
            .unwrap()
            .retain(|name, _| name == "result" || name == "error");
        if line.method == "invoice" && reply.get("result").is_some() {
            let hash = reply["result"]["payment_hash"].as_str().unwrap();
            hashes.push(hash.to_owned());
        }
        let (said, expected) = match line.method.as_str() {
            "listpeerchannels" => (
                reply["result"]["channels"][0]["htlcs"].clone(),
                line.reply["result"]["htlcs"].clone(),
            ),
            _ => (reply, line.reply),
        };
        assert_eq!(blurred(&said), blurred(&expected), "{}", line.title);
    }
}
