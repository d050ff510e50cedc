//! A log that cannot be written: no payment depends on it, `getinfo` says so, and SIGTERM ends the daemon.

use crate::support::{Daemon, Home, ampere, clean, preimage_opens, run, soon};
use rpc::client::Client;
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

/// Pays whole, in two parts, and finds both complete.
async fn pays(daemon: &Daemon) {
    let invoice = daemon.invoice().await;
    daemon.pay_in_two(&invoice).await;
    let payment = daemon.payment(&invoice).await;
    assert_eq!(payment["status"], "complete", "{payment}");
    assert!(preimage_opens(&payment), "{payment}");
}

/// Asks until `getinfo` says that of the log.
async fn log_says(daemon: &Daemon, why: &str) -> Value {
    let said = async {
        loop {
            let info = daemon.ok("getinfo", json!([])).await;
            if info["log"].as_str().is_some_and(|log| log.contains(why)) {
                return info;
            }
            tokio::task::yield_now().await;
        }
    };
    soon(why, said).await
}

/// Also the events: no daemon tells of a part that it does not take care of.
async fn ends_in_good_order(home: &Home, daemon: Daemon) {
    daemon.signal("TERM");
    assert_eq!(daemon.ended().await.code(), Some(0));
    let daemon = home.start().await;
    let info = daemon.ok("getinfo", json!([])).await;
    assert_eq!(
        (&info["live_parts"], &info["alarms"]),
        (&json!(0), &json!(0))
    );
    assert!(info.get("log").is_none(), "{info}");
    pays(&daemon).await;
    daemon.terminate().await;
}

fn full() -> File {
    File::options().write(true).open("/dev/full").unwrap()
}

/// `ampered 2>&1 | head -2`.
#[tokio::test]
async fn payments_go_on_when_whoever_read_the_log_is_gone() {
    let home = Home::new();
    let (reader, writer) = std::io::pipe().unwrap();
    let mut command = home.ampered();
    command.stderr(writer);
    let daemon = Daemon::spawn_unheard(command, home.path().join("ampere-rpc")).await;
    let mut lines = BufReader::new(reader).lines();
    for _ in 0..2 {
        lines.next().unwrap().unwrap();
    }
    drop(lines);
    pays(&daemon).await;
    let info = log_says(&daemon, "Broken pipe").await;
    assert_eq!(info["alarms"], 1, "{info}");
    assert!(info["log"].as_str().unwrap().starts_with("failing since "));
    pays(&daemon).await;
    ends_in_good_order(&home, daemon).await;
}

#[tokio::test]
async fn payments_go_on_when_the_log_is_on_a_full_disk_from_the_start() {
    let home = Home::new();
    for format in ["plain", "json"] {
        let mut command = home.ampered();
        command.args(["--log-format", format]).stderr(full());
        let daemon = Daemon::spawn_unheard(command, home.path().join("ampere-rpc")).await;
        pays(&daemon).await;
        let info = log_says(&daemon, "No space left on device").await;
        assert_eq!(info["alarms"], 1, "{info}");
        ends_in_good_order(&home, daemon).await;
    }
}

/// A real disk, which fills up with the first lines, and has room again later.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn payments_go_on_when_the_disk_of_the_log_fills_up() {
    let home = Home::new();
    let disk = home.path().join("disk");
    std::fs::create_dir(&disk).unwrap();
    // A small file system of its own, which goes with the daemon.
    let script = "mount -t tmpfs -o size=4k none \"$0\" && exec \"$@\" 2>>\"$0/log\"";
    let mut command = clean("unshare");
    let is_root = rustix::process::geteuid().is_root();
    command.arg(if is_root { "-m" } else { "-rm" });
    command.args(["sh", "-c", script]).arg(&disk);
    command.arg(env!("CARGO_BIN_EXE_ampered"));
    command.args(["--node", "embedded", "--data-dir"]);
    command.arg(home.path()).env("AMPERE_LOG", "debug");
    let daemon = Daemon::spawn_unheard(command, home.path().join("ampere-rpc")).await;
    pays(&daemon).await;
    let info = log_says(&daemon, "No space left on device").await;
    assert!(info["log"].as_str().unwrap().starts_with("failing since "));
    pays(&daemon).await;
    let pid = daemon.child.id().unwrap();
    let disk = disk.strip_prefix("/").unwrap();
    let seen = std::path::Path::new("/proc").join(pid.to_string());
    let log = seen.join("root").join(disk).join("log");
    std::fs::write(&log, "").unwrap();
    daemon.ok("getinfo", json!([])).await;
    let info = log_says(&daemon, "works, but ").await;
    assert_eq!(info["alarms"], 1, "it is the same trouble: {info}");
    let log = std::fs::read_to_string(&log).unwrap();
    assert!(log.contains("lines were lost"), "{log}");
    ends_in_good_order(&home, daemon).await;
}

#[tokio::test]
async fn payments_go_on_when_stderr_is_closed() {
    let home = Home::new();
    let mut command = clean("sh");
    command.args([
        "-c",
        "exec \"$0\" --node embedded --data-dir \"$1\" >&- 2>&-",
    ]);
    command.arg(env!("CARGO_BIN_EXE_ampered")).arg(home.path());
    let daemon = Daemon::spawn_unheard(command, home.path().join("ampere-rpc")).await;
    pays(&daemon).await;
    ends_in_good_order(&home, daemon).await;
}

/// A terminal that was stopped with Ctrl-S, a `less` that nobody scrolls.
#[tokio::test]
async fn payments_go_on_when_nobody_reads_the_log() {
    let home = Home::new();
    let (reader, writer) = std::io::pipe().unwrap();
    let mut command = home.ampered();
    command.env("AMPERE_LOG", "trace").stderr(writer);
    let daemon = Daemon::spawn_unheard(command, home.path().join("ampere-rpc")).await;
    let filled = async {
        let mut client = Client::connect(&daemon.rpc_file).await.unwrap();
        loop {
            // Each call is a line, at this level.
            let info = client.call("getinfo", json!([])).await.unwrap();
            if info.get("log").is_some() {
                return info;
            }
        }
    };
    let info = soon("a full queue", filled).await;
    let log = info["log"].as_str().unwrap();
    assert!(log.contains("nobody reads them fast enough"), "{log}");
    assert_eq!(info["alarms"], 1, "{info}");
    pays(&daemon).await;
    ends_in_good_order(&home, daemon).await;
    drop(reader);
}

/// The command line says what it has to say if it can, and ends with the same status if it cannot.
#[tokio::test]
async fn a_command_ends_with_its_status_whether_stderr_can_be_written_or_not() {
    let (home, daemon) = Daemon::fresh().await;
    let invoice = daemon.invoice().await;
    daemon.send_in_vain(&invoice, 0, 1_000_000).await;
    let elsewhere = Home::new();
    let (here, away) = (Some(home.path()), Some(elsewhere.path()));
    let cases: [(Option<&std::path::Path>, &[&str], i32); 12] = [
        (here, &["nosuch"], 1),
        (here, &["waitpartialpay", "77"], 1),
        (here, &["watch", &invoice.hash], 1),
        (here, &["watch", &"ab".repeat(32)], 1),
        (here, &["export", "--format", "nosuch"], 3),
        (here, &["events", "--from", "77"], 0),
        (away, &["getinfo"], 2),
        (away, &["events"], 2),
        (away, &["watch", &invoice.hash], 2),
        (None, &["help", "nosuch"], 3),
        (None, &["--nosuch"], 3),
        (None, &[], 3),
    ];
    for (home, words, status) in cases {
        assert_eq!(run(home, words).await.code, Some(status), "{words:?}");
        for stderr in [Stdio::from(full()), gone(), Stdio::null()] {
            let mut command = ampere();
            if let Some(home) = home {
                command.arg("--data-dir").arg(home);
            }
            command.args(words).stdout(Stdio::null()).stderr(stderr);
            let ended = soon("ampere", command.status()).await.unwrap();
            assert_eq!(ended.code(), Some(status), "{words:?}");
        }
    }
}

/// The daemon, too, where it cannot start.
#[tokio::test]
async fn a_daemon_that_cannot_start_ends_with_its_status_whether_stderr_can_be_written_or_not() {
    let home = Home::new();
    std::fs::write(home.path().join("ampere.toml"), "nonsense = 1").unwrap();
    for stderr in [Stdio::from(full()), gone()] {
        let mut command = home.ampered();
        let ended = soon("ampered", command.stderr(stderr).status()).await;
        assert_eq!(ended.unwrap().code(), Some(3));
    }
    for word in ["--nosuch", "--log-format=nosuch"] {
        let mut command = home.ampered();
        let ended = soon("ampered", command.arg(word).stderr(full()).status()).await;
        assert_eq!(ended.unwrap().code(), Some(3), "{word}");
    }
}

/// Somebody who reads no further has seen enough. (A full disk is another matter: `cli::status_4_…`.)
#[tokio::test]
async fn a_command_whose_output_nobody_reads_ends_in_order() {
    let (home, daemon) = Daemon::fresh().await;
    let invoice = daemon.invoice().await;
    daemon.pay_in_two(&invoice).await;
    let cases: [(&[&str], i32); 9] = [
        (&["getinfo"], 0),
        (&["listpayments"], 0),
        (&["help"], 0),
        (&["--help"], 0),
        (&["--version"], 0),
        (&["completions", "bash"], 0),
        (&["watch", &invoice.hash], 4),
        (&["events"], 1),
        (&["export", "--format", "csv"], 1),
    ];
    for (words, status) in cases {
        let mut command = ampere();
        command.arg("--data-dir").arg(home.path()).args(words);
        command.stdout(gone()).stderr(gone());
        let ended = soon("ampere", command.status()).await.unwrap();
        assert_eq!(ended.code(), Some(status), "{words:?}");
    }
}

#[tokio::test]
async fn help_that_cannot_be_written_says_so() {
    for word in ["--help", "--version"] {
        let mut command = ampere();
        command.arg(word).stdout(full()).stderr(Stdio::piped());
        let running = command.spawn().unwrap();
        let ended = soon("ampere", running.wait_with_output()).await.unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(4), "{word}: {said}");
        assert!(said.contains("No space left"), "{word}: {said}");
    }
}

#[tokio::test]
async fn the_demo_plays_to_its_end_whoever_watches() {
    for output in [gone as fn() -> Stdio, || Stdio::from(full())] {
        let mut command = ampere();
        command.arg("demo").env("AMPERE_LOG", "info");
        command.stdout(output()).stderr(output());
        let ended = soon("the demo", command.status()).await.unwrap();
        assert_eq!(ended.code(), Some(0));
    }
}

/// A pipe that nobody reads any more.
fn gone() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}
