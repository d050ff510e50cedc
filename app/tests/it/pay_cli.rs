//! `ampere pay`: where nobody looks on, it is one call, and its answer.

use crate::support::{Daemon, Home, Invoice, Terminal, ampere, preimage_opens, run, soon};
use serde_json::{Value, json};
use std::process::Stdio;

/// Two ways to dave carry it.
const AMOUNT: u64 = 100_000_000;

async fn fresh() -> (Home, Daemon, Invoice) {
    let (home, daemon) = Daemon::fresh().await;
    let invoice = Invoice::of(&daemon, AMOUNT).await;
    (home, daemon, invoice)
}

/// Dave keeps what arrives until that is over.
async fn held() -> (Home, Daemon, Invoice) {
    let (home, daemon, invoice) = fresh().await;
    daemon.ok("dev-hold", json!(["on"])).await;
    (home, daemon, invoice)
}

#[tokio::test]
async fn an_invoice_is_paid_and_the_answer_is_json() {
    let (home, _daemon, invoice) = fresh().await;
    let words = ["pay", &invoice.bolt11, "--max-fee", "20sat"];
    let paid = run(Some(home.path()), &words).await;
    assert_eq!(paid.code, Some(0), "{}", paid.stderr);
    let paid = paid.json();
    assert_eq!(paid["status"], "complete");
    assert_eq!(paid["payment_hash"], json!(invoice.hash));
    assert_eq!(paid["order"]["max_fee_msat"], 20_000);
    assert!(preimage_opens(&paid));
}

/// By position and by name it is the method as ever.
#[tokio::test]
async fn the_plain_method_is_called_as_every_other() {
    let (home, daemon, invoice) = fresh().await;
    let bolt11 = format!("bolt11={}", invoice.bolt11);
    for words in [
        &["pay", &*bolt11, "maxfee=20sat", "label=a"][..],
        &["-k", "pay", &bolt11, "maxfee=20sat", "label=a"],
        &["pay", &invoice.bolt11, "null", "a"],
        &["-o", "pay", &invoice.bolt11],
    ] {
        let ran = run(Some(home.path()), words).await;
        assert_eq!(ran.code, Some(0), "{words:?}: {}", ran.stderr);
        assert_eq!(ran.json()["order"]["max_fee_msat"], 20_000, "the first");
    }
    assert_eq!(daemon.payment(&invoice).await["label"], "a");
}

#[tokio::test]
async fn a_dry_run_says_what_it_would_cost_and_stores_nothing() {
    let (home, daemon, invoice) = fresh().await;
    let words = ["pay", &invoice.bolt11, "--max-fee", "20sat", "--dry-run"];
    let quote = run(Some(home.path()), &words).await.json();
    assert_eq!(quote["amount_msat"], json!(AMOUNT), "{quote}");
    assert_eq!(quote["max_fee_msat"], 20_000);
    assert!(!quote["parts"].as_array().unwrap().is_empty(), "{quote}");
    let pays = daemon.ok("listpays", json!([])).await;
    assert_eq!(pays["pays"], json!([]));
}

#[tokio::test]
async fn a_cap_that_is_too_low_is_206_and_says_what_would_do() {
    let (home, _daemon, invoice) = fresh().await;
    let words = ["pay", &invoice.bolt11, "--max-fee", "1msat"];
    let ran = run(Some(home.path()), &words).await;
    assert_eq!(ran.code, Some(1));
    let error = ran.json();
    assert_eq!(error["code"], 206, "{error}");
    let needed = error["data"]["fee_needed_msat"].as_u64().unwrap();
    assert!(ran.stderr.starts_with("error 206: "), "{}", ran.stderr);
    let help = format!("--max-fee {needed}msat");
    assert!(ran.stderr.contains(&help), "{}", ran.stderr);
    let words = [
        "pay",
        &invoice.bolt11,
        "--max-fee",
        &format!("{needed}msat"),
    ];
    let ran = run(Some(home.path()), &words).await;
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
}

#[tokio::test]
async fn what_makes_no_sense_is_status_3_and_nothing_is_sent() {
    let (home, daemon, invoice) = fresh().await;
    let cases: [&[&str]; 7] = [
        &["pay"],
        &["pay", &invoice.bolt11, "--nosuch"],
        &["pay", &invoice.bolt11, "--timeout", "soon"],
        &["pay", &invoice.bolt11, "--max-parts", "many"],
        &[
            "pay",
            &invoice.bolt11,
            "--max-fee",
            "1",
            "--max-fee-percent",
            "1",
        ],
        &["pay", &invoice.bolt11, "null", "a", "--yes"],
        &["pay", "bolt11=x", "--max-fee", "1sat"],
    ];
    for words in cases {
        let ran = run(Some(home.path()), words).await;
        assert_eq!(ran.code, Some(3), "{words:?}: {}{}", ran.stdout, ran.stderr);
    }
    let words = ["pay", &invoice.bolt11, "--max-fee", "20 beer"];
    let ran = run(Some(home.path()), &words).await;
    assert_eq!(
        ran.json()["code"],
        -32602,
        "amounts are the daemon's to read"
    );
    let pays = daemon.ok("listpays", json!([])).await;
    assert_eq!(pays["pays"], json!([]));
}

/// Ctrl-C ends the command, and nothing else.
#[tokio::test]
async fn ctrl_c_leaves_the_order_going_and_says_how_to_look_and_to_end_it() {
    let (home, daemon, invoice) = held().await;
    let mut command = ampere();
    command.arg("--data-dir").arg(home.path());
    command.args(["pay", &*invoice.bolt11]).kill_on_drop(true);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let running = command.spawn().unwrap();
    let ordered = async { while daemon.parts_of(&invoice).await.is_empty() {} };
    soon("a part", ordered).await;
    interrupt(running.id().unwrap());
    let ended = soon("its end", running.wait_with_output()).await.unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(130), "{said}");
    assert_eq!(String::from_utf8(ended.stdout).unwrap(), "");
    let ampere = format!("ampere --data-dir {}", home.path().display());
    for words in [
        "the order goes on".to_owned(),
        format!("{ampere} listpays null {}", invoice.hash),
        format!("{ampere} watch {}", invoice.hash),
        format!("{ampere} abandonpay {}", invoice.hash),
    ] {
        assert!(said.contains(&words), "no {words} in {said}");
    }
    assert_eq!(row(&daemon, &invoice).await["order"]["open"], true);
    daemon.ok("dev-hold", json!(["off"])).await;
    let done = daemon.ok("waitsendpay", json!([invoice.hash])).await;
    assert!(preimage_opens(&done));
}

/// A payment of `pay` fails with the numbers of `pay`: it has failed all the same.
#[tokio::test]
async fn a_watch_tells_that_an_order_failed() {
    let (home, _daemon, invoice) = fresh().await;
    let words = ["pay", &invoice.bolt11, "--max-fee", "1msat"];
    assert_eq!(run(Some(home.path()), &words).await.code, Some(1));
    let watched = run(Some(home.path()), &["watch", &invoice.hash]).await;
    assert_eq!(watched.code, Some(1));
    let said = "the payment failed: not paid: the ways cost";
    assert!(watched.stdout.contains(said), "{}", watched.stdout);
}

/// The bill first, then the question, then the parts.
#[tokio::test]
async fn on_a_terminal_it_shows_the_bill_asks_and_draws() {
    let (home, daemon, invoice) = fresh().await;
    let words = ["pay", &invoice.bolt11, "--max-fee", "20sat"];
    let mut terminal = Terminal::run(home.path(), &words);
    terminal.shows("Pay? [y/N] ").await;
    for words in [
        "100,000 sat",
        "dave, ",
        &invoice.destination,
        &invoice.hash,
        "20 sat at most",
        "expires  in ",
    ] {
        assert!(
            terminal.text.contains(words),
            "no {words} in {}",
            terminal.text
        );
    }
    let pays = daemon.ok("listpays", json!([])).await;
    assert_eq!(pays["pays"], json!([]), "nothing before the answer");
    terminal.types("y\n");
    let (code, shown) = terminal.ended().await;
    assert_eq!(code, Some(0), "{shown}");
    for words in [
        "delivered 100,000 sat",
        "of 20 sat at most",
        "paid: preimage ",
    ] {
        assert!(shown.contains(words), "no {words} in {shown}");
    }
    let (code, shown) = Terminal::run(home.path(), &words).ended().await;
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("it is paid already: preimage "), "{shown}");
}

#[tokio::test]
async fn on_a_terminal_whoever_says_nothing_pays_nothing() {
    let (home, daemon, invoice) = fresh().await;
    for answer in ["\n", "n\n"] {
        let mut terminal = Terminal::run(home.path(), &["pay", &invoice.bolt11]);
        terminal.shows("Pay? [y/N] ").await;
        terminal.types(answer);
        let (code, shown) = terminal.ended().await;
        assert_eq!(code, Some(1), "{shown}");
        assert!(shown.contains("nothing was sent"), "{shown}");
    }
    let mut terminal = Terminal::run(home.path(), &["pay", &invoice.bolt11]);
    terminal.shows("Pay? [y/N] ").await;
    interrupt(terminal.id());
    let (code, shown) = terminal.ended().await;
    assert_eq!(code, Some(130), "{shown}");
    assert!(shown.contains("nothing of it is under way"), "{shown}");
    let quote = ["pay", &*invoice.bolt11, "--dry-run"];
    let (code, shown) = Terminal::run(home.path(), &quote).ended().await;
    assert_eq!(code, Some(0), "{shown}");
    assert!(!shown.contains("Pay?"), "{shown}");
    let pays = daemon.ok("listpays", json!([])).await;
    assert_eq!(pays["pays"], json!([]));
}

/// The drawing goes on over a restart: what it follows is in the lists.
#[tokio::test]
async fn on_a_terminal_the_drawing_outlives_the_daemon() {
    let (home, daemon, invoice) = held().await;
    let mut terminal = Terminal::run(home.path(), &["pay", &invoice.bolt11, "--yes"]);
    terminal.shows("in flight").await;
    daemon.kill().await;
    terminal.shows("waiting for the daemon").await;
    let daemon = home.start().await;
    daemon.ok("dev-hold", json!(["off"])).await;
    let (code, shown) = terminal.ended().await;
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("paid: preimage "), "{shown}");
}

fn interrupt(pid: u32) {
    let mut kill = std::process::Command::new("kill");
    let sent = kill.args(["-s", "INT", &pid.to_string()]).status();
    assert!(sent.unwrap().success());
}

async fn row(daemon: &Daemon, invoice: &Invoice) -> Value {
    let pays = daemon
        .ok("listpays", json!({"payment_hash": invoice.hash}))
        .await;
    pays["pays"][0].clone()
}
