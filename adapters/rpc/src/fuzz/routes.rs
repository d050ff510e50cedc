//! Routes.

use super::as_json;
use crate::route::route;
use domain::{HOPS_MAX, Route};
use serde_json::value::to_raw_value;
use serde_json::{Value, json};

/// A route that is taken keeps the rules of routes, and is the same under each of the names that its
/// fields have; what is refused is refused in a few words.
pub fn target(bytes: &[u8]) {
    let Some(raw) = as_json(bytes) else {
        return;
    };
    match route(raw) {
        Ok(route) => is_the_same_however_spelt(&route),
        Err(why) => {
            let message = why.at("route", raw, false);
            assert!(!message.is_empty() && message.len() < 1_000, "{message}");
        }
    }
}

fn is_the_same_however_spelt(taken: &Route) {
    let hops = taken.hops();
    assert!((1..=HOPS_MAX).contains(&hops.len()));
    assert!(hops.is_sorted_by(|one, next| one.amount >= next.amount && one.delay >= next.delay));
    let of_sendpay: Value = hops
        .iter()
        .map(|hop| {
            let channel = hop.channel.to_string();
            let (amount, node) = (hop.amount.get(), hop.node.to_string());
            json!({"id": node, "channel": channel, "msatoshi": amount, "amount_msat": amount,
                "delay": hop.delay})
        })
        .collect();
    let of_getroutes: Value = hops
        .iter()
        .map(|hop| {
            let channel = format!("{}/1", hop.channel);
            let amount = format!("{}msat", hop.amount.get());
            json!({"short_channel_id_dir": channel, "node_id_out": hop.node.to_string(),
                "amount_out_msat": amount, "cltv_out": hop.delay, "style": "tlv"})
        })
        .collect();
    let as_text = Value::String(of_sendpay.to_string());
    for spelling in [of_sendpay, of_getroutes, as_text] {
        let raw = to_raw_value(&spelling).expect("JSON is JSON");
        let again = route(&raw).expect("it was a route in another spelling");
        assert!(again == *taken, "{spelling}");
    }
}
