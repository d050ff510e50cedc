//! The lists in an order's row, as JSON: a person who looks at the table can read them.

use domain::{Avoid, HintHop, Msat, NodeName, RouteHint};
use serde::{Deserialize, Serialize};
use std::fmt::Display;
use std::str::FromStr;

#[derive(Serialize, Deserialize)]
struct Excluded {
    channels: Vec<String>,
    nodes: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct Hint {
    node: String,
    channel: String,
    fee_base_msat: u64,
    fee_ppm: u32,
    delay: u32,
}

pub(crate) fn nodes_to_json(nodes: &[NodeName]) -> String {
    let nodes: Vec<&str> = nodes.iter().map(NodeName::as_str).collect();
    json(&nodes)
}

pub(crate) fn nodes_from_json(text: &str) -> Result<Vec<NodeName>, String> {
    let nodes: Vec<String> = read(text, "nodes")?;
    Ok(nodes.into_iter().map(NodeName::new).collect())
}

pub(crate) fn avoid_to_json(avoid: &Avoid) -> String {
    json(&Excluded {
        channels: avoid.channels.iter().map(ToString::to_string).collect(),
        nodes: avoid.nodes.iter().map(ToString::to_string).collect(),
    })
}

pub(crate) fn avoid_from_json(text: &str) -> Result<Avoid, String> {
    let excluded: Excluded = read(text, "avoid")?;
    let channels = excluded.channels.iter().map(|text| parsed(text, "avoid"));
    let nodes = excluded.nodes.iter().map(|text| parsed(text, "avoid"));
    Ok(Avoid {
        channels: channels.collect::<Result<_, _>>()?,
        nodes: nodes.collect::<Result<_, _>>()?,
    })
}

pub(crate) fn hints_to_json(hints: &[RouteHint]) -> String {
    let hint = |hop: &HintHop| Hint {
        node: hop.node.to_string(),
        channel: hop.channel.to_string(),
        fee_base_msat: hop.fee_base.get(),
        fee_ppm: hop.fee_ppm,
        delay: hop.delay,
    };
    let hints: Vec<Vec<Hint>> = hints
        .iter()
        .map(|way| way.0.iter().map(hint).collect())
        .collect();
    json(&hints)
}

pub(crate) fn hints_from_json(text: &str) -> Result<Vec<RouteHint>, String> {
    let hints: Vec<Vec<Hint>> = read(text, "hints")?;
    let hop = |hint: Hint| {
        Ok(HintHop {
            node: parsed(&hint.node, "hints")?,
            channel: parsed(&hint.channel, "hints")?,
            fee_base: Msat::new(hint.fee_base_msat).map_err(|error| format!("hints: {error}"))?,
            fee_ppm: hint.fee_ppm,
            delay: hint.delay,
        })
    };
    let way = |way: Vec<Hint>| way.into_iter().map(hop).collect::<Result<_, String>>();
    hints
        .into_iter()
        .map(|hops| way(hops).map(RouteHint))
        .collect()
}

fn parsed<T: FromStr<Err: Display>>(text: &str, what: &str) -> Result<T, String> {
    text.parse()
        .map_err(|error| format!("{what}: {text:?} {error}"))
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("lists of numbers and texts are JSON")
}

fn read<'a, T: Deserialize<'a>>(text: &'a str, what: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| format!("{what}: {error}"))
}
