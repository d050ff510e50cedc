//! The list comes a page at a time, and goes out before the next one comes.

use super::server::{Answer, Server, page};
use super::{export_to, lines};
use crate::support::run;
use serde_json::{Value, json};
use std::process::Stdio;

fn payment(id: u64, description: &str) -> Value {
    json!({
        "id": id,
        "payment_hash": format!("{id:064x}"),
        "created_at": 1_795_860_000 + id,
        "completed_at": 1_795_860_001 + id,
        "status": "complete",
        "amount_msat": 1_000,
        "delivered_msat": 1_000,
        "amount_sent_msat": 1_000 + id,
        "description": description,
        "direction": "outgoing",
    })
}

fn ids(text: &str) -> Vec<u64> {
    let lines = lines(text).into_iter();
    lines.map(|line| line["id"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn many_pages_keep_their_order_and_lose_none() {
    // Ids have gaps where a payment was deleted.
    let all: Vec<u64> = (1..2_500).filter(|id| id % 7 != 0).collect();
    let rows = all.iter().map(|&id| payment(id, "x")).collect();
    let server = Server::of(rows, 100);
    let ran = run(Some(server.home()), &["export", "--format", "jsonl"]).await;
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(ids(&ran.stdout), all);
    let asked = server.asked();
    assert_eq!(asked.len(), all.len().div_ceil(100));
    assert_eq!(asked[0], json!({"limit": 1_000, "direction": "all"}));
    assert_eq!(asked[1]["start"], all[100]);
}

#[tokio::test]
async fn a_direction_is_sent_when_it_is_said() {
    for direction in ["outgoing", "incoming", "all"] {
        let server = Server::of(vec![payment(1, "x"), payment(2, "y")], 1);
        let words = ["export", "--format=csv", "--direction", direction];
        let ran = run(Some(server.home()), &words).await;
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let asked = server.asked();
        assert!(asked.len() == 2 && asked.iter().all(|asked| asked["direction"] == direction));
    }
}

#[tokio::test]
async fn a_status_is_sent_when_it_is_said() {
    for status in ["pending", "complete", "failed"] {
        let server = Server::of(vec![payment(1, "x"), payment(2, "y")], 1);
        let words = ["export", "--format=csv", "--status", status];
        let ran = run(Some(server.home()), &words).await;
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let asked = server.asked();
        assert!(asked.len() == 2 && asked.iter().all(|asked| asked["status"] == status));
    }
}

#[tokio::test]
async fn a_daemon_with_smaller_pages_is_read_by_those() {
    let rows: Vec<Value> = (1..=10).map(|id| payment(id, "x")).collect();
    let server = Server::new(move |call| {
        if call.params.get("limit").is_some() {
            let message = "limit: should be an integer from 1 to 3";
            return Answer::Error(json!({"code": -32602, "message": message}));
        }
        Answer::Result(page(&rows, 3, &call.params))
    });
    let ran = run(Some(server.home()), &["export", "--format", "jsonl"]).await;
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ids(&ran.stdout).into_iter().eq(1..=10));
    assert_eq!(server.asked().len(), 5);
}

#[tokio::test]
async fn a_page_is_written_before_the_next_is_asked_for() {
    let rows: Vec<Value> = (1..=4).map(|id| payment(id, "x")).collect();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("export");
    let written = file.clone();
    let server = Server::new(move |call| {
        let text = std::fs::read_to_string(&written).unwrap();
        let start = call.params["start"].as_u64().unwrap_or(1);
        assert!(ids(&text).into_iter().eq(1..start));
        Answer::Result(page(&rows, 1, &call.params))
    });
    let out = std::fs::File::create(&file).unwrap();
    let output = export_to(server.home(), "jsonl", out).await;
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(server.asked().len(), 4);
}

/// The most memory that a process ever had.
fn peak_kb(process: i32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let peak = status.lines().find(|line| line.starts_with("VmHWM:"));
    let figure = peak.and_then(|line| line.split_whitespace().nth(1));
    figure.unwrap().parse().unwrap()
}

#[tokio::test]
async fn memory_does_not_grow_with_the_list() {
    const ROWS: u64 = 500;
    const PAGES: u64 = 40;
    const WARM_UP: u64 = 10;
    const GROWTH_MAX_KB: u64 = 8 * 1024;
    for format in super::FORMATS {
        let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
        let description = "x".repeat(1_000);
        let server = Server::new(move |call| {
            let start = call.params["start"].as_u64().unwrap_or(1);
            let next = start + ROWS;
            let rows: Vec<Value> = (start..next).map(|id| payment(id, &description)).collect();
            let page = start / ROWS;
            if page == WARM_UP || page == PAGES {
                tell.send(peak_kb(call.process)).unwrap();
            }
            Answer::Result(match page {
                PAGES => json!({"payments": rows}),
                _ => json!({"payments": rows, "next": next}),
            })
        });
        let output = export_to(server.home(), format, Stdio::null()).await;
        assert_eq!(output.status.code(), Some(0));
        let (warm, most) = (told.recv().await.unwrap(), told.recv().await.unwrap());
        let grown = most.saturating_sub(warm);
        assert!(
            grown < GROWTH_MAX_KB,
            "{format}: {grown} kB more than {warm} kB"
        );
    }
}
