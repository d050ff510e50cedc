//! The daemon as the operating system sees it.

use crate::support::{Daemon, Home, ampered_in, soon};
use serde_json::json;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn what_it_makes_is_for_its_user_alone() {
    let home = Home::new();
    let dir = home.path().join("made/by/it");
    let command = ampered_in(&dir);
    let daemon = Daemon::spawn(command, dir.join("ampere-rpc")).await;
    let invoice = daemon.invoice().await;
    daemon.pay_in_two(&invoice).await;
    assert_eq!(mode(&dir), 0o700);
    for entry in std::fs::read_dir(&dir).unwrap() {
        let path = entry.unwrap().path();
        let wanted = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode(&path), wanted, "{}", path.display());
    }
    assert_eq!(mode(&daemon.rpc_file), 0o600);
}

#[tokio::test]
async fn a_second_daemon_on_the_folder_is_refused() {
    let (home, first) = Daemon::fresh().await;
    let second = soon("the second", home.ampered().output()).await.unwrap();
    let said = String::from_utf8(second.stderr).unwrap();
    assert_eq!(second.status.code(), Some(1));
    let folder = home.path().display().to_string();
    let pid = first.child.id().unwrap().to_string();
    assert!(said.contains(&folder) && said.contains(&pid), "{said}");
    first.ok("getinfo", json!([])).await;
}

#[tokio::test]
async fn a_second_daemon_on_the_database_is_refused() {
    let (home, other) = (Home::new(), Home::new());
    let database = other.path().join("shared.sqlite3");
    let mut command = home.ampered();
    command.arg("--database").arg(&database);
    let _first = Daemon::spawn(command, home.path().join("ampere-rpc")).await;
    let mut command = Home::new().ampered();
    command.arg("--database").arg(&database);
    let second = soon("the second", command.output()).await.unwrap();
    let said = String::from_utf8(second.stderr).unwrap();
    assert_eq!(second.status.code(), Some(1));
    assert!(said.contains("shared.sqlite3"), "{said}");
}

#[tokio::test]
async fn a_daemon_elsewhere_on_this_ones_database_is_refused() {
    let (home, first) = Daemon::fresh().await;
    let elsewhere = Home::new();
    let link = elsewhere.path().join("link.sqlite3");
    std::os::unix::fs::symlink(home.path().join("ampere.sqlite3"), &link).unwrap();
    for database in [home.path().join("ampere.sqlite3"), link] {
        let mut command = elsewhere.ampered();
        command.arg("--database").arg(&database);
        let second = soon("the second", command.output()).await.unwrap();
        let said = String::from_utf8(second.stderr).unwrap();
        assert_eq!(second.status.code(), Some(1), "{said}");
        assert!(said.contains("another ampered"), "{said}");
    }
    first.ok("getinfo", json!([])).await;
}

/// Parts that one network sent are never looked up at another: its "never seen" proves nothing.
#[tokio::test]
async fn another_network_on_this_ones_database_is_refused() {
    let (home, daemon) = Daemon::fresh().await;
    daemon.ok("dev-hold", json!(["on"])).await;
    let invoice = daemon.invoice().await;
    let id = daemon
        .send(&invoice, &daemon.route(0, 60_000_000).await)
        .await;
    daemon.terminate().await;
    let elsewhere = Home::new();
    let mut command = elsewhere.ampered();
    command
        .arg("--database")
        .arg(home.path().join("ampere.sqlite3"));
    let refused = soon("the other", command.output()).await.unwrap();
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("bring that one's state back"), "{said}");

    let daemon = home.start().await;
    let polled = daemon.refused("waitpartialpay", json!([id, 0])).await;
    assert_eq!(polled.code, 200);
}

#[tokio::test]
async fn sigterm_sigint_and_stop_all_end_it_in_good_order() {
    let (home, daemon) = Daemon::fresh().await;
    daemon.terminate().await;
    let daemon = home.start().await;
    daemon.signal("INT");
    assert_eq!(daemon.ended().await.code(), Some(0));
    let daemon = home.start().await;
    daemon.ok("stop", json!([])).await;
    assert_eq!(daemon.ended().await.code(), Some(0));
    assert!(
        !home.path().join("ampere-rpc").exists(),
        "the socket is gone"
    );
}

#[tokio::test]
async fn a_caller_that_waits_does_not_keep_it_from_stopping() {
    let (_home, daemon) = Daemon::fresh().await;
    let invoice = daemon.invoice().await;
    let id = daemon
        .send(&invoice, &daemon.route(0, 60_000_000).await)
        .await;
    let rpc_file = daemon.rpc_file.clone();
    let waiting = tokio::spawn(async move {
        crate::support::call(&rpc_file, "waitpartialpay", json!([id])).await
    });
    until_waiters(&daemon, 1).await;
    daemon.terminate().await;
    let refused = waiting.await.unwrap().unwrap_err();
    assert_eq!(refused.code, -32005, "{refused:?}");
}

/// Asks until so many callers wait: the daemon says so itself.
async fn until_waiters(daemon: &Daemon, count: u64) {
    soon("waiters", async {
        while daemon.ok("getinfo", json!([])).await["waiters"] != count {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_socket_left_behind_by_a_crash_is_replaced() {
    let (home, daemon) = Daemon::fresh().await;
    daemon.kill().await;
    assert!(home.path().join("ampere-rpc").exists());
    let daemon = home.start().await;
    daemon.ok("getinfo", json!([])).await;
}
