//! `ampere`: what it prints, and its exit statuses.

use crate::support::{Daemon, Home, LARGER, SMALLER, ampere, run, soon};
use serde_json::json;
use std::fs::File;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};

#[tokio::test]
async fn a_payment_can_be_made_by_hand() {
    let (home, daemon) = Daemon::fresh().await;
    let home = Some(home.path());
    let invoice = run(home, &["dev-invoice", "100000000", "coffee"])
        .await
        .json();
    let text = |key: &str| invoice[key].as_str().unwrap().to_owned();
    let (hash, bolt11) = (text("payment_hash"), text("bolt11"));
    let mut ids = Vec::new();
    for (which, msat) in [(0, LARGER), (1, SMALLER)] {
        let routes = run(home, &["dev-routes", "dave", &msat.to_string(), "2"])
            .await
            .json();
        let route = routes["routes"][which]["route"].to_string();
        let part = run(
            home,
            &[
                "-k",
                "sendpartialpay",
                &format!("route={route}"),
                &format!("payment_hash={hash}"),
                "intended_msatoshi=100000000",
                &format!("bolt11={bolt11}"),
            ],
        )
        .await;
        assert_eq!(part.code, Some(0), "{}", part.stderr);
        ids.push(part.json()["id"].to_string());
    }
    for id in &ids {
        assert_eq!(
            run(home, &["waitpartialpay", id]).await.json()["status"],
            "complete"
        );
    }
    let listed = run(home, &["listpartialpayments", "null", &hash])
        .await
        .json();
    assert_eq!(
        listed["partialpayments"].as_array().unwrap().len(),
        2,
        "JSON when piped"
    );
    let watched = run(home, &["watch", &hash]).await;
    assert_eq!(watched.code, Some(0), "{}", watched.stderr);
    assert!(
        watched.stdout.contains("complete: preimage"),
        "{}",
        watched.stdout
    );
    assert_eq!(run(home, &["stop"]).await.code, Some(0));
    assert_eq!(daemon.ended().await.code(), Some(0));
}

#[tokio::test]
async fn status_1_an_error_of_the_daemons_is_json_on_stdout_and_words_on_stderr() {
    let (home, _daemon) = Daemon::fresh().await;
    let ran = run(Some(home.path()), &["waitpartialpay", "77"]).await;
    assert_eq!(ran.code, Some(1));
    assert_eq!(ran.json()["code"], 208);
    assert!(ran.stderr.starts_with("error 208: "), "{}", ran.stderr);
    let ran = run(Some(home.path()), &["nosuchmethod"]).await;
    assert_eq!((ran.code, &ran.json()["code"]), (Some(1), &json!(-32601)));
}

#[tokio::test]
async fn a_name_that_is_no_method_is_told_with_what_may_have_been_meant() {
    let (home, _daemon) = Daemon::fresh().await;
    for (word, meant) in [
        ("lispayments", "did you mean 'listpayments'?"),
        ("paystatus", "here it is called 'listpays'"),
        ("delpay", "here it is called 'delpayment'"),
        ("listsendpays", "here it is called 'listpartialpayments'"),
        ("waitanyinvoice", "'subscribe'"),
        ("exprot", "did you mean `ampere export`?"),
        ("wach", "did you mean `ampere watch`?"),
    ] {
        let ran = run(Some(home.path()), &[word]).await;
        assert_eq!((ran.code, &ran.json()["code"]), (Some(1), &json!(-32601)));
        assert!(ran.stderr.contains(meant), "{word}: {}", ran.stderr);
        let help = run(None, &["help", word]).await;
        let topic = meant.replace("ampere ", "");
        assert_eq!(help.code, Some(3));
        assert!(help.stderr.contains(&topic), "help {word}: {}", help.stderr);
    }
    for words in [
        &["--log", "debug", "getinfo"][..],
        &["getinfo", "--log", "debug"],
    ] {
        let ran = run(Some(home.path()), words).await;
        assert_eq!(ran.code, Some(3));
        assert!(ran.stderr.contains("ampered --log"), "{}", ran.stderr);
    }
}

#[tokio::test]
async fn status_1_a_watched_payment_that_fails() {
    let (home, daemon) = Daemon::fresh().await;
    let invoice = daemon.invoice().await;
    daemon.send_in_vain(&invoice, 0, LARGER).await;
    let ran = run(Some(home.path()), &["watch", &invoice.hash]).await;
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.stdout.contains("WIRE_FEE_INSUFFICIENT"),
        "{}",
        ran.stdout
    );
    let ran = run(Some(home.path()), &["watch", &"ab".repeat(32)]).await;
    assert_eq!((ran.code, &ran.json()["code"]), (Some(1), &json!(208)));
}

#[tokio::test]
async fn a_watch_follows_a_payment_to_its_end() {
    let (home, daemon) = Daemon::fresh().await;
    let invoice = daemon.invoice().await;
    daemon.send(&invoice, &daemon.route(0, LARGER).await).await;
    let words = ["watch", &*invoice.hash];
    let (ran, ()) = tokio::join!(run(Some(home.path()), &words), async {
        daemon.send(&invoice, &daemon.route(1, SMALLER).await).await;
    });
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(
        ran.stdout.contains("delivered 100,000 sat"),
        "{}",
        ran.stdout
    );
}

/// A daemon that comes back is found again, and it is said that it is waited for.
#[tokio::test]
async fn a_watch_goes_on_when_the_daemon_comes_back() {
    let (home, daemon) = Daemon::fresh().await;
    let invoice = daemon.invoice().await;
    daemon.send(&invoice, &daemon.route(0, LARGER).await).await;
    let mut command = ampere();
    command.arg("--data-dir").arg(home.path());
    command.args(["watch", &*invoice.hash]).kill_on_drop(true);
    let mut watch = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut drawn = BufReader::new(watch.stdout.take().unwrap()).lines();
    let mut said = BufReader::new(watch.stderr.take().unwrap()).lines();
    let first = soon("the first part", drawn.next_line()).await.unwrap();
    assert!(first.unwrap().contains("in flight"));
    daemon.kill().await;
    let waits = soon("a word", said.next_line()).await.unwrap().unwrap();
    assert!(waits.contains("waiting for the daemon"), "{waits}");
    let daemon = home.start().await;
    daemon.send(&invoice, &daemon.route(1, SMALLER).await).await;
    let ended = soon("its end", watch.wait()).await.unwrap();
    assert_eq!(ended.code(), Some(0));
    let mut last = String::new();
    while let Some(line) = drawn.next_line().await.unwrap() {
        last = line;
    }
    assert!(last.starts_with("complete: preimage "), "{last}");
}

/// What an invoice or a caller wrote is shown, and does nothing.
#[tokio::test]
async fn signs_that_nobody_sees_are_shown_by_their_numbers() {
    let (home, daemon) = Daemon::fresh().await;
    let invoice = daemon.invoice().await;
    let mut part = invoice.part(&daemon.route_without_fee(0, LARGER).await);
    part["label"] = json!("for \u{202e}ecila\u{2066}\u{200f}");
    daemon.ok("sendpartialpay", part).await;
    daemon.refused("waitsendpay", json!([invoice.hash])).await;
    for words in [
        &["listpayments"][..],
        &["listpartialpayments"],
        &["export", "--format", "csv"],
        &["export", "--format", "jsonl"],
        &["listpayments", "null", "a\u{202e}"],
        &["a\u{202e}"],
    ] {
        let ran = run(Some(home.path()), words).await;
        for said in [&ran.stdout, &ran.stderr] {
            let hidden = |c| c != '\n' && ampere::escape::is_hidden(c);
            assert!(!said.contains(hidden), "{words:?}: {said:?}");
        }
        assert!(ran.stdout.contains("\\u202e"), "{words:?}: {}", ran.stdout);
    }
    let listed = run(Some(home.path()), &["listpayments"]).await.json();
    let stored = daemon.payments(json!([])).await;
    assert_eq!(listed["payments"], json!(stored), "the same JSON");
}

#[tokio::test]
async fn status_2_no_connection() {
    let home = Home::new();
    for words in [&["getinfo"][..], &["watch", &"ab".repeat(32)], &["events"]] {
        let ran = run(Some(home.path()), words).await;
        assert_eq!(ran.code, Some(2));
        assert!(ran.stderr.contains("ampered"), "what to do: {}", ran.stderr);
    }
}

#[tokio::test]
async fn status_3_what_makes_no_sense() {
    let home = Home::new();
    let cases: [&[&str]; 12] = [
        &[],
        &["--nosuchflag"],
        &["watch"],
        &["watch", "no hash"],
        &["completions", "nosuchshell"],
        &["help", "nosuchmethod"],
        &["-k", "waitpartialpay", "77"],
        &["waitpartialpay", "id=77", "0"],
        &["listpayments", "--json"],
        &["events", "--from", "x"],
        &["events", "--hash", "no hash"],
        &["events", "--limit", "0"],
    ];
    for words in cases {
        let ran = run(Some(home.path()), words).await;
        assert_eq!(ran.code, Some(3), "{words:?}: {}{}", ran.stdout, ran.stderr);
    }
}

/// A full disk. What was asked for is done: 1 would say that a payment failed, and it would be made again.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn status_4_an_answer_that_cannot_be_written() {
    let (home, daemon) = Daemon::fresh().await;
    let invoice = daemon.invoice().await;
    daemon.send_in_vain(&invoice, 0, LARGER).await;
    let cases = [
        &["listpayments"][..],
        &["events"],
        &["watch", &*invoice.hash],
        &["help"],
        &["completions", "bash"],
    ];
    for words in cases {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let mut command = ampere();
        command.arg("--data-dir").arg(home.path()).args(words);
        let running = command.stdout(full).stderr(Stdio::piped()).spawn().unwrap();
        let ended = soon("ampere", running.wait_with_output()).await.unwrap();
        let stderr = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(4), "{words:?}: {stderr}");
        assert!(stderr.contains("No space left"), "{words:?}: {stderr}");
        assert!(stderr.contains("before you repeat"), "{words:?}: {stderr}");
    }
}

#[tokio::test]
async fn help_and_completions_need_no_daemon() {
    let cases = [
        (
            &["help"][..],
            &["sendpartialpay route payment_hash", "demo", "watch"][..],
        ),
        (
            &["help", "sendpartialpay"],
            &["request_id", "intended_msatoshi"],
        ),
        (&["help", "watch"], &["PAYMENT_HASH"]),
        (
            &["help", "pay"],
            &["maxfeepercent", "--max-fee-percent", "--dry-run", "130"],
        ),
        (&["help", "events"], &["--from", "--follow", "--hash"]),
        (&["help", "subscribe"], &["from", "payment_hash", "-32005"]),
        (
            &["help", "export"],
            &["fee_msat", "jsonl", "--assets-account", "Beancount"],
        ),
        (
            &["help", "errors"],
            &["-32005", "208", "PAY_NO_SUCH_PAYMENT"],
        ),
        (
            &["completions", "bash"],
            &[
                "listpartialpayments",
                "demo",
                "events",
                "--follow",
                "beancount",
            ],
        ),
        (&["completions", "zsh"], &["listpartialpayments", "demo"]),
        (&["completions", "fish"], &["listpartialpayments", "demo"]),
        (&["completions", "elvish"], &["listpartialpayments", "demo"]),
        (&["--version"], &[env!("CARGO_PKG_VERSION")]),
    ];
    for (words, wanted) in cases {
        let ran = run(None, words).await;
        assert_eq!(ran.code, Some(0), "{words:?}: {}", ran.stderr);
        for text in wanted {
            assert!(
                ran.stdout.contains(text),
                "{words:?}: no {text} in\n{}",
                ran.stdout
            );
        }
    }
}
