//! `ampere demo`: the promise on the first page.

use crate::support::{ampere, preimage_opens, soon};
use serde_json::Value;

async fn demo(args: &[&str]) -> (String, Option<i32>) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = ampere();
    command.arg("demo").args(args).env("TMPDIR", folder.path());
    let output = soon("the demo", command.output()).await.unwrap();
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 0, "the demo leaves nothing behind");
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(errors, "");
    (
        String::from_utf8(output.stdout).unwrap(),
        output.status.code(),
    )
}

#[tokio::test]
async fn the_demo_pays_replaces_and_gives_up_as_it_should() {
    let (stdout, code) = demo(&["--json"]).await;
    assert_eq!(code, Some(0), "{stdout}");
    let last: Value = serde_json::from_str(stdout.lines().last().unwrap()).unwrap();
    let payments = last["payments"].as_array().unwrap();
    let shape = |payment: &Value| {
        let parts = payment["parts"].as_array().unwrap().iter();
        let parts: Vec<String> = parts
            .map(|part| part["status"].as_str().unwrap().into())
            .collect();
        (
            payment["status"].as_str().unwrap().to_owned(),
            parts.join(" "),
        )
    };
    let shapes: Vec<_> = payments.iter().map(shape).collect();
    let is = |status: &str, parts: &str| (status.to_owned(), parts.to_owned());
    assert_eq!(
        shapes,
        [
            is("complete", "complete complete"),
            is("complete", "complete failed complete"),
            is("failed", "failed"),
        ]
    );
    assert!(preimage_opens(&payments[0]) && preimage_opens(&payments[1]));
    assert!(payments[2]["payment_preimage"].is_null());
    let failure = |payment: usize, part: usize| payments[payment]["parts"][part]["failure"].clone();
    assert_eq!(failure(1, 1)["failcodename"], "WIRE_FEE_INSUFFICIENT");
    assert_eq!(failure(2, 0)["failcodename"], "WIRE_MPP_TIMEOUT");
    assert!(
        payments
            .iter()
            .all(|payment| payment["direction"] == "outgoing")
    );
    let [incoming] = &last["incoming"].as_array().unwrap()[..] else {
        panic!("{last}");
    };
    assert_eq!(incoming["parts_seen"], serde_json::json!([1, 2, 0]));
    assert_eq!(incoming["parts"].as_array().unwrap().len(), 3);
    assert!(preimage_opens(incoming));
    let [paid, by_both] = &last["pay"].as_array().unwrap()[..] else {
        panic!("{last}");
    };
    assert!(preimage_opens(paid) && preimage_opens(by_both));
    let of_nodes = by_both["nodes"].as_array().unwrap();
    let names: Vec<_> = of_nodes.iter().map(|of_node| &of_node["node"]).collect();
    assert_eq!(names, ["alice", "grace"], "{by_both}");
    for of_node in of_nodes {
        let alone = of_node["alone_msat"].as_u64();
        assert!(alone < by_both["intended_msat"].as_u64(), "{by_both}");
        assert!(of_node["amount_msat"].as_u64() <= alone, "{by_both}");
    }
    assert!(paid["ways"].as_u64().unwrap() >= 3, "{paid}");
    assert!(paid["out_when_killed"].as_u64().unwrap() >= 1, "{paid}");
    let failed = |part: &Value| part["status"] == "failed";
    assert!(paid["parts"].as_array().unwrap().iter().any(failed));
    let told: Vec<u64> = serde_json::from_value(last["events_told"].clone()).unwrap();
    let all: Vec<u64> = (1..=told.len() as u64).collect();
    assert_eq!(told, all, "killed, resumed, and nothing is missing");
    let books = last["export"].as_str().unwrap();
    assert!(books.contains("Income:Lightning:Payments"), "{books}");
    assert!(books.contains("Expenses:Lightning:Fees"), "{books}");
    assert!(last["first_payment_settled_ms"].is_u64());
}

#[tokio::test]
async fn without_a_terminal_the_demo_tells_its_story_in_lines() {
    let (stdout, code) = demo(&[]).await;
    assert_eq!(code, Some(0), "{stdout}");
    for words in [
        "alice → bob → dave",
        "alice → carol → dave",
        "60,000 sat",
        "sha256sum",
        "60,000 sat missing",
        "listpartialinvoices is empty",
        "kill -9",
        "failed and were replaced",
        "alice alone cannot pay it (error 215)",
        "grace alone cannot pay it (error 215)",
        "grace → frank",
        "paid by both, as one payment",
        "Every outcome was the expected one.",
        "--node embedded --data-dir /tmp/ampere",
    ] {
        assert!(stdout.contains(words), "no {words} in\n{stdout}");
    }
    assert!(!stdout.contains('\u{1b}'), "no terminal, no escapes");
}
