//! Backups: of a running daemon, of one that is stopped, on a disk that fills up; and what is told of a file.

use crate::support::{
    Daemon, Home, LARGER, SMALLER, ampered_in, clean, preimage_opens, python, run, soon,
};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tokio::process::Command;

fn names(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// `ampere db check`: what it prints, and that it ends accordingly.
async fn check(file: &Path) -> Value {
    let ran = run(None, &["db", "check", text(file)]).await;
    let found = ran.json();
    assert_eq!(ran.code, Some(i32::from(found["whole"] != true)));
    assert_eq!(
        ran.stderr.is_empty(),
        found["whole"] == true,
        "{}",
        ran.stderr
    );
    found
}

#[tokio::test]
async fn a_backup_of_a_running_daemon_has_all_payments_and_can_be_put_back() {
    let (home, daemon) = Daemon::fresh().await;
    let paid = daemon.invoice().await;
    daemon.pay_in_two(&paid).await;
    let half = daemon.invoice().await;
    let first = daemon.send(&half, &daemon.route(0, LARGER).await).await;
    let elsewhere = Home::new();
    let copy = elsewhere.path().join("copy.sqlite3");
    let made = run(Some(home.path()), &["backup", text(&copy)]).await;
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    let made = made.json();
    assert_eq!(
        (&made["payments"], &made["partialpayments"]),
        (&json!(2), &json!(3))
    );
    assert_eq!(made["pending_parts"], 1);
    assert_eq!(made["file"], text(&copy));
    let permissions = std::fs::metadata(&copy).unwrap().permissions();
    assert_eq!(permissions.mode() & 0o777, 0o600);
    assert_eq!(names(elsewhere.path()), std::slice::from_ref(&copy));
    let checked = check(&copy).await;
    assert_eq!(
        (&checked["payments"], &checked["pending_parts"]),
        (&json!(2), &json!(1))
    );

    let before = (daemon.payment(&paid).await, daemon.payment(&half).await);
    daemon.terminate().await;
    std::fs::copy(&copy, home.path().join("ampere.sqlite3")).unwrap();
    let daemon = home.start().await;
    let after = (daemon.payment(&paid).await, daemon.payment(&half).await);
    assert_eq!(after, before);
    let second = daemon.send(&half, &daemon.route(1, SMALLER).await).await;
    for id in [first, second] {
        let done = daemon.ok("waitpartialpay", json!([id])).await;
        assert!(preimage_opens(&done));
    }
    daemon.terminate().await;
}

#[tokio::test]
async fn a_backup_is_made_where_no_daemon_runs_and_locks_others_out() {
    let (home, daemon) = Daemon::fresh().await;
    let invoice = daemon.invoice().await;
    daemon.pay_in_two(&invoice).await;
    // What a killed daemon leaves is in its log.
    daemon.kill().await;
    let copy = home.path().join("copy.sqlite3");
    let made = run(Some(home.path()), &["backup", text(&copy)]).await;
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    assert_eq!(made.json()["partialpayments"], 2);
    assert_eq!(check(&copy).await["last_event"], 4);
    let again = run(Some(home.path()), &["backup", text(&copy)]).await;
    assert_eq!(again.code, Some(1));
    assert!(
        again.stderr.contains("is there already"),
        "{}",
        again.stderr
    );
    assert!(again.stderr.contains("help:"), "{}", again.stderr);
    let nothing = Home::new();
    let none = run(
        Some(nothing.path()),
        &["backup", text(&nothing.path().join("copy"))],
    )
    .await;
    assert_eq!(none.code, Some(1));
    assert!(none.stderr.contains("no such database"), "{}", none.stderr);
    assert!(names(nothing.path()).is_empty());
    // A daemon without a socket has the lock all the same.
    let daemon = home.start().await;
    std::fs::remove_file(&daemon.rpc_file).unwrap();
    let refused = run(
        Some(home.path()),
        &["backup", text(&home.path().join("other"))],
    )
    .await;
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.stderr.contains("another ampered"),
        "{}",
        refused.stderr
    );
    daemon.terminate().await;
}

#[tokio::test]
async fn a_relative_path_is_the_callers_and_the_daemon_takes_none() {
    let (home, daemon) = Daemon::fresh().await;
    let refused = daemon.refused("backup", json!(["copy"])).await;
    assert_eq!(refused.code, -32602, "{refused:?}");
    let database = home.path().join("ampere.sqlite3");
    for (name, why) in [
        ("ampere.sqlite3", "is there already"),
        ("ampere.sqlite3-journal", "SQLite takes for its own"),
        ("no/such/folder", "there is no folder"),
    ] {
        let target = database.with_file_name(name);
        let refused = daemon.refused("backup", json!([target])).await;
        assert_eq!(refused.code, -32602, "{refused:?}");
        assert!(refused.message.contains(why), "{refused:?}");
    }
    let elsewhere = Home::new();
    let mut command = crate::support::ampere();
    command.arg("--data-dir").arg(home.path());
    command
        .current_dir(elsewhere.path())
        .args(["backup", "copy"]);
    let output = soon("ampere", command.output()).await.unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(elsewhere.path().join("copy").exists());
    daemon.terminate().await;
}

/// A real disk, too small for the copy: nothing is left on it, and payments go on.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_ends_the_backup_and_no_payment() {
    a_disk_of_64_k(None, "has room for").await;
}

/// What was free is taken by somebody else meanwhile.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_disk_that_fills_up_in_the_middle_ends_the_backup_and_no_payment() {
    a_disk_of_64_k(Some("room-is-not-asked"), "disk is full").await;
}

#[cfg(target_os = "linux")]
async fn a_disk_of_64_k(bug: Option<&str>, why: &str) {
    let home = Home::new();
    let disk = home.path().join("disk");
    std::fs::create_dir(&disk).unwrap();
    let script = "mount -t tmpfs -o size=64k none \"$0\" && exec \"$@\"";
    let mut command = clean("unshare");
    let is_root = rustix::process::geteuid().is_root();
    command.arg(if is_root { "-m" } else { "-rm" });
    command.args(["sh", "-c", script]).arg(&disk);
    command.arg(env!("CARGO_BIN_EXE_ampered"));
    command.args(["--node", "embedded", "--data-dir"]);
    command.arg(home.path());
    command.env("PLANTED_BUG", bug.unwrap_or_default());
    let log = std::fs::File::create(home.path().join("log")).unwrap();
    command.stderr(log);
    let daemon = Daemon::spawn_unheard(command, home.path().join("ampere-rpc")).await;
    let refused = daemon.refused("backup", json!([disk.join("copy")])).await;
    assert_eq!(refused.code, 209, "{refused:?}");
    assert!(refused.message.contains(why), "{refused:?}");
    let pid = daemon.child.id().unwrap().to_string();
    let seen = Path::new("/proc").join(pid).join("root");
    let seen = seen.join(disk.strip_prefix("/").unwrap());
    assert!(names(&seen).is_empty());
    let invoice = daemon.invoice().await;
    daemon.pay_in_two(&invoice).await;
    daemon.signal("TERM");
    assert_eq!(daemon.ended().await.code(), Some(0));
}

#[tokio::test]
async fn a_check_tells_a_whole_database_from_one_that_is_not() {
    let (home, daemon) = Daemon::fresh().await;
    let invoice = daemon.invoice().await;
    daemon.pay_in_two(&invoice).await;
    let live = run(Some(home.path()), &["db", "check"]).await;
    assert_eq!(live.code, Some(0), "{}", live.stderr);
    let live = live.json();
    assert_eq!(
        (&live["whole"], &live["payments"]),
        (&json!(true), &json!(1))
    );
    daemon.terminate().await;
    let database = home.path().join("ampere.sqlite3");
    let raw = rusqlite::Connection::open(&database).unwrap();
    let vandalism = "drop trigger parts_are_fixed; update parts set amount_msat = 1 where id = 1;";
    raw.execute_batch(vandalism).unwrap();
    drop(raw);
    let found = check(&database).await;
    let problems = found["problems"].to_string();
    assert!(
        problems.contains("parts_are_fixed is missing"),
        "{problems}"
    );
    assert!(problems.contains("payment 1: part 1: A-9"), "{problems}");
    let copy = home.path().join("copy");
    let refused = run(Some(home.path()), &["backup", text(&copy)]).await;
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("is damaged"), "{}", refused.stderr);
    assert!(!copy.exists());
    let missing = run(None, &["db", "check", text(&home.path().join("absent"))]).await;
    assert_eq!(missing.code, Some(1));
}

/// Debian 12 has SQLite 3.40: Python's, where that is what it has.
#[tokio::test]
async fn an_older_sqlite_can_check_a_backup() {
    let (home, daemon) = Daemon::fresh().await;
    let invoice = daemon.invoice().await;
    let mut part = invoice.part(&daemon.route(0, LARGER).await);
    part["request_id"] = json!("once");
    daemon.ok("sendpartialpay", part).await;
    let copy = home.path().join("copy");
    daemon.ok("backup", json!([copy])).await;
    let script = "import sqlite3, sys\n\
                  db = sqlite3.connect(sys.argv[1])\n\
                  print(sqlite3.sqlite_version, db.execute('pragma integrity_check').fetchall(),\n\
                        db.execute('pragma foreign_key_check').fetchall(),\n\
                        db.execute('select request_id from requests').fetchall())\n";
    let mut command = Command::new(python());
    command.args(["-c", script]).arg(&copy);
    let output = soon("python", command.output()).await.unwrap();
    let (said, errors) = (
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    );
    assert!(said.contains("[('ok',)] [] [('once',)]"), "{said}{errors}");
    daemon.terminate().await;
}

/// What a data directory has been used with is neither made anew nor exchanged.
#[tokio::test]
async fn a_database_that_is_lost_is_not_taken_for_a_new_one() {
    let (home, daemon) = Daemon::fresh().await;
    let invoice = daemon.invoice().await;
    daemon.pay_in_two(&invoice).await;
    let backup = home.path().join("backup");
    daemon.ok("backup", json!([backup])).await;
    daemon.terminate().await;
    let database = home.path().join("ampere.sqlite3");
    let refused = async |why: &str| {
        let output = soon("ampered", home.ampered().output()).await.unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(why), "{said}");
        assert!(
            said.contains("docs/backup.md") && said.contains("ampered.used"),
            "{said}"
        );
    };
    std::fs::remove_file(&database).unwrap();
    refused("is missing").await;
    assert!(!database.exists());
    std::fs::write(&database, "").unwrap();
    refused("is empty").await;
    let raw = rusqlite::Connection::open(&database).unwrap();
    raw.execute_batch("pragma user_version = 1").unwrap();
    drop(raw);
    refused("holds nothing").await;
    // Another Ampere's.
    let other = Home::new();
    other.start().await.terminate().await;
    std::fs::copy(other.path().join("ampere.sqlite3"), &database).unwrap();
    refused("is not the database of this directory").await;
    // Another place is no way round.
    let mut command = home.ampered();
    command
        .arg("--database")
        .arg(home.path().join("new.sqlite3"));
    let output = soon("ampered", command.output()).await.unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(!home.path().join("new.sqlite3").exists());

    std::fs::copy(&backup, &database).unwrap();
    let daemon = home.start().await;
    assert_eq!(daemon.payment(&invoice).await["status"], "complete");
    daemon.terminate().await;
}

/// On purpose it can be done: without the mark, and with a node that knows nothing either.
#[tokio::test]
async fn a_new_beginning_can_be_made_on_purpose() {
    let (home, daemon) = Daemon::fresh().await;
    daemon.terminate().await;
    for gone in ["ampere.sqlite3", "ampered.used"] {
        std::fs::remove_file(home.path().join(gone)).unwrap();
    }
    // A data directory of before there was a mark: its node says that it was used.
    let output = soon("ampered", home.ampered().output()).await.unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("is missing") && said.contains("away"),
        "{said}"
    );
    std::fs::rename(home.path().join("embedded"), home.path().join("old")).unwrap();
    let daemon = home.start().await;
    assert!(daemon.payments(json!([])).await.is_empty());
    daemon.terminate().await;
    // And an older data directory that has its database goes on as ever, with a mark from now on.
    std::fs::remove_file(home.path().join("ampered.used")).unwrap();
    home.start().await.terminate().await;
    assert!(home.path().join("ampered.used").exists());
}

/// SQLite would throw the log away, and write that of one database into another.
#[tokio::test]
async fn a_log_without_its_database_is_kept_and_told_of() {
    let (home, daemon) = Daemon::fresh().await;
    let backup = home.path().join("backup");
    daemon.ok("backup", json!([backup])).await;
    let invoice = daemon.invoice().await;
    daemon.pay_in_two(&invoice).await;
    daemon.kill().await;
    let database = home.path().join("ampere.sqlite3");
    let log = home.path().join("ampere.sqlite3-wal");
    let (whole, kept) = (
        std::fs::read(&database).unwrap(),
        std::fs::read(&log).unwrap(),
    );
    let in_place: [&dyn Fn(); 3] = [
        &|| std::fs::write(&database, "").unwrap(),
        &|| std::fs::remove_file(&database).unwrap(),
        &|| assert!(std::fs::copy(&backup, &database).unwrap() > 0),
    ];
    for put in in_place {
        put();
        let output = soon("ampered", ampered_in(home.path()).output())
            .await
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("is not the log of"), "{said}");
        assert!(std::fs::read(&log).unwrap() == kept);
    }
    std::fs::write(&database, whole).unwrap();
    let daemon = home.start().await;
    assert_eq!(daemon.payment(&invoice).await["status"], "complete");
    daemon.terminate().await;
}
