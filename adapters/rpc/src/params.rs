//! Parameters, by position or by name, under Core Lightning's rules and with its words.

use crate::error::RpcError;
use crate::values::{self, Invalid};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// One parameter of a method.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// Other names that callers use for it.
    pub aliases: &'static [&'static str],
    /// Whether it can be left out.
    pub required: bool,
    /// Whether its value must never show in an error.
    pub secret: bool,
}

impl Param {
    /// It must be there.
    pub(crate) const fn required(name: &'static str) -> Param {
        Param {
            name,
            aliases: &[],
            required: true,
            secret: false,
        }
    }

    /// It can be left out.
    pub(crate) const fn optional(name: &'static str) -> Param {
        Param {
            required: false,
            ..Param::required(name)
        }
    }

    /// With other names.
    pub(crate) const fn or(self, aliases: &'static [&'static str]) -> Param {
        Param { aliases, ..self }
    }

    /// Never shown.
    pub(crate) const fn secret(self) -> Param {
        Param {
            secret: true,
            ..self
        }
    }

    fn is_called(&self, name: &str) -> bool {
        self.name == name || self.aliases.contains(&name)
    }
}

/// What the caller gave, not yet understood.
#[derive(Clone, Debug)]
pub(crate) enum Given<'a> {
    ByPosition(Vec<&'a RawValue>),
    ByName(Vec<(Cow<'a, str>, &'a RawValue)>),
}

impl<'a> Given<'a> {
    /// An array or an object.
    pub(crate) fn read(text: &'a str) -> Result<Given<'a>, RpcError> {
        let given = match text.as_bytes().first() {
            Some(b'[') => serde_json::from_str(text).map(Given::ByPosition),
            Some(b'{') => serde_json::from_str(text).map(|Members(members)| Given::ByName(members)),
            _ => return Err(not_params()),
        };
        // It is JSON: nothing but a name can be wrong.
        given.map_err(|_| {
            RpcError::params(
                "Expected Unicode names for params: one has half of a surrogate pair alone, which is no \
                 character",
            )
        })
    }
}

impl Given<'_> {
    /// The same, with a text for the one parameter of another method before them: parameters for that.
    pub(crate) fn after(&self, first: &[Param], text: String) -> Result<Box<RawValue>, RpcError> {
        let text = Value::String(text);
        let written = match (self, first.first()) {
            (Given::ByName(members), Some(param)) => {
                let mut named = vec![format!("{}:{text}", quoted(param.name))];
                let members = members.iter();
                named.extend(members.map(|(name, raw)| format!("{}:{raw}", quoted(name))));
                format!("{{{}}}", named.join(","))
            }
            (Given::ByName(_), None) => return Err(not_params()),
            (Given::ByPosition(values), _) => {
                let mut listed = vec![text.to_string()];
                listed.extend(values.iter().map(ToString::to_string));
                format!("[{}]", listed.join(","))
            }
        };
        RawValue::from_string(written).map_err(|_| not_params())
    }
}

fn quoted(name: &str) -> Value {
    Value::String(name.to_owned())
}

fn not_params() -> RpcError {
    RpcError::params("Expected array or object for params")
}

/// An object's members, in order and with repetitions: serde's own maps drop those.
pub(crate) struct Members<'a>(pub(crate) Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Vec<(Cow<'de, str>, &'de RawValue)>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(Name(name)) = map.next_key()? {
                    members.push((name, map.next_value()?));
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(InOrder).map(Members)
    }
}

#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// A method's parameters, each at its place.
pub(crate) struct Arguments<'a> {
    params: &'static [Param],
    values: Vec<Option<&'a RawValue>>,
    /// What follows the method's own parameters.
    pub(crate) rest: Given<'a>,
}

impl<'a> Arguments<'a> {
    /// Puts each value at its parameter. `open` lets others follow, for another method to read.
    pub(crate) fn bind(
        given: &Given<'a>,
        params: &'static [Param],
        open: bool,
    ) -> Result<Arguments<'a>, RpcError> {
        let (values, rest) = match given {
            Given::ByPosition(values) => by_position(values, params, open)?,
            Given::ByName(members) => by_name(members, params, open)?,
        };
        for (param, value) in params.iter().zip(&values) {
            if param.required && value.is_none() {
                let message = format!("missing required parameter: {}", param.name);
                return Err(RpcError::params(message));
            }
        }
        Ok(Arguments {
            params,
            values,
            rest,
        })
    }

    /// A parameter that [`Param::required`] says is there.
    pub(crate) fn required<T>(
        &self,
        name: &'static str,
        parse: impl FnOnce(&'a RawValue) -> Result<T, Invalid>,
    ) -> Result<T, RpcError> {
        let value = self.optional(name, parse)?;
        value.ok_or_else(|| RpcError::params(format!("missing required parameter: {name}")))
    }

    /// A parameter that may be absent.
    pub(crate) fn optional<T>(
        &self,
        name: &'static str,
        parse: impl FnOnce(&'a RawValue) -> Result<T, Invalid>,
    ) -> Result<Option<T>, RpcError> {
        let mut places = self.params.iter().zip(&self.values);
        let place = places.find(|(param, _)| param.name == name);
        let Some((param, Some(raw))) = place else {
            debug_assert!(place.is_some(), "no parameter {name} is declared");
            return Ok(None);
        };
        if let Some(what) = values::lone_surrogate(raw) {
            return Err(RpcError::params(format!("{name}: {what}")));
        }
        let parsed = parse(raw).map_err(|why| RpcError::params(why.at(name, raw, param.secret)));
        parsed.map(Some)
    }
}

type Bound<'a> = (Vec<Option<&'a RawValue>>, Given<'a>);

fn by_position<'a>(
    values: &[&'a RawValue],
    params: &'static [Param],
    open: bool,
) -> Result<Bound<'a>, RpcError> {
    let (got, expected) = (values.len(), params.len());
    if got > expected && !open {
        let message = format!("too many parameters: got {got}, expected {expected}");
        return Err(RpcError::params(message));
    }
    let (own, rest) = values.split_at(got.min(expected));
    let mut bound: Vec<_> = own
        .iter()
        .map(|raw| Some(*raw).filter(|raw| raw.get() != "null"))
        .collect();
    bound.resize(expected, None);
    Ok((bound, Given::ByPosition(rest.to_vec())))
}

fn by_name<'a>(
    members: &[(Cow<'a, str>, &'a RawValue)],
    params: &'static [Param],
    open: bool,
) -> Result<Bound<'a>, RpcError> {
    // Whether a name was given, and its value: null says "not given", as it does by position.
    let mut bound = vec![None; params.len()];
    let mut rest = Vec::new();
    for (name, raw) in members {
        let place = params.iter().position(|param| param.is_called(name));
        let Some(slot) = place.and_then(|place| bound.get_mut(place)) else {
            if !open {
                return Err(unknown_parameter(name));
            }
            rest.push((name.clone(), *raw));
            continue;
        };
        let value = Some(*raw).filter(|raw| raw.get() != "null");
        if slot.replace(value).is_some() {
            let message = format!("duplicate json names: {name}");
            return Err(RpcError::params(message));
        }
    }
    let bound = bound.into_iter().map(Option::flatten);
    Ok((bound.collect(), Given::ByName(rest)))
}

fn unknown_parameter(name: &str) -> RpcError {
    let name = crate::error::shortened(name);
    RpcError::params(format!(
        "unknown parameter: {name}, this may be caused by a failure to autodetect key=value-style \
         parameters. Please try using the -k flag and explicit key=value pairs of parameters."
    ))
}
