//! A small client, as a test would write it.
#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    clippy::missing_panics_doc,
    clippy::unwrap_used
)]

use std::collections::HashMap;
use std::path::PathBuf;

use crate::fake::{Hop, Invoice, Lightningd};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

pub struct Client {
    stream: UnixStream,
    buffer: Vec<u8>,
    replies: HashMap<String, Value>,
    next: u64,
}

pub fn socket(name: &str) -> PathBuf {
    let dir = std::env::temp_dir().join(format!("fakeln-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    dir.join("lightning-rpc")
}

impl Client {
    pub async fn connect(lightningd: &Lightningd) -> Self {
        let stream = UnixStream::connect(lightningd.rpc_file()).await.unwrap();
        Self {
            stream,
            buffer: Vec::new(),
            replies: HashMap::new(),
            next: 0,
        }
    }

    /// Sends without waiting; returns the id.
    pub async fn send(&mut self, method: &str, params: &Value) -> String {
        self.next += 1;
        let id = format!("t:{method}#{}", self.next);
        let request = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        // A cut connection is what some tests are about.
        drop(self.stream.write_all(request.to_string().as_bytes()).await);
        id
    }

    /// The reply to this id; `None` if the connection ends first.
    pub async fn reply(&mut self, id: &str) -> Option<Value> {
        loop {
            if let Some(reply) = self.replies.remove(id) {
                return Some(reply);
            }
            let frame = self.frame().await?;
            let reply: Value = serde_json::from_slice(&frame).expect("JSON");
            self.replies
                .insert(reply["id"].as_str().unwrap().to_owned(), reply);
        }
    }

    /// The next frame.
    pub async fn frame(&mut self) -> Option<Vec<u8>> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|two| two == b"\n\n") {
                let rest = self.buffer.split_off(end + 2);
                return Some(std::mem::replace(&mut self.buffer, rest));
            }
            match self.stream.read_buf(&mut self.buffer).await {
                Ok(1..) => {}
                _ => return None,
            }
        }
    }

    pub async fn try_call(&mut self, method: &str, params: &Value) -> Option<Value> {
        let id = self.send(method, params).await;
        self.reply(&id).await
    }

    pub async fn call(&mut self, method: &str, params: &Value) -> Value {
        self.try_call(method, params).await.expect("a reply")
    }

    pub async fn ok(&mut self, method: &str, params: &Value) -> Value {
        let reply = self.call(method, params).await;
        reply
            .get("result")
            .unwrap_or_else(|| panic!("{reply}"))
            .clone()
    }

    pub async fn err(&mut self, method: &str, params: &Value) -> (i64, String) {
        let reply = self.call(method, params).await;
        let error = reply.get("error").unwrap_or_else(|| panic!("{reply}"));
        (
            error["code"].as_i64().unwrap(),
            error["message"].as_str().unwrap().to_owned(),
        )
    }
}

pub fn route(way: &[Hop]) -> Value {
    way.iter().map(Hop::to_json).collect()
}

pub fn part(way: &[Hop], invoice: &Invoice, partid: u64, total: u64) -> Value {
    json!({
        "route": route(way), "payment_hash": invoice.payment_hash, "partid": partid,
        "groupid": 1, "amount_msat": total, "payment_secret": invoice.payment_secret,
    })
}

fn tu64(value: u64) -> Vec<u8> {
    value
        .to_be_bytes()
        .into_iter()
        .skip_while(|byte| *byte == 0)
        .collect()
}

fn tlv(kind: u8, value: &[u8]) -> Vec<u8> {
    let mut out = vec![kind, u8::try_from(value.len()).unwrap()];
    out.extend_from_slice(value);
    out
}

fn with_len(stream: &[u8]) -> String {
    let mut out = vec![u8::try_from(stream.len()).unwrap()];
    out.extend_from_slice(stream);
    hex::encode(out)
}

/// The parameters of `createonion` for a way.
pub fn hops(way: &[Hop], invoice: &Invoice, total: u64, height: u64) -> Value {
    let (first, last) = (&way[0], &way[1]);
    let cltv = tu64(height + 1 + u64::from(last.delay));
    let scid: Vec<u64> = last
        .channel
        .split('x')
        .map(|it| it.parse().unwrap())
        .collect();
    let scid = (scid[0] << 40 | scid[1] << 16 | scid[2]).to_be_bytes();
    let forward = [
        tlv(2, &tu64(last.amount_msat)),
        tlv(4, &cltv),
        tlv(6, &scid),
    ]
    .concat();
    let data = [hex::decode(&invoice.payment_secret).unwrap(), tu64(total)].concat();
    let end = [
        tlv(2, &tu64(last.amount_msat)),
        tlv(4, &cltv),
        tlv(8, &data),
    ]
    .concat();
    json!({"hops": [
        {"pubkey": first.id, "payload": with_len(&forward)},
        {"pubkey": last.id, "payload": with_len(&end)},
    ], "assocdata": invoice.payment_hash})
}

/// `createonion` and the parameters of `sendonion` for it.
pub async fn onion_part(
    client: &mut Client,
    way: &[Hop],
    invoice: &Invoice,
    partid: u64,
    total: u64,
) -> Value {
    let onion = client
        .ok("createonion", &hops(way, invoice, total, 108))
        .await;
    json!({
        "onion": onion["onion"], "shared_secrets": onion["shared_secrets"],
        "first_hop": way[0].to_json(), "payment_hash": invoice.payment_hash,
        "partid": partid, "groupid": 1, "amount_msat": way[1].amount_msat,
    })
}
