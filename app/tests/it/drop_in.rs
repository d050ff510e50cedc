//! Ampere's socket in front of a fake lightningd: a program pointed at it sees one lightningd.

use crate::fake::Lightningd;
use crate::lightning::pay::Payable;
use crate::lightning::{Lightning, WHOLE, beside};
use crate::lightningd::Fake;
use crate::support::{Daemon, Home, ampered_in, call, soon};
use serde_json::{Map, Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

/// Beside that lightningd, with more on the command line.
async fn with(home: &Home, fake: &Fake, more: &[&str]) -> Daemon {
    let mut command = ampered_in(home.path());
    let node = format!("cln:{}", fake.socket().display());
    command.args(["--node", &node]).args(more);
    Daemon::spawn(command, home.path().join("ampere-rpc")).await
}

/// Everything that comes in reply to these bytes, until the client's own end.
async fn exchange(daemon: &Daemon, bytes: &str) -> Vec<Value> {
    let mut stream = UnixStream::connect(&daemon.rpc_file).await.unwrap();
    stream.write_all(bytes.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut all = String::new();
    let read = soon("the replies", stream.read_to_string(&mut all));
    read.await.unwrap();
    let replies = all.split_terminator("\n\n");
    replies
        .map(|reply| serde_json::from_str(reply).unwrap())
        .collect()
}

fn without_time(mut shown: Value) -> Value {
    let members = shown.as_object_mut().unwrap();
    members.remove("created_at");
    shown
}

#[tokio::test(flavor = "multi_thread")]
async fn lightningds_methods_answer_as_on_its_own_socket() {
    let (home, fake) = (Home::new(), Fake::new());
    let daemon = beside(&home, &fake).await;
    fake.lightningd.has_method(
        "listfunds",
        json!({"outputs": [], "channels": [{"z": 1.5, "a": null}]}),
    );
    let direct = fake.socket();
    for (method, params) in [
        ("listfunds", json!({})),
        ("listinvoices", json!([])),
        ("listpeerchannels", json!([])),
        ("listchannels", json!({})),
        ("listdatastore", json!([])),
        ("getlog", json!([])),
    ] {
        let here = daemon.ok(method, params.clone()).await;
        let there = call(&direct, method, params).await.unwrap();
        assert_eq!(without_time(here), without_time(there), "{method}");
    }
    let here = daemon.refused("frobnicate", json!([])).await;
    let there = call(&direct, "frobnicate", json!([])).await.unwrap_err();
    assert_eq!((here.code, here.message), (there.code, there.message));
    let here = daemon.refused("invoice", json!(["any"])).await;
    assert_eq!(here.code, -32602, "lightningd's own refusal: {here:?}");
    daemon.terminate().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wallet_pays_and_is_paid_over_the_one_socket() {
    let (home, fake) = (Home::new(), Fake::new());
    let daemon = beside(&home, &fake).await;
    // What LNbits and BTCPay ask for first.
    let info = daemon.ok("getinfo", json!([])).await;
    assert_eq!(info["id"], fake.lightningd.node_id());
    assert_eq!(
        (&info["version"], &info["name"]),
        (&json!("v26.06.6"), &json!("ampered"))
    );
    let invoice = json!({"amount_msat": WHOLE, "label": "order 1", "description": "coffee"});
    let made = daemon.ok("invoice", invoice).await;
    let waiting = daemon.call("waitanyinvoice", json!([]));
    let arriving = async {
        fake.lightningd
            .arrives(made["payment_hash"].as_str().unwrap(), 0, WHOLE);
    };
    let (paid, ()) = soon("the payment", async { tokio::join!(waiting, arriving) }).await;
    assert_eq!(paid.unwrap()["label"], "order 1");

    let theirs = fake.asks(WHOLE).await;
    let paid = daemon
        .ok("xpay", json!({"invstring": theirs.bolt11, "retry_for": 30}))
        .await;
    assert_eq!(paid["amount_msat"], WHOLE);
    assert_eq!(
        (&paid["successful_parts"], &paid["failed_parts"]),
        (&json!(1), &json!(0))
    );
    let again = daemon.refused("xpay", json!([theirs.bolt11])).await;
    assert_eq!(again.code, 219);
    let again = daemon.ok("pay", json!([theirs.bolt11])).await;
    assert_eq!(again["payment_preimage"], paid["payment_preimage"]);
    assert_eq!(
        (&again["status"], &again["parts"]),
        (&json!("complete"), &json!(1))
    );
    let listed = daemon
        .ok("listpays", json!({"bolt11": theirs.bolt11}))
        .await;
    assert_eq!(listed["pays"][0]["preimage"], paid["payment_preimage"]);
    let ledger = fake.lightningd.ledger();
    assert!(ledger.len() == 1 && ledger[0].htlcs == 1, "{ledger:?}");
    daemon.terminate().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_reaches_a_client_that_has_enabled_it() {
    let (home, fake) = (Home::new(), Fake::new());
    let daemon = beside(&home, &fake).await;
    fake.lightningd
        .has_method("fundchannel", json!({"txid": "00"}));
    // As lightning-cli begins.
    let enable = r#"{"jsonrpc":"2.0","id":"cli:notifications#1","method":"notifications","params":{"enable":true}}"#;
    let fund = r#"{"jsonrpc":"2.0","id":"cli:fundchannel#1","method":"fundchannel","params":["02","all"]}"#;
    let heard = exchange(&daemon, &[enable, fund].concat()).await;
    let [enabled, progress, funded] = &heard[..] else {
        panic!("{heard:?}")
    };
    assert_eq!(enabled["result"], json!({}));
    assert_eq!(progress["method"], "message");
    assert_eq!(progress["params"]["id"], "cli:fundchannel#1");
    assert_eq!(
        (&funded["id"], &funded["result"]["txid"]),
        (&json!("cli:fundchannel#1"), &json!("00"))
    );
    let heard = exchange(&daemon, fund).await;
    assert_eq!(heard.len(), 1, "nobody else is told: {heard:?}");
    daemon.terminate().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_pass_on_shuts_is_refused_in_every_layer_and_never_reaches_lightningd() {
    let (home, fake) = (Home::new(), Fake::new());
    fake.lightningd
        .has_method("withdraw", json!({"txid": "00"}));
    let daemon = with(&home, &fake, &[]).await;
    assert_eq!(
        daemon.ok("withdraw", json!(["bcrt1q", "all"])).await["txid"],
        "00"
    );
    daemon.terminate().await;
    for (flags, file, open) in [
        (&["--pass-on", "safe"][..], "", &["listinvoices"][..]),
        (
            &["--pass-on", "listinvoices", "--pass-on", "decode"],
            "",
            &["listinvoices"],
        ),
        (&[], "pass_on = 'safe'\n", &["listinvoices"]),
        (&[], "pass_on = ['listinvoices']\n", &["listinvoices"]),
        (&["--pass-on", "none"], "pass_on = 'all'\n", &[]),
    ] {
        std::fs::write(home.path().join("ampere.toml"), file).unwrap();
        let before = fake.lightningd.calls("withdraw");
        let daemon = with(&home, &fake, flags).await;
        let refused = daemon.refused("withdraw", json!(["bcrt1q", "all"])).await;
        assert_eq!(refused.code, -32601, "{flags:?} {file}: {refused:?}");
        assert!(refused.message.contains("pass_on is"), "{refused:?}");
        for method in open {
            daemon.ok(method, json!([])).await;
        }
        assert_eq!(fake.lightningd.calls("withdraw"), before);
        daemon.terminate().await;
    }
}

#[tokio::test]
async fn pass_on_without_a_lightningd_is_refused_at_the_start() {
    let home = Home::new();
    let mut command = home.ampered();
    let output = command.args(["--pass-on", "safe"]).output();
    let output = soon("refusing", output).await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("pass_on has no meaning here"), "{said}");
    assert!(
        said.contains("embedded network, which has no lightningd"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_plugins_own_socket_passes_on_as_well() {
    let fake = Fake::new();
    let mut options = Map::new();
    options.insert("ampere-rpc-file".to_owned(), json!("ampere-rpc"));
    let _plugin = fake.launch(options).await;
    let socket = fake.folder().join("ampere-rpc");
    let listed = soon("the socket", async {
        loop {
            if let Ok(listed) = call(&socket, "listinvoices", json!([])).await {
                return listed;
            }
            tokio::task::yield_now().await;
        }
    });
    assert_eq!(listed.await, json!({"invoices": []}));
}

/// A lightningd that answers nothing holds up its own clients alone, and for as long as it is silent.
#[tokio::test(flavor = "multi_thread")]
async fn a_lightningd_that_hangs_delays_no_method_of_ours() {
    let (home, fake) = (Home::new(), Fake::new());
    std::fs::write(
        home.path().join("ampere.toml"),
        "[limits]\npass_on_timeout_secs = 1\n",
    )
    .unwrap();
    let daemon = beside(&home, &fake).await;
    let lightningd: &Lightningd = &fake.lightningd;
    let silent = ["listchannels", "getinfo"].map(|method| lightningd.stall(method));
    let hanging = daemon.call("listchannels", json!([]));
    let others = async {
        for _ in 0..10 {
            daemon.ok("listpays", json!([])).await;
        }
    };
    let (hung, ()) = soon("giving up", async { tokio::join!(hanging, others) }).await;
    let hung = hung.unwrap_err();
    assert_eq!(hung.code, 231, "{hung:?}");
    assert_eq!(hung.data["took_effect"], "unknown");
    drop(silent);
    daemon.ok("listchannels", json!([])).await;
    daemon.terminate().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_parameter_and_no_answer_is_logged() {
    let (home, fake) = (Home::new(), Fake::new());
    let daemon = with(&home, &fake, &["--log", "trace"]).await;
    let (asked, told) = ("a5".repeat(32), "b6".repeat(32));
    fake.lightningd
        .has_method("makesecret", json!({"secret": told}));
    let made = daemon.ok("makesecret", json!({"hex": asked})).await;
    assert_eq!(made["secret"], told);
    daemon.refused("nosuch", json!([asked])).await;
    fake.lightningd.kill().await;
    daemon.refused("makesecret", json!({"hex": asked})).await;
    let log = daemon.terminated().await;
    for secret in [asked, told] {
        assert!(!log.contains(&secret), "{log}");
    }
    assert!(log.contains("makesecret"), "the method is: {log}");
}
