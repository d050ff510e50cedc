//! `datastore`, `listdatastore`, `deldatastore`.

use serde_json::{Value, json};

use super::db::Datum;
use super::error::{Answer, RpcError, code};
use super::params::Params;
use super::state::State;

/// `datastore`'s parameters.
pub(crate) const DATASTORE: &str = "key [string] [hex] [mode] [generation]";

/// `listdatastore`'s parameters.
pub(crate) const LISTDATASTORE: &str = "[key]";

/// `deldatastore`'s parameters.
pub(crate) const DELDATASTORE: &str = "key [generation]";

/// `enum ds_mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    MustCreate,
    MustReplace,
    CreateOrReplace,
    MustAppend,
    CreateOrAppend,
}

impl Mode {
    fn of(mode: Option<&Value>) -> Result<Self, RpcError> {
        let Some(mode) = mode else {
            return Ok(Self::MustCreate);
        };
        match mode.as_str() {
            Some("must-create") => Ok(Self::MustCreate),
            Some("must-replace") => Ok(Self::MustReplace),
            Some("create-or-replace") => Ok(Self::CreateOrReplace),
            Some("must-append") => Ok(Self::MustAppend),
            Some("create-or-append") => Ok(Self::CreateOrAppend),
            _ => Err(RpcError::bad_param(
                "mode",
                "should be 'must-create', 'must-replace', 'create-or-replace', 'must-append', or \
                 'create-or-append'",
            )),
        }
    }

    fn wants_it_there(self) -> bool {
        matches!(self, Self::MustReplace | Self::MustAppend)
    }

    fn appends(self) -> bool {
        matches!(self, Self::MustAppend | Self::CreateOrAppend)
    }
}

/// `param_list_or_string()`.
fn key_of(key: &Value) -> Result<Vec<String>, RpcError> {
    let word = |value: &Value| match value {
        Value::String(word) => Ok(word.clone()),
        Value::Number(_) | Value::Bool(_) | Value::Null => Ok(value.to_string()),
        _ => Err(RpcError::bad_param("key", "should be string")),
    };
    match key {
        Value::Array(words) if words.is_empty() => {
            Err(RpcError::bad_param("key", "should not be empty"))
        }
        Value::Array(words) => words.iter().map(word).collect(),
        Value::Object(_) => Err(RpcError::bad_param("key", "should be string or array")),
        single => Ok(vec![word(single)?]),
    }
}

fn shown(key: &[String], datum: &Datum) -> Value {
    let mut shown = json!({
        "key": key,
        "generation": datum.generation,
        "hex": hex::encode(&datum.data),
    });
    if let Ok(text) = str::from_utf8(&datum.data) {
        shown["string"] = json!(text);
    }
    shown
}

impl State {
    /// `datastore`.
    pub(crate) fn datastore(&mut self, params: &Params<'_>) -> Answer {
        let key = key_of(params.required("key"))?;
        let mode = Mode::of(params.get("mode"))?;
        let generation = params.u64("generation")?;
        let data = match (params.string("string")?, params.bytes("hex")?) {
            (Some(_), Some(_)) => {
                return Err(RpcError::params("Cannot have both hex and string"));
            }
            (Some(text), None) => text.into_bytes(),
            (None, Some(bytes)) => bytes,
            (None, None) => return Err(RpcError::params("Must have either hex or string")),
        };
        if generation.is_some() && !mode.wants_it_there() {
            let text = "generation only valid with must-replace or must-append";
            return Err(RpcError::params(text));
        }
        self.check_relatives(&key)?;
        let previous = self.db.datastore.get(&key);
        let fail = |code, text: &str| Err(RpcError::new(code, text));
        match previous {
            Some(_) if mode == Mode::MustCreate => {
                return fail(code::DATASTORE_UPDATE_ALREADY_EXISTS, "Key already exists");
            }
            None if mode.wants_it_there() => {
                return fail(code::DATASTORE_UPDATE_DOES_NOT_EXIST, "Key does not exist");
            }
            Some(previous) if generation.is_some_and(|it| it != previous.generation) => {
                return fail(
                    code::DATASTORE_UPDATE_WRONG_GENERATION,
                    "generation is different",
                );
            }
            _ => {}
        }
        let datum = match previous {
            Some(previous) => Datum {
                data: if mode.appends() {
                    [&previous.data[..], &data].concat()
                } else {
                    data
                },
                generation: previous.generation + 1,
            },
            None => Datum {
                data,
                generation: 0,
            },
        };
        let reply = shown(&key, &datum);
        self.db.datastore.insert(key, datum);
        Ok(reply)
    }

    /// A key with a value has neither children nor a parent with a value.
    fn check_relatives(&self, key: &[String]) -> Result<(), RpcError> {
        if self.db.datastore.contains_key(key) {
            return Ok(());
        }
        if self.db.datastore.keys().any(|other| other.starts_with(key)) {
            let text = "Key has children already";
            return Err(RpcError::new(code::DATASTORE_UPDATE_HAS_CHILDREN, text));
        }
        let mut parents = (1..key.len()).map(|len| &key[..len]);
        match parents.find(|parent| self.db.datastore.contains_key(*parent)) {
            Some(parent) => Err(RpcError::new(
                code::DATASTORE_UPDATE_NO_CHILDREN,
                format!("Parent key [{}] exists", parent.join(",")),
            )),
            None => Ok(()),
        }
    }

    /// `listdatastore`: the key and its children; deeper ones only as "there is something".
    pub(crate) fn listdatastore(&self, params: &Params<'_>) -> Answer {
        let key = params
            .get("key")
            .map(key_of)
            .transpose()?
            .unwrap_or_default();
        let mut list = Vec::new();
        let mut summary: Option<&[String]> = None;
        for (other, datum) in &self.db.datastore {
            if !other.starts_with(&key) {
                continue;
            }
            if other.len() <= key.len() + 1 {
                list.push(shown(other, datum));
            } else if summary != Some(&other[..=key.len()]) {
                summary = Some(&other[..=key.len()]);
                list.push(json!({"key": summary}));
            }
        }
        Ok(json!({"datastore": list}))
    }

    /// `deldatastore`.
    pub(crate) fn deldatastore(&mut self, params: &Params<'_>) -> Answer {
        let key = key_of(params.required("key"))?;
        let generation = params.u64("generation")?;
        let Some(datum) = self.db.datastore.get(&key) else {
            let text = "Key does not exist";
            return Err(RpcError::new(code::DATASTORE_DEL_DOES_NOT_EXIST, text));
        };
        if generation.is_some_and(|generation| generation != datum.generation) {
            let text = "generation is different";
            return Err(RpcError::new(code::DATASTORE_DEL_WRONG_GENERATION, text));
        }
        let reply = shown(&key, datum);
        self.db.datastore.remove(&key);
        Ok(reply)
    }
}
