//! Callers who get in each other's way.

use crate::support::{Daemon, LARGER, SMALLER, WHOLE, call};
use serde_json::json;

#[tokio::test]
async fn of_many_callers_one_gets_the_last_of_the_room() {
    let (_home, daemon) = Daemon::fresh().await;
    let invoice = daemon.invoice().await;
    let first = daemon.send(&invoice, &daemon.route(0, LARGER).await).await;
    let params = invoice.part(&daemon.route(1, SMALLER).await);
    // Held, so that the late ones find the payment pending and not paid.
    daemon.ok("dev-hold", json!(["on"])).await;
    let race: Vec<_> = (0..12)
        .map(|_| {
            let (rpc_file, params) = (daemon.rpc_file.clone(), params.clone());
            tokio::spawn(async move { call(&rpc_file, "sendpartialpay", params).await })
        })
        .collect();
    let mut accepted = Vec::new();
    for caller in race {
        match caller.await.unwrap() {
            Ok(part) => accepted.push(part["id"].as_u64().unwrap()),
            Err(refused) => {
                assert_eq!(refused.code, 200, "{refused:?}");
                assert_eq!(refused.data["room_msat"], 0);
                assert_eq!(refused.data["in_flight_msat"], WHOLE);
            }
        }
    }
    assert_eq!(accepted.len(), 1);
    daemon.ok("dev-hold", json!(["off"])).await;
    for id in [first, accepted[0]] {
        daemon.ok("waitpartialpay", json!([id])).await;
    }
    assert_eq!(daemon.parts_of(&invoice).await.len(), 2);
}

#[tokio::test]
async fn one_request_sent_many_times_at_once_makes_one_part() {
    let (_home, daemon) = Daemon::fresh().await;
    let invoice = daemon.invoice().await;
    let mut params = invoice.part(&daemon.route(0, LARGER).await);
    params["request_id"] = json!("the same");
    let race: Vec<_> = (0..8)
        .map(|_| {
            let (rpc_file, params) = (daemon.rpc_file.clone(), params.clone());
            tokio::spawn(async move { call(&rpc_file, "sendpartialpay", params).await })
        })
        .collect();
    let mut answers = Vec::new();
    for caller in race {
        answers.push(caller.await.unwrap().unwrap());
    }
    assert!(
        answers.iter().all(|answer| *answer == answers[0]),
        "{answers:?}"
    );
    assert_eq!(daemon.parts_of(&invoice).await.len(), 1);
}
