//! What is not ours: to lightningd and back, and what holds when lightningd is slow, silent or gone.

use crate::upstream::{Upstream, reply, request};
use rpc::{Limits, PassedOn};
use serde_json::{Value, json};

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[tokio::test]
async fn a_request_goes_as_it_came_and_its_reply_comes_as_it_went() {
    let upstream = Upstream::start();
    let mut client = upstream.daemon.connect().await;
    let sent = "{ \"params\" : {\"label\":\"\\u00e9\", \"n\":1.50},\n\"id\":\"a \\\"b\\\"\" , \"jsonrpc\":\"2.0\",\
                \"filter\":{\"funds\":[true]},\"method\":\"listfunds\" }";
    client.send(sent).await;
    let mut lightningd = upstream.accept().await;
    assert_eq!(lightningd.until(" }").await, sent);
    for said in [
        "{\"jsonrpc\":\"2.0\",\"id\":\"a \\\"b\\\"\",\"result\":{ \"z\":1.50,\n \"a\":[\"\\u00e9\"]}}\n\n",
        "{\"jsonrpc\":\"2.0\",\"id\":\"a \\\"b\\\"\",\"error\":{\"code\":-1,\"message\":\"No\",\"data\":{\"b\":1,\"a\":2}}}\n\n",
    ] {
        lightningd.send(said).await;
        assert_eq!(client.until("\n\n").await, said);
        client.send(sent).await;
        lightningd.until(" }").await;
    }
}

#[tokio::test]
async fn requests_of_one_client_arrive_in_order_and_are_answered_in_any() {
    let upstream = Upstream::start();
    let mut client = upstream.daemon.connect().await;
    let own = request("3", "abandonpay");
    let all = [
        request("1", "wait"),
        request("2", "listpeers"),
        own,
        request("4", "newaddr"),
    ];
    client.send(all.concat()).await;
    let mut lightningd = upstream.accept().await;
    let passed_on = [&all[0][..], &all[1], &all[3]].concat();
    assert_eq!(lightningd.until(&all[3]).await, passed_on);
    assert_eq!(client.json().await["id"], 3, "ours is answered by us");
    for id in ["4", "1", "2"] {
        lightningd.send(reply(id, "{}")).await;
        assert_eq!(client.json().await["id"].to_string(), id);
    }
}

#[tokio::test]
async fn notifications_come_if_they_are_enabled_and_after_a_restart_too() {
    let mut upstream = Upstream::start();
    let (mut client, mut lightningd) = upstream.linked().await;
    client.call("notifications", json!({"enable": true})).await;
    client.send(request("1", "fundchannel")).await;
    let wish = "{\"jsonrpc\":\"2.0\",\"id\":\"ampere:notifications\",\"method\":\"notifications\",\"params\":[true]}";
    let heard = lightningd.until("fundchannel\",\"params\":[]}").await;
    assert_eq!(heard, format!("{wish}{}", request("1", "fundchannel")));
    lightningd
        .send(reply("\"ampere:notifications\"", "{}"))
        .await;
    let told = "{\"jsonrpc\":\"2.0\",\"method\":\"message\",\"params\":{\"id\":1,\"level\":\"info\",\"message\":\"funding\"}}\n\n";
    lightningd.send(told).await;
    assert_eq!(client.until("\n\n").await, told);
    lightningd.send(reply("1", "{}")).await;
    assert_eq!(client.json().await["id"], 1);
    drop(lightningd);
    upstream.goes_away();
    upstream.comes_back();
    client.send(request("2", "close")).await;
    let mut lightningd = upstream.accept().await;
    let heard = lightningd.until("close\",\"params\":[]}").await;
    assert_eq!(heard, format!("{wish}{}", request("2", "close")));
}

#[tokio::test]
async fn a_restart_of_lightningd_between_two_requests_is_not_noticed() {
    let mut upstream = Upstream::start();
    let (mut client, mut lightningd) = upstream.linked().await;
    for id in ["1", "2", "3"] {
        drop(lightningd);
        upstream.goes_away();
        upstream.comes_back();
        client.send(request(id, "newaddr")).await;
        lightningd = upstream.accept().await;
        lightningd.until("newaddr\",\"params\":[]}").await;
        lightningd.send(reply(id, "{}")).await;
        let answer = client.json().await;
        assert_eq!(answer["result"], json!({}), "{answer}");
    }
}

#[tokio::test]
async fn a_lightningd_that_is_away_is_an_error_and_serves_again_when_it_is_back() {
    let mut upstream = Upstream::start();
    upstream.goes_away();
    let mut client = upstream.daemon.connect().await;
    let refused = client.call("withdraw", json!(["bcrt1q", "all"])).await;
    assert_eq!(refused["id"], "test");
    assert_eq!(refused["error"]["code"], 231, "{refused}");
    assert_eq!(
        refused["error"]["data"],
        json!({"node": "cln", "took_effect": false})
    );
    let message = text(&refused["error"]["message"]);
    for part in [
        "node cln",
        "lightning-rpc",
        "withdraw was not passed on",
        "start lightningd",
    ] {
        assert!(message.contains(part), "{message}");
    }
    assert_eq!(
        client.call("notifications", json!([false])).await["result"],
        json!({})
    );
    upstream.comes_back();
    client.send(request("1", "listfunds")).await;
    let mut lightningd = upstream.accept().await;
    lightningd.until("}").await;
    lightningd.send(reply("1", "{}")).await;
    assert_eq!(client.json().await["result"], json!({}));
}

#[tokio::test]
async fn a_lightningd_that_dies_leaves_the_effect_unknown() {
    let upstream = Upstream::start();
    let (mut client, mut lightningd) = upstream.linked().await;
    client
        .send(request("1", "withdraw") + &request("2", "waitanyinvoice"))
        .await;
    lightningd.until("waitanyinvoice").await;
    drop(lightningd);
    for id in [1, 2] {
        let told = client.json().await;
        assert_eq!(
            (&told["id"], &told["error"]["code"]),
            (&json!(id), &json!(231))
        );
        assert_eq!(told["error"]["data"]["took_effect"], "unknown", "{told}");
        let message = text(&told["error"]["message"]);
        assert!(
            message.contains("closed the connection before"),
            "{message}"
        );
    }
    client.send(request("3", "listfunds")).await;
    upstream.accept().await.until("listfunds").await;
}

#[tokio::test]
async fn what_is_no_reply_ends_the_calls_under_way() {
    let upstream = Upstream::start();
    for nonsense in ["hello", "{\"result\":{}}", "{\"id\":7,\"result\":{}}"] {
        let (mut client, mut lightningd) = upstream.linked().await;
        client.send(request("1", "withdraw")).await;
        lightningd.until("withdraw").await;
        lightningd.send(nonsense).await;
        let told = client.json().await;
        let message = text(&told["error"]["message"]);
        assert!(message.contains("no reply"), "{nonsense}: {message}");
        assert_eq!(told["id"], 1);
    }
}

/// One second instead of thirty.
fn impatient() -> Limits {
    Limits {
        pass_on_timeout_secs: 1,
        ..Limits::default()
    }
}

#[tokio::test]
async fn a_silent_lightningd_is_given_up_and_delays_nobody_else() {
    let upstream = Upstream::with(impatient(), PassedOn::All);
    let (mut client, mut lightningd) = upstream.linked().await;
    let mut other = upstream.daemon.connect().await;
    client.send(request("1", "withdraw")).await;
    lightningd.until("withdraw").await;
    assert!(
        other
            .call("listpays", json!([]))
            .await
            .get("result")
            .is_some()
    );
    client.send(request("2", "abandonpay")).await;
    assert_eq!(client.json().await["id"], 2);
    let told = client.json().await;
    assert_eq!(
        (&told["id"], &told["error"]["code"]),
        (&json!(1), &json!(231))
    );
    let message = text(&told["error"]["message"]);
    assert!(message.contains("has answered nothing for"), "{message}");
    assert_eq!(told["error"]["data"]["took_effect"], "unknown");
}

#[tokio::test]
async fn a_method_that_takes_long_is_waited_for_while_lightningd_answers_others() {
    let upstream = Upstream::with(impatient(), PassedOn::All);
    let (mut client, mut lightningd) = upstream.linked().await;
    client.send(request("1", "fundchannel")).await;
    lightningd.until("fundchannel").await;
    for _ in 0..2 {
        let mut asked = upstream.accept().await;
        asked.until("ampere:alive\",\"method\":\"getinfo\"").await;
        asked.send(reply("\"ampere:alive\"", "{}")).await;
    }
    lightningd.send(reply("1", "{\"txid\":\"00\"}")).await;
    assert_eq!(client.json().await["result"]["txid"], "00");
}

#[tokio::test]
async fn a_client_that_hangs_up_ends_its_call_at_lightningd() {
    let upstream = Upstream::start();
    let (mut client, mut lightningd) = upstream.linked().await;
    let (mut other, mut others) = upstream.linked().await;
    client.send(request("1", "waitanyinvoice")).await;
    lightningd.until("waitanyinvoice\",\"params\":[]}").await;
    drop(client);
    assert!(lightningd.is_closed().await);
    other.send(request("1", "listfunds")).await;
    others.until("listfunds").await;
    others.send(reply("1", "{}")).await;
    assert_eq!(
        other.json().await["id"],
        1,
        "the other client's is another connection"
    );
}

#[tokio::test]
async fn limits_hold_for_what_is_passed_on() {
    let limits = Limits {
        waits_per_connection: 2,
        in_flight_per_connection: 2,
        body_bytes: 1_000,
        ..Limits::default()
    };
    let upstream = Upstream::with(limits, PassedOn::All);
    let (mut client, mut lightningd) = upstream.linked().await;
    for id in ["1", "2", "3"] {
        client.send(request(id, "waitanyinvoice")).await;
    }
    let refused = client.json().await;
    assert_eq!(
        (&refused["id"], &refused["error"]["code"]),
        (&json!(3), &json!(-32005))
    );
    for id in ["4", "5", "6"] {
        client.send(request(id, "listfunds")).await;
    }
    let heard = lightningd
        .until("\"id\":5,\"method\":\"listfunds\",\"params\":[]}")
        .await;
    assert!(!heard.contains("\"id\":6"), "two at once");
    lightningd.send(reply("4", "{}")).await;
    assert_eq!(client.json().await["id"], 4);
    lightningd.until("\"id\":6").await;
    let mut another = upstream.daemon.connect().await;
    let label = "x".repeat(1_000);
    another
        .send(request("1", "invoice").replace("[]", &format!("[\"{label}\"]")))
        .await;
    let refused = another.json().await;
    assert_eq!(refused["error"]["code"], -32600, "{refused}");
}

#[tokio::test]
async fn a_stop_answers_waits_and_lets_calls_end() {
    let upstream = Upstream::start();
    let (mut client, mut lightningd) = upstream.linked().await;
    client
        .send(request("1", "waitanyinvoice") + &request("2", "listfunds"))
        .await;
    lightningd.until("listfunds").await;
    upstream.daemon.shutdown.send_replace(true);
    let told = client.json().await;
    assert_eq!(
        (&told["id"], &told["error"]["code"]),
        (&json!(1), &json!(-32005))
    );
    lightningd
        .send(reply("1", "{\"late\":true}") + &reply("2", "{}"))
        .await;
    assert_eq!(client.json().await["id"], 2);
    assert!(client.is_closed().await);
}
