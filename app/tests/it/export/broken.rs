//! What breaks off is no export: no file, an exit status, and a word that says why.

use super::server::{Answer, Server, page};
use super::{FORMATS, export_to, table};
use crate::support::{Home, run};
use serde_json::{Value, json};
use std::fs::File;

fn payments() -> Vec<Value> {
    let payment = |id: u64| {
        json!({
            "id": id,
            "payment_hash": "00",
            "created_at": 1,
            "completed_at": 2,
            "status": "complete",
            "delivered_msat": 3,
            "amount_sent_msat": 4,
        })
    };
    (1..=9).map(payment).collect()
}

/// Gives two pages, and then this.
fn breaking_off(then: impl Fn() -> Answer + Send + 'static) -> Server {
    let rows = payments();
    Server::new(move |call| match call.params["start"].as_u64() {
        Some(7..) => then(),
        _ => Answer::Result(page(&rows, 3, &call.params)),
    })
}

/// Exports into a file that is there already; it stays as it was, and alone.
async fn leaves_nothing(server: &Server, format: &str, code: i32, says: &str) {
    let file = server.file("payments");
    std::fs::write(&file, "of last year").unwrap();
    let words = [
        "export",
        "--format",
        format,
        "--output",
        file.to_str().unwrap(),
    ];
    let ran = run(Some(server.home()), &words).await;
    assert_eq!(ran.code, Some(code), "{}", ran.stderr);
    assert!(ran.stderr.contains(says), "{}", ran.stderr);
    assert_eq!(ran.stdout, "");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "of last year");
    assert_eq!(server.files(), ["payments"]);
}

#[tokio::test]
async fn a_daemon_that_goes_away_leaves_no_file() {
    for format in FORMATS {
        let server = breaking_off(|| Answer::HangUp);
        leaves_nothing(&server, format, 2, "broke off after 6 payments").await;
        let ran = run(Some(server.home()), &["export", "--format", format]).await;
        assert_eq!(ran.code, Some(2), "on standard output too");
        assert!(ran.stderr.contains("is not all of them"), "{}", ran.stderr);
    }
}

#[tokio::test]
async fn an_error_of_the_daemons_leaves_no_file() {
    let server = breaking_off(|| Answer::Error(json!({"code": 230, "message": "a full disk"})));
    leaves_nothing(&server, "csv", 1, "a full disk").await;
}

#[tokio::test]
async fn a_list_that_does_not_go_on_is_not_read_for_ever() {
    for next in [7, 1] {
        let answer = move || Answer::Result(json!({"payments": [], "next": next}));
        leaves_nothing(&breaking_off(answer), "jsonl", 1, "not after this one").await;
    }
}

#[tokio::test]
async fn a_row_that_makes_no_sense_is_not_left_out() {
    let sound = payments()[0].clone();
    let cases = [
        ("status", Value::Null, "payment 1 has no status"),
        ("status", json!("lost"), "unknown variant `lost`"),
        ("direction", json!("sideways"), "unknown variant `sideways`"),
        ("delivered_msat", Value::Null, "without delivered_msat"),
        ("delivered_msat", json!(5), "more was delivered than sent"),
        ("amount_sent_msat", json!("4msat"), "invalid type"),
        ("completed_at", Value::Null, "without completed_at"),
        ("created_at", json!(u64::MAX), "no calendar"),
        (
            "direction",
            json!("incoming"),
            "without amount_received_msat",
        ),
    ];
    let own = |ours: u64, from: u64| {
        let mut row = sound.clone();
        row["self_payment"] = json!(2);
        row["self_msat"] = json!(ours);
        row["self_from"] = json!([{"node": "a", "amount_sent_msat": from}]);
        row["self_to"] = json!([{"id": 2, "node": "a", "amount_msat": ours}]);
        row
    };
    // More than was delivered, or what left is another amount than what was sent.
    for row in [own(4, 4), own(3, 5)] {
        let answer = move || Answer::Result(json!({"payments": [row.clone()]}));
        leaves_nothing(&breaking_off(answer), "csv", 1, "does not add up").await;
    }
    for (field, value, says) in cases {
        let mut row = sound.clone();
        row[field] = value;
        let answer = move || Answer::Result(json!({"payments": [row.clone()]}));
        leaves_nothing(&breaking_off(answer), "csv", 1, says).await;
    }
    let answer = || Answer::Result(json!({"payments": "none"}));
    leaves_nothing(&breaking_off(answer), "csv", 1, "no page").await;
}

#[tokio::test]
async fn two_nodes_never_share_an_account() {
    let server = breaking_off(|| {
        let nodes = ["my node", "my_node"].into_iter().zip(payments());
        let rows = nodes.map(|(node, mut row)| {
            row["node"] = json!(node);
            row
        });
        Answer::Result(json!({"payments": rows.collect::<Value>()}))
    });
    leaves_nothing(
        &server,
        "beancount",
        1,
        "would share Assets:Lightning:My-node",
    )
    .await;
}

#[tokio::test]
async fn a_signal_leaves_no_file() {
    let server = Server::new(|call| {
        if call.params.get("start").is_none() {
            return Answer::Result(page(&payments(), 3, &call.params));
        }
        let process = call.process.to_string();
        let mut kill = std::process::Command::new("kill");
        assert!(
            kill.args(["-s", "TERM", &process])
                .status()
                .unwrap()
                .success()
        );
        // Nothing but the signal ends it now.
        Answer::Silence
    });
    leaves_nothing(&server, "csv", 1, "stopped by a signal").await;
}

#[tokio::test]
async fn a_full_disk_is_an_error() {
    for format in FORMATS {
        let server = Server::of(payments(), 100);
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = export_to(server.home(), format, full).await;
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("No space left"), "{said}");
    }
}

#[tokio::test]
async fn only_a_file_is_replaced() {
    let server = Server::of(payments(), 100);
    let (socket, link) = (server.file("ampere-rpc"), server.file("link"));
    std::os::unix::fs::symlink(&socket, &link).unwrap();
    let nowhere = server.file("no/such/folder");
    for path in [&socket, &link, server.home(), &nowhere] {
        let words = ["export", "--format=csv", "--output", path.to_str().unwrap()];
        let ran = run(Some(server.home()), &words).await;
        assert_eq!(ran.code, Some(1), "{}", ran.stderr);
        assert!(ran.stderr.contains("cannot be written"), "{}", ran.stderr);
    }
    assert_eq!(server.files(), ["link"]);
    assert_eq!(server.asked().len(), 0);
}

#[tokio::test]
async fn a_link_stays_a_link() {
    let server = Server::of(payments(), 100);
    let (file, link) = (server.file("file"), server.file("link"));
    std::fs::write(&file, "of last year").unwrap();
    std::os::unix::fs::symlink("file", &link).unwrap();
    let words = ["export", "--format=csv", "--output", link.to_str().unwrap()];
    let ran = run(Some(server.home()), &words).await;
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(table(&std::fs::read_to_string(&file).unwrap()).len(), 9);
    assert!(link.is_symlink());
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_before_anything_is_asked() {
    let home = Home::new();
    for words in [
        &["export"][..],
        &["export", "--format=xml"],
        &["export", "--format=csv", "--from=yesterday"],
        &["export", "--format=csv", "--from=20260101"],
        &[
            "export",
            "--format=csv",
            "--from=2026-01-02",
            "--to=2026-01-01",
        ],
        &[
            "export",
            "--format=csv",
            "--from=2026-01-01",
            "--to=2026-01-01",
        ],
        &["export", "--format=csv", "--direction=sideways"],
        &["export", "--format=beancount", "--assets-account=Assets"],
        &[
            "export",
            "--format=beancount",
            "--fees-account=expenses:fees",
        ],
        &[
            "export",
            "--format=beancount",
            "--fees-account=Expense:Fees",
        ],
    ] {
        let ran = run(Some(home.path()), words).await;
        assert_eq!(ran.code, Some(3), "{words:?}: {}", ran.stderr);
    }
    let ran = run(Some(home.path()), &["export", "--format=csv"]).await;
    assert_eq!(ran.code, Some(2), "no daemon: {}", ran.stderr);
}
