//! Which methods are passed on, and what `check`, `help` and `getinfo` say of them.

use crate::upstream::{Upstream, reply, request};
use rpc::{Limits, PassedOn};
use serde_json::{Value, json};

/// The one connection that a method of ours makes, and its request's method: answered.
async fn answers(upstream: &Upstream, method: &str, result: &str) -> String {
    let mut lightningd = upstream.accept().await;
    let asked = lightningd.until("}").await;
    assert!(
        asked.contains(&format!("\"method\":\"{method}\"")),
        "{asked}"
    );
    lightningd.send(reply("1", result)).await;
    asked
}

#[tokio::test]
async fn what_is_shut_is_refused_and_lightningd_is_not_asked() {
    let list = PassedOn::Only(["decode".to_owned()].into());
    for (which, shut, says) in [
        (PassedOn::None, "decode", "\"none\""),
        (PassedOn::Safe, "withdraw", "\"safe\""),
        (PassedOn::Safe, "a-plugins-own", "\"safe\""),
        (list, "invoice", "a list without it"),
    ] {
        let mut upstream = Upstream::with(Limits::default(), which);
        upstream.goes_away();
        for params in [json!([]), json!({"secret": 1})] {
            let (code, message) = upstream.daemon.error(shut, params).await;
            assert_eq!(code, -32601);
            assert!(message.contains(says), "{message}");
            assert!(
                message.contains("ask lightningd on its own socket"),
                "{message}"
            );
        }
        let (code, _) = upstream.daemon.error("check", json!([shut])).await;
        assert_eq!(code, -32601, "check says so, too");
        let (code, _) = upstream.daemon.error("help", json!([shut])).await;
        assert_eq!(code, -32601, "and help");
    }
    let upstream = Upstream::with(Limits::default(), PassedOn::Safe);
    let (_, message) = upstream.daemon.error("listpayment", json!([])).await;
    assert!(
        message.contains("did you mean 'listpayments'?"),
        "{message}"
    );
}

#[tokio::test]
async fn what_is_ours_is_never_passed_on() {
    let mut upstream = Upstream::start();
    upstream.goes_away();
    for method in ["pay", "sendpay", "waitsendpay", "listpays", "listpayments"] {
        let reply = upstream
            .daemon
            .ask(method, json!({"payment_hash": "no"}))
            .await;
        assert_ne!(reply["error"]["code"], 231, "{method}: {reply}");
    }
}

#[tokio::test]
async fn check_asks_lightningds_and_says_where_it_would_go() {
    let upstream = Upstream::start();
    let params = json!({"command_to_check": "withdraw", "satoshi": "all"});
    let asking = upstream.daemon.result("check", params);
    let answering = answers(&upstream, "check", "{\"command_to_check\":\"withdraw\"}");
    let (checked, asked) = tokio::join!(asking, answering);
    assert_eq!(
        checked,
        json!({"command_to_check": "withdraw", "passed_on_to": "cln"})
    );
    assert!(
        asked.contains("{\"command_to_check\":\"withdraw\",\"satoshi\":\"all\"}"),
        "{asked}"
    );

    let refusing = async {
        let mut lightningd = upstream.accept().await;
        let asked = lightningd.until("}").await;
        assert!(
            asked.contains("\"params\":[\"withdraw\",\"nonsense\"]"),
            "{asked}"
        );
        let error = "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32602,\"message\":\"No\",\"data\":{\"a\":1}}}\n\n";
        lightningd.send(error).await;
    };
    let asking = upstream
        .daemon
        .ask("check", json!(["withdraw", "nonsense"]));
    let (reply, ()) = tokio::join!(asking, refusing);
    assert_eq!(
        reply["error"],
        json!({"code": -32602, "message": "No", "data": {"a": 1}})
    );
    let ours = upstream.daemon.result("check", json!(["listpays"])).await;
    assert_eq!(ours, json!({"command_to_check": "listpays"}));
}

const HELP: &str = r#"{"help":[{"command":"decode string","category":"x"},{"command":"getinfo "},{"command":"withdraw destination"},{"command":"pay invstring"}],"format-hint":"simple"}"#;

#[tokio::test]
async fn help_lists_ours_and_what_is_passed_on() {
    for (which, theirs) in [
        (PassedOn::All, &["decode", "withdraw"][..]),
        (PassedOn::Safe, &["decode"]),
    ] {
        let upstream = Upstream::with(Limits::default(), which);
        let asking = upstream.daemon.result("help", json!([]));
        let (help, _) = tokio::join!(asking, answers(&upstream, "help", HELP));
        let commands = help["help"].as_array().unwrap();
        let name = |shown: &Value| {
            let usage = shown["command"].as_str().unwrap();
            usage.split(' ').next().unwrap().to_owned()
        };
        let names: Vec<String> = commands.iter().map(name).collect();
        let (ours, lightningds) = names.split_at(names.len() - theirs.len());
        assert_eq!(lightningds, theirs);
        for once in ["pay", "getinfo"] {
            let times = ours.iter().filter(|name| *name == once).count();
            assert_eq!(times, 1, "{once} is ours");
        }
        let as_it_is = json!({"command": "decode string", "category": "x"});
        assert!(commands.contains(&as_it_is), "{help}");
        assert_eq!(help["format-hint"], "simple");
    }
}

#[tokio::test]
async fn help_of_a_method_that_is_passed_on_is_lightningds() {
    let upstream = Upstream::start();
    let mut client = upstream.daemon.connect().await;
    for params in ["[\"withdraw\"]", "{\"command\":\"withdraw\"}"] {
        client
            .send(request("1", "help").replace("[]", params))
            .await;
    }
    let mut lightningd = upstream.accept().await;
    lightningd.until("{\"command\":\"withdraw\"}}").await;
    lightningd.send(reply("1", "{\"help\": [ ]}")).await;
    assert_eq!(client.until("\n\n").await, reply("1", "{\"help\": [ ]}"));
    client
        .send(request("2", "help").replace("[]", "[\"errors\"]"))
        .await;
    assert_eq!(
        client.json().await["result"]["help"][0]["command"],
        "errors"
    );
}

#[tokio::test]
async fn getinfo_is_lightningds_with_what_is_ours_behind_it() {
    let mut upstream = Upstream::start();
    let said = r#"{"id":"02","alias":"A","version":"v26.06.6","blockheight":7,"fees_collected_msat":0,"network":"bitcoin"}"#;
    let mut client = upstream.daemon.connect().await;
    client.send(request("1", "getinfo")).await;
    answers(&upstream, "getinfo", said).await;
    let whole = client.reply().await;
    let begins = said.trim_end_matches('}');
    assert!(
        whole.contains(&format!("\"result\":{begins},\"name\":\"ampere\"")),
        "{whole}"
    );
    let info: Value = serde_json::from_str(&whole).unwrap();
    assert_eq!(info["result"]["ampere_version"], "0.1.0");
    assert_eq!(info["result"]["live_parts"], 3);
    upstream.goes_away();
    let info = upstream.daemon.result("getinfo", json!([])).await;
    assert_eq!((&info["version"], info.get("id")), (&json!("0.1.0"), None));
    let why = info["warning_lightningd"].as_str().unwrap();
    assert!(why.contains("cannot be reached"), "{why}");

    let mut off = Upstream::with(Limits::default(), PassedOn::None);
    off.goes_away();
    let info = off.daemon.result("getinfo", json!([])).await;
    assert_eq!(info.get("warning_lightningd"), None, "{info}");
}
