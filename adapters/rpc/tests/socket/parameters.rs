//! Core Lightning's rules for parameters, in its words.

use crate::samples::{SECRET, hash, route_json};
use crate::wire::{Daemon, request};
use serde_json::{Value, json};

async fn refused(daemon: &Daemon, method: &str, params: Value, message: &str) {
    let error = daemon.error(method, params).await;
    assert_eq!(error, (-32602, message.to_owned()));
}

#[tokio::test]
async fn the_rules_are_core_lightnings() {
    let daemon = Daemon::start();
    let d = &daemon;
    let list = "listpartialpayments";
    refused(
        d,
        list,
        json!([1, 2, 3, 4, 5, 6]),
        "too many parameters: got 6, expected 5",
    )
    .await;
    refused(
        d,
        "getinfo",
        json!([1]),
        "too many parameters: got 1, expected 0",
    )
    .await;
    let unknown = "unknown parameter: hash, this may be caused by a failure to autodetect \
                   key=value-style parameters. Please try using the -k flag and explicit key=value \
                   pairs of parameters.";
    refused(d, list, json!({"hash": 1}), unknown).await;
    refused(
        d,
        "waitpartialpay",
        json!([]),
        "missing required parameter: id",
    )
    .await;
    refused(
        d,
        "waitpartialpay",
        json!([null]),
        "missing required parameter: id",
    )
    .await;
    refused(
        d,
        "waitpartialpay",
        json!({"id": null}),
        "missing required parameter: id",
    )
    .await;
    refused(
        d,
        "waitpartialpay",
        json!({"timeout": 1}),
        "missing required parameter: id",
    )
    .await;
    refused(d, "sendpay", json!({}), "missing required parameter: route").await;
    let not_params = "Expected array or object for params";
    for params in [json!(7), json!("x"), json!(null), json!(true)] {
        refused(d, list, params, not_params).await;
    }
    assert_eq!(daemon.engine.asked(), 0);
}

/// Every optional parameter of every method, as callers with a field for each of them send it.
#[tokio::test]
async fn null_is_not_given_by_name_as_by_position() {
    let daemon = Daemon::start();
    for method in rpc::methods::all() {
        let mut by_name = json!({"command_to_check": method.name});
        let mut by_position = vec![json!(method.name)];
        for param in method.params {
            by_name[param.name] = Value::Null;
            by_position.push(Value::Null);
        }
        if method.name == "check" {
            continue;
        }
        let named = daemon.ask("check", by_name).await;
        let placed = daemon.ask("check", json!(by_position)).await;
        assert_eq!(named["error"], placed["error"], "{}", method.name);
        assert_eq!(named["result"], placed["result"], "{}", method.name);
        let needed = method.params.iter().find(|param| param.required);
        match needed {
            Some(param) => {
                let missing = format!("missing required parameter: {}", param.name);
                assert_eq!(named["error"]["message"], missing, "{}", method.name);
            }
            None => assert!(named.get("error").is_none(), "{named}"),
        }
    }
    let odd = json!({"id": 1, "idd": null});
    let (_, message) = daemon.error("waitpartialpay", odd).await;
    assert!(message.starts_with("unknown parameter: idd"), "{message}");
}

#[tokio::test]
async fn names_given_twice_are_noticed() {
    let daemon = Daemon::start();
    let mut wire = daemon.connect().await;
    for (params, name) in [
        (r#"{"id":1,"id":1}"#, "id"),
        (r#"{"id":1,"\u0069d":2}"#, "id"),
        (r#"{"id":null,"id":1}"#, "id"),
        (r#"{"id":1,"id":null}"#, "id"),
    ] {
        let body = request(&json!(1), "waitpartialpay", &json!("P")).replace("\"P\"", params);
        wire.send(body).await;
        let reply = wire.json().await;
        assert_eq!(reply["error"]["code"], -32602);
        assert_eq!(
            reply["error"]["message"],
            format!("duplicate json names: {name}")
        );
    }
    let both = json!({
        "route": route_json(600), "payment_hash": hash().to_string(), "description": "a",
        "label": "a",
    });
    let (code, message) = daemon.error("sendpay", both).await;
    assert_eq!(code, -32602);
    assert!(message.starts_with("duplicate json names: "), "{message}");
    let body = request(&json!(1), "sendpay", &json!(["P", hash().to_string()]));
    let hop = r#"[{"id":1,"delay":1,"delay":1}]"#;
    wire.send(body.replace("\"P\"", &hop.replace("\"id\":1,", "")))
        .await;
    assert_eq!(wire.json().await["error"]["code"], -32602);
    assert_eq!(daemon.engine.asked(), 0);
}

#[tokio::test]
async fn a_wrong_value_is_named_with_what_it_should_be() {
    let daemon = Daemon::start();
    for (method, params, message) in [
        (
            "waitpartialpay",
            json!(["x"]),
            "id: should be an unsigned 64 bit integer: invalid token 'x'",
        ),
        (
            "waitsendpay",
            json!(["00"]),
            "payment_hash: should be a 32 byte hex value: invalid token '00'",
        ),
        (
            "listpayments",
            json!({"status": "paid"}),
            "status: should be pending, complete or failed: invalid token 'paid'",
        ),
        (
            "sendpartialpay",
            json!([route_json(600), hash().to_string(), "1.5sat"]),
            "intended_msatoshi: should be a millisatoshi amount: invalid token '1.5sat'",
        ),
        (
            "sendpartialpay",
            json!([
                route_json(600),
                hash().to_string(),
                2_100_000_000_000_000_001_u64
            ]),
            "intended_msatoshi: should be a millisatoshi amount: invalid token \
             '2100000000000000001'",
        ),
        (
            "sendpartialpay",
            json!({
                "route": route_json(600), "payment_hash": hash().to_string(),
                "intended_msatoshi": 1000, "request_id": "",
            }),
            "request_id: should be a string of 1 to 128 bytes: invalid token ''",
        ),
        (
            "sendpay",
            json!([route_json(600), hash().to_string(), "x".repeat(2000)]),
            "description: should be a string of at most 1024 bytes: invalid token of 2000 bytes",
        ),
        (
            "notifications",
            json!(["yes"]),
            "enable: should be 'true' or 'false': invalid token 'yes'",
        ),
        (
            "dev-hold",
            json!(["maybe"]),
            "on: should be 'on' or 'off': invalid token 'maybe'",
        ),
    ] {
        refused(&daemon, method, params, message).await;
    }
    assert_eq!(daemon.engine.asked(), 0);
}

/// Every text that a caller hands in; newlines and tabs are control characters, too.
#[tokio::test]
async fn control_characters_in_texts_are_refused() {
    let daemon = Daemon::start();
    let pay = |field: &str, text: &str| {
        let mut params = json!({
            "route": route_json(600), "payment_hash": hash().to_string(), "intended_msatoshi": 1000,
        });
        params[field] = json!(text);
        params
    };
    for (text, sign) in [
        ("a\0b", "U+0000 is at its byte 1"),
        ("line\none", "U+000A is at its byte 4"),
        ("\t", "U+0009 is at its byte 0"),
        ("\u{1b}[31m", "U+001B is at its byte 0"),
        ("é\u{7f}", "U+007F is at its byte 2"),
        ("\u{85}", "U+0085 is at its byte 0"),
        ("\u{9b}31m", "U+009B is at its byte 0"),
    ] {
        for (method, field, params) in [
            ("sendpartialpay", "label", pay("label", text)),
            ("sendpartialpay", "description", pay("description", text)),
            ("sendpartialpay", "request_id", pay("request_id", text)),
            ("sendpartialpay", "node", pay("node", text)),
            ("check", "label", {
                let mut params = pay("label", text);
                params["command_to_check"] = json!("sendpartialpay");
                params
            }),
            ("listpayments", "search", json!({"search": text})),
            ("help", "command", json!([text])),
            ("invoice", "label", json!([1, text, "x"])),
            ("invoice", "description", json!([1, "x", text])),
            ("listinvoices", "label", json!([text])),
            ("delinvoice", "label", json!([text, "paid"])),
            ("dev-invoice", "description", json!([1, text])),
            ("dev-invoice", "node", json!([1, "x", text])),
            ("dev-routes", "destination", json!([text, 1])),
        ] {
            let (code, message) = daemon.error(method, params).await;
            let expected = format!("{field}: should be text without control characters: {sign}");
            assert_eq!(code, -32602, "{method} {field}: {message}");
            assert!(message.starts_with(&expected), "{method}: {message}");
            assert!(!message.contains(char::is_control), "{message:?}");
        }
    }
    // What turns the direction of writing is text: it is shown escaped.
    let turned = pay("label", "a\u{202e}b\u{200d}");
    daemon.result("sendpartialpay", turned).await;
    assert_eq!(daemon.engine.asked(), 1);
}

#[tokio::test]
async fn half_of_a_surrogate_pair_is_told_as_what_it_is() {
    let daemon = Daemon::start();
    let mut wire = daemon.connect().await;
    for (method, params, says) in [
        (
            "listpayments",
            r#"{"search":"a\ud800"}"#,
            "search: should be Unicode text",
        ),
        (
            "listpayments",
            r#"{"search":"\udc00\ud800"}"#,
            "half of a surrogate pair",
        ),
        (
            "listpayments",
            r#"{"status":"\ud83d"}"#,
            "status: should be Unicode text",
        ),
        (
            "waitpartialpay",
            r#"["\udfff"]"#,
            "id: should be Unicode text",
        ),
        (
            "listpayments",
            r#"{"\ud800":1}"#,
            "half of a surrogate pair",
        ),
        (
            "invoice",
            r#"[1,"x","\ud800"]"#,
            "description: should be Unicode text",
        ),
    ] {
        let body = request(&json!(1), method, &json!("P")).replace("\"P\"", params);
        wire.send(body).await;
        let error = wire.json().await["error"].clone();
        assert_eq!(error["code"], -32602, "{error}");
        assert!(error["message"].as_str().unwrap().contains(says), "{error}");
    }
    let body = request(&json!(1), "M", &json!([])).replace("\"M\"", r#""\ud800""#);
    wire.send(body).await;
    let error = wire.json().await["error"].clone();
    assert_eq!(error["code"], -32600);
    assert!(
        error["message"].as_str().unwrap().contains("surrogate"),
        "{error}"
    );
    let whole = request(&json!(1), "listpayments", &json!("P"));
    wire.send(whole.replace("\"P\"", r#"{"search":"\ud83e\uddc0"}"#))
        .await;
    assert!(wire.json().await.get("error").is_none());
}

#[tokio::test]
async fn an_invoices_description_fits_into_an_invoice() {
    let daemon = Daemon::start();
    let says = "description: should be a string of at most 639 bytes: invalid token of 640 bytes";
    let long = "x".repeat(640);
    refused(&daemon, "invoice", json!([1, "label", long]), says).await;
    refused(&daemon, "dev-invoice", json!([1, long]), says).await;
    let most = "x".repeat(639);
    daemon.result("invoice", json!([1, "label", most])).await;
}

/// Neither does lightningd.
#[tokio::test]
async fn hex_has_no_prefix() {
    let daemon = Daemon::start();
    let hash = hash().to_string();
    let metadata =
        json!({"route": route_json(600), "payment_hash": hash, "payment_metadata": "0Xab"});
    let hop = json!({"id": format!("0x{}", "02".repeat(33)), "channel": "1x1x1", "msatoshi": 1, "delay": 1});
    for (params, expected) in [
        (
            json!([route_json(600), format!("0x{hash}")]),
            "payment_hash: should be a 32 byte hex value",
        ),
        (
            metadata,
            "payment_metadata: should be a hex value of at most 1300 bytes",
        ),
        (json!([[hop], hash]), "route[0].id: should be a node id"),
    ] {
        let (code, message) = daemon.error("sendpay", params).await;
        assert_eq!(code, -32602);
        assert!(message.starts_with(expected), "{message}");
    }
}

#[tokio::test]
async fn a_secret_is_never_shown_wherever_it_stands() {
    let daemon = Daemon::start();
    let hash = hash().to_string();
    let short = &SECRET[..20];
    for params in [
        json!({"route": route_json(600), "payment_hash": hash, "payment_secret": short}),
        json!({"route": route_json(600), "payment_hash": hash, "payment_metadata": "5ec7e7z"}),
        json!({"route": route_json(600), "payment_hash": hash, "msatoshi": SECRET}),
        json!([SECRET, hash]),
        json!({"route": [{"id": SECRET}], "payment_hash": hash}),
        json!({"route": SECRET, "payment_hash": hash}),
        json!({"route": {"x": SECRET}, "payment_hash": hash}),
    ] {
        let (code, message) = daemon.error("sendpay", params).await;
        assert_eq!(code, -32602);
        assert!(!message.contains("5ec7e7"), "{message}");
    }
}
