//! What each method understands of its parameters. Nothing is asked of the engine.

use super::{as_json, is_fit_to_be_told, tells_no_long_word};
use crate::methods::{MethodInfo, all};
use crate::params::Given;
use crate::services::{About, Context, Services};
use crate::{Limits, error::RpcError};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

static CONTEXT: LazyLock<Arc<Context>> = LazyLock::new(|| {
    let services = Services {
        pass_on: None,
        invoices: None,
        payments: Arc::new(domain::MockPaymentApi::new()),
        dev: Some(Arc::new(devnet::MockDevNetwork::new())),
        about: About {
            name: "ampered".into(),
            version: "0".into(),
            data_dir: "/".into(),
        },
        networks: Arc::new(|| vec![domain::Network::regtest()]),
        backups: None,
        log: Arc::new(crate::LogReport::default),
        stop: Arc::new(|| {}),
    };
    let limits = Limits::default();
    Arc::new(Context::new(services, limits).expect("there is room for a thread"))
});

/// The first byte chooses the method, the others are its parameters. What is refused is refused in a few
/// words that repeat no secret; and parameters by position mean the same as by name.
pub fn target(bytes: &[u8]) {
    let Some((&which, given)) = bytes.split_first() else {
        return;
    };
    let (methods, Some(raw)) = (all(), as_json(given)) else {
        return;
    };
    let method = &methods[usize::from(which) % methods.len()];
    let outcome = understood(method, raw.get());
    if let Err(error) = &outcome {
        tells_no_long_word(&is_fit_to_be_told(error), raw);
    }
    if let Some(named) = by_name(method, raw) {
        let of = |outcome: &Result<(), RpcError>| outcome.as_ref().err().map(RpcError::to_json);
        assert_eq!(of(&understood(method, &named)), of(&outcome), "{named}");
    }
}

fn understood(method: &MethodInfo, params: &str) -> Result<(), RpcError> {
    let given = Given::read(params)?;
    // What is returned would ask the engine, and is not polled.
    method.understand(&CONTEXT, &given).map(drop)
}

/// The same parameters by name, where each has one.
fn by_name(method: &MethodInfo, raw: &RawValue) -> Option<String> {
    let values: Vec<&RawValue> = serde_json::from_str(raw.get()).ok()?;
    let fit = !method.open && values.len() <= method.params.len();
    if !fit {
        return None;
    }
    let names = method.params.iter().map(|param| param.name);
    let members: BTreeMap<&str, &RawValue> = names.zip(values).collect();
    serde_json::to_string(&members).ok()
}
