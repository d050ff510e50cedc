//! An old copy of the database is put back while the node is as it was: nothing is paid twice, and what the node
//! knows is told.

use crate::support::{Daemon, Home, LARGER, SMALLER, soon};
use serde_json::{Value, json};
use std::path::PathBuf;

fn database(home: &Home, suffix: &str) -> PathBuf {
    home.path().join(format!("ampere.sqlite3{suffix}"))
}

/// Puts the copy back, as one would who has read the page about backups.
fn put_back(home: &Home) {
    for suffix in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(database(home, suffix));
    }
    std::fs::copy(database(home, ".copy"), database(home, "")).unwrap();
}

/// What the node knows of that part.
fn known(info: &Value, part: u64) -> &Value {
    let parts = info["unrecorded"]["parts"].as_array().unwrap();
    parts.iter().find(|it| it["id"] == part).unwrap()
}

#[tokio::test]
async fn what_was_paid_or_is_out_since_the_copy_is_not_sent_again() {
    let (home, daemon) = Daemon::fresh().await;
    let before = daemon.invoice().await;
    daemon.pay_in_two(&before).await;
    daemon.terminate().await;
    std::fs::copy(database(&home, ""), database(&home, ".copy")).unwrap();

    let daemon = home.start().await;
    let paid = daemon.invoice().await;
    let paid_parts = daemon.pay_in_two(&paid).await;
    let out = daemon.invoice().await;
    let out_part = daemon.send(&out, &daemon.route(0, LARGER).await).await;
    let unpaid = daemon.invoice().await;
    let failed_part = daemon.send_in_vain(&unpaid, 0, LARGER).await;
    daemon.terminate().await;
    put_back(&home);

    for _ in 0..2 {
        let daemon = home.start().await;
        let info = daemon.ok("getinfo", json!([])).await;
        let unrecorded = &info["unrecorded"];
        assert_eq!(unrecorded["count"], 4, "{info}");
        for part in paid_parts {
            let known = known(&info, part);
            assert_eq!(
                (&known["status"], &known["payment_hash"]),
                (&json!("complete"), &json!(paid.hash))
            );
        }
        assert_eq!(known(&info, out_part)["status"], "pending");
        assert_eq!(known(&info, out_part)["payment_hash"], out.hash);
        assert_eq!(known(&info, failed_part)["status"], "failed");
        let route = daemon.route(0, LARGER).await;
        let refused = daemon.refused("sendpartialpay", paid.part(&route)).await;
        assert_eq!(refused.code, 201, "{refused:?}");
        assert!(refused.data["proven_at"].is_u64(), "{refused:?}");
        let refused = daemon.refused("sendpartialpay", out.part(&route)).await;
        assert_eq!(refused.code, 200, "{refused:?}");
        assert!(refused.message.contains("may be out"), "{refused:?}");
        let by_hand = json!([out_part, "failed", "it is an old one"]);
        let refused = daemon.refused("resolvepart", by_hand).await;
        assert_eq!(refused.code, 200, "{refused:?}");
        daemon.terminate().await;
    }
    let daemon = home.start().await;
    let log = daemon.log();
    assert!(!log.contains("knows part"), "it is told once: {log}");
    // What comes next has a number of its own, and what failed can be tried again.
    let next = daemon.send(&unpaid, &daemon.route(0, LARGER).await).await;
    assert_eq!(next, failed_part + 1);
    daemon.send(&unpaid, &daemon.route(1, SMALLER).await).await;
    daemon.ok("waitpartialpay", json!([next])).await;
    // Once the payee has given up on it, it can be paid again.
    let ended = soon("giving up", async {
        loop {
            daemon.ok("dev-tick", json!([5])).await;
            let info = daemon.ok("getinfo", json!([])).await;
            if known(&info, out_part)["status"] != "pending" {
                return info;
            }
        }
    })
    .await;
    assert_eq!(known(&ended, out_part)["status"], "failed");
    daemon.send(&out, &daemon.route(0, LARGER).await).await;
}

/// The alarm names the part, its payment, its node, what became of it, and what that means.
#[tokio::test]
async fn each_part_that_the_database_does_not_know_is_an_alarm_that_names_it() {
    let (home, daemon) = Daemon::fresh().await;
    daemon.terminate().await;
    std::fs::copy(database(&home, ""), database(&home, ".copy")).unwrap();
    let daemon = home.start().await;
    let paid = daemon.invoice().await;
    let [first, second] = daemon.pay_in_two(&paid).await;
    daemon.terminate().await;
    put_back(&home);
    let daemon = home.start().await;
    assert_eq!(daemon.ok("getinfo", json!([])).await["alarms"], 2);
    let log = daemon.log();
    for part in [first, second] {
        let named = format!(
            "node embedded knows part {part} of payment {}, which is not in the database: it was fulfilled (",
            paid.hash
        );
        assert!(log.contains(&named), "{log}");
    }
    assert!(log.contains("the database is older than the node"), "{log}");
    assert!(
        log.contains("the nodes know parts that the database does not"),
        "{log}"
    );
}

/// A part that the copy has as pending, and that ended since, gets its true end.
#[tokio::test]
async fn part_that_was_pending_in_the_copy_and_ended_since_gets_its_end() {
    let (home, daemon) = Daemon::fresh().await;
    let invoice = daemon.invoice().await;
    let first = daemon.send(&invoice, &daemon.route(0, LARGER).await).await;
    daemon.terminate().await;
    std::fs::copy(database(&home, ""), database(&home, ".copy")).unwrap();
    let daemon = home.start().await;
    daemon.send(&invoice, &daemon.route(1, SMALLER).await).await;
    daemon.ok("waitpartialpay", json!([first])).await;
    daemon.terminate().await;
    // Two more lives, so that its node has nothing to tell of it any more.
    for _ in 0..2 {
        home.start().await.terminate().await;
    }
    put_back(&home);
    let daemon = home.start().await;
    let part = daemon.ok("waitpartialpay", json!([first])).await;
    assert_eq!(part["status"], "complete");
    assert_eq!(daemon.payment(&invoice).await["status"], "complete");
}
