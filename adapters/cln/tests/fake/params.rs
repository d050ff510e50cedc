//! Parameters, by position or by name, checked as `common/param.c` and `common/json_param.c` do.

use std::collections::BTreeMap;

use serde_json::Value;

use super::error::RpcError;

type Parsed<T> = Result<T, RpcError>;

/// The parameters of one call.
pub(crate) struct Params<'a>(BTreeMap<&'static str, &'a Value>);

impl<'a> Params<'a> {
    /// Reads `params` for a command of this usage, for instance `payment_hash [timeout]`.
    pub(crate) fn parse(usage: &'static str, params: &'a Value) -> Parsed<Self> {
        let known: Vec<&'static str> = usage.split_whitespace().map(bare).collect();
        let given = match params {
            Value::Array(values) => by_position(&known, values)?,
            Value::Object(members) => {
                let mut given = BTreeMap::new();
                for (name, value) in members {
                    let Some(name) = known.iter().find(|known| *known == name) else {
                        return Err(unknown(name));
                    };
                    given.insert(*name, value);
                }
                given
            }
            _ => return Err(RpcError::params("Expected array or object for params")),
        };
        for word in usage
            .split_whitespace()
            .filter(|word| !word.starts_with('['))
        {
            if !given.contains_key(word) {
                return Err(RpcError::params(format!(
                    "missing required parameter: {word}"
                )));
            }
        }
        Ok(Self(given))
    }

    /// The raw value.
    pub(crate) fn get(&self, name: &str) -> Option<&'a Value> {
        self.0.get(name).copied()
    }

    /// A required parameter; [`Params::parse`] has seen that it is there.
    pub(crate) fn required(&self, name: &str) -> &'a Value {
        self.0[name]
    }

    fn typed<T>(
        &self,
        name: &str,
        expected: &str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Parsed<Option<T>> {
        self.get(name)
            .map(|value| read(value).ok_or_else(|| RpcError::bad_param(name, expected)))
            .transpose()
    }

    pub(crate) fn u64(&self, name: &str) -> Parsed<Option<u64>> {
        self.typed(name, "should be an unsigned 64 bit integer", u64_of)
    }

    pub(crate) fn u32(&self, name: &str) -> Parsed<Option<u32>> {
        self.typed(name, "should be an unsigned 32 bit integer", |value| {
            u64_of(value).and_then(|value| u32::try_from(value).ok())
        })
    }

    /// `param_number`: the plain integers, such as time-outs.
    pub(crate) fn number(&self, name: &str) -> Parsed<Option<u32>> {
        self.typed(name, "should be an integer", |value| {
            u64_of(value).and_then(|value| u32::try_from(value).ok())
        })
    }

    pub(crate) fn msat(&self, name: &str) -> Parsed<Option<u64>> {
        self.typed(name, "should be a millisatoshi amount", msat_of)
    }

    /// A hash or a secret, in lower case.
    pub(crate) fn hex32(&self, name: &str) -> Parsed<Option<String>> {
        self.typed(name, "should be a 32 byte hex value", |value| {
            hex_of(value, 32)
        })
    }

    pub(crate) fn bytes(&self, name: &str) -> Parsed<Option<Vec<u8>>> {
        self.typed(name, "should be a hex value", |value| {
            value.as_str().and_then(|hex| hex::decode(hex).ok())
        })
    }

    pub(crate) fn node_id(&self, name: &str) -> Parsed<Option<String>> {
        self.typed(name, "should be a node id", node_id_of)
    }

    pub(crate) fn string(&self, name: &str) -> Parsed<Option<String>> {
        self.typed(name, "should be a string (without \\u)", |value| {
            value.as_str().map(str::to_owned)
        })
    }
}

/// A word of the usage without its brackets.
fn bare(word: &'static str) -> &'static str {
    word.trim_matches(['[', ']'])
}

fn unknown(name: &str) -> RpcError {
    RpcError::params(format!(
        "unknown parameter: {name}, this may be caused by a failure to autodetect \
         key=value-style parameters. Please try using the -k flag and explicit key=value pairs \
         of parameters."
    ))
}

/// By position a null stands for "not given"; by name it does not.
fn by_position<'a>(
    known: &[&'static str],
    values: &'a [Value],
) -> Parsed<BTreeMap<&'static str, &'a Value>> {
    if values.len() > known.len() {
        return Err(RpcError::params(format!(
            "too many parameters: got {}, expected {}",
            values.len(),
            known.len()
        )));
    }
    let given = known.iter().copied().zip(values);
    Ok(given.filter(|(_, value)| !value.is_null()).collect())
}

/// lightningd looks at the characters of the token, quoted or not.
pub(crate) fn u64_of(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

pub(crate) fn msat_of(value: &Value) -> Option<u64> {
    let Value::String(text) = value else {
        return u64_of(value);
    };
    if let Some(msat) = text.strip_suffix("msat") {
        msat.parse().ok()
    } else if let Some(sat) = text.strip_suffix("sat") {
        sat.parse::<u64>().ok()?.checked_mul(1000)
    } else {
        text.parse().ok()
    }
}

pub(crate) fn hex_of(value: &Value, len: usize) -> Option<String> {
    let bytes = hex::decode(value.as_str()?).ok()?;
    (bytes.len() == len).then(|| hex::encode(bytes))
}

pub(crate) fn node_id_of(value: &Value) -> Option<String> {
    hex_of(value, 33).filter(|id| id.starts_with("02") || id.starts_with("03"))
}

/// A short channel id, with or without a direction.
pub(crate) fn scid_of(value: &Value) -> Option<String> {
    let text = value.as_str()?;
    let scid = text.split_once('/').map_or(text, |(scid, _)| scid);
    let parts: Vec<u64> = scid
        .split('x')
        .map(str::parse)
        .collect::<Result<_, _>>()
        .ok()?;
    (parts.len() == 3).then(|| scid.to_owned())
}
