//! `AMPERE_…`.

use super::settings::{Settings, Unknown, unknown_key};
use crate::trouble::trouble;
use rpc::suggest::nearest;
use std::ffi::OsString;
use std::path::PathBuf;
use toml::{Table, Value};

const PREFIX: &str = "AMPERE_";
const TABLES: [&str; 2] = ["limits", "policy"];

/// What the environment says, checked.
pub(super) struct Environment {
    pub(super) data_dir: Option<PathBuf>,
    pub(super) home: Option<PathBuf>,
    pub(super) table: Table,
}

impl Environment {
    pub(super) fn read(
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> anyhow::Result<Environment> {
        let mut read = Environment {
            data_dir: None,
            home: None,
            table: Table::new(),
        };
        for (name, value) in variables {
            match name.to_str() {
                Some("HOME") => read.home = Some(value.into()),
                Some("AMPERE_DATA_DIR") => read.data_dir = Some(value.into()),
                Some(name) if name.starts_with(PREFIX) => {
                    let value = value.into_string().map_err(|_| not_text(name))?;
                    insert(&mut read.table, &name[PREFIX.len()..].to_lowercase(), value);
                }
                _ => {}
            }
        }
        check(&read.table)?;
        Ok(read)
    }
}

/// Each variable is checked by itself, so that a complaint can name it.
fn check(table: &Table) -> anyhow::Result<()> {
    for (key, value) in table {
        match value {
            Value::Table(inner) => {
                for (inner_key, value) in inner {
                    let one = Table::from_iter([(inner_key.clone(), value.clone())]);
                    let one = Table::from_iter([(key.clone(), Value::Table(one))]);
                    check_one(one, &format!("{key}_"), inner_key)?;
                }
            }
            value => check_one(Table::from_iter([(key.clone(), value.clone())]), "", key)?,
        }
    }
    Ok(())
}

fn check_one(one: Table, prefix: &str, key: &str) -> anyhow::Result<()> {
    one.try_into::<Settings>()
        .map(drop)
        .map_err(|why| complaint(prefix, key, &why))
}

fn insert(table: &mut Table, key: &str, value: String) {
    for name in TABLES {
        let inner = key
            .strip_prefix(name)
            .and_then(|rest| rest.strip_prefix('_'));
        if let Some(inner) = inner {
            let fresh = || Value::Table(Table::new());
            let entry = table.entry(name).or_insert_with(fresh);
            if let Value::Table(entry) = entry {
                entry.insert(inner.to_owned(), number_or_text(value));
            }
            return;
        }
    }
    table.insert(key.to_owned(), Value::String(value));
}

/// Limits are numbers; what is no number is left for serde to complain about.
fn number_or_text(value: String) -> Value {
    value.parse().map_or(Value::String(value), Value::Integer)
}

fn complaint(prefix: &str, key: &str, why: &toml::de::Error) -> anyhow::Error {
    let variable = |key: &str| format!("{PREFIX}{}", format!("{prefix}{key}").to_uppercase());
    let name = variable(key);
    let Some(Unknown { known, .. }) = unknown_key(why.message()) else {
        let why = why.message();
        return trouble(
            format!("cannot use {name}"),
            why,
            "set it right, or unset it",
        );
    };
    // Tables have variables of their own, and the directory is known here alone.
    let mut known: Vec<String> = known.iter().map(|key| variable(key)).collect();
    if prefix.is_empty() {
        known.retain(|known| !TABLES.iter().any(|table| *known == variable(table)));
        known.push("AMPERE_DATA_DIR".to_owned());
    }
    let help = match nearest(&name, known.iter().map(String::as_str)) {
        Some(nearest) => format!("did you mean {nearest}? If not, unset it"),
        None => format!("known variables: {}; unset it", known.join(", ")),
    };
    trouble(
        "cannot use the environment",
        format!("unknown variable {name}"),
        help,
    )
}

fn not_text(name: &str) -> anyhow::Error {
    let why = "its value is not UTF-8";
    trouble(
        format!("cannot use {name}"),
        why,
        "set it right, or unset it",
    )
}
