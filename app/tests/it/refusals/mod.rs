//! Each refusal, with its code: a table. Whatever is refused leaves every list as it was.

mod invoices;
mod parameters;
mod payments;
mod terms;

use crate::support::Daemon;
use serde_json::{Value, json};

/// What is asked, and what must be said.
struct Case {
    what: &'static str,
    method: &'static str,
    params: Value,
    code: i64,
    words: &'static str,
}

fn case(
    what: &'static str,
    method: &'static str,
    params: Value,
    code: i64,
    words: &'static str,
) -> Case {
    Case {
        what,
        method,
        params,
        code,
        words,
    }
}

/// The parameters with some of them changed; null takes one away.
fn with(params: &Value, changes: Value) -> Value {
    let (mut params, Value::Object(changes)) = (params.clone(), changes) else {
        panic!("changes are an object")
    };
    let object = params.as_object_mut().unwrap();
    for (key, value) in changes {
        match value {
            Value::Null => drop(object.remove(&key)),
            value => drop(object.insert(key, value)),
        }
    }
    params
}

async fn check(daemon: &Daemon, cases: Vec<Case>) {
    for case in cases {
        let before = lists(daemon).await;
        let refused = daemon.refused(case.method, case.params).await;
        assert_eq!(refused.code, case.code, "{}: {refused:?}", case.what);
        assert!(
            refused.message.contains(case.words),
            "{}: {refused:?}",
            case.what
        );
        assert_eq!(
            lists(daemon).await,
            before,
            "{} changed something",
            case.what
        );
    }
}

async fn lists(daemon: &Daemon) -> (Value, Value) {
    let payments = daemon.ok("listpayments", json!([])).await;
    (payments, daemon.ok("listpartialpayments", json!([])).await)
}
