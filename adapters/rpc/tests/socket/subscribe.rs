//! `subscribe`: the history, told as it happens.

use crate::fake::Asked;
use crate::samples::hash;
use crate::wire::{Daemon, Wire, request, services};
use domain::{ApiError, Damaged, EventFilter, Listed};
use rpc::client::Client;
use rpc::{InProcess, Limits};
use serde_json::{Value, json};
use std::time::Duration;

/// A subscriber, and what it was answered.
async fn subscribed(daemon: &Daemon, params: Value) -> (Wire, Value) {
    let mut wire = daemon.connect().await;
    let reply = wire.call("subscribe", params).await;
    assert!(reply["result"].is_object(), "{reply}");
    (wire, reply["result"].clone())
}

/// What is told next.
async fn told(wire: &mut Wire) -> Value {
    let notification = wire.json().await;
    assert_eq!(notification["method"], "event", "{notification}");
    assert!(notification.get("id").is_none(), "{notification}");
    notification["params"].clone()
}

/// What must happen soon: a test that waits in vain fails.
async fn soon<T>(work: impl Future<Output = T>) -> T {
    let done = tokio::time::timeout(Duration::from_secs(20), work).await;
    done.expect("it happens within 20 s")
}

/// The numbers of the events that are told next are these.
async fn tells(wire: &mut Wire, numbers: impl IntoIterator<Item = u64>) {
    for number in numbers {
        assert_eq!(told(wire).await["seq"], number);
    }
}

#[tokio::test]
async fn a_subscriber_is_told_all_there_is_and_then_what_happens() {
    let daemon = Daemon::start();
    daemon.engine.happens(1_000);
    let (mut wire, answer) = subscribed(&daemon, json!([1])).await;
    assert_eq!(answer, json!({"subscription": 1, "from": 1}));
    let event = json!({
        "subscription": 1, "seq": 1, "event": "part_failed", "at": 1_700_000_001,
        "payment_hash": hash().to_string(), "payment_status": "pending", "id": 42,
        "part_status": "failed",
        "failure": {"code": 204, "message": "failed: WIRE_FEE_INSUFFICIENT (reply from remote)"},
    });
    assert_eq!(told(&mut wire).await, event);
    tells(&mut wire, 2..=1_000).await;
    for number in 1_001..=1_003 {
        daemon.engine.following_is(1).await;
        daemon.engine.happens(1);
        tells(&mut wire, [number]).await;
    }
    // Other requests of the same connection are answered in between.
    assert!(wire.call("getinfo", json!([])).await["result"].is_object());
}

#[tokio::test]
async fn a_page_that_is_too_long_is_told_in_pieces() {
    let daemon = Daemon::start();
    daemon.engine.happens(1_000);
    daemon.engine.history.send_modify(|history| {
        for row in history {
            let Listed::Sound(event) = row else {
                panic!("{row:?}")
            };
            let failure = event.failure.as_mut().unwrap();
            failure.message = "a long word".repeat(90);
        }
    });
    let (mut wire, _) = subscribed(&daemon, json!([1])).await;
    tells(&mut wire, 1..=1_000).await;
    daemon.engine.following_is(1).await;
    let asked = daemon.engine.asked();
    assert!(asked > 1_000 / 250 + 1, "{asked} pages, none of them cut");
}

#[tokio::test]
async fn without_a_number_only_what_happens_from_now_on_is_told() {
    let daemon = Daemon::start();
    daemon.engine.happens(7);
    let (mut wire, answer) = subscribed(&daemon, json!([])).await;
    assert_eq!(answer["from"], 8);
    daemon.engine.following_is(1).await;
    daemon.engine.happens(2);
    tells(&mut wire, 8..=9).await;
    let (_, answer) = subscribed(&daemon, json!({"from": 0})).await;
    assert_eq!(answer["from"], 1);
}

#[tokio::test]
async fn one_payments_events_alone_can_be_told() {
    let daemon = Daemon::start();
    daemon.engine.happens(1);
    let params = json!({"from": 2, "payment_hash": hash().to_string()});
    let (_wire, answer) = subscribed(&daemon, params).await;
    assert_eq!(answer["from"], 2);
    daemon.engine.following_is(1).await;
    let Asked::NextEvents(EventFilter { hash, start, .. }) = daemon.engine.last() else {
        panic!("{:?}", daemon.engine.last())
    };
    assert_eq!((hash, start), (Some(crate::samples::hash()), 2));
}

#[tokio::test]
async fn a_number_that_nobody_can_have_seen_the_one_before_is_refused() {
    let daemon = Daemon::start();
    daemon.engine.happens(5);
    for (method, from) in [
        ("subscribe", json!([7])),
        ("check", json!(["subscribe", 7])),
    ] {
        let error = daemon.ask(method, from).await["error"].clone();
        assert_eq!(
            (&error["code"], &error["data"]),
            (&json!(-32602), &json!({"last_event": 5})),
            "{error}"
        );
    }
    let checked = daemon.result("check", json!(["subscribe", 6])).await;
    assert_eq!(checked, json!({"command_to_check": "subscribe"}));
    let (code, message) = daemon.error("subscribe", json!(["x"])).await;
    assert_eq!(code, -32602, "{message}");
    *daemon.engine.error.lock().unwrap() = Some(ApiError::StorageUnavailable("full".into()));
    assert_eq!(daemon.error("subscribe", json!([1])).await.0, 230);
}

#[tokio::test]
async fn a_damaged_event_is_told_and_not_skipped() {
    let daemon = Daemon::start();
    daemon.engine.happens(1);
    daemon.engine.history.send_modify(|history| {
        history.push(Listed::Damaged(Damaged {
            id: 2,
            payment_hash: None,
            reason: "event 9 is not known".into(),
        }));
    });
    daemon.engine.happens(1);
    let (mut wire, _) = subscribed(&daemon, json!([1])).await;
    tells(&mut wire, [1]).await;
    let damaged =
        json!({"subscription": 1, "seq": 2, "warning_quarantined": "event 9 is not known"});
    assert_eq!(told(&mut wire).await, damaged);
    tells(&mut wire, [3]).await;
}

#[tokio::test]
async fn what_cannot_be_read_is_the_last_that_is_told_and_not_silence() {
    let daemon = Daemon::start();
    daemon.engine.happens(1);
    let (mut wire, _) = subscribed(&daemon, json!([1])).await;
    tells(&mut wire, [1]).await;
    daemon.engine.following_is(1).await;
    *daemon.engine.error.lock().unwrap() = Some(ApiError::StorageUnavailable("full".into()));
    // What was waited for is still told; what comes after it cannot be read.
    daemon.engine.happens(1);
    tells(&mut wire, [2]).await;
    let last = told(&mut wire).await;
    assert_eq!(
        (
            &last["subscription"],
            &last["error"]["code"],
            &last["error"]["data"]
        ),
        (&json!(1), &json!(230), &json!({"durable": false})),
        "{last}"
    );
    // The connection goes on, and so does who asks from the next number.
    *daemon.engine.error.lock().unwrap() = None;
    daemon.engine.happens(1);
    let reply = wire.call("subscribe", json!([3])).await;
    assert_eq!(reply["result"], json!({"subscription": 2, "from": 3}));
    tells(&mut wire, [3]).await;
}

#[tokio::test]
async fn a_reader_that_was_cut_off_resumes_by_number() {
    let daemon = Daemon::start();
    daemon.engine.happens(2_000);
    let (mut from, mut lives) = (1, 0);
    while from <= 2_000 {
        let (mut wire, answer) = subscribed(&daemon, json!([from])).await;
        assert_eq!(answer["from"], from);
        let to = (from + 299).min(2_000);
        tells(&mut wire, from..=to).await;
        (from, lives) = (to + 1, lives + 1);
    }
    assert_eq!(lives, 7);
    soon(daemon.engine.following_is(0)).await;
}

#[tokio::test]
async fn a_subscriber_that_does_not_read_holds_back_itself_alone() {
    const EVENTS: u64 = 20_000;
    let daemon = Daemon::start();
    daemon.engine.happens(EVENTS);
    let (mut slow, _) = subscribed(&daemon, json!([1])).await;
    let (mut fast, _) = subscribed(&daemon, json!([1])).await;
    tells(&mut fast, 1..=EVENTS).await;
    // 80 pages for the one; of the other only what a connection may hold.
    let asked = daemon.engine.asked();
    assert!(asked < 80 + 30, "{asked} pages were read");
    daemon.engine.happens(1);
    tells(&mut fast, [EVENTS + 1]).await;
    tells(&mut slow, 1..=EVENTS + 1).await;
}

#[tokio::test(start_paused = true)]
async fn a_subscriber_that_never_reads_is_cut_off_and_can_resume() {
    const EVENTS: u64 = 10_000;
    let daemon = Daemon::start();
    daemon.engine.happens(EVENTS);
    let mut wire = daemon.connect().await;
    wire.send(request(&json!(1), "waitpartialpay", &json!([7])))
        .await;
    wire.send(request(&json!(2), "subscribe", &json!([1])))
        .await;
    daemon.engine.waiting_is(1).await;
    // The wait goes with its connection: only the clock can end it.
    daemon.engine.waiting_is(0).await;
    assert_eq!(wire.json().await["result"]["from"], 1);
    let mut last = 0;
    let mut notification = wire.json().await;
    while let Some(seq) = notification["params"]["seq"].as_u64() {
        last += 1;
        assert_eq!(seq, last);
        notification = wire.json().await;
    }
    assert!((1..EVENTS).contains(&last), "{last} were told");
    let why = &notification["params"]["error"];
    assert_eq!(why["code"], -32005, "{notification}");
    let why = why["message"].as_str().unwrap();
    assert!(why.contains("limits.write_timeout_secs"), "{why}");
    assert!(wire.json().await["id"].is_null());
    assert!(wire.is_closed().await);
    let (mut wire, _) = subscribed(&daemon, json!([last + 1])).await;
    tells(&mut wire, last + 1..=EVENTS).await;
}

#[tokio::test(start_paused = true)]
async fn a_subscriber_with_nothing_to_hear_costs_nothing_and_is_not_cut_off() {
    let daemon = Daemon::with(Limits {
        idle_timeout_secs: 5,
        silent_timeout_secs: 5,
        ..Limits::default()
    });
    let (mut wire, _) = subscribed(&daemon, json!([])).await;
    daemon.engine.following_is(1).await;
    let asked = daemon.engine.asked();
    let day = Duration::from_secs(86_400);
    let nothing = std::future::pending::<()>();
    assert!(tokio::time::timeout(day, nothing).await.is_err());
    assert_eq!(daemon.engine.asked(), asked, "nobody looked");
    daemon.engine.happens(1);
    tells(&mut wire, [1]).await;
}

#[tokio::test]
async fn a_subscriber_that_has_said_all_it_has_to_say_is_told_on() {
    let daemon = Daemon::start();
    let (mut wire, _) = subscribed(&daemon, json!([])).await;
    tokio::io::AsyncWriteExt::shutdown(&mut wire.stream)
        .await
        .unwrap();
    daemon.engine.following_is(1).await;
    daemon.engine.happens(3);
    tells(&mut wire, 1..=3).await;
    daemon.engine.following_is(1).await;
    drop(wire);
    soon(daemon.engine.following_is(0)).await;
}

#[tokio::test]
async fn a_stop_ends_the_stream() {
    let daemon = Daemon::with(Limits {
        drain_timeout_secs: 3600,
        ..Limits::default()
    });
    daemon.engine.happens(1);
    let (mut wire, _) = subscribed(&daemon, json!([1])).await;
    tells(&mut wire, [1]).await;
    daemon.engine.following_is(1).await;
    daemon.shutdown.send_replace(true);
    soon(daemon.running).await.unwrap();
    let last = told(&mut wire).await;
    assert_eq!(last["error"]["code"], -32005, "{last}");
    assert!(wire.is_closed().await);
    assert_eq!(*daemon.engine.following.borrow(), 0);
}

#[tokio::test]
async fn subscriptions_over_the_limit_are_refused_and_the_others_go_on() {
    let daemon = Daemon::with(Limits {
        subscriptions_per_connection: 2,
        ..Limits::default()
    });
    let (mut wire, _) = subscribed(&daemon, json!([])).await;
    let second = wire.call("subscribe", json!([])).await;
    assert_eq!(second["result"]["subscription"], 2);
    let third = wire.call("subscribe", json!([])).await;
    assert_eq!(third["error"]["code"], -32005, "{third}");
    daemon.engine.following_is(2).await;
    daemon.engine.happens(1);
    let mut both = [told(&mut wire).await, told(&mut wire).await];
    both.sort_by_key(|told| told["subscription"].as_u64());
    for (told, subscription) in both.iter().zip(1..) {
        assert_eq!(
            (&told["subscription"], &told["seq"]),
            (&json!(subscription), &json!(1))
        );
    }
}

#[tokio::test]
async fn our_own_client_hears_what_it_has_subscribed_to() {
    let daemon = Daemon::start();
    daemon.engine.happens(300);
    let mut client = Client::connect(&daemon.path).await.unwrap();
    let answer = client.call("subscribe", json!([1])).await.unwrap();
    assert_eq!(answer["subscription"], 1);
    for number in 1..=300 {
        let told = client.notification().await.unwrap();
        let start = format!(r#"{{"subscription":1,"seq":{number},"event":"part_failed","#);
        assert!(told.get().starts_with(&start), "{told}");
    }
    let info = client.call("getinfo", json!([])).await.unwrap();
    assert_eq!(info["name"], "ampere");
    daemon.shutdown.send_replace(true);
    daemon.running.await.unwrap();
    let last = client.notification().await.unwrap();
    assert!(last.get().contains("-32005"), "{last}");
    assert!(client.notification().await.is_err());
}

#[tokio::test]
async fn where_nothing_can_be_told_subscribe_says_so() {
    let daemon = Daemon::start();
    let services = services(&daemon.engine, &daemon.shutdown);
    let methods = InProcess::new(services, Limits::default()).unwrap();
    let refused = methods.call("subscribe", &json!([1])).await.unwrap_err();
    assert_eq!(refused.code, -32600, "{refused:?}");
    assert!(refused.message.contains("listevents"), "{refused:?}");
}
