//! The keys, as the file and the environment know them.

use super::PolicySettings;
use super::nodes::Nodes;
use super::pass_on::PassOnKey;
use crate::logging::LogFormat;
use rpc::suggest::nearest;
use serde::Deserialize;
use std::path::PathBuf;
use toml::{Table, Value};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Settings {
    pub(super) rpc_file: Option<PathBuf>,
    pub(super) database: Option<PathBuf>,
    pub(super) node: Nodes,
    pub(super) pass_on: PassOnKey,
    pub(super) log: Option<String>,
    pub(super) log_format: LogFormat,
    pub(super) limits: rpc::Limits,
    pub(super) policy: PolicySettings,
}

/// Both layers in one. Each was checked alone before, so that a complaint names the right one.
pub(super) fn merge(below: Table, above: Table) -> anyhow::Result<Settings> {
    Ok(overlay(below, above).try_into()?)
}

fn overlay(mut below: Table, above: Table) -> Table {
    for (key, value) in above {
        let merged = match (below.remove(&key), value) {
            (Some(Value::Table(old)), Value::Table(new)) => Value::Table(overlay(old, new)),
            (_, value) => value,
        };
        below.insert(key, merged);
    }
    below
}

/// An unknown key, and the nearest known one: read from serde's own words, which list every key
/// of whichever table it was, so that no second list can go stale.
pub(super) struct Unknown {
    pub(super) key: String,
    pub(super) nearest: Option<String>,
    pub(super) known: Vec<String>,
}

pub(super) fn unknown_key(message: &str) -> Option<Unknown> {
    let (_, after) = message.split_once("unknown field ")?;
    // Only the first line: toml adds "in `limits`" on the next.
    let mut quoted = after.lines().next()?.split('`').skip(1).step_by(2);
    let key = quoted.next()?.to_owned();
    let known: Vec<String> = quoted.map(str::to_owned).collect();
    let nearest = nearest(&key, known.iter().map(String::as_str)).map(str::to_owned);
    Some(Unknown {
        key,
        nearest,
        known,
    })
}
