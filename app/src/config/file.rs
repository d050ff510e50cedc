//! `DIR/ampere.toml`.

use super::FILE_NAME;
use super::settings::{Settings, Unknown, unknown_key};
use crate::trouble::trouble;
use std::io::ErrorKind;
use std::path::Path;
use toml::{Table, Value};

/// The file's keys, checked; none if there is no file.
pub(super) fn read(data_dir: &Path) -> anyhow::Result<Table> {
    let path = data_dir.join(FILE_NAME);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(why) if why.kind() == ErrorKind::NotFound => return Ok(Table::new()),
        Err(why) => {
            let help = "make it readable, or remove it: every key has a default";
            return Err(trouble(
                format!("cannot read {}", path.display()),
                why,
                help,
            ));
        }
    };
    understood(data_dir, &path, &text)
}

/// The text of a file in that folder.
pub(super) fn understood(data_dir: &Path, path: &Path, text: &str) -> anyhow::Result<Table> {
    toml::from_str::<Settings>(text).map_err(|why| complaint(path, &why))?;
    let table: Table = toml::from_str(text).map_err(|why| complaint(path, &why))?;
    Ok(relative_to(data_dir, table))
}

fn relative_to(data_dir: &Path, mut table: Table) -> Table {
    for key in ["rpc_file", "database"] {
        if let Some(Value::String(path)) = table.get_mut(key) {
            *path = data_dir.join(&*path).to_string_lossy().into_owned();
        }
    }
    if let Some(node) = table.get_mut("node") {
        let addresses: Vec<&mut Value> = match node {
            Value::Array(tables) => tables
                .iter_mut()
                .filter_map(|table| table.get_mut("address"))
                .collect(),
            one => vec![one],
        };
        for address in addresses {
            if let Some(socket) = address.as_str().and_then(|text| text.strip_prefix("cln:")) {
                let socket = data_dir.join(socket);
                *address = Value::String(format!("cln:{}", socket.to_string_lossy()));
            }
        }
    }
    table
}

fn complaint(path: &Path, why: &toml::de::Error) -> anyhow::Error {
    let what = format!("cannot use {}", path.display());
    let Some(Unknown {
        key,
        nearest,
        known,
    }) = unknown_key(why.message())
    else {
        return trouble(what, why.to_string().trim_end(), "mend that line");
    };
    let help = match nearest {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => format!("known keys here: {}", known.join(", ")),
    };
    trouble(what, format!("unknown key `{key}`"), help)
}
