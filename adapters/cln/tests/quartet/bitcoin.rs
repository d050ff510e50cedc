//! The chain: a bitcoind on regtest, without a wallet.
//!
//! Blocks pay to `OP_TRUE`, so that their coins can be spent without a key.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use super::daemon::Daemon;
use super::process::free_port;
use super::programs::Programs;
use super::until::until;

/// Pays to `OP_TRUE`; the checksum is part of it.
const ANYONE: &str = "raw(51)#8lvh9jxk";
/// A block's reward can be spent once it has as many confirmations.
const MATURITY: u32 = 101;
/// Name and password of the one who may call.
const LOGIN: &str = "rt";

/// A running bitcoind.
#[derive(Debug)]
pub struct Bitcoin {
    daemon: Daemon,
    cli: PathBuf,
    dir: PathBuf,
    port: u16,
}

impl Bitcoin {
    /// Starts bitcoind in `dir` with one block whose reward can be spent.
    pub async fn start(programs: &Programs, dir: &Path) -> Self {
        fs::create_dir(dir).expect("a directory for bitcoind");
        let port = free_port();
        let mut command = Command::new(&programs.bitcoind);
        command
            .args(["-regtest", "-server", "-listen=0", "-rpcbind=127.0.0.1"])
            .args(["-rpcallowip=127.0.0.1", "-printtoconsole=0"])
            .arg(format!("-datadir={}", dir.display()))
            .arg(format!("-rpcport={port}"))
            .args([format!("-rpcuser={LOGIN}"), format!("-rpcpassword={LOGIN}")]);
        let daemon = Daemon::spawn(&mut command, &dir.join("output"));
        let bitcoin = Self {
            daemon,
            cli: programs.bitcoin_cli.clone(),
            dir: dir.to_owned(),
            port,
        };
        until("bitcoind answers", Duration::from_secs(60), || async {
            assert!(
                !bitcoin.daemon.ended(),
                "bitcoind: {}",
                bitcoin.daemon.last_words()
            );
            bitcoin.try_call("getblockcount", &[]).await.ok()
        })
        .await;
        bitcoin.mine(MATURITY).await;
        bitcoin
    }

    /// What a lightningd has to be told about this bitcoind.
    pub fn options(&self) -> Vec<String> {
        vec![
            format!("--bitcoin-cli={}", self.cli.display()),
            format!("--bitcoin-datadir={}", self.dir.display()),
            "--bitcoin-rpcconnect=127.0.0.1".to_owned(),
            format!("--bitcoin-rpcport={}", self.port),
            format!("--bitcoin-rpcuser={LOGIN}"),
            format!("--bitcoin-rpcpassword={LOGIN}"),
        ]
    }

    /// How many blocks there are.
    pub async fn height(&self) -> u64 {
        let height = self.call("getblockcount", &[]).await;
        height
            .as_str()
            .and_then(|height| height.parse().ok())
            .expect("a height")
    }

    /// Mines `count` blocks with whatever waits to be confirmed.
    pub async fn mine(&self, count: u32) {
        self.call("generatetodescriptor", &[&count.to_string(), ANYONE])
            .await;
    }

    /// Waits until `count` transactions wait to be confirmed.
    pub async fn broadcast(&self, count: usize) {
        until(
            &format!("bitcoind has {count} transactions"),
            Duration::from_secs(30),
            || async {
                let waiting = self.call("getrawmempool", &[]).await;
                (waiting.as_array().expect("transaction ids").len() >= count).then_some(())
            },
        )
        .await;
    }

    /// Pays `btc` to each address from the first block's reward, in a new block. Once only.
    pub async fn endow(&self, addresses: &[String], btc: &str) {
        let hash = self.call("getblockhash", &["1"]).await;
        let block = self
            .call("getblock", &[hash.as_str().expect("a hash")])
            .await;
        let inputs = json!([{"txid": block["tx"][0], "vout": 0}]).to_string();
        let outputs: Vec<Value> = addresses.iter().map(|to| json!({to: btc})).collect();
        let outputs = Value::from(outputs).to_string();
        let transaction = self
            .call("createrawtransaction", &[&inputs, &outputs])
            .await;
        // By way of a block: as a transaction of its own bitcoind would find it not standard.
        self.call(
            "generateblock",
            &[ANYONE, &json!([transaction]).to_string()],
        )
        .await;
    }

    async fn call(&self, method: &str, params: &[&str]) -> Value {
        let answer = self.try_call(method, params).await;
        answer.unwrap_or_else(|error| panic!("bitcoin-cli {method} {params:?}: {error}"))
    }

    /// Whatever is neither an object nor an array is answered as text.
    async fn try_call(&self, method: &str, params: &[&str]) -> Result<Value, String> {
        let output = tokio::process::Command::new(&self.cli)
            .args(["-regtest", "-rpcconnect=127.0.0.1"])
            .arg(format!("-datadir={}", self.dir.display()))
            .arg(format!("-rpcport={}", self.port))
            .args([format!("-rpcuser={LOGIN}"), format!("-rpcpassword={LOGIN}")])
            .arg(method)
            .args(params)
            .kill_on_drop(true)
            .output()
            .await
            .expect("bitcoin-cli runs");
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        Ok(match text.as_bytes().first() {
            Some(b'{' | b'[') => serde_json::from_str(&text).expect("bitcoin-cli prints JSON"),
            _ => Value::String(text),
        })
    }
}
